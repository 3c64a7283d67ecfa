"""One system call for an answer: what one turn of the loop writes to a connection goes out together."""

import asyncio
from typing import Any


class GatheringTransport:
    """Stands before a connection's transport. An answer comes as a head and a body, and each write of its own was seen
    to cost as much as everything else that a small answer needs.
    """

    __slots__ = ("_loop", "_parts", "inner")

    def __init__(self, inner: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        self.inner = inner
        self._loop = loop
        self._parts: list[bytes] = []

    def write(self, data: bytes) -> None:
        if not self._parts:
            self._loop.call_soon(self.flush)
        self._parts.append(data)

    def flush(self) -> None:
        if self._parts:
            parts, self._parts = self._parts, []
            self.inner.write(b"".join(parts))

    def close(self) -> None:
        self.flush()
        self.inner.close()

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)

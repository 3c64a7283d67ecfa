"""The least HTTP/1.1 that a benchmark's client needs: one kept-alive connection, one request at a time, few cycles."""

from __future__ import annotations

import asyncio
from typing import Final

_END_OF_HEAD: Final = b"\r\n\r\n"


def request(method: str, path: str, body: bytes = b"", key: str = "") -> bytes:
    """A whole request as bytes, to be made before the clock starts."""
    head = f"{method} {path} HTTP/1.1\r\nHost: kleos\r\n"
    if key:
        head += f"Authorization: Bearer {key}\r\n"
    if body:
        head += f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n"
    return head.encode() + b"\r\n" + body


def head_of(received: bytes | bytearray) -> tuple[int, int] | None:
    """``(status, size of the whole answer in bytes)``; None while the head is not complete."""
    end = received.find(_END_OF_HEAD)
    if end < 0:
        return None
    status = int(received[9:12])
    for line in received[:end].split(b"\r\n")[1:]:
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            return status, end + len(_END_OF_HEAD) + int(value)
    raise ValueError("an answer without Content-Length")


class Connection:
    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    @classmethod
    async def open(cls, address: str) -> Connection:
        host, _, port = address.rpartition(":")
        return cls(*await asyncio.open_connection(host, int(port)))

    def close(self) -> None:
        self._writer.close()

    async def get(self, path: str) -> tuple[int, bytes]:
        return await self.send(request("GET", path))

    async def send(self, whole_request: bytes) -> tuple[int, bytes]:
        """``(status, body)``"""
        self._writer.write(whole_request)
        head = await self._reader.readuntil(_END_OF_HEAD)
        found = head_of(head)
        assert found is not None
        status, size_bytes = found
        return status, await self._reader.readexactly(size_bytes - len(head))

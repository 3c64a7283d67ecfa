"""Stands between Kleos and PostgreSQL, and cuts the line at the worst moment: around a COMMIT."""

import asyncio
from pathlib import Path
from typing import Literal

COMMIT = b"Q\x00\x00\x00\x0cCOMMIT;\x00"
"""The message by which asyncpg ends a transaction."""

Cut = Literal["before", "after", "early"]
"""The line is cut before COMMIT is passed on; after; or before, and PostgreSQL gets it all the same, but later."""
ANY_LINE = b""


class Proxy:
    """Passes everything on, both ways, until it is told to `cut` the line at the next COMMIT.

    With `after_text`, at the next COMMIT of a line that was asked this, and not at that of a lock or a look before.
    """

    def __init__(self, sockets: Path, folder: Path, database: str) -> None:
        self._target = str(sockets / ".s.PGSQL.5432")
        self._place = str(folder / ".s.PGSQL.5432")
        self.url = f"postgresql://kleos@/{database}?host={folder}"
        self.cut: Cut | None = None
        self.after_text = ANY_LINE
        self.was_cut = asyncio.Event()
        self.release = asyncio.Event()
        self._server: asyncio.Server | None = None
        self._lines: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> "Proxy":
        self._server = await asyncio.start_unix_server(self._serve, self._place)
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.close()
        for line in list(self._lines):
            line.cancel()
        await asyncio.gather(*self._lines, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._lines.add(task)
        try:
            back, on = await asyncio.open_unix_connection(self._target)
            returning = asyncio.create_task(self._pass_on(back, writer))
            asked = bytearray()
            try:
                while data := await reader.read(65536):
                    if self.cut is not None:
                        asked += data
                    if self.cut is not None and data.endswith(COMMIT) and self.after_text in asked:
                        await self._cut(writer, on, data)
                        break
                    on.write(data)
                    await on.drain()
            finally:
                returning.cancel()
                on.close()
        except (OSError, asyncio.CancelledError):
            pass
        finally:
            writer.close()
            self._lines.discard(task)

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
        writer.close()

    async def _cut(self, writer: asyncio.StreamWriter, on: asyncio.StreamWriter, data: bytes) -> None:
        how, self.cut = self.cut, None
        writer.transport.abort()
        self.was_cut.set()
        if how == "early":
            await self.release.wait()
        if how != "before":
            on.write(data)
            await on.drain()

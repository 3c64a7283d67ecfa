"""Connections for work of any length: what pools and their time limits are not made for."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from kleos.store.pool import Connection, open_connection


class LongWork:
    def __init__(self, dsn: str, timeout_s: float) -> None:
        self._dsn = dsn
        self._timeout_s = timeout_s
        self._connections: set[Connection] = set()

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[Connection]:
        """One of the block's own; it ends when the work is given up."""
        connection = await open_connection(self._dsn, timeout_s=self._timeout_s)
        self._connections.add(connection)
        try:
            yield connection
        finally:
            self._connections.discard(connection)
            connection.terminate()

    def give_up(self) -> None:
        """The database is found to be away."""
        for connection in list(self._connections):
            connection.terminate()

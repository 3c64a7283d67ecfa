"""One server for one database: ranks live in this process's memory, so a second one would answer with old ones."""

import asyncio
import logging
from typing import Any, Final

import asyncpg

from kleos.core.errors import Conflict, Unavailable
from kleos.engine import sql
from kleos.store.pool import open_connection, unavailable

NODE_LOCK: Final = 0x6B6C656F73
"""The session lock that the serving process holds: "kleos" in ASCII."""
RETRY_S: Final = 0.5

logger = logging.getLogger(__name__)


class NodeGuard:
    """Holds the lock on a connection of its own, and takes it again when the database comes back after a fall."""

    def __init__(self, dsn: str) -> None:
        self._dsn = dsn
        self._connection: asyncpg.Connection[Any] | None = None
        self._lost = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self.is_held = False

    async def take(self) -> None:
        """Raises Conflict where another server has it."""
        connection = await open_connection(self._dsn)
        if not await connection.fetchval(sql.TRY_NODE_LOCK, NODE_LOCK):
            await connection.close()
            raise Conflict("another Kleos serves this database; ranks are kept in memory, so there can be one only")
        self._lost.clear()
        connection.add_termination_listener(lambda _: self._lost.set())
        self._connection, self.is_held = connection, True
        if self._task is None:
            self._task = asyncio.create_task(self._keep(), name="node guard")

    def check(self) -> None:
        """Raises Unavailable while it is not certain that this server is the only one."""
        if not self.is_held:
            raise Unavailable("the database was away, and this server has not yet made sure that it is the only one")

    async def release(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        if self._connection is not None and not self._connection.is_closed():
            await self._connection.close()

    async def _keep(self) -> None:
        while True:
            await self._lost.wait()
            self.is_held = False
            while not self.is_held:
                try:
                    await self.take()
                except Conflict as error:
                    logger.critical("%s", error)
                    await asyncio.sleep(RETRY_S)
                except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
                    logger.info("waiting for the database: %s", unavailable(error) or error)
                    await asyncio.sleep(RETRY_S)

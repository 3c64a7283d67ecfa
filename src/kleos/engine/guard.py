"""One server for one database: ranks live in this process's memory, so a second one would answer with old ones."""

import asyncio
import logging
from collections.abc import Callable
from typing import Any, Final

import asyncpg

from kleos.core.errors import Conflict, Unavailable
from kleos.engine import sql
from kleos.store.pool import ANSWER_TIMEOUT_S, DATABASE_ERRORS, open_connection, unavailable

GAMES_CHANNEL: Final = "kleos_games"
"""Where the database tells of every game whose definition or calendar has changed, whoever changed it."""
NODE_LOCK: Final = 0x6B6C656F73
"""The session lock that the serving process holds: "kleos" in ASCII."""
RETRY_S: Final = 0.5
LOOK_EVERY_S: Final = 5.0
LINGERS_S: Final = 2.0
"""So long a server that was killed a moment ago may still seem to hold the lock."""

logger = logging.getLogger(__name__)


class NodeGuard:
    """Holds the lock on a connection of its own, and takes it again when the database comes back after a fall.

    ``went`` is called when the database is found to be away; ``returned`` when the lock is taken again, before writing
    is allowed: another server may have worked in between. ``heard`` is called with each game that has changed in the
    database, by this server or by another process.
    """

    def __init__(
        self,
        dsn: str,
        timeout_s: float = ANSWER_TIMEOUT_S,
        went: Callable[[], None] = lambda: None,
        returned: Callable[[], None] = lambda: None,
        heard: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._dsn = dsn
        self._timeout_s = timeout_s
        self._went = went
        self._returned = returned
        self._heard = heard
        self._connection: asyncpg.Connection[Any] | None = None
        self._lost = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self.is_held = False

    async def take(self) -> None:
        """Raises Conflict where another server has it."""
        deadline = asyncio.get_running_loop().time() + LINGERS_S
        while not await self._try():
            if asyncio.get_running_loop().time() > deadline:
                raise Conflict("another Kleos serves this database; ranks are kept in memory, so there can be one only")
            await asyncio.sleep(RETRY_S)
        self.is_held = True
        self._task = asyncio.create_task(self._keep(), name="node guard")

    def check(self) -> None:
        """Raises Unavailable while it is not certain that this server is the only one."""
        if not self.is_held:
            raise Unavailable(
                "the database is away, or was and this server has not yet made sure that it is the only one"
            )

    async def release(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        if self._connection is not None:
            self._connection.terminate()

    async def _try(self) -> bool:
        connection = await open_connection(self._dsn, timeout_s=self._timeout_s, answer_timeout_s=self._timeout_s)
        try:
            if not await connection.fetchval(sql.TRY_NODE_LOCK, NODE_LOCK):
                connection.terminate()
                return False
            await connection.add_listener(GAMES_CHANNEL, self._hear)
        except BaseException:
            connection.terminate()
            raise
        self._lost = lost = asyncio.Event()
        connection.add_termination_listener(lambda _: lost.set())
        self._connection = connection
        return True

    def _hear(self, _connection: Any, _pid: int, _channel: str, payload: object) -> None:
        self._heard(str(payload))

    async def _keep(self) -> None:
        while True:
            await self._until_lost()
            self.is_held = False
            self._went()
            logger.warning("the database is away: nothing is written until it is back")
            while not self.is_held:
                try:
                    if await self._try():
                        self._returned()
                        self.is_held = True
                        logger.warning("the database is back")
                        break
                    logger.critical("another Kleos serves this database: this one writes nothing until that one ends")
                except DATABASE_ERRORS as error:
                    logger.info("waiting for the database: %s", unavailable(error) or error)
                await asyncio.sleep(RETRY_S)

    async def _until_lost(self) -> None:
        """A connection that has died without a word is found out by asking."""
        assert self._connection is not None, "the lock was taken"
        while not self._lost.is_set():
            try:
                await asyncio.wait_for(self._lost.wait(), min(LOOK_EVERY_S, self._timeout_s))
            except TimeoutError:
                try:
                    await self._connection.execute("SELECT 1")
                except DATABASE_ERRORS as error:
                    logger.warning("the connection that holds the lock is lost: %s", error)
                    self._connection.terminate()
                    return

"""What the work of jobs stands on: a database, and the engine where the job runs inside the server."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

from kleos.core.errors import NotFound
from kleos.engine.catalog import read_game
from kleos.engine.engine import Engine, system_clock
from kleos.engine.game import Game
from kleos.store.pool import ANSWER_TIMEOUT_S, Connection, open_connection


@dataclass(frozen=True, slots=True)
class Work:
    """``timeout_s`` bounds what is waited for a connection; the work itself may take as long as it needs."""

    dsn: str
    engine: Engine | None = None
    timeout_s: float = ANSWER_TIMEOUT_S
    clock: Callable[[], int] = system_clock

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[Connection]:
        connection = await open_connection(self.dsn, timeout_s=self.timeout_s)
        try:
            yield connection
        finally:
            connection.terminate()


async def game_of(connection: Connection, name: str) -> Game:
    """The game as the database has it in force; raises NotFound."""
    game = await read_game(connection, name)
    if game is None:
        raise NotFound("game", name)
    return game

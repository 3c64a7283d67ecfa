"""Who appears in which match, found anew after a definition named other players as keys or as those who earn awards."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from kleos.engine.game import Game
from kleos.log import history
from kleos.moderation.recount import appearances_of
from kleos.sheets import sql
from kleos.sheets.beside import APPEARED, UNLIKE
from kleos.sheets.delta import Delta
from kleos.sheets.layout import table
from kleos.store.pool import Connection

Find = Callable[[], Awaitable[None]]
"""Fills the table of those who appear."""


def appearing(game: str) -> str:
    """The relation of those who appear by the rules that are to come."""
    return f"(SELECT '{game}'::text AS game, player, match FROM {table(game, APPEARED)})"


@dataclass(frozen=True, slots=True)
class Appeared:
    game: Game

    @property
    def table(self) -> str:
        return table(self.game.name, APPEARED)

    @property
    def unlike(self) -> str:
        return table(self.game.name, UNLIKE)

    async def fill(self, connection: Connection, find: Find) -> None:
        """Inside a transaction: everybody whom the log makes appear now."""
        await connection.execute(sql.DROP_TABLE.format(table=self.table))
        await connection.execute(sql.MAKE_APPEARED.format(table=self.table))
        await find()
        await connection.execute(sql.KEY_OF_APPEARED.format(table=self.table), timeout=None)
        await connection.execute(sql.INDEX_OF_APPEARED.format(table=self.table), timeout=None)
        await connection.execute(sql.ANALYZE.format(table=self.table), timeout=None)

    async def take_in(self, connection: Connection, after: int, until: int, delta: Delta | None = None) -> None:
        """Inside a transaction; ``delta`` is what came, where it was folded."""
        if delta is not None:
            await delta.appear(self.table)
            return
        pairs = set()
        async for happened in history.whole(connection, self.game, after_seq=after, last_seq=until):
            pairs |= appearances_of(self.game, happened)
        if pairs:
            players, matches = zip(*sorted(pairs), strict=True)
            await connection.execute(
                sql.ADD_APPEARED.format(table=self.table, source=sql.APPEARED_GIVEN), players, matches
            )

    async def compare(self, connection: Connection) -> None:
        """Finds the difference to those who appear now, beside the commits."""
        async with connection.transaction():
            await connection.execute(sql.DROP_TABLE.format(table=self.unlike))
            # A statement that makes a table takes no arguments; the name of a game holds no quote.
            game = f"'{self.game.name}'"
            statement = sql.MAKE_UNLIKE.format(unlike=self.unlike, table=self.table, game=game)
            await connection.execute(statement, timeout=None)
            await connection.execute(sql.ANALYZE.format(table=self.unlike))

    async def put_in_force(self, connection: Connection, after: int, until: int) -> None:
        """Under the game's exclusive lock: what :meth:`compare` found, and the matches of events that came since."""
        game, names = self.game.name, {"unlike": self.unlike, "table": self.table}
        await connection.execute(sql.ADD_UNLIKE.format(**names), game, after, until, timeout=None)
        for statement in (sql.LEAVE_UNLIKE, sql.ENTER_UNLIKE):
            await connection.execute(statement.format(**names), game, timeout=None)
        await connection.execute(sql.KNOW_APPEARED.format(**names), timeout=None)

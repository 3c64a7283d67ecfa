"""What is kept of each match, found anew: after a definition named other types that end one, or with all the rest."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from kleos.engine.game import Game
from kleos.log import history
from kleos.sheets import sql
from kleos.sheets.beside import MATCHED, MATCHED_UNLIKE
from kleos.sheets.delta import Delta
from kleos.sheets.layout import table
from kleos.store.pool import Connection

Find = Callable[[], Awaitable[None]]
"""Fills the table of matches."""


@dataclass(frozen=True, slots=True)
class Matched:
    game: Game

    @property
    def table(self) -> str:
        return table(self.game.name, MATCHED)

    @property
    def unlike(self) -> str:
        return table(self.game.name, MATCHED_UNLIKE)

    async def fill(self, connection: Connection, find: Find) -> None:
        """Inside a transaction: every match that the log tells of now."""
        await connection.execute(sql.DROP_TABLE.format(table=self.table))
        await connection.execute(sql.MAKE_MATCHED.format(table=self.table))
        await find()
        await connection.execute(sql.KEY_OF_MATCHED.format(table=self.table), timeout=None)
        await connection.execute(sql.ANALYZE.format(table=self.table), timeout=None)

    async def take_in(self, connection: Connection, after: int, until: int, delta: Delta | None = None) -> None:
        """Inside a transaction; ``delta`` is what came, where it was folded."""
        if delta is not None:
            await delta.match(self.table)
            return
        matches: dict[str, list[Any]] = {}
        async for row in history.reported(connection, self.game, after, until):  # in event order
            if row["match"] == row["id"]:
                continue
            match = matches.setdefault(row["match"], [row["match"], row["at"], row["at"], 0, None])
            match[2] = row["at"]
            match[3] += 1
            if match[4] is None and row["type"] in self.game.definition.ended_by:
                match[4] = row["at"]
        if matches:
            columns = zip(*matches.values(), strict=True)
            await connection.execute(sql.ADD_MATCHED.format(table=self.table, source=sql.MATCHED_GIVEN), *columns)

    async def compare(self, connection: Connection) -> None:
        """Finds the matches that are not kept so now, beside the commits."""
        async with connection.transaction():
            await connection.execute(sql.DROP_TABLE.format(table=self.unlike))
            # A statement that makes a table takes no arguments; the name of a game holds no quote.
            game = f"'{self.game.name}'"
            statement = sql.MAKE_MATCHED_UNLIKE.format(unlike=self.unlike, table=self.table, game=game)
            await connection.execute(statement, timeout=None)

    async def put_in_force(self, connection: Connection, after: int, until: int) -> None:
        """Under the game's exclusive lock: what :meth:`compare` found, and the matches of events that came since."""
        names = {"unlike": self.unlike, "table": self.table}
        for statement in (sql.LEAVE_MATCHED, sql.KEEP_MATCHED):
            await connection.execute(statement.format(**names), self.game.name, after, until, timeout=None)

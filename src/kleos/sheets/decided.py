"""Awards decided anew beside those in force: a table of them, and the sheet `awards` folded from it."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from kleos.achievements.awards import awards_of
from kleos.achievements.sheet import write_award_rows
from kleos.core.completion import Award
from kleos.engine.game import Game
from kleos.sheets import beside, sql
from kleos.sheets.layout import table
from kleos.sheets.merge import SheetWriter
from kleos.sheets.refold import decide_awards, fold_all_awards
from kleos.store.pool import Connection

AT_ONCE: Final = 500
_COLUMNS: Final = ("player", "achievement", "at", "event", "match")

Awards = Mapping[int, Mapping[str, Award]]
Decide = Callable[[SheetWriter], Awaitable[None]]
"""Fills the table of awards decided, and the sheet folded from them."""


@dataclass(frozen=True, slots=True)
class Decided:
    """``writer`` writes the sheet beside the one in use. Without ``anew`` the awards are those there are."""

    game: Game
    writer: SheetWriter
    anew: bool

    @property
    def table(self) -> str:
        return table(self.game.name, beside.DECIDED)

    async def fill(self, connection: Connection, decide: Decide) -> None:
        """Inside a transaction: both tables, as the log or the awards there are have it."""
        await connection.execute(sql.DROP_TABLE.format(table=self.table))
        await connection.execute(sql.MAKE_DECIDED.format(table=self.table))
        await beside.make(connection, self.game.definition, self.writer.sheet)
        await (decide(self.writer) if self.anew else self._take_held(connection))
        await connection.execute(sql.KEY_OF_DECIDED.format(table=self.table), timeout=None)
        await connection.execute(sql.ANALYZE.format(table=self.table), timeout=None)
        await beside.finish(connection, self.writer)

    async def _take_held(self, connection: Connection) -> None:
        players = [row["player"] for row in await connection.fetch(sql.AWARDED_PLAYERS, self.game.name)]
        for start in range(0, len(players), AT_ONCE):
            awards = await self._now(connection, players[start : start + AT_ONCE])
            await self._add(connection, awards)
            rows = fold_all_awards(self.game, awards)
            await beside.copy_records(
                connection, self.writer, [self.writer.record(key, row) for key, row in rows.items()]
            )

    async def take_in(self, connection: Connection, after: int, until: int) -> list[int]:
        """Inside a transaction: decides for whom events of these numbers came; answers who that is."""
        if self.anew and not self.game.definition.achievements:
            return []
        touched = await self.touched(connection, after, until)
        for start in range(0, len(touched), AT_ONCE):
            some = touched[start : start + AT_ONCE]
            awards = await self._now(connection, some)
            await connection.execute(sql.DROP_DECIDED.format(table=self.table), some)
            await self._add(connection, awards)
            await write_award_rows(connection, self.game, self.writer, awards)
        return touched

    async def touched(self, connection: Connection, after: int, until: int) -> list[int]:
        """Whose awards may be others by events of these numbers."""
        statement = sql.TOUCHED.format(appearances=self.game.appearances)
        return [row["player"] for row in await connection.fetch(statement, self.game.name, after, until)]

    async def unlike(self, connection: Connection) -> list[int]:
        """The players of whom an award in force is not as decided."""
        if not self.anew:
            return []
        rows = await connection.fetch(sql.UNLIKE.format(table=self.table), self.game.name, timeout=None)
        return [row["player"] for row in rows]

    async def put_in_force(self, connection: Connection, players: Sequence[int]) -> None:
        if players and self.anew:
            for statement in (sql.WITHDRAW_UNDECIDED, sql.WRITE_DECIDED):
                await connection.execute(statement.format(table=self.table), self.game.name, players, timeout=None)

    async def _now(self, connection: Connection, players: Sequence[int]) -> Awards:
        if self.anew:
            return await decide_awards(connection, self.game, players)
        return await awards_of(connection, self.game, players)

    async def _add(self, connection: Connection, awards: Awards) -> None:
        records = [
            (player, name, award.at, award.event, award.match)
            for player, mine in awards.items()
            for name, award in mine.items()
        ]
        await connection.copy_records_to_table(
            beside.DECIDED, schema_name=self.game.name, records=records, columns=list(_COLUMNS), timeout=None
        )

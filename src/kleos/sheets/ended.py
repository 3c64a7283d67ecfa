"""When each match ended, found anew after a definition named other types that end one."""

from contextlib import aclosing
from dataclasses import dataclass

from kleos.engine.game import Game
from kleos.log import history
from kleos.sheets import sql
from kleos.sheets.beside import ENDED
from kleos.sheets.layout import table
from kleos.store.pool import Connection


@dataclass(frozen=True, slots=True)
class Ended:
    game: Game

    @property
    def table(self) -> str:
        return table(self.game.name, ENDED)

    async def fill(self, connection: Connection) -> None:
        """Inside a transaction: the ends that the log tells of now."""
        await connection.execute(sql.DROP_TABLE.format(table=self.table))
        await connection.execute(sql.MAKE_ENDED.format(table=self.table))
        ends: dict[str, int] = {}
        async with aclosing(history.behind(connection, self.game, self.game.definition.ended_by)) as events:
            async for happened in events:  # in event order, so that the first of a match is its end
                if happened.event.match != happened.event.id:
                    ends.setdefault(happened.event.match, happened.event.at)
        await connection.copy_records_to_table(
            ENDED, schema_name=self.game.name, records=ends.items(), columns=["match", "ended_at"], timeout=None
        )
        await connection.execute(sql.KEY_OF_ENDED.format(table=self.table))
        await connection.execute(sql.ANALYZE.format(table=self.table))

    async def take_in(self, connection: Connection, after: int, until: int) -> None:
        """Inside a transaction."""
        ends: dict[str, int] = {}
        async for happened in history.whole(connection, self.game, after_seq=after, last_seq=until):
            event = happened.event
            if happened.plan.type.name in self.game.definition.ended_by and event.match != event.id:
                ends.setdefault(event.match, event.at)
        if ends:
            await connection.execute(sql.ADD_ENDED.format(table=self.table), *zip(*ends.items(), strict=True))

    async def put_in_force(self, connection: Connection) -> None:
        await connection.execute(sql.DATE_MATCHES.format(table=self.table), self.game.name, timeout=None)

"""What DuckDB makes of a game's whole log against what PostgreSQL holds: sheets, awards, matches, appearances, ids."""

from dataclasses import dataclass, replace
from typing import Any, Final

from kleos.core.definition.model import Sheet
from kleos.core.definition.names import BUILT_IN_SHEET
from kleos.engine.game import Game
from kleos.log.history import is_reported
from kleos.replay.appearances import appearances
from kleos.replay.awards import AWARDS
from kleos.replay.columns import view_type
from kleos.replay.fold import folded
from kleos.replay.game import fold_game
from kleos.replay.matches import MATCH_COLUMNS, files, matches
from kleos.replay.session import OTHERS, Duck, Sources, in_thread
from kleos.replay.tail import copy_query
from kleos.sheets import sql
from kleos.sheets.compare import Compared, Comparison, LeftOut
from kleos.sheets.layout import quoted, table
from kleos.sheets.postponed import Waiting
from kleos.sheets.schema import columns
from kleos.telemetry.progress import Progress

_DUCK_TYPES: Final = {"bigint": "BIGINT", "double": "DOUBLE", "boolean": "BOOLEAN", "text": "VARCHAR"}
_MOMENT: Final = "timestamptz"
_IDS: Final = "replay.ids"

_AWARDS: Final = Compared(
    "awards",
    {"player": "BIGINT", "achievement": "VARCHAR"},
    {"at": "BIGINT", "event": "VARCHAR", "match": "VARCHAR"},
)
_MATCHES: Final = Compared(
    "matches",
    {"match": "VARCHAR"},
    MATCH_COLUMNS,
)
_APPEARANCES: Final = Compared("appearances", {"player": "BIGINT", "match": "VARCHAR"}, {})
_PLAYERS: Final = Compared("players", {"player": "BIGINT"}, {})


@dataclass(frozen=True, slots=True)
class Replayed:
    """A session with the views of the whole log; everything is read in the connection's snapshot."""

    game: Game
    sources: Sources
    comparison: Comparison
    progress: Progress
    waiting: Waiting

    async def compare(self) -> int:
        """Compares everything but what waits to be refolded, and answers how many events count."""
        one = self.comparison
        game, definition = self.game, self.game.definition
        await in_thread(one.duck, fold_game, game.plan, game.calendar, self.progress)
        for sheet in definition.sheets.values():
            self.progress(f"comparing the sheet {sheet.name}", 0, 0)
            await self._compare_sheet(sheet)
        self.progress("comparing awards, matches, appearances and players", 0, 0)
        await one.compare(
            replace(_AWARDS, left_out=self._undecided), f"SELECT * FROM {AWARDS}", sql.ALL_AWARDS, game.name
        )
        await one.compare(_MATCHES, matches(definition, self.sources), sql.ALL_MATCHES, game.name)
        await self._compare_appearances()
        await self._compare_ids()
        every = " UNION ALL ".join(f'SELECT count(*) AS events FROM log."{name}"' for name in definition.events)
        ((events,),) = await self._fetch(f"SELECT COALESCE(sum(events), 0)::BIGINT FROM ({every})")
        return int(events)

    @property
    def _undecided(self) -> LeftOut:
        return LeftOut(("player",), [(player,) for player in self.waiting.players])

    async def _compare_sheet(self, sheet: Sheet) -> None:
        keys = {"window": "VARCHAR", **{column.name: view_type(column.type) for column in sheet.key}}
        declared = {name: type_ for name, type_ in columns(sheet) if name not in ("present", "version")}
        cells = {name: _duck_type(type_) for name, type_ in declared.items()}
        chosen = [quoted(name) for name in keys]
        chosen += [_micros(name) if type_.startswith(_MOMENT) else quoted(name) for name, type_ in declared.items()]
        stored = sql.ALL_ROWS.format(columns=", ".join(chosen), table=table(self.game.name, sheet.name))
        left_out = LeftOut(tuple(keys), self.waiting.rows.get(sheet.name, ()))
        if sheet.name == BUILT_IN_SHEET:
            left_out = self._undecided
        compared = Compared(f"{self.game.name}.{sheet.name}", keys, cells, left_out)
        await self.comparison.compare(compared, f"SELECT * FROM {folded(sheet.name)}", stored)

    async def _compare_appearances(self) -> None:
        one = self.comparison
        await self._run(f"CREATE OR REPLACE TABLE replay.appearances AS {appearances(self.game.definition)}")
        await one.compare(_APPEARANCES, "SELECT * FROM replay.appearances", sql.ALL_APPEARANCES, self.game.name)
        there = "SELECT DISTINCT player FROM replay.appearances"
        players = [player for (player,) in await self._fetch(there)]
        await one.compare(_PLAYERS, there, sql.PLAYERS_THERE, players)

    async def _compare_ids(self) -> None:
        """Every event stands in the log once, and its id is remembered."""
        one, found = self.comparison, self.comparison.found
        amiss = [
            (row["id"], row["events"], row["remembered"])
            for row in await one.connection.fetch(sql.EVENTS_AMISS, self.game.name, found.keep)
        ]
        archived = [p for type_, paths in self.sources.parquet.items() if is_reported(type_) for p in paths]
        if archived:
            await self._run(f"CREATE OR REPLACE TABLE {_IDS} (id VARCHAR)")
            arguments = (self.game.name,)
            await copy_query(one.connection, one.duck, one.folder, sql.REMEMBERED, arguments, {"id": "VARCHAR"}, _IDS)
            amiss += await self._fetch(f"""
                SELECT e.id, count(*), bool_or(i.id IS NOT NULL) AS remembered FROM (
                    SELECT id FROM {files(archived)} UNION ALL SELECT id FROM replay.rows
                    UNION ALL SELECT id FROM {OTHERS}
                ) AS e LEFT JOIN {_IDS} AS i USING (id)
                GROUP BY e.id HAVING count(*) > 1 OR NOT remembered ORDER BY e.id LIMIT {found.keep}
            """)
        for id, events, remembered in amiss:
            stored = {"events": events, "remembered": remembered}
            found.compare("events", {"id": id}, stored, {"events": 1, "remembered": True})

    async def _run(self, statement: str) -> None:
        await in_thread(self.comparison.duck, Duck.execute, statement)

    async def _fetch(self, statement: str) -> list[Any]:
        return await in_thread(self.comparison.duck, lambda duck: duck.execute(statement).fetchall())


def _duck_type(declared: str) -> str:
    kind = declared.split(" ")[0]
    return "BIGINT" if kind == _MOMENT else _DUCK_TYPES[kind]


def _micros(name: str) -> str:
    return f"(extract(epoch FROM {quoted(name)}) * 1000000)::bigint"

"""Sheets folded by DuckDB over the whole log and brought to PostgreSQL by COPY. What memory cannot hold is spilled.

The files of the archive are checked before they are read; what is not sealed yet comes from PostgreSQL.
"""

import asyncio
import os
import tempfile
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from kleos.core.definition.model import Sheet
from kleos.core.errors import StaleDefinition
from kleos.engine.game import Game
from kleos.log import sql as log_sql
from kleos.log.archive.location import Location
from kleos.log.archive.manifest import Span, location_of, spans_of
from kleos.log.archive.read import no_location
from kleos.replay.appearances import appearances
from kleos.replay.awards import AWARDS, decide_awards, fold_awards
from kleos.replay.csv import text
from kleos.replay.fold import fold_sheet, folded
from kleos.replay.matches import MATCH_COLUMNS, matches
from kleos.replay.session import OTHER_COLUMNS, OTHERS, Duck, Sources, create_views, in_thread, open_session
from kleos.replay.spans import create_spans
from kleos.replay.tail import copy_query, copy_rows
from kleos.sheets import sql
from kleos.sheets.beside import APPEARED, DECIDED, MATCHED
from kleos.sheets.layout import beside
from kleos.sheets.merge import SheetWriter
from kleos.store.pool import Connection
from kleos.telemetry.progress import Progress

MEMORY_MB: Final = 512
_MOMENT: Final = "timestamptz"
_AWARD_COLUMNS: Final = 'player, achievement, make_timestamptz("at"), event, "match"'
_MATCH_COLUMNS: Final = ", ".join(
    ['"match"', *(name if name == "events" else f"make_timestamptz({name})" for name in MATCH_COLUMNS)]
)
_WRITE: Final = "COPY ({query}) TO {path} (FORMAT csv, HEADER false, NULLSTR {null})"
_NULL: Final = "\\N"
"""What stands for NULL, unquoted."""


def spare_threads() -> int:
    """All cores but one, which the commits keep."""
    return max(1, (os.cpu_count() or 2) - 1)


@asynccontextmanager
async def folding_in_duckdb(
    connection: Connection, game: Game, horizon: int, progress: Progress
) -> AsyncIterator["Folded"]:
    """Raises ArchiveDamaged, naming the file, where one of the log's files is not what was written."""
    with tempfile.TemporaryDirectory(prefix="kleos-rebuild-") as scratch:
        folder = Path(scratch)
        with open_session(folder, threads=spare_threads(), memory_mb=MEMORY_MB) as duck:
            sources = await read_log(connection, duck, game, horizon, folder, progress)
            progress("reading the log", 0, 0)
            await in_thread(duck, prepare, game, sources)

            yield Folded(connection, duck, game, folder, sources)


@dataclass(frozen=True, slots=True)
class Folded:
    """Fills tables with what the log makes. Sheets on whose rows awards stand are kept for those."""

    connection: Connection
    duck: Duck
    game: Game
    folder: Path
    sources: Sources
    kept: set[str] = field(default_factory=set)

    async def sheet(self, writer: SheetWriter) -> None:
        name = writer.sheet.name
        await self.fold(writer.sheet)
        await self._copy(writer)
        if not self.game.plan.row_awards[name]:
            await in_thread(self.duck, Duck.execute, f"DROP TABLE {folded(name)}")

    async def awards(self, writer: SheetWriter) -> None:
        """The table of awards that are decided, and the sheet folded from them."""
        for name, awards in self.game.plan.row_awards.items():
            if awards and name not in self.kept:
                await self.fold(self.game.definition.sheets[name])
        await in_thread(self.duck, decide_awards, self.game.plan)
        await in_thread(self.duck, fold_awards, self.game.definition)
        await self._copy(writer)
        await self.bring(f"SELECT {_AWARD_COLUMNS} FROM {AWARDS}", DECIDED, self.game.name)

    async def appearances(self) -> None:
        """The table of who appears in which match."""
        await self.bring(self.who_appears, APPEARED, self.game.name)

    async def matches(self) -> None:
        """The table of what is kept of each match."""
        await self.bring(self.what_is_kept, MATCHED, self.game.name)

    @property
    def who_appears(self) -> str:
        return f'SELECT player, "match" FROM ({appearances(self.game.definition)})'

    @property
    def what_is_kept(self) -> str:
        return f"SELECT {_MATCH_COLUMNS} FROM ({matches(self.game.definition, self.sources)})"

    @staticmethod
    def rows(writer: SheetWriter) -> str:
        """What was folded, as the writer's columns."""
        columns = ", ".join(
            f'make_timestamptz("{name}") AS "{name}"' if type_ == _MOMENT else f'"{name}"'
            for name, type_ in writer.columns.items()
        )
        return f"SELECT {columns} FROM {folded(writer.sheet.name)}"

    async def fold(self, sheet: Sheet) -> None:
        if sheet.name not in self.kept:
            await in_thread(self.duck, fold_sheet, self.game.definition, sheet)
            if self.game.plan.row_awards[sheet.name]:
                self.kept.add(sheet.name)

    async def bring(self, query: str, target: str, schema: str | None, columns: Sequence[str] | None = None) -> None:
        """What a query of the session gives into a table of PostgreSQL, without a schema a temporary one."""
        path = self.folder / "brought.csv"
        write = _WRITE.format(query=query, path=text(str(path)), null=text(_NULL))
        await in_thread(self.duck, Duck.execute, write)
        await self.connection.copy_to_table(
            target, schema_name=schema, source=path, columns=columns, format="csv", null=_NULL, timeout=None
        )
        path.unlink()

    async def _copy(self, writer: SheetWriter) -> None:
        await self.bring(self.rows(writer), beside(writer.sheet.name), self.game.name, list(writer.columns))


async def read_log(
    connection: Connection, duck: Duck, game: Game, horizon: int, folder: Path, progress: Progress
) -> Sources:
    """Where the log up to the horizon lies, files of all types; what PostgreSQL alone has comes into the session."""
    async with connection.transaction(isolation="repeatable_read", readonly=True):
        begun = [span for span in await spans_of(connection, game.name) if span.first_seq < horizon]
        spans = [span for span in begun if span.last_seq <= horizon]
        if any(span.removed_at is not None for span in begun[len(spans) :]):
            raise StaleDefinition(f"events of {game.name} were archived meanwhile")
        sealed = max((span.last_seq for span in spans), default=0)
        progress("reading what is not archived", 0, 0)
        voided = await copy_log(connection, duck, game, sealed, horizon, folder)
        location = await location_of(connection)
    parquet: Mapping[str, Sequence[str]] = {}
    if spans:
        if location is None:
            raise no_location()
        parquet = await asyncio.to_thread(_checked, location, spans, folder, progress)
    return Sources(parquet, True, voided, game.corrected.merges)


async def copy_log(connection: Connection, duck: Duck, game: Game, after: int, until: int, folder: Path) -> list[str]:
    """Brings the events with ``after < seq <= until`` that PostgreSQL has into the session; answers all void ids."""
    types = sorted(game.definition.events)
    await copy_rows(connection, duck, folder, game.name, types, after, until)
    others = (game.name, after, until, types)
    await copy_query(connection, duck, folder, sql.OTHER_EVENTS, others, OTHER_COLUMNS, OTHERS)
    if not game.corrected.has_voids:
        return []
    return [row["id"] for row in await connection.fetch(log_sql.ALL_VOIDED, game.name, timeout=None)]


def _checked(location: Location, spans: Sequence[Span], folder: Path, progress: Progress) -> dict[str, list[str]]:
    """By type the files on this machine, each found to be what was written."""
    files = [file for span in spans for file in span.files]
    paths: dict[str, list[str]] = {}
    for done, file in enumerate(files):
        progress("checking archived files", done, len(files))
        local = location.local(file.path, folder)
        location.check(file.path, file.size_bytes, file.sha256, local)
        paths.setdefault(file.type, []).append(str(local))
    return paths


def prepare(duck: Duck, game: Game, sources: Sources) -> None:
    create_views(duck, game.definition, sources)
    create_spans(duck, game.definition, game.calendar)

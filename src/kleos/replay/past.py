"""The log of a game as DuckDB reads it, as far as a question about the past needs it; and a sheet as it was then.

A span is a name with the moment from which on it counts events (None: from the first) and the moment before which.
What a span makes of a sheet is what its rows would be if those events were all there are.
"""

import asyncio
import tempfile
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import pyarrow as pa

from kleos.core.definition.model import Sheet
from kleos.core.windows import Window, to_datetime
from kleos.engine.game import Game
from kleos.log import sql as log_sql
from kleos.log.archive.location import Location
from kleos.log.archive.manifest import Span as SealedSpan
from kleos.log.archive.manifest import location_of, spans_of
from kleos.log.archive.read import no_location
from kleos.players.sql import HIDDEN_IN
from kleos.replay.columns import LOG_ROW
from kleos.replay.csv import text
from kleos.replay.facts import contribution_type, facts_of
from kleos.replay.fold import fold_facts, folded
from kleos.replay.session import Duck, Sources, create_views, in_thread, open_session
from kleos.replay.spans import create_overlapping
from kleos.replay.tail import copy_query
from kleos.store.pool import Connection

AWARDS: Final = "awards"
HIDDEN: Final = "replay.hidden"
"""``(player)``: whom nobody sees."""

_TAIL: Final = """
SELECT seq, id, match, (extract(epoch FROM at) * 1000000)::bigint, (extract(epoch FROM received_at) * 1000000)::bigint,
       type, body::text
FROM kleos.events
WHERE game = $1 AND seq > $2 AND type = ANY($3::text[]) AND at < $4 AND ($5::timestamptz IS NULL OR at >= $5)
"""
_AWARDS: Final = """
SELECT a.player, (extract(epoch FROM a.at) * 1000000)::bigint, p.points
FROM kleos.awards a JOIN unnest($2::text[], $3::bigint[]) AS p(achievement, points) USING (achievement)
WHERE a.game = $1
"""


@dataclass(frozen=True, slots=True)
class Span:
    """``start <= at < until``."""

    name: str
    start: int | None
    until: int


@dataclass(frozen=True, slots=True)
class Extent:
    """What spans have of the log together."""

    start: int | None
    until: int

    @classmethod
    def of(cls, spans: Sequence[Span]) -> "Extent":
        starts = [span.start for span in spans if span.start is not None]
        return cls(min(starts) if len(starts) == len(spans) else None, max(span.until for span in spans))


def span_of(window: Window, as_of: int) -> Span:
    """What counts of a window at a moment, the last that counts; it is empty where the window begins later."""
    until = as_of + 1 if window.end is None else min(as_of + 1, window.end)
    return Span(window.name, window.start, until)


@contextmanager
def past_session() -> Iterator[tuple[Duck, Path]]:
    """A session in a folder of its own, which goes with it."""
    with tempfile.TemporaryDirectory(prefix="kleos-past-") as scratch:
        folder = Path(scratch)
        with open_session(folder / "spill") as duck:
            yield duck, folder


def literal(value: str | int | float | bool) -> str:
    """A value of a key or of a profile as SQL."""
    if isinstance(value, str):
        return text(value)
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    return f"CAST('{value!r}' AS {'BIGINT' if isinstance(value, int) else 'DOUBLE'})"


def fetched(duck: Duck, statement: str) -> pa.Table:
    table = duck.sql(statement).to_arrow_table()
    assert table is not None, "a SELECT has a result"
    return table


def narrowed(sheet: Sheet, columns: Collection[str]) -> Sheet:
    """The sheet with these columns and what they are made of, and nothing else; it has the same rows."""
    wanted = [sheet.columns[name] for name in columns]
    folded = {sheet.columns[each].fold or "" for column in wanted for each in column.inputs}
    rules = tuple(
        replace(rule, calls={name: call for name, call in rule.calls.items() if name in folded}) for rule in sheet.rules
    )
    return replace(
        sheet,
        rules=rules,
        folds={name: fold for name, fold in sheet.folds.items() if name in folded},
        columns={
            name: column for name, column in sheet.columns.items() if column.fold in folded or name in set(columns)
        },
    )


def event_types(sheet: Sheet) -> list[str]:
    return sorted({rule.selector.event for rule in sheet.rules})


async def open_log(connection: Connection, duck: Duck, folder: Path, game: Game, sheet: Sheet, extent: Extent) -> None:
    """Makes the views of the events that feed a sheet, of an extent of time, as the connection's snapshot has them.

    Beside these the table ``replay.hidden``. Raises ArchiveDamaged where a file is not what was written.
    """
    duck.execute(f"CREATE TABLE {HIDDEN} (player BIGINT)")
    await copy_query(connection, duck, folder, HIDDEN_IN, (game.name,), {"player": "BIGINT"}, HIDDEN)
    if sheet.name == AWARDS:
        await _copy_awards(connection, duck, folder, game)
        return
    types = event_types(sheet)
    sealed = await spans_of(connection, game.name)
    after_seq = max((span.last_seq for span in sealed), default=0)
    parquet: dict[str, list[str]] = {}
    if sealed:
        location = await location_of(connection)
        if location is None:
            raise no_location()
        parquet = await asyncio.to_thread(_files, location, sealed, types, extent, folder)
    arguments = (game.name, after_seq, types, extent.until, extent.start)
    columns = {**LOG_ROW, "type": "VARCHAR", "body": "VARCHAR"}
    rows = await copy_query(connection, duck, folder, _TAIL, arguments, columns, "replay.rows")
    voided = (
        [row["id"] for row in await connection.fetch(log_sql.ALL_VOIDED, game.name)] if game.corrected.has_voids else []
    )
    sources = Sources(parquet, rows > 0, voided, game.corrected.merges)
    await in_thread(duck, create_views, game.definition, sources)


def fold_span(duck: Duck, game: Game, sheet: Sheet, span: Span) -> str:
    """Blocks. Folds the rows that one span makes of a narrowed sheet; answers the table in which they are."""
    alone = replace(sheet, windows=("all",))
    fold_facts(duck, alone, _facts(game, alone, Extent(span.start, span.until)))
    return folded(sheet.name)


def fold_spans(duck: Duck, game: Game, sheet: Sheet, spans: Sequence[Span]) -> str:
    """Blocks. Folds the rows that each of many spans makes of a narrowed sheet, in one pass; answers the table, whose
    `window` is the span's name."""
    parted = replace(sheet, windows=("day",))
    facts = _facts(game, parted, Extent.of(spans))
    create_overlapping(duck, facts, [(span.name, span.start, span.until) for span in spans])
    fold_facts(duck, parted, facts)
    return folded(sheet.name)


def _facts(game: Game, sheet: Sheet, extent: Extent) -> str:
    if sheet.name == AWARDS:
        return _facts_of_awards(sheet, extent)
    bounds = (extent.start, extent.until)
    return facts_of(game.definition, sheet, list(sheet.folds), bounds, is_placed=sheet.is_ordered)


def _facts_of_awards(sheet: Sheet, extent: Extent) -> str:
    given = {"points": '"points"', "unlocked": "TRUE"}
    values = [f'{given[name]}::{contribution_type(fold)} AS "c_{name}"' for name, fold in sheet.folds.items()]
    chosen = ", ".join([f'"player" AS "k_{sheet.key[0].name}"', '"at"', *values])
    since = "" if extent.start is None else f' AND "at" >= {extent.start}'
    return f'SELECT {chosen} FROM replay.awards WHERE "at" < {extent.until}{since}'


async def _copy_awards(connection: Connection, duck: Duck, folder: Path, game: Game) -> None:
    """An award is dated by the event that completed it, so those before a moment are those that were there then."""
    duck.execute('CREATE TABLE replay.awards (player BIGINT, "at" BIGINT, points BIGINT)')
    achievements: Mapping[str, int] = {name: each.points for name, each in game.definition.achievements.items()}
    arguments = (game.name, list(achievements), list(achievements.values()))
    columns = {"player": "BIGINT", "at": "BIGINT", "points": "BIGINT"}
    await copy_query(connection, duck, folder, _AWARDS, arguments, columns, "replay.awards")


def _files(
    location: Location, sealed: Sequence[SealedSpan], types: Collection[str], extent: Extent, folder: Path
) -> dict[str, list[str]]:
    """Blocks. The files that may hold such events, by type; those that are elsewhere are brought here."""
    first = None if extent.start is None else _month(extent.start)
    last = _month(extent.until)
    found: dict[str, list[str]] = {}
    for file in (file for span in sealed for file in span.files):
        if file.type in types and file.month <= last and (first is None or file.month >= first):
            local = location.checked(file.path, file.size_bytes, file.sha256, folder)
            found.setdefault(file.type, []).append(str(local))
    return found


def _month(at: int) -> str:
    return to_datetime(at).strftime("%Y-%m").rjust(7, "0")

"""Events that lie in files alone, found by match or by player, and read back as the log has them."""

import asyncio
import tempfile
from collections.abc import AsyncIterator, Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from kleos.core.definition.model import Definition
from kleos.core.windows import to_datetime
from kleos.log.archive import sql
from kleos.log.archive.bodies import Between, LoggedRow, match_in_file, read_rows
from kleos.log.archive.location import ArchiveDamaged, Location, checksum_of
from kleos.log.archive.manifest import SpanFile, files_of, location_of
from kleos.store.pool import Connection

Places = Mapping[str, Collection[int]]
"""By match, the spans that hold events of it, each named by its ``last_seq``."""


async def has_removed(connection: Connection, game: str) -> bool:
    """Whether PostgreSQL lacks any event of a game's log."""
    found: bool = await connection.fetchval(sql.HAS_REMOVED, game)
    return found


async def places_of_matches(connection: Connection, game: str, matches: Sequence[str]) -> Places:
    places: dict[str, list[int]] = {}
    for row in await connection.fetch(sql.ARCHIVED_OF_MATCHES, game, matches):
        places.setdefault(row["match"], []).append(row["last_seq"])
    return places


async def places_of_players(
    connection: Connection, game: str, players: Sequence[int], appearances: str
) -> dict[int, Places]:
    """By player, of the matches in which he appears those that have events in files alone."""
    found: dict[int, dict[str, list[int]]] = {}
    for row in await connection.fetch(sql.ARCHIVED_OF_PLAYERS.format(appearances=appearances), game, players):
        found.setdefault(row["player"], {}).setdefault(row["match"], []).append(row["last_seq"])
    return dict(found)


async def archived_players(connection: Connection, game: str, players: Sequence[int]) -> set[int]:
    """Those of these players of whom some event is in files alone."""
    return {row["player"] for row in await connection.fetch(sql.ARCHIVED_PLAYERS, game, players)}


async def archived_matches(connection: Connection, game: str, matches: Sequence[str]) -> set[str]:
    return {row["match"] for row in await connection.fetch(sql.ARCHIVED_MATCHES, game, matches)}


async def rows_at(
    connection: Connection, definition: Definition, places: Places, types: Iterable[str] | None, span: Between
) -> list[LoggedRow]:
    """Every event of these matches in these spans, in event order; of these types and this span of time, if given.

    Raises ArchiveDamaged, naming the file, where one is not what was written.
    """
    if not places:
        return []
    by_span: dict[int, set[str]] = {}
    for match, spans in places.items():
        for last_seq in spans:
            by_span.setdefault(last_seq, set()).add(match)
    location = await _location(connection)
    wanted = None if types is None else set(types)
    files = await files_of(connection, definition.game, sorted(by_span))
    work = [
        (file, by_span[last_seq])
        for last_seq, of_span in files.items()
        for file in of_span
        if (wanted is None or file.type in wanted) and _may_lie(file.month, span)
    ]
    return await asyncio.to_thread(_read_all, location, definition, work, span)


async def months_of_log(
    connection: Connection, definition: Definition, types: Collection[str] | None, span: Between, after_seq: int = 0
) -> AsyncIterator[list[LoggedRow]]:
    """All events that are in files alone, of these types if given, of spans that end after ``after_seq``: a month at a
    time, each in event order."""
    rows = await connection.fetch(sql.REMOVED_SPANS, definition.game)
    removed = [row["last_seq"] for row in rows if row["last_seq"] > after_seq]
    if not removed:
        return
    location = await _location(connection)
    by_month: dict[str, list[tuple[SpanFile, set[str] | None]]] = {}
    for files in (await files_of(connection, definition.game, removed)).values():
        for file in files:
            if (types is None or file.type in types) and _may_lie(file.month, span):
                by_month.setdefault(file.month, []).append((file, None))
    for month in sorted(by_month):
        yield await asyncio.to_thread(_read_all, location, definition, by_month[month], span)


async def removed_files(
    connection: Connection, game: str, span: Between
) -> tuple[Location | None, list[SpanFile]] | None:
    """Where the archive is, and the files of reported events that may lie in this span of time and are in files alone;
    None where there are none."""
    rows = await connection.fetch(sql.REMOVED_SPANS, game)
    files = await files_of(connection, game, [row["last_seq"] for row in rows])
    may_hold = [
        file for of_span in files.values() for file in of_span if "." not in file.type and _may_lie(file.month, span)
    ]
    return (await location_of(connection), may_hold) if may_hold else None


async def match_of_event(connection: Connection, game: str, id: str) -> str | None:
    """The match of an event that is in files alone, of which nothing but its id is known: looks through them."""
    rows = await connection.fetch(sql.REMOVED_SPANS, game)
    if not rows or not await connection.fetchval(sql.IS_KNOWN, game, id):
        return None
    spans = await files_of(connection, game, [row["last_seq"] for row in rows])
    files = [file for of_span in spans.values() for file in of_span]
    return await asyncio.to_thread(_look_for, await _location(connection), files, id)


def _look_for(location: Location, files: Sequence[SpanFile], id: str) -> str | None:
    with tempfile.TemporaryDirectory(prefix="kleos-look-") as scratch:
        for file in reversed(files):
            local = location.checked(file.path, file.size_bytes, file.sha256, Path(scratch))
            match = match_in_file(local, id)
            if match is not None:
                return match
    return None


async def _location(connection: Connection) -> Location:
    location = await location_of(connection)
    if location is None:
        raise no_location()
    return location


def no_location() -> ArchiveDamaged:
    return ArchiveDamaged("events are archived, and nobody says where: set KLEOS_ARCHIVE")


def _may_lie(month: str, span: Between) -> bool:
    start, end = span
    return (start is None or month >= month_of(start)) and (end is None or month <= month_of(end))


def month_of(at: int) -> str:
    return to_datetime(at).strftime("%Y-%m").rjust(7, "0")


def _read_all(
    location: Location, definition: Definition, work: Sequence[tuple[SpanFile, set[str] | None]], span: Between
) -> list[LoggedRow]:
    rows: list[LoggedRow] = []
    for file, matches in work:
        content = location.read(file.path)
        if checksum_of(content) != (file.size_bytes, file.sha256):
            raise location.damaged(file.path)
        rows += read_rows(content, file.type, definition.events.get(file.type), matches, span)
    rows.sort(key=_event_order)
    return rows


def _event_order(row: Any) -> tuple[int, str]:
    return row["at"], row["id"]

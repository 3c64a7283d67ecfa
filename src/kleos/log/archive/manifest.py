"""What the archive holds of a game: its spans and their files, as PostgreSQL keeps it, and as JSON beside the files."""

import asyncio
import logging
from collections.abc import Sequence
from typing import Any, Final

import msgspec

from kleos.log.archive import sql
from kleos.log.archive.location import Location
from kleos.log.archive.owner import make_owner, owner_of, refuse_stranger
from kleos.store.database_id import database_id
from kleos.store.pool import Connection

LOOKING_S: Final = 30
"""A server that cannot reach its archive starts all the same, after so long."""

logger = logging.getLogger(__name__)


class SpanFile(msgspec.Struct, frozen=True):
    """The events of one type and month (UTC) of a span. ``fields`` are the typed ones, each with its type as the
    definition wrote it; where there are none, ``body`` has everything."""

    type: str
    month: str
    path: str
    events: int
    size_bytes: int
    sha256: str
    fields: dict[str, str]


class Span(msgspec.Struct, frozen=True):
    """Everything of a game with ``first_seq < seq <= last_seq``. Times are microseconds; ``received_at`` is when the
    newest event came. ``removed_at`` is set when PostgreSQL no longer has the events."""

    game: str
    first_seq: int
    last_seq: int
    events: int
    received_at: int | None
    sealed_at: int | None
    removed_at: int | None
    files: list[SpanFile]

    @property
    def name(self) -> str:
        return span_name(self.first_seq, self.last_seq)

    @property
    def size_bytes(self) -> int:
        return sum(file.size_bytes for file in self.files)


def span_name(first_seq: int, last_seq: int) -> str:
    """Sorts as the spans do."""
    return f"{first_seq + 1:015d}-{last_seq:015d}"


def file_path(game: str, type_: str, month: str, span: str) -> str:
    return f"{game}/{type_}/{month}/{span}.parquet"


def manifest_path(game: str, span: str) -> str:
    return f"{game}/{span}.json"


async def location_of(connection: Connection) -> Location | None:
    """Where the archive of this database is; None before there is one."""
    place = await connection.fetchval(sql.LOCATION)
    return None if place is None else Location.at(place)


async def set_location(connection: Connection, place: str, retention_days: int | None = None) -> None:
    """Says where the archive is, and after how many days events leave PostgreSQL (None: never). Raises BadInput.

    A place that is nobody's becomes this database's, unless sealed spans should be there and are not.
    """
    location = Location.at(place)
    await connection.execute(sql.SET_LOCATION, place, retention_days)
    database = await database_id(connection)
    newest = [_file(row) for row in await connection.fetch(sql.NEWEST_FILES)]
    try:
        async with asyncio.timeout(LOOKING_S):
            await asyncio.to_thread(_take, location, database, newest)
    except Exception as error:  # whatever a file system of fsspec's raises: nothing but archiving needs it now
        logger.warning("nothing will be archived: %s", str(error) or "the archive does not answer")


def _take(location: Location, database: str, newest: Sequence[SpanFile]) -> None:
    """Blocks. An archive that is older than its owner's file is known by the files of the newest span."""
    if owner_of(location) is None:
        for file in newest:
            location.check(file.path, file.size_bytes, file.sha256)
        make_owner(location, database)
    refuse_stranger(location, database)


async def retention_days_of(connection: Connection) -> int | None:
    days: int | None = await connection.fetchval(sql.RETENTION_DAYS)
    return days


async def spans_of(connection: Connection, game: str) -> list[Span]:
    """The sealed spans of a game, oldest first."""
    rows = await connection.fetch(sql.SPANS, game)
    files = await files_of(connection, game, [row["last_seq"] for row in rows])
    return [_span(row, files.get(row["last_seq"], [])) for row in rows if row["sealed_at"] is not None]


async def files_of(connection: Connection, game: str, spans: Sequence[int]) -> dict[int, list[SpanFile]]:
    """The files of spans, which are named by their ``last_seq``."""
    found: dict[int, list[SpanFile]] = {}
    for row in await connection.fetch(sql.FILES, game, spans):
        found.setdefault(row["last_seq"], []).append(_file(row))
    return found


def _span(row: Any, files: list[SpanFile]) -> Span:
    names = ("game", "first_seq", "last_seq", "events", "received_at", "sealed_at", "removed_at")
    return Span(**{name: row[name] for name in names}, files=files)


def _file(row: Any) -> SpanFile:
    names = ("type", "month", "path", "events", "size_bytes", "sha256")
    return SpanFile(**{name: row[name] for name in names}, fields=msgspec.json.decode(row["fields"]))

"""One span written: rows of the log to one Parquet file for each type and month, by DuckDB."""

import logging
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import duckdb

from kleos.core.definition.model import Definition, EventType
from kleos.core.errors import Conflict
from kleos.log.archive import sql
from kleos.log.archive.location import ArchiveDamaged, Location, checksum
from kleos.log.archive.manifest import SpanFile, file_path, manifest_path
from kleos.replay.columns import bodies_to_parquet, unreadable
from kleos.replay.csv import read_csv, text, without_breaks
from kleos.store.pool import Connection

MEMORY_MB: Final = 512
_ROWS: Final = {
    "_seq": "BIGINT",
    "id": "VARCHAR",
    "match": "VARCHAR",
    "type": "VARCHAR",
    "at": "BIGINT",
    "_received_at": "BIGINT",
    "body": "VARCHAR",
}
_JSON: Final = ("body",)

logger = logging.getLogger(__name__)

_STAGE: Final = """
CREATE TABLE staged AS
SELECT "_seq", id, "match", "type", "at", "_received_at", strftime(make_timestamp("at"), '%Y-%m') AS month, body
FROM ({rows})
"""
_PARTS: Final = 'SELECT "type", month, count(*) FROM staged GROUP BY ALL ORDER BY ALL'
_SIZE: Final = 'SELECT count(*), max("_received_at") FROM staged'
_WRITE: Final = """
COPY (SELECT {chosen} FROM (
    SELECT "_seq", id, "match", "at", "_received_at", CAST(body AS JSON) AS body
    FROM staged WHERE "type" = {type} AND month = {month}
) ORDER BY "match", "at", id) TO {path} (FORMAT parquet, COMPRESSION zstd)
"""
_UNREADABLE: Final = "SELECT EXISTS (SELECT 1 FROM read_parquet({path}) WHERE {unreadable})"


@dataclass(frozen=True, slots=True)
class Written:
    """``received_at`` is when the newest event came, in microseconds."""

    events: int
    received_at: int | None
    files: list[SpanFile]


@asynccontextmanager
async def rows_of_log(
    connection: Connection, game: str, first_seq: int, last_seq: int, folder: Path
) -> AsyncIterator[Path]:
    """A CSV file of the log's rows with ``first_seq < seq <= last_seq``, as long as the block runs."""
    path = folder / f"rows-{first_seq}-{last_seq}.csv"
    try:
        query = without_breaks(sql.ROWS_AS_TEXT, _ROWS, _JSON)
        await connection.copy_from_query(query, game, first_seq, last_seq, output=path, format="csv", timeout=None)
        yield path
    finally:
        path.unlink(missing_ok=True)


def write_span(definition: Definition, span: str, rows: Path, folder: Path, location: Location) -> Written:
    """Blocks. Writes every file of a span to its place; none of them counts before the manifest names it. Raises
    Conflict where the span is sealed there already with other content."""
    with _duck(folder) as duck:
        duck.execute(_STAGE.format(rows=read_csv(rows, _ROWS, _JSON)))
        ((events, received_at),) = duck.execute(_SIZE).fetchall()
        files = []
        for type_, month, count in duck.execute(_PARTS).fetchall():
            local = folder / f"{span}.parquet"
            event = _write(duck, definition.events.get(type_), type_, month, local)
            with local.open("rb") as file:
                size_bytes, sha256 = checksum(file)
            path = file_path(definition.game, type_, month, span)
            refuse_to_replace(location, path, size_bytes, sha256, manifest_path(definition.game, span))
            location.put(local, path)
            local.unlink()
            fields = {} if event is None else {name: str(field.type) for name, field in event.fields.items()}
            files.append(SpanFile(type_, month, path, count, size_bytes, sha256, fields))
        return Written(events, received_at, files)


def refuse_to_replace(location: Location, path: str, size_bytes: int, sha256: str, manifest: str) -> None:
    """Raises Conflict where there is another file that counts: that of a copy of this database, which has the same id,
    and has sealed a span with the same bounds. What no manifest stands beside was left by one who was killed."""
    if not (location.exists(manifest) and location.exists(path)):
        return
    try:
        location.check(path, size_bytes, sha256)
    except ArchiveDamaged:
        raise Conflict(
            f"{location.full(path)} is there already, with other content, and stays as it is. "
            "If a copy of this database archives there too, give one of them a place of its own by KLEOS_ARCHIVE, and "
            f"copy the archive to it; else it was left by one who was killed: move {location.full(manifest)} away"
        ) from None


def _write(
    duck: duckdb.DuckDBPyConnection, event: EventType | None, type_: str, month: str, local: Path
) -> EventType | None:
    """Answers the type by which the columns were made; None where the bodies are not what it says, and stay as they
    are."""
    names = {"type": text(type_), "month": text(month), "path": text(str(local))}
    duck.execute(_WRITE.format(chosen=bodies_to_parquet(event), **names))
    if event is None:
        return None
    ((is_amiss,),) = duck.execute(_UNREADABLE.format(path=names["path"], unreadable=unreadable(event))).fetchall()
    if not is_amiss:
        return event
    logger.warning("events of type %s in %s are not as the definition says; they are archived as JSON", type_, month)
    return _write(duck, None, type_, month, local)


@contextmanager
def _duck(folder: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    config: dict[str, Any] = {
        "memory_limit": f"{MEMORY_MB}MB",
        "temp_directory": str(folder),
        "threads": 1,
        "preserve_insertion_order": False,
    }
    duck = duckdb.connect(str(folder / "staged.duckdb"), config=config)
    try:
        duck.execute("SET TimeZone = 'UTC'")
        yield duck
    finally:
        duck.close()

"""A DuckDB session over the log of one game: bounded in memory, and with one view for each event type.

A view ``log."<type>"`` has the columns of :func:`kleos.replay.columns.view_columns`. Its events come from Parquet
files, from log rows in the table ``replay.rows``, or from both. What corrections void is left out, and a merged
player's number is that of the player who stands for it.
"""

import asyncio
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Concatenate, Final, ParamSpec, TypeVar

import duckdb

from kleos.core.definition.model import Definition, EventType
from kleos.core.types import ListOf, RecordOf, Scalar, Type, holds_player
from kleos.replay.columns import LOG_ROW, bodies_to_view, view_columns
from kleos.replay.csv import text
from kleos.replay.parquet import parquet_to_view

Duck = duckdb.DuckDBPyConnection
_Arguments = ParamSpec("_Arguments")
_Made = TypeVar("_Made")

DEFAULT_THREADS: Final = 2
DEFAULT_MEMORY_MB: Final = 512
_INTERRUPTED_EVERY_S: Final = 0.005
OTHERS: Final = "replay.others"
OTHER_COLUMNS: Final[Mapping[str, str]] = {"id": "VARCHAR", "match": "VARCHAR", "type": "VARCHAR", "at": "BIGINT"}
"""Log rows of types that the definition no longer has: they feed nothing, but matches count them."""
_TABLES: Final = f"""
CREATE SCHEMA log;
CREATE SCHEMA replay;
CREATE SCHEMA folded;
CREATE TABLE replay.rows ({", ".join(f'"{name}" {type_}' for name, type_ in LOG_ROW.items())},
    "type" VARCHAR, body VARCHAR);
CREATE TABLE {OTHERS} ({", ".join(f'"{name}" {type_}' for name, type_ in OTHER_COLUMNS.items())});
CREATE TABLE replay.voided (id VARCHAR);
CREATE TABLE replay.merges (player BIGINT, into_player BIGINT);
"""
UNVOIDED: Final = "ANTI JOIN replay.voided USING (id)"
"""DuckDB was seen to stand still for ever, all its threads asleep, over the mark join that NOT IN makes of a union."""


@dataclass(frozen=True, slots=True)
class Sources:
    """Where events lie: by event type the Parquet files; ``rows`` whether log rows of ``replay.rows`` count too.

    ``voided`` are ids of events that do not count; ``merges`` names by a player's number that of who stands for it, and
    leads to nobody who is merged again.
    """

    parquet: Mapping[str, Sequence[str]] = field(default_factory=dict)
    rows: bool = True
    voided: Collection[str] = ()
    merges: Mapping[int, int] = field(default_factory=dict)


@contextmanager
def open_session(folder: Path, *, threads: int = DEFAULT_THREADS, memory_mb: int = DEFAULT_MEMORY_MB) -> Iterator[Duck]:
    """An empty session. What does not fit in its memory is spilled below ``folder``, and gone when it ends.

    Everything that is done in a session blocks; a loop gives it to a thread, by :func:`in_thread`. Whoever ends a
    session while a thread is at it may wait for that thread's statement, and hold up all other threads meanwhile.
    """
    folder.mkdir(parents=True, exist_ok=True)
    config: dict[str, str | bool | int | float | list[str]] = {
        "threads": threads,
        "memory_limit": f"{memory_mb}MB",
        "temp_directory": str(folder),
        "preserve_insertion_order": False,
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
    }
    connection = duckdb.connect(":memory:", config=config)
    try:
        connection.execute("SET TimeZone = 'UTC'; SET enable_progress_bar = false")
        connection.execute(_TABLES)
        yield connection
    finally:
        connection.close()


async def in_thread(
    duck: Duck,
    work: Callable[Concatenate[Duck, _Arguments], _Made],
    *arguments: _Arguments.args,
    **named: _Arguments.kwargs,
) -> _Made:
    """What ``work`` makes of a session in a thread. Where it is cancelled, its statements are interrupted, and the
    thread is done with the session before the cancellation goes on.
    """
    working = asyncio.ensure_future(asyncio.to_thread(work, duck, *arguments, **named))
    try:
        return await asyncio.shield(working)
    except asyncio.CancelledError:
        await _interrupt(duck, working)
        raise


async def _interrupt(duck: Duck, working: asyncio.Future[Any]) -> None:
    """Again and again: an interruption between two statements is lost."""
    while not working.done():
        duck.interrupt()
        with suppress(asyncio.CancelledError):
            await asyncio.wait((working,), timeout=_INTERRUPTED_EVERY_S)
    working.exception()  # that of the interruption: it is not to be told of as never looked at


def create_views(duck: Duck, definition: Definition, sources: Sources) -> None:
    """Makes the view of every event type of the definition, or makes it anew over other sources."""
    _fill(duck, "replay.voided", [(id,) for id in sources.voided])
    _fill(duck, "replay.merges", list(sources.merges.items()))
    duck.execute("SET VARIABLE merged = (SELECT map(list(player), list(into_player)) FROM replay.merges)")
    for event in definition.events.values():
        duck.execute(f'CREATE OR REPLACE VIEW log."{event.name}" AS {_view(duck, event, sources)}')


def _fill(duck: Duck, table: str, rows: Sequence[tuple[object, ...]]) -> None:
    duck.execute(f"DELETE FROM {table}")
    if rows:
        marks = ", ".join(f"unnest(${n})" for n in range(1, len(rows[0]) + 1))
        duck.execute(f"INSERT INTO {table} SELECT {marks}", [list(column) for column in zip(*rows, strict=True)])


def _view(duck: Duck, event: EventType, sources: Sources) -> str:
    parts = [
        f"SELECT {parquet_to_view(event, present)} FROM read_parquet([{', '.join(map(text, paths))}])"
        for present, paths in _alike(duck, sources.parquet.get(event.name, ()))
    ]
    if sources.rows or not parts:
        source = f'SELECT * FROM replay.rows WHERE "type" = {text(event.name)}{"" if sources.rows else " AND FALSE"}'
        parts.append(f"SELECT {bodies_to_view(event)} FROM ({source})")
    union = "\nUNION ALL\n".join(parts)
    return f"SELECT {_merged(event, sources)} FROM ({union}) {UNVOIDED if sources.voided else ''}"


_SHAPES: Final = """
SELECT min(file_name), list(file_name ORDER BY file_name) FROM (
    SELECT file_name, list((name, type, num_children, logical_type) ORDER BY column_id) AS shape
    FROM parquet_schema($1) GROUP BY file_name
) GROUP BY shape ORDER BY 1
"""


def _alike(duck: Duck, paths: Sequence[str]) -> list[tuple[dict[str, str], list[str]]]:
    """The files by the columns that they have, each with its type: a definition may have grown between them."""
    if not paths:
        return []
    alike = []
    for first, files in duck.execute(_SHAPES, [list(paths)]).fetchall():
        described = duck.execute(f"DESCRIBE SELECT * FROM read_parquet({text(first)})").fetchall()
        alike.append(({name: type_ for name, type_, *_ in described}, files))
    return alike


# Merged players -------------------------------------------------------------------------------------------------------


def _merged(event: EventType, sources: Sources) -> str:
    """The columns of the view, with every merged player's number replaced."""
    types = {field.name: field.type for field in event.fields.values()}
    if not sources.merges or not any(holds_player(type_) for type_ in types.values()):
        return "*"
    columns = [
        f"{_renamed(types[name], quoted, 0)} AS {quoted}" if name in types else quoted
        for name in view_columns(event)
        for quoted in [f'"{name}"']
    ]
    return ", ".join(columns)


def _renamed(type_: Type, value: str, depth: int) -> str:
    if not holds_player(type_):
        return value
    item = f"v{depth}"
    if isinstance(type_, Scalar):
        return f"COALESCE(map_extract(getvariable('merged'), {value})[1], {value})"
    if isinstance(type_, ListOf):
        return f"list_transform({value}, lambda {item}: {_renamed(type_.item, item, depth + 1)})"
    if isinstance(type_, RecordOf):
        values = {field.name: (field.type, f'({value})."{field.name}"') for field in type_.fields.values()}
        parts = ", ".join(f"'{name}': {_renamed(inner, part, depth)}" for name, (inner, part) in values.items())
        return f"CASE WHEN {value} IS NULL THEN NULL ELSE {{{parts}}} END"
    key, inner = _renamed(type_.key, f"{item}.key", depth + 1), _renamed(type_.value, f"{item}.value", depth + 1)
    entries = f"list_transform(map_entries({value}), lambda {item}: {{'k': {key}, 'v': {inner}}})"
    return _last_entries(entries, depth) if type_.key.kind == "player" else f"map_from_entries({entries})"


def _last_entries(entries: str, depth: int) -> str:
    """A map of entries: where a key comes twice, the later entry stands."""
    item, place, other = f"v{depth}", f"i{depth}", f"w{depth}"
    later = f"list_transform(x[({place} + 1):], lambda {other}: {other}.k)"
    kept = f"list_filter(x, lambda {item}, {place}: NOT list_contains({later}, {item}.k))"
    return f"map_from_entries(list_transform([{entries}], lambda x: {kept})[1])"

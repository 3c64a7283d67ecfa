"""Sealing: what a game's log holds up to a horizon is written to files, span by span.

A span is begun in PostgreSQL before its first file is written, so that whoever comes after a kill writes the same span
again, under the same names; it counts when PostgreSQL has its manifest. The order is files, manifest beside them,
manifest in PostgreSQL.
"""

import asyncio
import hashlib
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

import msgspec

from kleos.core.errors import Conflict
from kleos.engine.game import Game
from kleos.log.archive import sql
from kleos.log.archive.location import Location, checksum_of
from kleos.log.archive.manifest import Span, manifest_path, span_name
from kleos.log.archive.owner import check_owner
from kleos.log.archive.parquet import Written, refuse_to_replace, rows_of_log, write_span
from kleos.log.horizon import take_horizon
from kleos.store.pool import Connection
from kleos.telemetry.progress import Progress, silent

SPAN_EVENTS: Final = 1_000_000
"""A span holds so many events at most, which bounds what sealing needs of memory and disk."""


async def seal(
    connection: Connection,
    location: Location,
    game: Game,
    lock: int,
    now: int,
    progress: Progress = silent,
    span_events: int = SPAN_EVENTS,
) -> list[Span]:
    """Seals everything that the game's log holds now; answers the spans that are new. ``now`` in microseconds.

    ``connection`` is one of its own. Raises Conflict where another is at it, or the place is not this database's.
    """
    sealed: list[Span] = []
    async with sealing(connection, game.name):
        await check_owner(connection, location)
        await asyncio.to_thread(location.clear, game.name)
        horizon = await take_horizon(connection, lock)
        first_seq = await _last_sealed(connection, game.name)
        began = first_seq
        while (last_seq := await _next_span(connection, game.name, first_seq, horizon, span_events)) is not None:
            progress(f"sealing {game.name}", first_seq - began, horizon - began)
            sealed.append(await _seal_span(connection, location, game, first_seq, last_seq, now))
            first_seq = last_seq
        progress(f"sealing {game.name}", max(horizon - began, 1), max(horizon - began, 1))
    return sealed


@asynccontextmanager
async def sealing(connection: Connection, game: str) -> AsyncIterator[None]:
    """Inside, nobody else seals this game or takes events out of PostgreSQL."""
    key = int.from_bytes(hashlib.blake2b(game.encode(), digest_size=8, person=b"kleos archive").digest(), signed=True)
    if not await connection.fetchval(sql.TRY_SEALING, key):
        raise Conflict(f"the log of {game} is being archived already")
    try:
        yield
    finally:
        if not connection.is_closed():
            await connection.execute(sql.END_SEALING, key)


async def _last_sealed(connection: Connection, game: str) -> int:
    rows = await connection.fetch(sql.SPANS, game)
    return max((row["last_seq"] for row in rows if row["sealed_at"] is not None), default=0)


async def _next_span(connection: Connection, game: str, first_seq: int, horizon: int, span_events: int) -> int | None:
    """Where the span after ``first_seq`` ends: where it was begun to, or is full, or at the horizon. None: no event."""
    begun: int | None = await connection.fetchval(sql.BEGUN_SPAN, game)
    if begun is not None:
        return begun
    if not await connection.fetchval(sql.ANY_BETWEEN, game, first_seq, horizon):
        return None
    full: int | None = await connection.fetchval(sql.NTH_AFTER, game, first_seq, horizon, span_events - 1)
    last_seq = horizon if full is None else full
    await connection.execute(sql.BEGIN_SPAN, game, first_seq, last_seq)
    return last_seq


async def _seal_span(
    connection: Connection, location: Location, game: Game, first_seq: int, last_seq: int, now: int
) -> Span:
    name = span_name(first_seq, last_seq)
    with tempfile.TemporaryDirectory(prefix="kleos-seal-") as scratch:
        folder = Path(scratch)
        async with rows_of_log(connection, game.name, first_seq, last_seq, folder) as rows:
            written = await asyncio.to_thread(write_span, game.definition, name, rows, folder, location)
    span = Span(game.name, first_seq, last_seq, written.events, written.received_at, now, None, written.files)
    await asyncio.to_thread(_write_manifest, location, span)
    await _record(connection, span, written)
    return span


def _write_manifest(location: Location, span: Span) -> None:
    """Blocks. One that is there of the same files is written anew; it was sealed at another time."""
    content, path = msgspec.json.format(msgspec.json.encode(span), indent=2), manifest_path(span.game, span.name)
    if location.exists(path):
        known = {file.path: file.sha256 for file in msgspec.json.decode(location.read(path), type=Span).files}
        if known != {file.path: file.sha256 for file in span.files}:
            refuse_to_replace(location, path, *checksum_of(content), path)
    location.write(path, content)


async def _record(connection: Connection, span: Span, written: Written) -> None:
    files = written.files
    async with connection.transaction():
        await connection.execute(
            sql.ADD_FILES,
            span.game,
            span.last_seq,
            [file.type for file in files],
            [file.month for file in files],
            [file.path for file in files],
            [file.events for file in files],
            [file.size_bytes for file in files],
            [file.sha256 for file in files],
            [msgspec.json.encode(file.fields) for file in files],
        )
        await connection.execute(sql.END_SPAN, span.game, span.last_seq, span.events, span.received_at, span.sealed_at)

"""Events leave PostgreSQL by whole spans, once their files were read back and found to be what was written."""

import asyncio

from kleos.log.archive import sql
from kleos.log.archive.location import Location
from kleos.log.archive.manifest import Span, spans_of
from kleos.log.archive.owner import check_owner
from kleos.log.archive.seal import sealing
from kleos.store.pool import Connection
from kleos.telemetry.progress import Progress, silent


async def remove_old(
    connection: Connection, location: Location, game: str, before: int, now: int, progress: Progress = silent
) -> list[Span]:
    """Removes the spans whose newest event came before ``before`` (microseconds), oldest first; answers them.

    Ids and appearances stay. Raises Conflict where the place is not this database's, and ArchiveDamaged, naming the
    file, where a span's files are not as they were written; that span and those after it stay. ``connection`` is one of
    its own.
    """
    removed = []
    async with sealing(connection, game):
        await check_owner(connection, location)
        due = [span for span in await spans_of(connection, game) if span.removed_at is None]
        for done, span in enumerate(due):
            if span.received_at is not None and span.received_at >= before:
                break
            progress(f"removing archived events of {game}", done, len(due))
            await asyncio.to_thread(check_files, location, span)
            await _remove(connection, span, now)
            removed.append(span)
    return removed


def check_files(location: Location, span: Span) -> None:
    """Raises ArchiveDamaged for the first file that is missing or another. Blocks."""
    for file in span.files:
        location.check(file.path, file.size_bytes, file.sha256)


async def _remove(connection: Connection, span: Span, now: int) -> None:
    """One transaction, beside the commits: none of them touches an event that is there."""
    bounds = (span.game, span.first_seq, span.last_seq)
    async with connection.transaction():
        await connection.execute(sql.ADD_ARCHIVED_MATCHES, *bounds, timeout=None)
        await connection.execute(sql.REMOVE_EVENTS, *bounds, timeout=None)
        await connection.execute(sql.MARK_REMOVED, span.game, span.last_seq, now)

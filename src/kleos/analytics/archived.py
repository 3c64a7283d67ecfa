"""How many events of each span of time lie in files alone."""

import asyncio
import tempfile
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import duckdb

from kleos.core.windows import Window
from kleos.log.archive.location import Location
from kleos.log.archive.manifest import SpanFile
from kleos.log.archive.read import no_location, removed_files
from kleos.store.pool import Connection

_COUNT: Final = """
SELECT s.span, count(*)
FROM (SELECT epoch_us("at") AS moment FROM read_parquet(?)) AS e
ASOF JOIN (SELECT unnest(?::BIGINT[]) AS start, unnest(range(?)) AS span) AS s ON e.moment >= s.start
WHERE e.moment < ?
GROUP BY ALL
"""


async def archived_events(connection: Connection, game: str, spans: Sequence[Window]) -> Counter[int]:
    """By the number of the span, from 0 on; of files that the manifest says may hold some, one column is read.

    ``connection`` must see one moment, the one at which the events in PostgreSQL are counted. Raises ArchiveDamaged,
    naming the file, where one is not what was written.
    """
    found = await removed_files(connection, game, (spans[0].start, spans[-1].end))
    if found is None:
        return Counter()
    location, files = found
    if location is None:
        raise no_location()
    return await asyncio.to_thread(_count, location, files, spans)


def _count(location: Location, removed: Sequence[SpanFile], spans: Sequence[Window]) -> Counter[int]:
    with tempfile.TemporaryDirectory(prefix="kleos-activity-") as scratch, duckdb.connect(":memory:") as duck:
        folder = Path(scratch)
        files = [str(location.checked(file.path, file.size_bytes, file.sha256, folder)) for file in removed]
        starts = [span.start for span in spans]
        rows = duck.execute(_COUNT, [files, starts, len(starts), spans[-1].end]).fetchall()
    return Counter(dict(rows))

"""A log too large for memory: how much of it a rebuild takes to fold fifty million events."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import Final

from bench.replay import FACTS_AN_EVENT, GIB, alone, fold_log, make_log
from bench.report import Row
from kleos.store.embedded import EmbeddedPostgres

EVENTS: Final = 50_000_000
QUICK_EVENTS: Final = 200_000


async def run(server: EmbeddedPostgres, quick: bool) -> list[Row]:
    events = QUICK_EVENTS if quick else EVENTS
    folder = Path(tempfile.mkdtemp(prefix="kleos-bench-large-"))
    try:
        alone(make_log, folder, "rounds", events)
        fold_s, peak_bytes = alone(fold_log, folder, events)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    rate = events * FACTS_AN_EVENT / fold_s
    return [
        Row(
            f"rebuild: memory of the whole process that folds {events:,} events of {FACTS_AN_EVENT} facts",
            "under 1 GiB",
            f"{peak_bytes / GIB:.2f} GiB",
            met=peak_bytes < GIB,
        ),
        Row(
            f"rebuild: the same {events:,} events, what does not fit spilled to disk",
            "1,000,000 facts/s",
            f"{rate:,.0f} facts/s",
            met=rate >= 1_000_000,
        ),
    ]

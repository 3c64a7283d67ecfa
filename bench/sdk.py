"""What reporting an event costs the loop of a game, while a recorder spools and sends in the same process.

A game reports as games do: so many events in each tick, then nothing until the next. The peer is a list of JSON texts,
which is what such code has before anybody cares for lost events; it is measured tick by tick beside the recorder.
"""

from __future__ import annotations

import asyncio
import json
import random
import shutil
import tempfile
import time
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final

from bench.cluster import database
from bench.report import Row, percentile
from bench.serving import KEY, kleos
from kleos.client import Recorder
from kleos.store.embedded import EmbeddedPostgres

GOAL_US: Final = 50.0
TICK_S: Final = 1 / 60
ARRIVAL_S: Final = 120.0


@dataclass(frozen=True, slots=True)
class Size:
    players: int = 1_000
    events_per_tick: int = 20
    ticks: int = 600


QUICK: Final = Size(players=10, events_per_tick=5, ticks=30)


@dataclass(frozen=True, slots=True)
class Costs:
    """What each event cost its caller (µs)."""

    recorded: list[float]
    appended: list[float]


async def run(server: EmbeddedPostgres, quick: bool) -> list[Row]:
    size = QUICK if quick else Size()
    folder = Path(tempfile.mkdtemp(prefix="kleos-bench-sdk-"))
    try:
        async with database(server) as dsn, kleos(dsn) as address:
            paced = await asyncio.to_thread(_play, address, folder / "paced", size, TICK_S)
            flood = await asyncio.to_thread(_play, address, folder / "flood", size, 0.0)
    finally:
        shutil.rmtree(folder)
    rate = size.events_per_tick / TICK_S
    return [
        *_rows(f"record(), {rate:,.0f} events a second in ticks, sent meanwhile", paced),
        *_rows("record(), as fast as it goes, sent meanwhile", flood),
    ]


def _rows(what: str, costs: Costs) -> list[Row]:
    p99, peer = percentile(costs.recorded, 0.99), percentile(costs.appended, 0.99)
    usual, usual_peer = percentile(costs.recorded, 0.5), percentile(costs.appended, 0.5)
    goal = f"under {GOAL_US:g} µs"
    return [
        Row(f"{what}: p99", goal, f"{p99:.1f} µs", f"{peer:.1f} µs", f"{p99 / peer:.2f}", p99 < GOAL_US),
        Row(
            f"{what}: median",
            goal,
            f"{usual:.1f} µs",
            f"{usual_peer:.1f} µs",
            f"{usual / usual_peer:.2f}",
            usual < GOAL_US,
        ),
    ]


def _play(address: str, spool: Path, size: Size, tick_s: float) -> Costs:
    """A game's loop. Fails unless every event has arrived in the end."""
    chance = random.Random(7)
    costs, peer = Costs([], []), list[str]()
    next_tick_s = time.perf_counter()
    with Recorder(f"http://{address}", KEY, "scores", spool) as recorder:
        for tick in range(size.ticks):
            for number in range(tick, tick + size.events_per_tick):
                fields = {"player": f"player-{chance.randrange(size.players)}", "points": chance.randrange(10**6)}
                calls = (partial(recorder.record, "scored", **fields), partial(_append, peer, "scored", **fields))
                first = number % 2  # each is as often the one that finds cold caches
                took_us = [0.0, 0.0]
                for which in (first, 1 - first):
                    start_ns = time.perf_counter_ns()
                    calls[which]()
                    took_us[which] = (time.perf_counter_ns() - start_ns) / 1000
                costs.recorded.append(took_us[0])
                costs.appended.append(took_us[1])
            next_tick_s += tick_s
            time.sleep(max(0.0, next_tick_s - time.perf_counter()))
        if not recorder.flush(ARRIVAL_S):
            raise TimeoutError(f"not everything arrived: {recorder.statistics()}")
        arrived = recorder.statistics()
    if arrived.accepted != len(peer) or len(peer) != size.ticks * size.events_per_tick:
        raise AssertionError(f"{len(peer)} events were recorded, and this is what arrived: {arrived}")
    return costs


def _append(events: list[str], type: str, **fields: Any) -> None:
    events.append(json.dumps({"type": type, "at": time.time(), **fields}))

"""The feed: one change to thousands of sockets beside bare writes to the same sockets, their memory, and how soon a
write is seen."""

from __future__ import annotations

import asyncio
import sys
import time
from dataclasses import dataclass
from typing import Final

import msgspec

from bench.broadcast import Measured
from bench.cluster import database
from bench.protocols import PROTOCOLS, Protocol
from bench.report import Row, middle
from bench.seen import seen
from bench.serving import GAMES
from kleos.boards.answers import Effects
from kleos.engine.engine import Engine
from kleos.feed.feed import Feed
from kleos.log.commit import Committed
from kleos.sheets.changes import RowChange
from kleos.store.database import Database
from kleos.store.embedded import EmbeddedPostgres
from kleos.store.pool import open_pool

GOAL: Final = 1.5
IDLE_GOAL_BYTES: Final = 20_000
HELD_GOAL_MS: Final = 20.0
UNHEARD_COMMITS: Final = 10_000
UNHEARD_GOAL_US: Final = 20.0


@dataclass(frozen=True, slots=True)
class Size:
    sockets: tuple[int, ...] = (5_000, 10_000)
    turns: int = 9
    seconds: float = 10.0


QUICK: Final = Size(sockets=(100,), turns=2, seconds=1.0)


async def run(server: EmbeddedPostgres, quick: bool) -> list[Row]:
    size = QUICK if quick else Size()
    rows: list[Row] = []
    for name, protocol in PROTOCOLS.items():
        for count in size.sockets:
            measured = await broadcast(server, name, count, size.turns)
            rows += [_ratio(protocol, count, measured.ours_ms, measured.bare_ms)]
            rows += [_held(protocol, count, measured.held_ms), _memory(protocol, count, measured.idle_bytes)]
    return [*rows, *await seen(server, size.seconds), await unheard(server)]


async def unheard(server: EmbeddedPostgres) -> Row:
    """What a commit of 2,000 events pays for the feed while nobody listens."""
    async with database(server) as dsn:
        pool = await open_pool(dsn)
        async with Engine.open(Database(dsn, pool), games_dir=GAMES) as engine:
            feed, game = Feed(engine), engine.game("scores")
            ids = {number: f"player-{number}" for number in range(2_000)}
            row = {"player": 1, "best": 1}
            changes = [RowChange("career", "all", row) for _ in ids]
            committed = Committed(frozenset(), None, changes, [], ids)
            effects = Effects()
            started = time.perf_counter()
            for _ in range(UNHEARD_COMMITS):
                feed.before(game, committed)
                feed.after(game, committed, effects)
            each_us = (time.perf_counter() - started) / UNHEARD_COMMITS * 1e6
        pool.terminate()
    return Row(
        "what a commit of 2,000 rows pays for the feed while nobody listens",
        f"{UNHEARD_GOAL_US:g} µs",
        f"{each_us:.1f} µs",
        met=each_us <= UNHEARD_GOAL_US,
    )


async def broadcast(server: EmbeddedPostgres, name: str, count: int, turns: int) -> Measured:
    async with database(server) as dsn:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "bench.broadcast", dsn, name, str(count), str(turns)),
            stdout=asyncio.subprocess.PIPE,
        )
        told, _ = await process.communicate()
    if process.returncode != 0:
        raise RuntimeError(f"the broadcast to {count} sockets ended with {process.returncode}")
    return msgspec.json.decode(told.splitlines()[-1], type=Measured)


def _ratio(protocol: Protocol, count: int, ours: list[float], bare: list[float]) -> Row:
    ratios = [mine / theirs for mine, theirs in zip(ours, bare, strict=True)]
    return Row(
        f"{protocol.title}: one change to {count:,} sockets, until the last has it",
        f"{GOAL} of bare writes",
        f"{middle(ours):.0f} ms",
        f"{middle(bare):.0f} ms, bare writes of the same bytes",
        f"{middle(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f})",
        middle(ratios) <= GOAL,
        f"{len(ours)} turns each way, to the same sockets; making and framing the message is in our time",
    )


def _held(protocol: Protocol, count: int, held_ms: list[float]) -> Row:
    return Row(
        f"{protocol.title}: how long one change to {count:,} sockets keeps others waiting",
        f"{HELD_GOAL_MS:.0f} ms",
        f"{middle(held_ms):.1f} ms ({min(held_ms):.1f} to {max(held_ms):.1f})",
        met=middle(held_ms) <= HELD_GOAL_MS,
        note="the longest that a task which is ready waits for its turn",
    )


def _memory(protocol: Protocol, count: int, each_bytes: float) -> Row:
    return Row(
        f"{protocol.title}: memory of an idle socket that listens, {count:,} of them",
        f"{IDLE_GOAL_BYTES / 1000:.0f} kB",
        f"{each_bytes / 1000:.1f} kB",
        met=each_bytes < IDLE_GOAL_BYTES,
    )

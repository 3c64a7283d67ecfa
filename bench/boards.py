"""Ranks in memory at a million players: their rate beside Redis, their warm-up, their memory, their growth.

Alone: ``python -m bench.boards``.
"""

from __future__ import annotations

import asyncio
import gc
import multiprocessing
import random
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from redis import Redis
from redis.exceptions import ConnectionError as RedisAway

from bench.cluster import cluster, database
from bench.report import Row, middle, table
from kleos.boards.compiled import Partition
from kleos.boards.index import RankIndex
from kleos.boards.rankings import Rankings
from kleos.boards.rankkey import RankColumn, RankKeys
from kleos.boards.standings import Standings
from kleos.core.definition.load import load
from kleos.core.plan import compile_plan
from kleos.core.windows import Calendar
from kleos.engine.game import Game
from kleos.players.directory import Directory
from kleos.sheets.changes import RowChange
from kleos.sheets.schema import apply_schema
from kleos.store.embedded import EmbeddedPostgres
from kleos.store.pool import open_pool

LARGE: Final = 1_000_000
SMALL: Final = 10_000
QUESTIONS: Final = 200_000
GROWTH_QUESTIONS: Final = 20_000
REPEATS: Final = 5
PIPELINE: Final = 1_000
INDEX_SHARE: Final = "the index's share of one write (the whole of it: benchmark growth)"
START_AT: Final = 1_770_000_000_000_000
EVERYBODY: Final = Partition((), ())

DEFINITION: Final = """
title = "Ranks"
identities = "own"

[events.scored]
player = "player"
points = "int"

[sheets.career]
key = ["player"]
windows = ["all"]
[[sheets.career.on]]
event = "scored"
points = "max(points)"

[boards.best]
sheet = "career"
by = "points desc"
"""

FILL_IDENTITIES: Final = """
INSERT INTO kleos.identities (namespace, id)
SELECT $1, 'player-' || lpad(number::text, 7, '0') FROM generate_series(1, $2::int) AS all_of(number)
"""
FILL_ROWS: Final = """
INSERT INTO "{game}".career ("window", player, points, points_since, version)
SELECT 'all', player, (random() * 1e6)::bigint, to_timestamp($2::float8 / 1e6), nextval('kleos.version_seq')
FROM kleos.identities WHERE namespace = $1
"""


@dataclass(frozen=True, slots=True)
class Filled:
    """A game of a given size in the database, with its standings warm."""

    game: Game
    standings: Standings
    warm_up_s: float
    longest_pause_s: float

    @property
    def index(self) -> RankIndex:
        (ranking,) = (r for r in self.standings.rankings.all() if r.board.board.name == "best")
        return ranking.index(EVERYBODY)


async def run(server: EmbeddedPostgres, quick: bool) -> list[Row]:
    """``quick`` asks a smaller board."""
    players = LARGE // 20 if quick else LARGE
    async with database(server) as dsn, _pool(dsn) as pool:
        small = await _filled(pool, "small", SMALL)
        large = await _filled(pool, "large", players)
        rows = [_beside_redis(large.index), _warm_up(large), _memory(players)]
        return [*rows, *await _growth(small, large)]


async def _alone() -> list[Row]:
    async with cluster() as server:
        return await run(server, quick=False)


@asynccontextmanager
async def _pool(dsn: str) -> AsyncIterator[Any]:
    pool = await open_pool(dsn)
    try:
        yield pool
    finally:
        await pool.close()


async def _filled(pool: Any, name: str, players: int) -> Filled:
    definition = load(DEFINITION, name)
    async with pool.acquire() as connection, connection.transaction():
        await apply_schema(connection, definition)
    await pool.execute(FILL_IDENTITIES, name, players)
    await pool.execute(FILL_ROWS.format(game=name), name, START_AT)
    await pool.execute(f'VACUUM ANALYZE kleos.identities, "{name}".career')
    game = Game(definition, compile_plan(definition), 1, Calendar("UTC"), 1)
    warm_ups = []
    for _ in range(3):
        directory = Directory(pool)
        rankings = Rankings(pool, directory, lambda: START_AT)
        gc.collect()
        warm_ups.append(await _timed_warm_up(rankings, game))
    seconds, pauses = zip(*warm_ups, strict=True)
    standings = Standings(pool, directory, rankings, lambda: START_AT)
    return Filled(game, standings, middle(list(seconds)), middle(list(pauses)))


async def _timed_warm_up(rankings: Rankings, game: Game) -> tuple[float, float]:
    """How long it took, and the longest time for which nothing else in the process could run."""
    longest_pause = 0.0

    async def watch() -> None:
        nonlocal longest_pause
        before = time.perf_counter()
        while True:
            await asyncio.sleep(0)
            now = time.perf_counter()
            longest_pause, before = max(longest_pause, now - before), now
            await asyncio.sleep(0.001)
            before = time.perf_counter()

    watching = asyncio.create_task(watch())
    start = time.perf_counter()
    await rankings.ready(game, ["all"])
    took = time.perf_counter() - start
    watching.cancel()
    return took, longest_pause


def _beside_redis(index: RankIndex) -> Row:
    chance = random.Random("ranks")
    places = [(key, index.codec.decode(key)) for key in index]
    ids = [placed.id for _, placed in places]
    asked = [chance.choice(ids) for _ in range(QUESTIONS)]
    ours = QUESTIONS / _middle_s(lambda: [index.rank(id) for id in asked])
    what, goal = f"one rank among {index.total:,}, in process", "2 times pipelined ZREVRANK"
    if shutil.which("redis-server") is None:
        note = "redis-server is not installed (Debian: apt-get install redis-server), so there is no peer"
        return Row(what, goal, f"{ours:,.0f}/s", note=note)
    with _redis() as peer:
        scores = {placed.id: float(placed.values[0] or 0) for _, placed in places}
        _fill_redis(peer, scores)
        for id in asked[:100]:
            better = peer.zcount("best", f"({scores[id]!r}", "+inf")
            assert index.rank(id) == 1 + int(better), "the two must agree before they race"
        theirs = QUESTIONS / _middle_s(lambda: _ask_redis(peer, asked))
    ratio = ours / theirs
    return Row(what, goal, f"{ours:,.0f}/s", f"Redis {theirs:,.0f}/s", f"{ratio:.1f}", ratio >= 2)


def _ask_redis(peer: Redis, asked: Sequence[str]) -> None:
    for first in range(0, len(asked), PIPELINE):
        pipeline = peer.pipeline(transaction=False)
        for id in asked[first : first + PIPELINE]:
            pipeline.zrevrank("best", id)
        pipeline.execute()


def _fill_redis(peer: Redis, scores: dict[str, float]) -> None:
    items = list(scores.items())
    for first in range(0, len(items), 10_000):
        peer.zadd("best", dict(items[first : first + 10_000]))


@contextmanager
def _redis() -> Iterator[Redis]:
    folder = Path(tempfile.mkdtemp(prefix="kleos-bench-redis-"))
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    options = ["--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", str(folder)]
    server = subprocess.Popen(
        ["redis-server", "--port", str(port), *options], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        peer = Redis(host="127.0.0.1", port=port)
        _wait_for(peer)
        yield peer
        peer.close()
    finally:
        server.terminate()
        server.wait(timeout=10)
        shutil.rmtree(folder, ignore_errors=True)


def _wait_for(peer: Redis, timeout_s: float = 10.0) -> None:
    deadline = time.monotonic() + timeout_s
    while True:
        try:
            peer.ping()
            return
        except RedisAway:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.01)


def _warm_up(large: Filled) -> Row:
    return Row(
        f"warm-up of a board of {large.index.total:,}",
        "at most 5 s",
        f"{large.warm_up_s:.2f} s",
        met=large.warm_up_s <= 5,
        note=f"the server answers meanwhile; the longest pause was {large.longest_pause_s * 1000:.0f} ms",
    )


def _memory(players: int) -> Row:
    context = multiprocessing.get_context("spawn")
    receiver, sender = context.Pipe(duplex=False)
    process = context.Process(target=_measure_memory, args=(sender, players))
    process.start()
    measured, estimated = receiver.recv()
    process.join()
    return Row(
        f"memory of an entry among {players:,}, its map and its id included",
        "at most 250 bytes",
        f"{measured:.0f} bytes",
        met=measured <= 250,
        note=f"resident memory; the index itself estimates {estimated:.0f} bytes",
    )


def _measure_memory(sender: Any, entries: int) -> None:
    """In a process of its own: what the resident memory grows by."""
    index = RankIndex(RankKeys([RankColumn("points", "int", "desc")]))
    gc.collect()
    before = _resident_bytes()
    chance = random.Random("memory")
    for first in range(0, entries, 5_000):
        ids = [f"player-{number:07}" for number in range(first, first + 5_000)]
        encode = index.codec.encode
        index.extend(ids, [encode((chance.randrange(10**6),), START_AT, id, 1) for id in ids])
    index.settle()
    for number in chance.sample(range(entries), entries // 10):
        id = f"player-{number:07}"
        index.put(id, index.codec.encode((chance.randrange(10**6),), START_AT, id, 2))
    gc.collect()
    sender.send(((_resident_bytes() - before) / entries, index.size_bytes / entries))


def _resident_bytes() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096


async def _growth(small: Filled, large: Filled) -> list[Row]:
    """Small and large in turn, so that a busy neighbour slows both."""
    rows = []
    for what, measure in ((INDEX_SHARE, _write_us), ("one rank", _rank_us)):
        pairs = [(await measure(small, turn), await measure(large, turn)) for turn in range(REPEATS)]
        few, many = (middle(list(costs)) for costs in zip(*pairs, strict=True))
        rows.append(
            Row(
                f"cost of {what} as the board grows from {SMALL:,} to {large.index.total:,}",
                "–" if what == INDEX_SHARE else "under 2 times",
                f"{many:.1f} µs",
                f"{few:.1f} µs at {SMALL:,}",
                f"{many / few:.2f}",
                None if what == INDEX_SHARE else many / few < 2,
            )
        )
    return rows


async def _rank_us(filled: Filled, turn: int) -> float:
    """What one player's standing costs whoever asks for it, in process."""
    chance = random.Random(f"rank {turn}")
    ids = [f"player-{chance.randint(1, filled.index.total):07}" for _ in range(GROWTH_QUESTIONS)]
    await filled.standings.lookup(filled.game, "best", "all", {}, ids)
    start = time.perf_counter()
    for id in ids:
        await filled.standings.standing(filled.game, "best", "all", {}, id)
    return (time.perf_counter() - start) / len(ids) * 1e6


async def _write_us(filled: Filled, turn: int) -> float:
    """What one row costs when a commit hands it over: its condition, its key, its new place."""
    chance = random.Random(f"write {turn}")
    version = 2**40 + turn * GROWTH_QUESTIONS
    changes = []
    for number in range(GROWTH_QUESTIONS):
        player = chance.randint(1, filled.index.total)
        row = {
            "player": player,
            "points": chance.randrange(10**6),
            "points_since": START_AT,
            "present": True,
            "version": version + number,
        }
        changes.append(([RowChange("career", "all", row)], {player: f"player-{player:07}"}))
    start = time.perf_counter()
    for change, ids in changes:
        filled.standings.rankings.apply(filled.game, change, ids)
        next(iter(filled.index))  # whoever asks has the changed key put in its place
    return (time.perf_counter() - start) / len(changes) * 1e6


def _middle_s(work: Callable[[], Any]) -> float:
    times = []
    for _ in range(REPEATS):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return middle(times)


if __name__ == "__main__":
    print(table(asyncio.run(_alone())))

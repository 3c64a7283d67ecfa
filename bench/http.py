"""Boards over HTTP with a million players: as many reads as it takes, and how long one takes at a steady pace."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import msgspec

from bench import wrk
from bench.cluster import database
from bench.connection import Connection, request
from bench.paced import latencies_ms
from bench.report import Row, middle, percentile
from bench.serving import GAMES, KEY, kleos
from kleos.engine.engine import Engine
from kleos.store.database import Database
from kleos.store.embedded import EmbeddedPostgres
from kleos.store.pool import open_connection, open_pool

BOARD: Final = "/v1/games/scores/boards/best"
PACE: Final = 100.0


@dataclass(frozen=True, slots=True)
class Size:
    players: int = 1_000_000
    repeats: int = 3
    seconds: float = 5.0
    paced_s: float = 10.0


QUICK: Final = Size(players=5_000, repeats=1, seconds=1.0, paced_s=0.5)

READS: Final = (
    ("own rank", f"{BOARD}/players/player-%d", 4_000),
    ("top 100", f"{BOARD}?limit=100", 3_500),
    ("around (11)", f"{BOARD}/players/player-%d/around?span=5", 3_500),
)


async def run(server: EmbeddedPostgres, quick: bool) -> list[Row]:
    size = QUICK if quick else Size()
    async with database(server) as dsn:
        await fill(dsn, size.players)
        async with kleos(dsn) as address:
            await _right_ranks(dsn, address, size.players)
            rows = [await _rate(address, size, *read) for read in READS]
            rows += await _latencies(address, size)
            await _right_ranks(dsn, address, size.players)
    return rows


async def _rate(address: str, size: Size, what: str, path: str, goal: int) -> Row:
    name = f"over HTTP on {wrk.CONNECTIONS} connections, {size.players:,} players: {what}"
    if not wrk.is_there():
        return Row(name, f"{goal:,} requests/s", "–", note=wrk.ABSENT)
    loads = [await wrk.load(address, "read.lua", size.seconds, path, str(size.players)) for _ in range(size.repeats)]
    rate = middle([load.rate for load in loads])
    p99_ms = middle([load.p99_ms for load in loads])
    return Row(name, f"{goal:,} requests/s", f"{rate:,.0f} requests/s, p99 {p99_ms:.0f} ms", met=rate >= goal)


async def _latencies(address: str, size: Size) -> list[Row]:
    chance = random.Random(11)
    count = round(PACE * size.paced_s)
    someone = [chance.randint(1, size.players) for _ in range(count)]
    run = time.time_ns()
    kinds: list[tuple[str, float, list[bytes]]] = [
        ("top 100", 5.0, [request("GET", READS[1][1])] * count),
        ("own rank", 2.0, [request("GET", READS[0][1].replace("%d", str(n))) for n in someone]),
        ("one submission", 50.0, [_submission(f"{run}-{n}", n, chance.randint(1, 1_000_000)) for n in someone]),
    ]
    return [await _latency(address, size, *kind) for kind in kinds]


def _submission(id: str, player: int, points: int) -> bytes:
    event = {"type": "scored", "id": f"{id}-{points}", "player": f"player-{player}", "points": points}
    return request("POST", "/v1/games/scores/events", msgspec.json.encode(event), KEY)


async def _latency(address: str, size: Size, what: str, goal_ms: float, requests: Sequence[bytes]) -> Row:
    found = await asyncio.to_thread(latencies_ms, address, requests, PACE)
    p99_ms = percentile(found, 0.99)
    return Row(
        f"over HTTP at {PACE:.0f} requests/s, {size.players:,} players, p99: {what}",
        f"{goal_ms:g} ms",
        f"{p99_ms:.1f} ms (median {middle(found):.1f} ms)",
        met=p99_ms <= goal_ms,
    )


# The million ----------------------------------------------------------------------------------------------------------

FILL: Final = """
INSERT INTO kleos.identities (namespace, id, player) SELECT $1, 'player-' || n, n FROM generate_series(1, $2) AS n;
INSERT INTO kleos.players (player) SELECT n FROM generate_series(1, $2) AS n;
SELECT setval('kleos.player_seq', $2);
INSERT INTO kleos.event_ids (game, id) SELECT 'scores', 'first-' || n FROM generate_series(1, $2) AS n;
INSERT INTO kleos.events (game, id, match, type, at, received_at, body)
    SELECT 'scores', 'first-' || n, 'first-' || n, 'scored', now(), now(),
           jsonb_build_object('player', n, 'points', n * 7919 % 1000003)
    FROM generate_series(1, $2) AS n;
INSERT INTO kleos.appearances (game, player, match)
    SELECT 'scores', n, 'first-' || n FROM generate_series(1, $2) AS n;
INSERT INTO scores.career ("window", player, best, best_since, present, version)
    SELECT 'all', n, n * 7919 % 1000003, now(), true, nextval('kleos.version_seq') FROM generate_series(1, $2) AS n;
ANALYZE;
CHECKPOINT
"""
"""What as many events would have left behind, one for each player: log, identities, appearances and rows."""


async def fill(dsn: str, players: int) -> None:
    pool = await open_pool(dsn)
    async with Engine.open(Database(dsn, pool), games_dir=GAMES) as engine:
        namespace = engine.game("scores").namespace
    await pool.close()
    connection = await open_connection(dsn)
    try:
        for statement in FILL.split(";\n"):
            await connection.execute(statement.replace("$2", f"{players}::bigint").replace("$1", f"'{namespace}'"))
    finally:
        await connection.close()


async def _right_ranks(dsn: str, address: str, players: int) -> None:
    """A wrong answer is worth nothing, however fast: some ranks are counted in the database."""
    database_connection, client = await open_connection(dsn), await Connection.open(address)
    try:
        for player in random.Random(5).sample(range(1, players + 1), 5):
            rank = await database_connection.fetchval(
                """SELECT 1 + count(*) FROM scores.career AS o, scores.career AS m
                WHERE m."window" = 'all' AND m.player = $1 AND o."window" = 'all' AND o.best > m.best""",
                player,
            )
            status, answer = await client.get(f"{BOARD}/players/player-{player}")
            if status != 200 or msgspec.json.decode(answer)["rank"] != rank:
                raise RuntimeError(f"player-{player} has rank {rank}, and the server said {status} {answer!r}")
    finally:
        client.close()
        await database_connection.close()

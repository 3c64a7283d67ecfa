"""The peer of single scores: a leaderboard as most games first write it, one transaction for each score."""

from __future__ import annotations

import asyncio
import random
import time
from typing import Final

import asyncpg

from kleos.store.pool import open_connection, open_pool

TABLE: Final = """
CREATE TABLE scores (player text COLLATE "C" PRIMARY KEY, best bigint NOT NULL, updated_at timestamptz NOT NULL);
INSERT INTO scores SELECT 'player-' || n, n * 7919 % 1000003, now() FROM generate_series(1, {players}) AS n;
CREATE INDEX scores_best ON scores (best DESC);
ANALYZE scores;
"""

LOCK: Final = "SELECT best FROM scores WHERE player = $1 FOR UPDATE"
WRITE: Final = "UPDATE scores SET best = $2, updated_at = now() WHERE player = $1"
RANK: Final = "SELECT count(*) + 1 FROM scores WHERE best > $1"


async def make_table(dsn: str, players: int) -> None:
    connection = await open_connection(dsn)
    try:
        await connection.execute(TABLE.format(players=players))
        await connection.execute("VACUUM scores")
    finally:
        await connection.close()


async def submit(connection: asyncpg.pool.PoolConnectionProxy[asyncpg.Record], player: str, points: int) -> int:
    """The player's rank after this score."""
    async with connection.transaction():
        best = await connection.fetchval(LOCK, player)
        if points > best:
            await connection.execute(WRITE, player, points)
            best = points
        return int(await connection.fetchval(RANK, best))


async def rate(dsn: str, players: int, connections: int, seconds: float) -> float:
    """Scores a second."""
    pool = await open_pool(dsn, min_size=connections, max_size=connections)
    deadline = time.perf_counter() + seconds
    chance = random.Random(7)

    async def player() -> int:
        done = 0
        async with pool.acquire() as connection:
            while time.perf_counter() < deadline:
                await submit(connection, f"player-{chance.randint(1, players)}", chance.randint(1, 1_000_000))
                done += 1
        return done

    started = time.perf_counter()
    try:
        done = sum(await asyncio.gather(*(player() for _ in range(connections))))
        return done / (time.perf_counter() - started)
    finally:
        await pool.close()

"""What one write costs as its board grows: the whole of it, from decoding to the new rank, on an engine of our own."""

from __future__ import annotations

import random
import time
from typing import Final

import msgspec

from bench.boards import DEFINITION, FILL_IDENTITIES, FILL_ROWS, LARGE, REPEATS, SMALL, START_AT
from bench.cluster import database
from bench.report import Row, middle
from kleos.engine.engine import Engine
from kleos.store.database import Database
from kleos.store.embedded import EmbeddedPostgres
from kleos.store.pool import open_pool

WRITES: Final = 300
FILL_PLAYERS: Final = "INSERT INTO kleos.players (player) SELECT player FROM kleos.identities WHERE namespace = $1"


async def run(server: EmbeddedPostgres, quick: bool) -> list[Row]:
    players = LARGE // 20 if quick else LARGE
    async with database(server) as dsn:
        pool = await open_pool(dsn)
        async with Engine.open(Database(dsn, pool)) as engine:
            for game, size in (("small", SMALL), ("large", players)):
                await _fill(engine, game, size)
            costs: dict[str, list[float]] = {"small": [], "large": []}
            for turn in range(REPEATS):  # in turn, so that a busy neighbour slows both
                for game, size in (("small", SMALL), ("large", players)):
                    costs[game].append(await _write_us(engine, game, size, turn))
        await pool.close()
    few, many = middle(costs["small"]), middle(costs["large"])
    name = f"cost of one write, durable and ranked, as the board grows from {SMALL:,} to {players:,}"
    ratio = many / few
    return [Row(name, "under 2 times", f"{many:.0f} µs", f"{few:.0f} µs at {SMALL:,}", f"{ratio:.2f}", ratio < 2)]


async def _fill(engine: Engine, game: str, players: int) -> None:
    await engine.put_definition(game, DEFINITION)
    await engine.pool.execute(FILL_IDENTITIES, game, players)
    await engine.pool.execute(FILL_PLAYERS, game)
    await engine.pool.execute(FILL_ROWS.format(game=game), game, START_AT)
    await engine.pool.execute(f'VACUUM ANALYZE kleos.identities, "{game}".career')
    engine.rankings.forget(game)
    await engine.rankings.ready(engine.game(game), ["all"], ["career"])


async def _write_us(engine: Engine, game: str, players: int, turn: int) -> float:
    """Half of a turn's writes come first and are not timed: they fill the caches that a running server has."""
    chance = random.Random(f"{game} {turn}")
    bodies = [
        msgspec.json.encode(
            {
                "id": f"{turn}-{number}",
                "type": "scored",
                "player": f"player-{chance.randint(1, players):07}",
                "points": 10**6 + chance.randrange(10**6),
            }
        )
        for number in range(2 * WRITES)
    ]
    for body in bodies[:WRITES]:
        await engine.ingest_body(game, body)
    start = time.perf_counter()
    for body in bodies[WRITES:]:
        receipt = await engine.ingest_body(game, body)
        assert receipt.accepted == 1
    return (time.perf_counter() - start) / WRITES * 1e6

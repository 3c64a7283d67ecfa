"""What a correction costs in a game of many matches: voiding one, and bringing it back, on an engine of our own."""

from __future__ import annotations

import random
import time
from typing import Final

import msgspec

from bench.cluster import database
from bench.report import Row, middle
from kleos.core.windows import iso
from kleos.engine.engine import Engine, system_clock
from kleos.moderation.asked import Void
from kleos.moderation.corrections import Corrections
from kleos.store.database import Database
from kleos.store.embedded import EmbeddedPostgres
from kleos.store.pool import open_pool

MATCHES: Final = 100_000
PLAYERS: Final = 5_000
SEATS: Final = 4
AT_ONCE: Final = 1_000
VOIDS: Final = 30
SPAN_US: Final = 60 * 86_400_000_000


async def run(server: EmbeddedPostgres, quick: bool) -> list[Row]:
    matches = MATCHES // 20 if quick else MATCHES
    voids: list[float] = []
    undoings: list[float] = []
    async with database(server) as dsn:
        pool = await open_pool(dsn)
        async with Engine.open(Database(dsn, pool)) as engine:
            await _play(engine, matches)
            await pool.execute("VACUUM ANALYZE kleos.events, kleos.appearances, kleos.voided, golf.career")
            await engine.rankings.ready(engine.game("golf"), ["all", "month", "week", "day"])
            corrections, chance = Corrections(engine), random.Random("voids")
            for turn, number in enumerate(chance.sample(range(matches), VOIDS)):
                began = time.perf_counter()
                made = await corrections.make("golf", Void(match=f"m{number}", reason="measured"), "bench")
                voided = time.perf_counter()
                assert made.correction is not None
                await corrections.undo("golf", made.correction.seq, "bench", "measured")
                if turn >= VOIDS // 3:  # the first fill the caches that a running server has
                    voids.append((voided - began) * 1e3)
                    undoings.append((time.perf_counter() - voided) * 1e3)
        await pool.close()
    void, undo = middle(voids), middle(undoings)
    name = f"void of one match among {matches:,}: sheets, awards and boards follow"
    return [Row(name, "under 100 ms", f"{void:.0f} ms", f"{undo:.0f} ms to undo it", "", void < 100)]


async def _play(engine: Engine, matches: int) -> None:
    """In order of time, as matches are played."""
    chance, now = random.Random("golf"), system_clock()
    times = sorted(now - chance.randrange(SPAN_US) for _ in range(matches))
    for start in range(0, matches, AT_ONCE):
        events: list[dict[str, object]] = []
        for number, at in enumerate(times[start : start + AT_ONCE], start):
            seats = [f"player-{player:04d}" for player in chance.sample(range(PLAYERS), SEATS)]
            scores = {player: chance.randint(-4, 40) for player in seats}
            winner = min(seats, key=lambda player: scores[player])
            head = {"match": f"m{number}", "at": iso(at)}
            events.append({**head, "type": "round_ended", "id": f"r{number}", "scores": scores, "winner": winner})
            events.append(
                {**head, "type": "game_ended", "id": f"g{number}", "totals": scores, "winner": winner, "humans": SEATS}
            )
        receipt = await engine.ingest_body("golf", msgspec.json.encode(events))
        assert receipt.accepted == len(events), receipt.rejected[:1]

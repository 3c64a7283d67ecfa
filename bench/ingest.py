"""How fast events go in: rounds in batches beside the bare statements, single scores, and scores done the usual way."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import asyncpg
import msgspec

from bench import bare, usual, wrk
from bench.cluster import database
from bench.connection import Connection, request
from bench.report import Row, middle
from bench.rounds import PLAYERS, ROUNDS_IN_A_BATCH, body, prepare, rounds
from bench.serving import GAMES, KEY, kleos
from kleos.core.windows import Calendar
from kleos.store.embedded import EmbeddedPostgres
from kleos.store.pool import open_connection

SENDERS: Final = 8
"""Keep-alive connections that send batches: enough that one is always waiting."""


@dataclass(frozen=True, slots=True)
class Size:
    players: int = PLAYERS
    repeats: int = 5
    batches: int = 24
    seconds: float = 6.0


QUICK: Final = Size(players=2_000, repeats=1, batches=2, seconds=1.0)


async def run(server: EmbeddedPostgres, quick: bool) -> list[Row]:
    size = QUICK if quick else Size()
    return [await against_bare(server, size), *await scores(server, size)]


# Rounds in batches ----------------------------------------------------------------------------------------------------


async def against_bare(server: EmbeddedPostgres, size: Size) -> Row:
    """Both fill their tables with every player first, then take turns: a slow moment of the machine hits both."""
    now_us = time.time_ns() // 1_000
    first = -(-size.players // 2_000)
    made = list(rounds("rounds", first + size.repeats * size.batches, now_us, size.players))
    calendar = Calendar("UTC", [])
    prepared = [prepare(batch, calendar) for batch in made]
    requests = [request("POST", "/v1/games/rounds/events", body(batch), KEY) for batch in made]
    ours, theirs, ratios = [], [], []
    async with database(server) as bare_dsn, database(server) as dsn, kleos(dsn) as address:
        connection = await open_connection(bare_dsn)
        await bare.make_tables(connection, (GAMES / "rounds.toml").read_text())
        for batch in prepared[:first]:
            await bare.write(connection, batch)
        await send(address, requests[:first])
        for repeat in range(size.repeats):
            part = slice(first + repeat * size.batches, first + (repeat + 1) * size.batches)
            started = time.perf_counter()
            for batch in prepared[part]:
                await bare.write(connection, batch)
            bare_s = time.perf_counter() - started
            kleos_s = await send(address, requests[part])
            events = size.batches * ROUNDS_IN_A_BATCH
            theirs.append(events / bare_s)
            ours.append(events / kleos_s)
            ratios.append(bare_s / kleos_s)
        await _same_rows(connection, dsn)
        await connection.close()
    ratio = middle(ratios)
    return Row(
        f"ingest, batches of 500 golf rounds, {size.players:,} players, 4 a round, 3 windows, 2 boards",
        "0.5 of the bare statements, then 0.7",
        f"{middle(ours):,.0f} rounds/s",
        f"{middle(theirs):,.0f} rounds/s, bare statements",
        f"{ratio:.2f} ({min(ratios):.2f} to {max(ratios):.2f})",
        ratio >= 0.5,
        f"{size.repeats} turns of {size.batches} batches each way; Kleos over HTTP on {SENDERS} connections, "
        "decoding, folding and ranking; the bare statements get arrays that are folded and sorted beforehand",
    )


async def send(address: str, requests: Sequence[bytes]) -> float:
    """Seconds until all are answered, every event accepted."""
    waiting = iter(requests)
    connections = [await Connection.open(address) for _ in range(SENDERS)]

    async def sender(connection: Connection) -> None:
        for whole in waiting:
            status, answer = await connection.send(whole)
            if status != 200 or msgspec.json.decode(answer)["accepted"] != ROUNDS_IN_A_BATCH:
                raise RuntimeError(f"a batch was answered {status}: {answer[:400]!r}")

    started = time.perf_counter()
    await asyncio.gather(*(sender(connection) for connection in connections))
    took_s = time.perf_counter() - started
    for connection in connections:
        connection.close()
    return took_s


_CHECK: Final = """
SELECT "window" <> 'all' AS parted, count(*), sum(rounds_played), sum(rounds_won), sum(total_points), sum(best_round),
       sum(worst_round), sum(knockouts), sum(perfect_rounds), max(rounds_played_since)
FROM rounds.career GROUP BY 1 ORDER BY 1
"""


async def _same_rows(connection: asyncpg.Connection[asyncpg.Record], dsn: str) -> None:
    """Who skips work is fast: both must have come to the same sheets."""
    other = await open_connection(dsn)
    try:
        if await connection.fetch(_CHECK) != await other.fetch(_CHECK):
            raise RuntimeError("Kleos and the bare statements have come to different sheets")
    finally:
        await other.close()


# Scores ---------------------------------------------------------------------------------------------------------------


async def scores(server: EmbeddedPostgres, size: Size) -> list[Row]:
    async with database(server) as usual_dsn, database(server) as dsn, kleos(dsn) as address:
        await usual.make_table(usual_dsn, size.players)
        await _send_scores(address, size.players, "first", one_each=True)
        usual_rates, single, batched = [], [], []
        for repeat in range(size.repeats if size.repeats < 3 else 3):
            usual_rates.append(await usual.rate(usual_dsn, size.players, wrk.CONNECTIONS, size.seconds))
            if wrk.is_there():
                single.append(await wrk.load(address, "score.lua", size.seconds, KEY, str(size.players), str(repeat)))
            batched.append(await _send_scores(address, size.players, f"batched-{repeat}"))
    return [_single(single), _batches(batched), _usual(single, usual_rates, size.players)]


def _single(loads: Sequence[wrk.Load]) -> Row:
    what = f"ingest, single events on {wrk.CONNECTIONS} connections, one player, one window, one board"
    goal = "2,500 requests/s, p99 under 100 ms"
    if not loads:
        return Row(what, goal, "–", note=wrk.ABSENT)
    rate, p99_ms = middle([load.rate for load in loads]), middle([load.p99_ms for load in loads])
    return Row(what, goal, f"{rate:,.0f} requests/s, p99 {p99_ms:.0f} ms", met=rate >= 2_500 and p99_ms < 100)


def _batches(rates: Sequence[float]) -> Row:
    rate = middle(list(rates))
    return Row(
        "ingest, batches of 500 of the same events", "15,000 events/s", f"{rate:,.0f} events/s", met=rate >= 15_000
    )


def _usual(loads: Sequence[wrk.Load], rates: Sequence[float], players: int) -> Row:
    what = (
        f"a score done the usual way (one transaction, SELECT … FOR UPDATE, count(*) for the rank), {players:,} players"
    )
    theirs = middle(list(rates))
    if not loads:
        return Row(what, "10 times its rate", "–", f"{theirs:,.0f} scores/s", note=wrk.ABSENT)
    ours = middle([load.rate for load in loads])
    return Row(
        what,
        "10 times its rate",
        f"{ours:,.0f} requests/s",
        f"{theirs:,.0f} scores/s",
        f"{ours / theirs:.1f}",
        ours / theirs >= 10,
        f"Kleos with everything that HTTP costs; the other way without, on {wrk.CONNECTIONS} connections to PostgreSQL",
    )


async def _send_scores(address: str, players: int, run: str, one_each: bool = False) -> float:
    """Events a second. With ``one_each`` every player scores once, else what is sent takes some seconds."""
    count = players if one_each else min(players, 60_000)
    numbers = [number + 1 for number in range(count)]
    requests = []
    for start in range(0, count, ROUNDS_IN_A_BATCH):
        events = [
            {"type": "scored", "id": f"{run}-{n}", "player": f"player-{n}", "points": n * 7_919 % 1_000_003}
            for n in numbers[start : start + ROUNDS_IN_A_BATCH]
        ]
        requests.append(request("POST", "/v1/games/scores/events", msgspec.json.encode(events), KEY))
    return count / await send(address, requests)

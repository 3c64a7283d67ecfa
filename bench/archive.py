"""What work on the log costs: sealing it into files, and ingest while a rebuild runs."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from itertools import islice, pairwise
from pathlib import Path
from typing import Any, Final

import msgspec

from bench.cluster import database
from bench.connection import Connection, request
from bench.ingest import send
from bench.report import Row, middle
from bench.rounds import PLAYERS, ROUNDS_IN_A_BATCH, body, rounds
from bench.serving import KEY, kleos
from kleos.engine.catalog import lock_of, read_game
from kleos.log.archive.location import Location
from kleos.log.archive.manifest import set_location
from kleos.log.archive.seal import seal
from kleos.store.embedded import EmbeddedPostgres
from kleos.store.pool import open_connection

GAME: Final = "rounds"
Rebuilding = asyncio.Task[None]
"""A rebuild that runs; done when that has come to its end."""
_ENDED: Final = frozenset({"succeeded", "failed", "cancelled"})


@dataclass(frozen=True, slots=True)
class Size:
    """``turns`` beside a rebuild, each between two of ``batches`` without, after ``before`` batches that the rebuilds
    have to fold. Beside a rebuild it goes on by ``batches`` until one has come to its end, ``most`` at most."""

    players: int = PLAYERS
    before: int = 400
    turns: int = 2
    batches: int = 20
    most: int = 1_000


QUICK: Final = Size(players=2_000, before=4, turns=1, batches=2, most=20)


async def run(server: EmbeddedPostgres, quick: bool) -> list[Row]:
    size = QUICK if quick else Size()
    async with database(server) as dsn, kleos(dsn) as address:
        played = Played(address, size)
        await played.send(size.before)
        elsewhere = await _beside(played, lambda: _rebuilding(dsn), "in another process")
    async with database(server) as dsn:
        async with kleos(dsn, "server") as address:
            played = Played(address, size)
            await played.send(size.before)
            within = await _beside(played, lambda: _rebuilding_within(address), "in the server itself")
        return [elsewhere, within, await _sealing(dsn, played.sent * ROUNDS_IN_A_BATCH)]


class Played:
    """Batches of rounds, made as they are sent."""

    def __init__(self, address: str, size: Size) -> None:
        self.address = address
        self.size = size
        self.sent = 0
        most = size.before + size.batches + size.turns * (2 * size.batches + size.most)
        self._made = (
            request("POST", f"/v1/games/{GAME}/events", body(batch), KEY)
            for batch in rounds("rounds", most, time.time_ns() // 1_000, size.players)
        )

    async def send(self, batches: int) -> float:
        """Rounds a second."""
        self.sent += batches
        return batches * ROUNDS_IN_A_BATCH / await send(self.address, list(islice(self._made, batches)))


async def _beside(played: Played, rebuilding: Callable[[], AbstractAsyncContextManager[Rebuilding]], where: str) -> Row:
    size = played.size
    alone, beside, done, took_s = [await played.send(size.batches)], [], 0, []
    for _ in range(size.turns):
        began_s, before = time.perf_counter(), played.sent
        async with rebuilding() as rebuild:
            while not rebuild.done() and played.sent - before < size.most:
                await played.send(size.batches)
            took_s.append(time.perf_counter() - began_s)
            if rebuild.done():
                rebuild.result()
                done += 1
        beside.append((played.sent - before) * ROUNDS_IN_A_BATCH / took_s[-1])
        alone.append(await played.send(size.batches))
    ratio = middle([2 * each / sum(around) for each, around in zip(beside, pairwise(alone), strict=True)])
    return Row(
        f"ingest while a rebuild of {size.before * ROUNDS_IN_A_BATCH:,} rounds and more runs {where}",
        "0.7 of its rate without",
        f"{middle(beside):,.0f} rounds/s",
        f"{middle(alone):,.0f} rounds/s, the same without",
        f"{ratio:.2f}",
        ratio >= 0.7 and done >= size.turns,
        f"{done} rebuilds came to their end in {size.turns} turns of {middle(took_s):.0f} s",
    )


@asynccontextmanager
async def _rebuilding(dsn: str) -> AsyncIterator[Rebuilding]:
    command = (sys.executable, "-m", "bench.rebuilding", dsn, GAME)
    process = await asyncio.create_subprocess_exec(*command)

    async def end() -> None:
        if await process.wait():
            raise RuntimeError(f"the rebuild ended with {process.returncode}")

    ending = asyncio.create_task(end())
    try:
        yield ending
    finally:
        if process.returncode is None:
            process.send_signal(signal.SIGINT)  # what it has spilled goes with it
        await asyncio.gather(ending, return_exceptions=True)


@asynccontextmanager
async def _rebuilding_within(address: str) -> AsyncIterator[Rebuilding]:
    connection = await Connection.open(address)

    async def rebuild() -> None:
        job = await _asked(connection, request("POST", f"/v1/games/{GAME}/rebuild", b"{}", KEY))
        while job["state"] not in _ENDED:
            await asyncio.sleep(0.1)
            job = await _asked(connection, request("GET", f"/v1/jobs/{job['id']}", key=KEY))
        if job["state"] != "succeeded":
            raise RuntimeError(f"the rebuild came to nothing: {job}")

    working = asyncio.create_task(rebuild())
    try:
        yield working
    finally:
        working.cancel()
        await asyncio.gather(working, return_exceptions=True)
        connection.close()


async def _asked(connection: Connection, whole: bytes) -> dict[str, Any]:
    status, answer = await connection.send(whole)
    if status not in (200, 202):
        raise RuntimeError(f"a job was answered {status}: {answer[:400]!r}")
    job: dict[str, Any] = msgspec.json.decode(answer)
    return job


async def _sealing(dsn: str, events: int) -> Row:
    connection = await open_connection(dsn)
    try:
        with tempfile.TemporaryDirectory(prefix="kleos-bench-archive-") as folder:
            began_s = time.perf_counter()
            query = "SELECT * FROM kleos.events WHERE game = $1"
            await connection.copy_from_query(query, GAME, output=Path(os.devnull), timeout=None)
            bare_s = time.perf_counter() - began_s
            game = await read_game(connection, GAME)
            assert game is not None
            await set_location(connection, folder)
            began_s = time.perf_counter()
            spans = await seal(connection, Location.at(folder), game, lock_of(GAME), 0)
            took_s = time.perf_counter() - began_s
            size_bytes = sum(span.size_bytes for span in spans)
    finally:
        await connection.close()
    return Row(
        "sealing a log into typed Parquet, golf rounds",
        "faster than events come",
        f"{events / took_s:,.0f} events/s, {size_bytes / events:.0f} bytes an event",
        f"{events / bare_s:,.0f} events/s, COPY of the same rows to nowhere",
        f"{bare_s / took_s:.2f}",
        None if events < 10_000 else events / took_s > 30_000,
    )

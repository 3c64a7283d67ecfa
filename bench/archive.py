"""What work on the log costs: sealing it into files, and ingest while a rebuild runs."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Final

from bench.cluster import database
from bench.connection import request
from bench.ingest import send
from bench.report import Row, middle
from bench.rounds import PLAYERS, ROUNDS_IN_A_BATCH, body, rounds
from bench.serving import KEY, kleos
from kleos.engine.catalog import lock_of, read_game
from kleos.log.archive.location import Location
from kleos.log.archive.seal import seal
from kleos.store.embedded import EmbeddedPostgres
from kleos.store.pool import open_connection

GAME: Final = "rounds"


@dataclass(frozen=True, slots=True)
class Size:
    """``turns`` of ``batches`` each way, after ``before`` batches that the rebuilds have to fold. Beside a rebuild it
    goes on until one has come to its end, in steps of ``batches``, ``most`` at most."""

    players: int = PLAYERS
    before: int = 400
    turns: int = 2
    batches: int = 40
    most: int = 400


QUICK: Final = Size(players=2_000, before=4, turns=1, batches=2, most=20)


async def run(server: EmbeddedPostgres, quick: bool) -> list[Row]:
    size = QUICK if quick else Size()
    most = size.before + size.turns * (size.batches + size.most)
    made = (
        request("POST", f"/v1/games/{GAME}/events", body(batch), KEY)
        for batch in rounds("rounds", most, time.time_ns() // 1_000, size.players)
    )
    sent, alone, beside, rebuilt = size.before, [], [], 0
    async with database(server) as dsn:
        async with kleos(dsn) as address:
            await send(address, list(islice(made, size.before)))
            for _ in range(size.turns):
                alone.append(await _rate(address, list(islice(made, size.batches))))
                async with _rebuilding(dsn) as rebuilds:
                    rates: list[float] = []
                    while len(rates) * size.batches < size.most and (not rebuilds.done or not rates):
                        rates.append(await _rate(address, list(islice(made, size.batches))))
                beside.append(middle(rates))
                rebuilt += rebuilds.done
                sent += (1 + len(rates)) * size.batches
        return [_beside(size, alone, beside, rebuilt), await _sealing(dsn, sent * ROUNDS_IN_A_BATCH)]


async def _rate(address: str, requests: list[bytes]) -> float:
    return len(requests) * ROUNDS_IN_A_BATCH / await send(address, requests)


def _beside(size: Size, alone: list[float], beside: list[float], rebuilt: int) -> Row:
    ratio = middle([with_it / without for with_it, without in zip(beside, alone, strict=True)])
    return Row(
        f"ingest while a rebuild of {size.before * ROUNDS_IN_A_BATCH:,} rounds and more runs in another process",
        "0.7 of its rate without",
        f"{middle(beside):,.0f} rounds/s",
        f"{middle(alone):,.0f} rounds/s, the same without",
        f"{ratio:.2f}",
        ratio >= 0.7 and rebuilt >= size.turns,
        f"{rebuilt} rebuilds came to their end meanwhile",
    )


@dataclass(slots=True)
class _Rebuilds:
    done: int = 0


@asynccontextmanager
async def _rebuilding(dsn: str) -> AsyncIterator[_Rebuilds]:
    command = (sys.executable, "-m", "bench.rebuilding", dsn, GAME)
    process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
    rebuilds = _Rebuilds()

    async def count() -> None:
        assert process.stdout is not None
        async for _ in process.stdout:
            rebuilds.done += 1

    counting = asyncio.create_task(count())
    try:
        yield rebuilds
    finally:
        process.send_signal(signal.SIGKILL)
        await process.wait()
        await counting


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
            began_s = time.perf_counter()
            spans = await seal(connection, Location.at(str(Path(folder))), game, lock_of(GAME), 0)
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

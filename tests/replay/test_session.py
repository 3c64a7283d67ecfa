"""A session ends whatever it is at."""

import asyncio
from pathlib import Path

import duckdb
import pytest

from kleos.replay.session import Duck, open_session

ENDLESS = "SELECT sum(a.range * b.range) FROM range(100000000) a, range(100000000) b"


async def test_work_that_is_cancelled_ends_the_statement_that_is_under_way(tmp_path: Path) -> None:
    under_way = asyncio.Event()
    loop, ended = asyncio.get_running_loop(), []

    def ask(duck: Duck) -> None:
        loop.call_soon_threadsafe(under_way.set)
        try:
            duck.execute(ENDLESS).fetchall()
        except duckdb.Error as error:
            ended.append(error)

    async def work() -> None:
        with open_session(tmp_path / "scratch") as duck:
            await asyncio.to_thread(ask, duck)

    working = asyncio.create_task(work())
    await under_way.wait()
    working.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asyncio.wait_for(working, 60)
    async with asyncio.timeout(60):
        while not ended:
            await asyncio.sleep(0.005)

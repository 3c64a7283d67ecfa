"""A session ends whatever it is at."""

import asyncio
from pathlib import Path

import duckdb
import pytest

from kleos.replay.session import Duck, in_thread, open_session

ENDLESS = "SELECT sum(a.range * b.range) FROM range(100000000) a, range(100000000) b"
ROUNDS = 100
LONGEST_WAIT_S = 0.003


async def test_work_that_is_cancelled_is_done_with_its_session(tmp_path: Path) -> None:
    """Whenever it is cancelled: before its statement, in the midst of it, between two. Who ended a session while a
    statement began waited for it for ever, and all other threads with him."""
    loop = asyncio.get_running_loop()

    async def work(under_way: asyncio.Event, ended: list[duckdb.Error]) -> None:
        def ask(duck: Duck) -> None:
            loop.call_soon_threadsafe(under_way.set)
            try:
                duck.execute("SELECT 1").fetchall()
                duck.execute(ENDLESS).fetchall()
            except duckdb.Error as error:
                ended.append(error)
                raise

        with open_session(tmp_path / "scratch") as duck:
            await in_thread(duck, ask)

    for place in range(ROUNDS):
        under_way, ended = asyncio.Event(), list[duckdb.Error]()
        working = asyncio.create_task(work(under_way, ended))
        await under_way.wait()
        await asyncio.sleep(LONGEST_WAIT_S * place / ROUNDS)
        working.cancel()
        await asyncio.sleep(0)
        working.cancel()  # who waits for the end is cancelled too, which changes nothing
        with pytest.raises(asyncio.CancelledError):
            await asyncio.wait_for(working, 60)
        assert ended, "a thread is still at it"


async def test_what_fails_in_a_thread_fails_where_it_is_awaited(tmp_path: Path) -> None:
    with open_session(tmp_path / "scratch") as duck:
        assert (await in_thread(duck, Duck.execute, "SELECT 7")).fetchall() == [(7,)]
        with pytest.raises(duckdb.ParserException):
            await in_thread(duck, Duck.execute, "NO STATEMENT")

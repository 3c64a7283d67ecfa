"""A horizon: what has a number up to it is committed, or never will be."""

import asyncio
from collections.abc import AsyncIterator, Sequence

import pytest

from kleos.log.horizon import take_horizon, wait_for_horizon
from kleos.log.sql import LOCK_EXCLUSIVE, LOCK_SHARED
from kleos.store.database import Database
from kleos.store.pool import Connection, open_connection

LOCKS = (0, 7, -1, 2**40 + 3, -(2**40) - 3, 2**63 - 1, -(2**63))
DRAW = "SELECT nextval('kleos.events_seq_seq')"
HAS_ASKED = "SELECT query LIKE '%pg_locks%' FROM pg_stat_activity WHERE pid = $1"


@pytest.fixture
async def connections(database: Database) -> AsyncIterator[Sequence[Connection]]:
    opened = [await open_connection(database.dsn) for _ in range(3)]
    yield opened
    for connection in opened:
        await connection.close()


async def asked(database: Database, connection: Connection) -> None:
    while not await database.pool.fetchval(HAS_ASKED, connection.get_server_pid()):
        await asyncio.sleep(0.005)


@pytest.mark.parametrize("holds", [LOCK_SHARED, LOCK_EXCLUSIVE], ids=["shared", "exclusive"])
@pytest.mark.parametrize("lock", LOCKS)
async def test_those_under_way_are_waited_for(
    database: Database, connections: Sequence[Connection], lock: int, holds: str
) -> None:
    writer, asking, _ = connections
    writing = writer.transaction()
    await writing.start()
    await writer.execute(holds, lock)
    drawn = await writer.fetchval(DRAW)
    waiting = asyncio.create_task(wait_for_horizon(asking, lock))
    await asked(database, asking)
    assert not waiting.done()
    await writing.commit()
    assert await asyncio.wait_for(waiting, 30) == drawn
    assert await take_horizon(asking, lock) == drawn


async def test_nobody_is_held_up_and_who_comes_later_is_not_waited_for(
    database: Database, connections: Sequence[Connection]
) -> None:
    writer, asking, later = connections
    async with writer.transaction():
        await writer.execute(LOCK_SHARED, 7)
        drawn = await writer.fetchval(DRAW)
        waiting = asyncio.create_task(wait_for_horizon(asking, 7))
        await asked(database, asking)
        coming = later.transaction()
        await coming.start()
        await asyncio.wait_for(later.execute(LOCK_SHARED, 7), 30)
        assert await later.fetchval(DRAW) > drawn
        assert not waiting.done()
    assert await asyncio.wait_for(waiting, 30) == drawn
    await coming.rollback()


async def test_other_locks_and_an_own_one_are_not_waited_for(connections: Sequence[Connection]) -> None:
    writer, asking, _ = connections
    async with writer.transaction(), asking.transaction():
        for lock in LOCKS:
            if lock != 7:
                await writer.execute(LOCK_EXCLUSIVE, lock)
        await asking.execute(LOCK_SHARED, 7)
        assert await asyncio.wait_for(wait_for_horizon(asking, 7), 30) == 0
        await asking.fetchval(DRAW)
        assert await asyncio.wait_for(wait_for_horizon(asking, 7), 30) == 1

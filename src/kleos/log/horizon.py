"""A horizon is a number up to which a game's log is final: nothing that comes later has a smaller one.

Whoever writes to the log takes the game's lock before events get their numbers, and keeps it until they are committed.
"""

import asyncio
from typing import Final

from kleos.log.sql import HOLDERS, LAST_GIVEN, LOCK_EXCLUSIVE
from kleos.store.pool import Connection

_ASKED_EVERY_S: Final = 0.02


async def take_horizon(connection: Connection, lock: int) -> int:
    """Holds the game's exclusive lock for the time of two statements: commits wait for those that are under way."""
    async with connection.transaction():
        await connection.execute(LOCK_EXCLUSIVE, lock)
        horizon: int = await connection.fetchval(LAST_GIVEN)
        return horizon


async def wait_for_horizon(connection: Connection, lock: int) -> int:
    """Holds nobody up: waits until those are done who may have taken numbers before the last that was given.

    That is everybody who held the lock after it was given; who took the lock since gets larger ones.
    """
    horizon: int = await connection.fetchval(LAST_GIVEN)
    under_way = await _holders(connection, lock)
    while under_way:
        await asyncio.sleep(_ASKED_EVERY_S)
        under_way &= await _holders(connection, lock)
    return horizon


async def _holders(connection: Connection, lock: int) -> set[tuple[int, str]]:
    """The transactions of others that hold it, shared or not."""
    return {(row["pid"], row["virtualtransaction"]) for row in await connection.fetch(HOLDERS, lock)}

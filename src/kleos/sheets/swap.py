"""The swap: under the game's exclusive lock, what came last is taken in and the new tables take the old ones' places.

It is one transaction and takes milliseconds; some seconds where events come as fast as they are taken in. What can be
compared before is, and what came during that is taken in beside the commits once more. Somebody's long query on a sheet
keeps its table from being renamed; the lock is then let go, and the swap tried again a little later.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from typing import Final

import asyncpg

from kleos.core.errors import Unavailable
from kleos.engine.game import Game
from kleos.log.sql import LAST_GIVEN, LOCK_EXCLUSIVE
from kleos.sheets import sql
from kleos.sheets.catch_up import catch_up
from kleos.sheets.layout import beside, quoted, table
from kleos.sheets.rebuild import APPEARED, AWARDS, LOCK_TIMEOUT_MS, MATCHES, Rebuild, clear_away
from kleos.store.pool import Connection

ATTEMPTS: Final = 300
LONGEST_PAUSE_S: Final = 5.0

Change = Callable[[Connection], Awaitable[Game]]
"""What is put in force with the swap, in its transaction; answers the game as it is then."""
Adopt = Callable[[Game], None]
Quiet = Callable[[], AbstractAsyncContextManager[Adopt]]
"""Keeps this process's commits away while the block runs; whoever put another game in force says so inside."""

logger = logging.getLogger(__name__)


@asynccontextmanager
async def nobody_else() -> AsyncIterator[Adopt]:
    """Where this process commits nothing."""
    yield lambda _: None


async def swap(rebuild: Rebuild, change: Change, quiet: Quiet) -> Game:
    """Answers the game in force. Raises StaleDefinition where it has changed, Unavailable where queries hold it up."""
    for attempt in range(ATTEMPTS):
        await catch_up(rebuild)
        compared = await _compare(rebuild)
        await rebuild.take_in(await rebuild.horizon())
        horizons = dict(rebuild.horizons)
        try:
            async with quiet() as adopt:
                async with rebuild.connection.transaction():
                    game = await _swap(rebuild, change, compared)
                adopt(game)
        except asyncpg.LockNotAvailableError:
            rebuild.horizons = horizons
            logger.info("a query holds a sheet of %s; attempt %d to swap it", rebuild.game.name, attempt + 1)
            rebuild.progress("waiting for long queries to end", attempt, 0)
            await asyncio.sleep(min(0.2 * (attempt + 1), LONGEST_PAUSE_S))
        else:
            await clear_away(rebuild.connection, rebuild.game.name)
            return game
    raise Unavailable(
        f"queries on the sheets of {rebuild.game.name} keep them from being changed; end those, and retry"
    )


@dataclass(frozen=True, slots=True)
class Compared:
    """The log up to ``horizon`` was compared with what is in force; the awards of these players were not alike."""

    horizon: int
    unlike: Sequence[int]


async def _compare(rebuild: Rebuild) -> Compared:
    """Beside the commits: what came since is looked at under the lock."""
    horizon = min(rebuild.horizons.values(), default=0)
    unlike = await rebuild.decided.unlike(rebuild.connection) if AWARDS in rebuild.target.parts else []
    if APPEARED in rebuild.target.parts:
        await rebuild.appeared.compare(rebuild.connection)
    if MATCHES in rebuild.target.parts:
        await rebuild.matched.compare(rebuild.connection)
    return Compared(horizon, unlike)


async def _swap(rebuild: Rebuild, change: Change, compared: Compared) -> Game:
    connection, game = rebuild.connection, rebuild.game
    await connection.execute(LOCK_EXCLUSIVE, rebuild.lock)
    await connection.execute(sql.SET_LOCK_TIMEOUT.format(milliseconds=LOCK_TIMEOUT_MS))
    await rebuild.check_in_force()
    horizon = await connection.fetchval(LAST_GIVEN)
    await rebuild.take_in(horizon)
    if APPEARED in rebuild.target.parts:
        await rebuild.appeared.put_in_force(connection, compared.horizon, horizon)
    if AWARDS in rebuild.target.parts:
        touched = await rebuild.decided.touched(connection, compared.horizon, horizon)
        await rebuild.decided.put_in_force(connection, sorted({*compared.unlike, *touched}))
    if MATCHES in rebuild.target.parts:
        await rebuild.matched.put_in_force(connection, compared.horizon, horizon)
    for part in rebuild.target.parts:
        if part not in (APPEARED, MATCHES):
            await _rename(rebuild, part)
    await connection.execute(sql.END_REBUILD, game.name)
    return await change(connection)


async def _rename(rebuild: Rebuild, sheet: str) -> None:
    connection, game = rebuild.connection, rebuild.game.name
    old, new = table(game, sheet), table(game, beside(sheet))
    await connection.execute(sql.KEEP_VERSIONS.format(table=new))
    if await connection.fetchval(sql.TABLE_THERE, old):
        await connection.execute(sql.LOCK_TABLE.format(table=old))
        await connection.execute(sql.RENAME_TABLE.format(table=old, name=quoted(f"{sheet}+old")))
    await connection.execute(sql.RENAME_TABLE.format(table=new, name=quoted(sheet)))

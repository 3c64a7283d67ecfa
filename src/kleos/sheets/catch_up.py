"""A rebuild catches up with the commits beside it: takes in what came, until so little is left that the swap can.

Where about as much comes as is taken in, and much, commits of the game are held back for a round of two seconds, then
let through for as long; held back for four, let through for one, and so on: it comes to its end however much is sent,
also where all that was held back comes at once.
"""

import asyncio
import math
import time
from typing import Final

from kleos.log.sql import LOCK_EXCLUSIVE
from kleos.sheets import sql
from kleos.sheets.rebuild import Rebuild

FEW_EVENTS: Final = 500
"""So many may be left for the swap, which takes them in under the exclusive lock."""
MOST_ROUNDS: Final = 1_000
KEEPS_UP: Final = 0.8
"""A round that leaves more than this share of what was left before it does not keep up with what comes."""
SWAPPED_S: Final = 4.0
"""Where no more is left then than so many seconds would take in, by what the last round did, the swap may have it."""
HELD_S: Final = 2.0
"""For about so long commits are held back where more is."""
LET_THROUGH_LESS: Final = 0.5


async def catch_up(rebuild: Rebuild) -> None:
    before, events_per_s, let_through = math.inf, 0.0, 1.0
    for done in range(MOST_ROUNDS):
        horizon = await rebuild.horizon()
        behind = min(rebuild.horizons.values(), default=horizon)
        left = await rebuild.connection.fetchval(sql.EVENTS_BETWEEN, rebuild.game.name, behind, horizon)
        keeps_up = left < before * KEEPS_UP and let_through == 1
        soon_done = events_per_s / let_through
        if left <= FEW_EVENTS or (not keeps_up and left <= soon_done * SWAPPED_S):
            return
        rebuild.progress(f"taking in {left:,} events that came meanwhile", done, 0)
        if keeps_up:
            events_per_s = left / await _take_in(rebuild, horizon)
        else:
            some = min(left, max(FEW_EVENTS, soon_done * HELD_S))  # by the numbers, which are those of all games
            held_s = await _take_in_held(rebuild, behind + math.ceil((horizon - behind) * some / left))
            events_per_s = some / held_s
            await asyncio.sleep(HELD_S * let_through)
            let_through *= LET_THROUGH_LESS
        before = left


async def _take_in_held(rebuild: Rebuild, horizon: int) -> float:
    """While nothing of the game is committed."""
    async with rebuild.connection.transaction():
        await rebuild.connection.execute(LOCK_EXCLUSIVE, rebuild.lock)
        return await _take_in(rebuild, horizon)


async def _take_in(rebuild: Rebuild, horizon: int) -> float:
    """Answers for how many seconds."""
    began_s = time.monotonic()
    await rebuild.take_in(horizon)
    return time.monotonic() - began_s

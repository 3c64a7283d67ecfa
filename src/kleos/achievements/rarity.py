"""How rare an achievement is: measured, from who has it and who plays."""

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import asyncpg

from kleos.achievements import sql

_KEPT_TIMES_ITS_COST: Final = 20
_WORTH_KEEPING_S: Final = 0.05


@dataclass(frozen=True, slots=True)
class Measured:
    """``completed`` by achievement; ``players`` are those who appeared in a match of the game and exist."""

    completed: Mapping[str, int]
    players: int

    def rate(self, achievement: str) -> float:
        """The percentage of the game's players who have it."""
        return min(100.0, 100.0 * self.completed.get(achievement, 0) / self.players) if self.players else 0.0


class Rarity:
    """Measures a game's achievements. What is slow to count is kept for a while, so that it stays cheap.

    Whoever asks while a game is being measured gets the same answer: a crowd costs the database one count.
    """

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool
        self._kept: dict[str, tuple[float, Measured]] = {}
        self._measuring: dict[str, asyncio.Task[Measured]] = {}

    async def of(self, game: str) -> Measured:
        until, measured = self._kept.get(game, (0.0, None))
        if measured is not None and time.monotonic() < until:
            return measured
        measuring = self._measuring.get(game)
        if measuring is None:
            measuring = asyncio.create_task(self._measure(game), name=f"measures the achievements of {game}")
            self._measuring[game] = measuring
            measuring.add_done_callback(lambda _: self._measuring.pop(game))
        return await asyncio.shield(measuring)

    async def _measure(self, game: str) -> Measured:
        started = time.monotonic()
        rows = await self._pool.fetch(sql.COMPLETIONS, game)
        players = await self._pool.fetchval(sql.POPULATION, game)
        fresh = Measured({row["achievement"]: row["completed"] for row in rows}, players)
        cost = time.monotonic() - started
        if cost >= _WORTH_KEEPING_S:
            self._kept[game] = (time.monotonic() + cost * _KEPT_TIMES_ITS_COST, fresh)
        return fresh

"""How rare an achievement is: measured, from who has it and who plays."""

import asyncio
import logging
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

import asyncpg

from kleos.achievements import sql

_KEPT_TIMES_ITS_COST: Final = 20
_WORTH_KEEPING_S: Final = 0.05
_WORTH_KEEPING_PLAYERS: Final = 10_000
"""Of fewer, a count is slow only because the machine is busy."""

_STALE_TIMES_ITS_COST: Final = 600

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Measured:
    """``completed`` by achievement; ``players`` are those who appeared in a match of the game and exist."""

    completed: Mapping[str, int]
    players: int

    def rate(self, achievement: str) -> float:
        """The percentage of the game's players who have it."""
        return min(100.0, 100.0 * self.completed.get(achievement, 0) / self.players) if self.players else 0.0


@dataclass(frozen=True, slots=True)
class _Kept:
    """``fresh_until`` it is answered as it is, ``stale_until`` too while it is measured anew."""

    measured: Measured
    fresh_until: float
    stale_until: float


class Rarity:
    """Measures a game's achievements. What is slow to count is kept for a while, so that it stays cheap; then it is
    counted beside the answers, and who asks meanwhile gets what was, unless that is too old.

    Whoever asks while a game is being measured gets the same answer: a crowd costs the database one count.
    """

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool
        self._kept: dict[str, _Kept] = {}
        self._measuring: dict[str, asyncio.Task[Measured]] = {}

    def begin(self, games: Iterable[str]) -> None:
        """Measures before anybody asks: the first answer need not be the slow one."""
        for game in games:
            self._measurement(game)

    async def close(self) -> None:
        running = list(self._measuring.values())
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)

    async def of(self, game: str) -> Measured:
        kept, now = self._kept.get(game), time.monotonic()
        if kept is not None and now < kept.fresh_until:
            return kept.measured
        measuring = self._measurement(game)
        if kept is not None and now < kept.stale_until:
            return kept.measured
        return await asyncio.shield(measuring)

    def _measurement(self, game: str) -> asyncio.Task[Measured]:
        measuring = self._measuring.get(game)
        if measuring is None:
            measuring = asyncio.create_task(self._measure(game), name=f"measures the achievements of {game}")
            self._measuring[game] = measuring
            measuring.add_done_callback(lambda done: self._ended(game, done))
        return measuring

    def _ended(self, game: str, done: asyncio.Task[Measured]) -> None:
        self._measuring.pop(game)
        error = None if done.cancelled() else done.exception()
        if error is not None:  # told to whoever waits; of those begun in advance to nobody else
            _log.info("the achievements of %s cannot be measured now: %s", game, error)

    async def _measure(self, game: str) -> Measured:
        started = time.monotonic()
        rows = await self._pool.fetch(sql.COMPLETIONS, game)
        players = await self._pool.fetchval(sql.POPULATION, game)
        fresh = Measured({row["achievement"]: row["completed"] for row in rows}, players)
        now = time.monotonic()
        cost = now - started
        if cost >= _WORTH_KEEPING_S and players >= _WORTH_KEEPING_PLAYERS:
            self._kept[game] = _Kept(fresh, now + cost * _KEPT_TIMES_ITS_COST, now + cost * _STALE_TIMES_ITS_COST)
        else:
            self._kept.pop(game, None)
        return fresh

"""How rare an achievement is: measured, from who has it and who plays."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

import asyncpg

from kleos.achievements import sql
from kleos.engine.slow import Keeping, SlowAnswers

WORTH_KEEPING_PLAYERS: Final = 10_000
"""Of fewer, a count is slow only because the machine is busy."""


@dataclass(frozen=True, slots=True)
class Measured:
    """``completed`` by achievement; ``players`` are those who appeared in a match of the game and exist."""

    completed: Mapping[str, int]
    players: int

    def rate(self, achievement: str) -> float:
        """The percentage of the game's players who have it."""
        return min(100.0, 100.0 * self.completed.get(achievement, 0) / self.players) if self.players else 0.0


class Rarity:
    """Measures a game's achievements. What is slow to count is kept for a while, so that it stays cheap."""

    def __init__(
        self, pool: asyncpg.Pool, keeping: Keeping | None = None, worth_from_players: int = WORTH_KEEPING_PLAYERS
    ) -> None:
        self._pool = pool
        self._answers = SlowAnswers(
            self._measure, "rarity", keeping, lambda measured: measured.players >= worth_from_players
        )

    def begin(self, games: Iterable[str]) -> None:
        """Measures before anybody asks."""
        self._answers.begin(games)

    async def close(self) -> None:
        await self._answers.close()

    async def of(self, game: str) -> Measured:
        return await self._answers.of(game)

    async def _measure(self, game: str) -> Measured:
        rows = await self._pool.fetch(sql.COMPLETIONS, game)
        players = await self._pool.fetchval(sql.POPULATION, game)
        return Measured({row["achievement"]: row["completed"] for row in rows}, players)

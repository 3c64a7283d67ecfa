"""Since when there is an achievement: the time of the first definition that has it."""

import tomllib
from collections.abc import Mapping

import asyncpg

from kleos.achievements import sql
from kleos.engine.game import Game


class Created:
    """Reads the versions of a game's definition once for each version in force."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool
        self._kept: dict[str, tuple[int, Mapping[str, int]]] = {}

    async def of(self, game: Game) -> Mapping[str, int]:
        """By achievement, in microseconds."""
        version, created = self._kept.get(game.name, (0, {}))
        if version == game.version:
            return created
        found: dict[str, int] = {}
        for row in await self._pool.fetch(sql.DEFINITIONS_OF, game.name):
            for name in tomllib.loads(row["source"]).get("achievements", {}):
                found.setdefault(name, row["created_at"])
        self._kept[game.name] = (game.version, found)
        return found

"""What metrics tell of the archive: what of each game lies in files, and what waits to be refolded from them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import asyncpg

from kleos.log.archive import sql


@dataclass(frozen=True, slots=True)
class Archived:
    """``events`` in files, ``removed`` of them in files alone; ``sealed_at_s`` of the newest span, 0 before any."""

    events: int
    removed: int
    size_bytes: int
    sealed_at_s: float


NOT_ARCHIVED: Final = Archived(0, 0, 0, 0.0)


@dataclass(frozen=True, slots=True)
class ArchiveTally:
    """By game; ``postponed`` are rows and players whose history lies in files."""

    games: Mapping[str, Archived]
    postponed: Mapping[str, int]


async def count_archived(pool: asyncpg.Pool) -> ArchiveTally:
    async with pool.acquire() as connection:
        spans = await connection.fetch(sql.ARCHIVED)
        postponed = await connection.fetch(sql.POSTPONED_BY_GAME)
    games = {
        row["game"]: Archived(row["events"], row["removed"], row["size_bytes"], row["sealed_at"] / 1e6) for row in spans
    }
    return ArchiveTally(games, {row["game"]: row["postponed"] for row in postponed})

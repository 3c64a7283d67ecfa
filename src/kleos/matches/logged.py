"""A match's events as the log has them, wherever they are: in PostgreSQL, or in the archive's files alone."""

from collections import Counter
from typing import Any

import asyncpg

from kleos.engine.game import Game
from kleos.log.archive import read
from kleos.matches import sql

Cursor = tuple[int | None, str | None]
"""The time and the id of the last event of the page before."""


async def page_of_events(
    pool: asyncpg.Pool, game: Game, match: str, after: Cursor, limit: int, newest_first: bool = False
) -> list[Any]:
    """In event order, or from its end, each with ``seq, id, type, at, received_at`` and ``body``."""
    at, id = after
    statement = sql.NEWEST_EVENTS if newest_first else sql.EVENTS
    async with pool.acquire() as connection:
        here: list[Any] = list(await connection.fetch(statement, game.name, match, at, id, limit))
        places = await read.places_of_matches(connection, game.name, [match])
        archived = await read.rows_at(connection, game.definition, places, None, (None if newest_first else at, None))
    known = {row["seq"] for row in here}
    further = [row for row in archived if _is_further((row.at, row.id), after, newest_first)]
    rows = here + [row for row in further if row.seq not in known]
    rows.sort(key=lambda row: (row["at"], row["id"]), reverse=newest_first)
    return rows[:limit]


def _is_further(place: tuple[int, str], after: Cursor, newest_first: bool) -> bool:
    at, id = after
    if at is None:
        return True
    return place < (at, id or "") if newest_first else place > (at, id or "")


async def count_events(pool: asyncpg.Pool, game: Game, match: str) -> dict[str, int]:
    """How many events of each type."""
    async with pool.acquire() as connection:
        rows = await connection.fetch(sql.COUNTS, game.name, match)
        places = await read.places_of_matches(connection, game.name, [match])
        archived = await read.rows_at(connection, game.definition, places, None, (None, None))
    counts = Counter({row["type"]: row["events"] for row in rows})
    counts.update(row.type for row in archived)
    return dict(sorted(counts.items()))

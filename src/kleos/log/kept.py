"""What waits in the database for somebody: events in quarantine that nobody has judged, messages in the outbox."""

from collections.abc import Mapping
from dataclasses import dataclass

import asyncpg

from kleos.log import sql


@dataclass(frozen=True, slots=True)
class Kept:
    """Waiting events in quarantine by game, and messages in the outbox."""

    quarantine: Mapping[str, int]
    outbox: int


async def count_kept(pool: asyncpg.Pool) -> Kept:
    async with pool.acquire() as connection:
        rows = await connection.fetch(sql.QUARANTINE_SIZES)
        outbox: int = await connection.fetchval(sql.OUTBOX_SIZE)
    return Kept({row["game"]: row["events"] for row in rows}, outbox)

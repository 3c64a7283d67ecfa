"""Long work stands back for commits: after each of its parts it waits, for longer the more was committed meanwhile.

It makes commits slower while it is at work, and at its end it holds them back for some seconds; what it waits makes up
for that.
"""

import asyncio
import time
from dataclasses import dataclass
from typing import Final, Self

from kleos.log.sql import LAST_GIVEN
from kleos.store.pool import Connection

S_PER_EVENT: Final = 0.001
"""It waits for so long for each event that came, of whatever game, ..."""
MOST_OF_TIME_TAKEN: Final = 2.0
"""... but no longer than so many times the time that the part has taken."""


@dataclass(slots=True)
class Commits:
    """What is committed beside the work of ``connection``; made by :meth:`watch`."""

    connection: Connection
    last_seq: int
    since_s: float

    @classmethod
    async def watch(cls, connection: Connection) -> Self:
        return cls(connection, await connection.fetchval(LAST_GIVEN), time.monotonic())

    async def stand_back(self) -> None:
        """For what came since it was watched, or stood back for, last."""
        took_s = time.monotonic() - self.since_s
        came = await self.connection.fetchval(LAST_GIVEN) - self.last_seq
        await asyncio.sleep(min(came * S_PER_EVENT, took_s * MOST_OF_TIME_TAKEN))
        self.last_seq = await self.connection.fetchval(LAST_GIVEN)
        self.since_s = time.monotonic()

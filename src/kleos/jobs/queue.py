"""The queue as everybody but a worker sees it: asking for a job, looking at jobs, ending and repeating them."""

import asyncio
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, Final, cast

import asyncpg
import msgspec

from kleos.core.errors import Conflict, NotFound
from kleos.jobs import sql
from kleos.jobs.kinds import ENDED, PRIORITY, STATE_OF, Kind, State, place_of
from kleos.store.pool import Connection

QUEUE: Final = "kleos"
SILENT_AFTER_S: Final = 10.0
"""A worker that has not been heard of for so long is taken for dead."""
_LOOKS_EVERY_S: Final = 0.1


@dataclass(frozen=True, slots=True)
class Job:
    """One job. Times in microseconds; ``total`` is 0 where nobody knows how much there is to do; ``attempts`` is how
    often it was begun."""

    id: int
    kind: Kind
    game: str | None
    arguments: Mapping[str, Any]
    state: State
    is_cancelling: bool
    attempts: int
    actor: str | None
    phase: str | None
    done: int
    total: int
    made_at: int
    started_at: int | None
    ended_at: int | None
    result: Any
    error: str | None

    @property
    def has_ended(self) -> bool:
        return self.state in ENDED


class Queue:
    """Over a pool of connections; nothing of it needs a worker in this process."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def defer(self, kind: Kind, game: str | None, actor: str | None = None, **arguments: Any) -> int:
        """Puts a job into the queue; answers its id, or that of the one that waits there for the same."""
        async with self._pool.acquire() as connection, connection.transaction():
            return await defer(connection, kind, game, actor, **arguments)

    async def page(
        self,
        states: Collection[State] | None = None,
        games: Collection[str] | None = None,
        kind: Kind | None = None,
        before: int | None = None,
        limit: int = 100,
    ) -> list[Job]:
        """Newest first. ``games`` None is all, and jobs of no game."""
        statuses = [status for status, state in STATE_OF.items() if states is None or state in states]
        rows = await self._pool.fetch(sql.PAGE, statuses, None if games is None else list(games), kind, before, limit)
        return [_job(row) for row in rows]

    async def job(self, id: int) -> Job:
        """Raises NotFound."""
        row = await self._pool.fetchrow(sql.ONE, id)
        if row is None:
            raise NotFound("job", str(id))
        return _job(row)

    async def cancel(self, id: int) -> Job:
        """One that waits never runs; one that runs is stopped, and nothing of it is seen. Raises Conflict when it has
        ended."""
        job = await self.job(id)
        if job.has_ended or await self._pool.fetchval(sql.CANCEL, id) is None:
            raise Conflict(f"job {id} has ended: {(await self.job(id)).state}")
        return await self.job(id)

    async def retry(self, id: int, actor: str | None = None) -> Job:
        """The same once more, as a new job. Raises Conflict where the old one has not ended."""
        job = await self.job(id)
        if not job.has_ended:
            raise Conflict(f"job {id} is {job.state}; it is done once it runs, or cancel it first")
        row = await self._pool.fetchrow(sql.ARGUMENTS, id)
        if row is None:
            raise NotFound("job", str(id))
        arguments = msgspec.json.decode(row["args"])
        game = arguments.pop("game", None)
        return await self.job(await self.defer(job.kind, game, actor, **arguments))

    async def ended(self, id: int, within_s: float) -> Job:
        """The job as it is when it has ended, or when that takes too long."""
        deadline = asyncio.get_running_loop().time() + within_s
        while True:
            job = await self.job(id)
            if job.has_ended or asyncio.get_running_loop().time() >= deadline:
                return job
            await asyncio.sleep(_LOOKS_EVERY_S)

    async def has_unfinished(self, kind: Kind, game: str) -> bool:
        found: bool = await self._pool.fetchval(sql.UNFINISHED_OF, game, kind)
        return found

    async def live_workers(self) -> int:
        """How many workers have been heard of a moment ago."""
        found: int = await self._pool.fetchval(sql.LIVE_WORKERS, SILENT_AFTER_S)
        return found


async def defer(
    connection: Connection, kind: Kind, game: str | None, actor: str | None = None, **arguments: Any
) -> int:
    """As :meth:`Queue.defer`, in a transaction of the caller's: the job is there if what it is about is."""
    body = msgspec.json.encode(arguments if game is None else {"game": game, **arguments})
    place = place_of(kind, game, body)
    while True:
        try:
            async with connection.transaction():
                id: int = await connection.fetchval(
                    sql.DEFER, QUEUE, kind, PRIORITY[kind], place.lock, place.only, body
                )
                await connection.execute(sql.NOTE_ACTOR, id, actor)
                return id
        except asyncpg.UniqueViolationError:
            waiting: int | None = await connection.fetchval(sql.WAITING, place.only)
            if waiting is not None:
                return waiting


def _job(row: asyncpg.Record) -> Job:
    arguments = msgspec.json.decode(row["args"])
    arguments.pop("timestamp", None)
    return Job(
        row["id"],
        cast(Kind, row["kind"]),
        arguments.pop("game", None),
        arguments,
        STATE_OF[row["status"]],
        row["abort_requested"],
        row["attempts"] + (row["status"] == "doing"),
        row["actor"],
        row["phase"],
        row["done"],
        row["total"],
        row["made_at"],
        row["started_at"],
        row["ended_at"],
        msgspec.json.decode(row["result"]) if row["result"] is not None else None,
        row["error"],
    )

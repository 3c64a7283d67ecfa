"""What metrics tell of jobs: how many there are, how long the last of each kind took, and what verifying found."""

from collections.abc import Mapping
from dataclasses import dataclass

import asyncpg
import msgspec

from kleos.jobs import sql
from kleos.jobs.kinds import KINDS, STATE_OF, STATES
from kleos.jobs.queue import SILENT_AFTER_S


@dataclass(frozen=True, slots=True)
class Verified:
    """The last time that a game was compared with its log: when, how many cells, and how many were wrong."""

    at_s: float
    cells: int
    differences: int


@dataclass(frozen=True, slots=True)
class JobTally:
    """``jobs`` by kind and state, ``last_s`` the seconds that the last of a kind took, ``verified`` by game."""

    jobs: Mapping[tuple[str, ...], int]
    last_s: Mapping[tuple[str, ...], float]
    verified: Mapping[str, Verified]
    workers: int


async def count_jobs(pool: asyncpg.Pool) -> JobTally:
    async with pool.acquire() as connection:
        counted = await connection.fetch(sql.COUNT_JOBS)
        last = await connection.fetch(sql.LAST_OF_KIND)
        workers: int = await connection.fetchval(sql.LIVE_WORKERS, SILENT_AFTER_S)
    jobs: dict[tuple[str, ...], int] = {(kind, state): 0 for kind in KINDS for state in STATES}
    for row in counted:
        place = (row["kind"], STATE_OF[row["status"]])
        jobs[place] = jobs.get(place, 0) + row["jobs"]
    newest: dict[str, tuple[int, float]] = dict.fromkeys(KINDS, (0, 0.0))
    verified: dict[str, Verified] = {}
    for row in last:
        took_s = (row["ended_at"] - row["started_at"]) / 1e6
        newest[row["kind"]] = max(newest.get(row["kind"], (0, 0.0)), (row["ended_at"], took_s))
        if row["kind"] == "verify" and row["result"] is not None:
            result = msgspec.json.decode(row["result"])
            verified[row["game"]] = Verified(row["ended_at"] / 1e6, result["cells"], result["different"])
    return JobTally(jobs, {(kind,): took_s for kind, (_, took_s) in newest.items()}, verified, workers)

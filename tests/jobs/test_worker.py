"""A worker over a real queue: jobs are done in order, told about, stopped, tried again and taken up."""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from kleos.core.errors import Unavailable
from kleos.engine.engine import Engine
from kleos.jobs import sql, tasks
from kleos.jobs.kinds import Kind
from kleos.jobs.queue import Job, Queue
from kleos.jobs.settings import worker_settings
from kleos.jobs.work import Work
from kleos.jobs.worker import Worker, WorkerSettings
from kleos.settings import Settings
from kleos.store.database import Database
from kleos.telemetry.progress import Progress
from tests.engine.darts import AWARDS, PLAIN, play
from tests.laws.world import NOW, Clock

SOON_S = 60.0
BESIDE = "SELECT relname FROM pg_class WHERE relkind = 'r' AND relname LIKE '%+%'"


@pytest.fixture
async def engine(database: Database) -> AsyncIterator[Engine]:
    async with Engine.open(database, clock=Clock(NOW)) as engine:
        await engine.put_definition("darts", PLAIN + AWARDS)
        await play(engine, ("ann", 100, -3), ("ann", 20, -2), ("ann", 30, -1), ("bob", 1, -1))
        yield engine


@pytest.fixture
def queue(database: Database) -> Queue:
    return Queue(database.pool)


def worker_of(database: Database, engine: Engine | None = None, **settings: Any) -> Worker:
    return Worker(Work(database.dsn, engine), WorkerSettings(**settings), is_only=True)


async def until(queue: Queue, id: int, holds: Callable[[Job], bool]) -> Job:
    async with asyncio.timeout(SOON_S):
        while not holds(job := await queue.job(id)):
            await asyncio.sleep(0.02)
    return job


async def test_rebuild_and_verify_in_the_order_of_the_queue(database: Database, engine: Engine, queue: Queue) -> None:
    await database.pool.execute('UPDATE "darts"."career" SET legs = 77')
    wrong, right = await queue.defer("rebuild", "darts"), await queue.defer("definition", "darts", source=PLAIN, at=NOW)
    async with worker_of(database).beside():
        rebuilt = await queue.ended(wrong, SOON_S)
        changed = await queue.ended(right, SOON_S)
        verified = await queue.ended(await queue.defer("verify", "darts"), SOON_S)
    assert (rebuilt.state, rebuilt.attempts, rebuilt.error) == ("succeeded", 1, None)
    assert rebuilt.result == {"sheets": ["awards", "career"]}
    assert changed.result == {"version": 2}
    assert changed.started_at is not None
    assert rebuilt.ended_at is not None
    assert verified.result["different"] == 0
    assert verified.result["cells"] > 0
    assert verified.phase is not None


async def test_the_server_hears_of_what_a_worker_changed(database: Database, engine: Engine, queue: Queue) -> None:
    id = await queue.defer("definition", "darts", source=PLAIN, at=NOW)
    async with worker_of(database).beside():
        assert (await queue.ended(id, SOON_S)).state == "succeeded"
        async with asyncio.timeout(SOON_S):
            while engine.game("darts").version != 2:
                await asyncio.sleep(0.02)
        calendar = engine.game("darts").calendar_version
        assert (await queue.ended(await queue.defer("rebuild", "darts"), SOON_S)).state == "succeeded"
        async with asyncio.timeout(SOON_S):
            while engine.game("darts").calendar_version == calendar:
                await asyncio.sleep(0.02)
    await play(engine, ("ann", 7, 0))


async def test_a_mistake_fails_and_says_why(database: Database, engine: Engine, queue: Queue) -> None:
    bad = await queue.defer("definition", "darts", at=NOW, source=PLAIN.replace('key = ["player"]', 'key = ["score"]'))
    unknown = await queue.defer("verify", "chess")
    async with worker_of(database).beside():
        assert "key" in ((await queue.ended(bad, SOON_S)).error or "")
        failed = await queue.ended(unknown, SOON_S)
    assert (failed.state, failed.attempts) == ("failed", 1)
    assert "no game 'chess'" in (failed.error or "")


async def test_a_running_job_is_cancelled(database: Database, queue: Queue, monkeypatch: pytest.MonkeyPatch) -> None:
    async def endless(work: Work, progress: Progress, game: str) -> None:
        progress("waiting for the end", 3, 7)
        await asyncio.Event().wait()

    monkeypatch.setitem(tasks.TASKS, "verify", endless)
    async with worker_of(database).beside():
        id = await queue.defer("verify", "darts")
        seen = await until(queue, id, lambda job: job.phase is not None)
        assert (seen.state, seen.done, seen.total) == ("running", 3, 7)
        await queue.cancel(id)
        ended = await queue.ended(id, SOON_S)
    assert (ended.state, ended.error) == ("cancelled", "cancelled")


async def test_a_cancelled_rebuild_leaves_nothing(
    database: Database, engine: Engine, queue: Queue, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where it is cancelled while it waits for a query to end, that is."""
    await play(engine, ("ann", 100, -5))
    async with engine.pool.acquire() as reader, reader.transaction(), worker_of(database).beside():
        await reader.execute('SELECT FROM "darts"."career"')
        id = await queue.defer("rebuild", "darts")
        await until(queue, id, lambda job: job.phase == "waiting for long queries to end")
        assert await engine.pool.fetch(BESIDE)
        await queue.cancel(id)
        assert (await queue.ended(id, SOON_S)).state == "cancelled"
        async with asyncio.timeout(SOON_S):
            while await engine.pool.fetch(BESIDE):
                await asyncio.sleep(0.02)


async def test_what_was_away_is_tried_again_and_a_stopped_worker_leaves_its_job_to_the_next(
    database: Database, queue: Queue, monkeypatch: pytest.MonkeyPatch
) -> None:
    runs: list[str] = []
    stopping = asyncio.Event()

    async def shaky(work: Work, progress: Progress, game: str) -> dict[str, int]:
        runs.append(game)
        if len(runs) == 1:
            raise Unavailable("the sky is down")
        if len(runs) == 2:
            stopping.set()
            await asyncio.Event().wait()
        return {"runs": len(runs)}

    monkeypatch.setitem(tasks.TASKS, "verify", shaky)
    monkeypatch.setattr("kleos.jobs.worker.STOPS_WITHIN_S", 0.1)
    id = await queue.defer("verify", "darts")
    async with worker_of(database).beside():
        await asyncio.wait_for(stopping.wait(), SOON_S)
    left = await queue.job(id)
    assert (left.state, left.attempts) == ("waiting", 2)
    async with worker_of(database).beside():
        ended = await queue.ended(id, SOON_S)
    assert (ended.state, ended.result, ended.error) == ("succeeded", {"runs": 3}, None)


@pytest.mark.parametrize("was_silent_for_s", [5, 60])
async def test_what_a_dead_worker_left_is_taken_up(
    database: Database, engine: Engine, queue: Queue, was_silent_for_s: int
) -> None:
    """At once where there can be no other worker; else when it has been silent for long."""
    id = await _left_running(database, queue, was_silent_for_s)
    is_only = was_silent_for_s < 10
    async with Worker(Work(database.dsn), WorkerSettings(), is_only=is_only).beside():
        ended = await queue.ended(id, SOON_S)
    assert (ended.state, ended.attempts) == ("succeeded", 2)


async def test_a_job_of_a_worker_that_lives_is_left_to_it(database: Database, engine: Engine, queue: Queue) -> None:
    id = await _left_running(database, queue, silent_s=0)
    other = await queue.defer("verify", "arcade")
    async with Worker(Work(database.dsn), WorkerSettings()).beside():
        await queue.ended(other, SOON_S)
        assert (await queue.job(id)).state == "running"


async def test_two_runs_of_one_job_follow_one_another(database: Database, engine: Engine, queue: Queue) -> None:
    """The run that was taken for dead holds the job's lock; when it lets go the job is done, and not done twice."""
    id = await queue.defer("verify", "darts")
    async with database.pool.acquire() as held:
        await held.execute(sql.LOCK_JOB, 0x6B6A6F62, id)
        async with worker_of(database).beside():
            await until(queue, id, lambda job: job.state == "running")
            await database.pool.execute(
                "UPDATE kleos_jobs.procrastinate_jobs SET status = 'succeeded' WHERE id = $1", id
            )
            await held.execute("SELECT pg_advisory_unlock($1, $2)", 0x6B6A6F62, id)
            await queue.ended(await queue.defer("verify", "golf"), SOON_S)
    assert (await queue.job(id)).result is None


async def test_what_kills_its_worker_again_and_again_is_given_up(
    database: Database, engine: Engine, queue: Queue
) -> None:
    id = await _left_running(database, queue, silent_s=60)
    await database.pool.execute("UPDATE kleos_jobs.procrastinate_jobs SET attempts = 8 WHERE id = $1", id)
    async with worker_of(database).beside():
        job = await until(queue, id, lambda job: job.error is not None)
    assert job.state == "failed"
    assert "given up" in (job.error or "")


async def test_what_is_due_is_asked_for_once_for_each_game_with_events(
    database: Database, engine: Engine, queue: Queue
) -> None:
    schedules: dict[Kind, str] = {"verify": "0 0 * * *"}
    for _ in range(2):
        async with worker_of(database, schedules=schedules).beside():
            async with asyncio.timeout(SOON_S):
                while not await queue.page(["succeeded"], kind="verify"):
                    await asyncio.sleep(0.05)
    verified = await queue.page(kind="verify")
    assert [(job.game, job.actor) for job in verified] == [("darts", "schedule")]
    assert len(await queue.page(kind="schedule")) == 1


async def test_what_is_due_is_a_sample_of_each_game(database: Database, engine: Engine, queue: Queue) -> None:
    settings = worker_settings(Settings(verify_rows=50, verify_within_s=20, verify_schedule="0 0 * * *"))
    assert settings.schedules["verify"] == "0 0 * * *"
    sampled = WorkerSettings(2, {"verify": "0 0 * * *"}, settings.arguments)
    async with Worker(Work(database.dsn, engine), sampled, is_only=True).beside():
        async with asyncio.timeout(SOON_S):
            while not (done := await queue.page(["succeeded"], kind="verify")):
                await asyncio.sleep(0.05)
        whole = await queue.ended(await queue.defer("verify", "darts"), SOON_S)
    (job,) = done
    assert job.arguments == {"rows": 50, "within_s": 20}
    assert (job.result["is_sample"], job.result["different"]) == (True, 0)
    assert job.result["rows"] > 0
    assert whole.result["is_sample"] is False


async def test_jobs_that_ended_long_ago_are_forgotten(database: Database, engine: Engine, queue: Queue) -> None:
    """But for the last of each kind and game that went well, of which metrics tell, and those that have not ended."""
    async with worker_of(database).beside():
        old = [await queue.defer("verify", "darts", rows=1 + n, within_s=9.0) for n in range(3)]
        old += [await queue.defer("verify", "chess"), await queue.defer("rebuild", "darts")]
        for id in old:
            await queue.ended(id, SOON_S)
    waiting = await queue.defer("archive", "darts")
    aged = "UPDATE kleos_jobs.procrastinate_events SET at = at - make_interval(days => 40)"
    await database.pool.execute(aged)
    ever = {job.id for job in await queue.page()}
    assert ever == {*old, waiting}
    await database.pool.execute("UPDATE kleos_jobs.procrastinate_jobs SET queue_name = 'nobody' WHERE id = $1", waiting)
    async with worker_of(database, kept_days=50).beside():
        await queue.ended(await queue.defer("verify", "golf"), SOON_S)
    assert {job.id for job in await queue.page()} > ever
    async with worker_of(database, kept_days=30).beside(), asyncio.timeout(SOON_S):
        while len(left := {job.id for job in await queue.page()} & ever) > 3:
            await asyncio.sleep(0.05)
    assert left == {old[2], old[4], waiting}
    assert await database.pool.fetchval("SELECT count(*) FROM kleos.jobs WHERE job = $1", old[0]) == 0


async def _left_running(database: Database, queue: Queue, silent_s: int) -> int:
    """A job as a worker leaves it that was killed, or that lives, so long after its last sign of life."""
    id = await queue.defer("verify", "darts")
    await database.pool.execute(
        "WITH w AS (INSERT INTO kleos_jobs.procrastinate_workers (last_heartbeat)"
        " VALUES (now() - make_interval(secs => $2)) RETURNING id)"
        " UPDATE kleos_jobs.procrastinate_jobs SET status = 'doing', worker_id = (SELECT id FROM w) WHERE id = $1",
        id,
        float(silent_s),
    )
    return id


async def test_it_stops_however_early_it_is_told_to(database: Database, engine: Engine) -> None:
    """While it opens its connections, looks for what others left, tells its name or listens."""
    for turns in range(0, 400, 25):
        async with asyncio.timeout(SOON_S), worker_of(database).beside():
            for _ in range(turns):
                await asyncio.sleep(0)

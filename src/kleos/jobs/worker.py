"""The worker: takes jobs from the queue and runs them, for as long as the server or `kleos worker` runs.

A worker that was killed leaves jobs that say they are running. Each worker tells every few seconds that it lives; jobs
of one that has fallen silent, or of none, go back into the queue.
"""

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Final, cast

import procrastinate.worker
import psycopg
from procrastinate import App, JobContext, PsycopgConnector
from procrastinate.exceptions import ConnectorException, ProcrastinateException
from procrastinate.jobs import Job as Queued
from procrastinate.jobs import Status
from psycopg_pool import PoolTimeout

from kleos.jobs import sql
from kleos.jobs.kinds import Kind, place_of
from kleos.jobs.queue import QUEUE, SILENT_AFTER_S
from kleos.jobs.running import MOST_ATTEMPTS, TryAgain, run
from kleos.jobs.tasks import TASKS
from kleos.jobs.work import Work
from kleos.store.pool import DATABASE_ERRORS

ALIVE_EVERY_S: Final = 2.0
SWEEP_EVERY_S: Final = 3.0
BEGIN_AGAIN_S: Final = 1.0
STOPS_WITHIN_S: Final = 5.0
"""So long jobs under way may take when the worker stops; after that they are cut off, and taken up by the next one."""
FORGET_EVERY_S: Final = 3600.0
FORGOTTEN_AT_ONCE: Final = 1_000
LATEST_S: Final = 24 * 3600
"""What was due while nobody worked is done when somebody does, if it is not older than this."""
_AWAY: Final = (*DATABASE_ERRORS, psycopg.Error, PoolTimeout, ConnectorException, ProcrastinateException)

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class WorkerSettings:
    """``schedules`` are cron expressions, in UTC, by what is to be done for every game, and ``arguments`` with what;
    ``kept_days`` is for how long jobs that have ended are remembered."""

    at_once: int = 2
    schedules: Mapping[Kind, str] = field(default_factory=dict)
    arguments: Mapping[Kind, Mapping[str, Any]] = field(default_factory=dict)
    kept_days: int = 30


class Worker:
    """``is_only``: no other worker can be there, so whatever seems to run was left by one that was killed."""

    def __init__(self, work: Work, settings: WorkerSettings, is_only: bool = False) -> None:
        self._work = work
        self._settings = settings
        self._is_only = is_only
        self._running: set[int] = set()
        self._suspects: set[int] = set()
        self._forgets_at_s = 0.0

    @asynccontextmanager
    async def beside(self) -> AsyncIterator[None]:
        """Works while the block runs."""
        working = asyncio.create_task(self.work(), name="worker")
        try:
            yield
        finally:
            await stop(working)

    async def work(self) -> None:
        """Until cancelled; begins again when the database was away."""
        task = asyncio.current_task()
        assert task is not None, "it is awaited in one"
        while True:
            try:
                await self._work_once()
            except _AWAY as error:
                logger.warning("the worker begins again: %s", error)
            if task.cancelling():  # what is underneath may end by it, or fail, without passing it on
                raise asyncio.CancelledError
            await asyncio.sleep(BEGIN_AGAIN_S)

    async def _work_once(self) -> None:
        async with self._app().open_async() as app:
            await self._take_up(app, 0 if self._is_only else SILENT_AFTER_S)
            worker = procrastinate.worker.Worker(
                app,
                queues=[QUEUE],
                name="kleos",
                concurrency=self._settings.at_once,
                install_signal_handlers=False,
                shutdown_graceful_timeout=STOPS_WITHIN_S,
                update_heartbeat_interval=ALIVE_EVERY_S,
                stalled_worker_timeout=SILENT_AFTER_S,
                abort_job_polling_interval=ALIVE_EVERY_S,
            )
            sweeping = asyncio.create_task(self._sweep(app, worker), name="sweep of the queue")
            try:
                await worker.run()  # type: ignore[no-untyped-call]
            finally:
                sweeping.cancel()
                await asyncio.gather(sweeping, return_exceptions=True)

    def _app(self) -> App:
        connector = PsycopgConnector(
            conninfo=self._work.dsn, min_size=1, max_size=4, timeout=self._work.timeout_s, configure=_find_tables
        )
        app = App(connector=connector, periodic_defaults={"max_delay": LATEST_S})
        for kind in TASKS:
            self._register(app, kind)
        return app

    def _register(self, app: App, kind: Kind) -> None:
        async def do(context: JobContext, /, **arguments: Any) -> None:
            assert context.job.id is not None, "it was fetched from the database"
            self._running.add(context.job.id)
            try:
                await run(self._work, context, TASKS[kind], arguments)
            finally:
                self._running.discard(context.job.id)

        task = app.task(name=kind, queue=QUEUE, pass_context=True, retry=TryAgain())(do)
        if kind == "schedule":
            for what, cron in self._settings.schedules.items():
                lock = place_of("schedule", None, b"").lock
                given: dict[str, Any] = {"what": what, "arguments": dict(self._settings.arguments.get(what, {}))}
                app.periodic(cron=cron, periodic_id=what, task_kwargs=given, lock=lock)(cast(Any, task))

    async def _sweep(self, app: App, worker: procrastinate.worker.Worker) -> None:
        while True:
            await asyncio.sleep(SWEEP_EVERY_S)
            try:
                await self._take_up(app, SILENT_AFTER_S)
                await self._take_up_strays(app, worker.worker_id)
                await self._forget_old()
            except _AWAY as error:
                logger.info("the queue could not be swept: %s", error)

    async def _forget_old(self) -> None:
        """Jobs that ended long ago, some at a time; of each kind and game the last that went well stays."""
        if time.monotonic() < self._forgets_at_s:
            return
        async with self._work.connection() as connection:
            forgotten = await connection.fetch(sql.FORGET_OLD, self._settings.kept_days, FORGOTTEN_AT_ONCE)
        if len(forgotten) < FORGOTTEN_AT_ONCE:
            self._forgets_at_s = time.monotonic() + FORGET_EVERY_S

    async def _take_up(self, app: App, silent_s: float) -> None:
        for job in await app.job_manager.get_stalled_jobs(seconds_since_heartbeat=silent_s):
            await self._take_up_one(app, job)

    async def _take_up_strays(self, app: App, worker: int | None) -> None:
        """Jobs that say this worker runs them, and it does not, twice in a row: their end could not be written down."""
        if worker is None:
            return
        doing = await app.job_manager.list_jobs_async(status=Status.DOING.value, worker_id=worker)
        mine = {job.id: job for job in doing}
        strays = {id for id in mine if id is not None and id not in self._running}
        for id in strays & self._suspects:
            await self._take_up_one(app, mine[id])
        self._suspects = strays

    async def _take_up_one(self, app: App, job: Queued) -> None:
        if job.attempts >= MOST_ATTEMPTS:
            reason = f"given up: its worker ended {job.attempts} times while it ran"
            logger.error("job %s (%s) is %s", job.id, job.task_name, reason)
            await app.job_manager.finish_job(job, Status.FAILED, delete_job=False)
            async with self._work.connection() as connection:
                await connection.execute(sql.END, job.id, None, reason)
            return
        logger.warning("job %s (%s) is taken up again: its worker is gone", job.id, job.task_name)
        await app.job_manager.retry_job(job)


async def stop(working: "asyncio.Task[None]") -> None:
    """Cancels a worker at work, and waits for its end. A cancellation can be lost on its way, where what is waited for
    ends in the same moment: then it is asked again. Raises what the work has failed with."""
    while not working.done():
        working.cancel()
        await asyncio.wait({working}, timeout=2 * STOPS_WITHIN_S)
    if not working.cancelled():
        working.result()


async def _find_tables(connection: "psycopg.AsyncConnection[Any]") -> None:
    await connection.execute("SET search_path TO kleos_jobs")
    await connection.commit()

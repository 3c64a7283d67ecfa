"""One run of one job: nobody else runs it meanwhile, how far it is can be seen, and what came of it is kept."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from typing import Any, Final

import msgspec
from procrastinate import JobContext
from procrastinate.exceptions import JobAborted
from procrastinate.job_context import AbortReason
from procrastinate.jobs import Job as Queued
from procrastinate.retry import BaseRetryStrategy, RetryDecision

from kleos.core.errors import KleosError, StaleDefinition
from kleos.jobs import sql
from kleos.jobs.work import Work
from kleos.sheets.rebuild import clear_away
from kleos.store.pool import DATABASE_ERRORS, Connection, open_connection, unavailable

JOB_LOCK: Final = 0x6B6A6F62
"""The class of the session locks that runs hold: "kjob" in ASCII."""
TOLD_EVERY_S: Final = 0.5
REBUILDING: Final[frozenset[str]] = frozenset({"rebuild", "definition"})
"""The kinds of job that leave tables beside the sheets where they are cut off, to go on with."""
MOST_ATTEMPTS: Final = 8
LONGEST_PAUSE_S: Final = 60

Do = Callable[..., Awaitable[Any]]
"""A job's work: takes the Work, a Progress and the job's arguments; answers what is kept as its result."""

logger = logging.getLogger(__name__)


class Stopped(KleosError):
    """The worker stops; the job is taken up again by the next one."""


class TryAgain(BaseRetryStrategy):
    """What failed because something was away, or because the worker stopped, is done again; a mistake is not."""

    def get_retry_decision(self, *, exception: BaseException, job: Queued) -> RetryDecision | None:
        if isinstance(exception, Stopped):
            return RetryDecision(retry_in={"seconds": 0})
        is_passing = isinstance(exception, (*DATABASE_ERRORS, StaleDefinition)) or unavailable(exception) is not None
        if not is_passing or job.attempts >= MOST_ATTEMPTS:
            return None
        return RetryDecision(retry_in={"seconds": min(2**job.attempts, LONGEST_PAUSE_S)})


class _Report:
    """How far a run is: told by the work as often as it likes, from any thread, and written now and then."""

    def __init__(self, connection: Connection, job: int) -> None:
        self._connection = connection
        self._job = job
        self._said: tuple[str, int, int] | None = None
        self._written: tuple[str, int, int] | None = None
        self.is_given_up = False

    def progress(self, phase: str, done: int, total: int) -> None:
        """Raises JobAborted in a thread whose job was given up: a thread cannot be cancelled otherwise."""
        if self.is_given_up:
            raise JobAborted
        self._said = (phase, done, total)

    async def write(self) -> None:
        if self._said is not None and self._said != self._written:
            self._written = self._said
            await self._connection.execute(sql.TELL, self._job, *self._written)

    async def write_now_and_then(self) -> None:
        while True:
            await asyncio.sleep(TOLD_EVERY_S)
            await self.write()


async def run(work: Work, context: JobContext, do: Do, arguments: Mapping[str, Any]) -> None:
    """Runs a job that the worker has fetched. What it raises is what procrastinate makes its state of."""
    id = context.job.id
    assert id is not None, "it was fetched from the database"
    async with _alone(work, id) as connection:
        if await connection.fetchval(sql.STATUS, id) != "doing":
            return  # another worker, taken for dead, has done it after all
        report = _Report(connection, id)
        telling = asyncio.create_task(report.write_now_and_then(), name=f"progress of job {id}")
        try:
            result = await do(work, report.progress, **arguments)
        except asyncio.CancelledError:
            report.is_given_up = True
            if context.abort_reason() == AbortReason.USER_REQUEST:
                await _stop(telling)
                await connection.execute(sql.END, id, None, "cancelled")
                if context.job.task_name in REBUILDING:
                    with suppress(*DATABASE_ERRORS):
                        await clear_away(connection, arguments["game"], gives_up=True)
                raise JobAborted from None
            raise Stopped("the worker stops") from None
        except Exception as error:
            with suppress(*DATABASE_ERRORS):
                await connection.execute(sql.END, id, None, _words(error))
            raise
        finally:
            await _stop(telling)
        await report.write()
        await connection.execute(sql.END, id, msgspec.json.encode(result) if result is not None else None, None)


def _words(error: Exception) -> str:
    known = error if isinstance(error, KleosError) else unavailable(error)
    return str(known) if known is not None else f"{type(error).__name__}: {error}"


@asynccontextmanager
async def _alone(work: Work, id: int) -> AsyncIterator[Connection]:
    """On a connection of its own, while no other run of this job goes on."""
    connection = await open_connection(work.dsn, timeout_s=work.timeout_s)
    try:
        await connection.execute(sql.LOCK_JOB, JOB_LOCK, id % 2**31)
        yield connection
    finally:
        connection.terminate()


async def _stop(task: "asyncio.Task[None]") -> None:
    task.cancel()
    with suppress(asyncio.CancelledError):
        try:
            await task
        except DATABASE_ERRORS as error:
            logger.info("the progress of a job could not be written: %s", error)

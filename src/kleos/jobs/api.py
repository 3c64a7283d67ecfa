"""The routes of jobs: looking at them, asking for one, ending and repeating one."""

from collections.abc import Collection
from datetime import datetime
from typing import Annotated, Any, Final, Literal

import msgspec
from litestar import Request, get, post
from litestar.handlers import BaseRouteHandler
from litestar.params import JSONBody, PathParameter, QueryParameter

from kleos.core.errors import BadInput, NotFound
from kleos.core.windows import to_datetime, to_datetime_or_none
from kleos.engine.engine import Engine
from kleos.jobs.jobs import Jobs
from kleos.jobs.kinds import Kind, State
from kleos.jobs.queue import Job
from kleos.server.auth.audit import audit
from kleos.server.auth.caller import Caller, caller_of
from kleos.server.auth.guards import forbidden, requires
from kleos.server.openapi import KEY, problems
from kleos.server.parameters import GameName, InGame, Limit, TheEngine

_LARGEST_ID: Final = 2**63 - 1
JobId = Annotated[int, PathParameter(ge=1, le=_LARGEST_ID, description="The job's number.")]


class ProgressAnswer(msgspec.Struct):
    """``total`` is 0 where nobody knows how much there is to do."""

    phase: str | None
    done: int
    total: int


class JobAnswer(msgspec.Struct):
    """``arguments`` is what the job was asked; ``result`` what came of it; ``attempts`` how often it was begun.

    ``cancelling`` is true of a job that was told to stop and has not stopped yet.
    """

    id: int
    kind: Kind
    game: str | None
    arguments: dict[str, Any]
    state: State
    cancelling: bool
    attempts: int
    actor: str | None
    progress: ProgressAnswer
    made_at: datetime
    started_at: datetime | None
    ended_at: datetime | None
    result: Any
    error: str | None


class JobPage(msgspec.Struct):
    """``next`` is the `before` of the following page; null on the last. ``workers`` tells how many run jobs now."""

    jobs: list[JobAnswer]
    next: int | None
    workers: int


class NewJob(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """``sheets`` are those that a rebuild is about; all, where none is named."""

    kind: Literal["rebuild", "verify", "archive", "retention"]
    sheets: list[str] | None = None


class NewRebuild(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """All sheets, where none is named."""

    sheets: list[str] | None = None


def job_answer(job: Job) -> JobAnswer:
    return JobAnswer(
        job.id,
        job.kind,
        job.game,
        dict(job.arguments),
        job.state,
        job.is_cancelling and not job.has_ended,
        job.attempts,
        job.actor,
        ProgressAnswer(job.phase, job.done, job.total),
        to_datetime(job.made_at),
        to_datetime_or_none(job.started_at),
        to_datetime_or_none(job.ended_at),
        job.result,
        job.error,
    )


@get(
    "/v1/jobs",
    tags=["jobs"],
    summary="Jobs",
    guards=[requires("manage")],
    security=KEY,
    responses=problems(400, 401, 403),
)
async def get_jobs(
    request: Request[Any, Any, Any],
    status: Annotated[
        State | None, QueryParameter(description="Only those that are `waiting`, `running`, `succeeded`, …")
    ] = None,
    game: InGame = None,
    kind: Annotated[Kind | None, QueryParameter(description="Only those of this kind.")] = None,
    limit: Limit = 100,
    before: Annotated[int | None, QueryParameter(ge=0, description="The `next` of the page before.")] = None,
) -> JobPage:
    """Newest first; of the games that the caller may manage, and of the server where that is all of them."""
    jobs: Jobs = request.app.state.jobs
    games = _games_of(caller_of(request), game)
    page = await jobs.page([status] if status is not None else None, games, kind, before, limit)
    following = page[-1].id if len(page) == limit else None
    return JobPage([job_answer(job) for job in page], following, await jobs.live_workers())


@get(
    "/v1/jobs/{job:int}",
    tags=["jobs"],
    summary="One job",
    guards=[requires("manage")],
    security=KEY,
    responses=problems(400, 401, 403, 404),
)
async def get_job(request: Request[Any, Any, Any], job: JobId) -> JobAnswer:
    """With how far it is."""
    return job_answer(await _theirs(request, job))


@post(
    "/v1/games/{game:str}/jobs",
    tags=["jobs"],
    summary="Ask for a job",
    status_code=202,
    guards=[requires("manage")],
    security=KEY,
    responses=problems(400, 401, 403, 404),
)
async def post_job(
    request: Request[Any, Any, Any], engine: TheEngine, game: GameName, data: JSONBody[NewJob]
) -> JobAnswer:
    """`rebuild` folds sheets and awards anew from the log; `verify` compares them with it; `archive` seals the log into
    files; `retention` lets go of what is there and old enough.

    Where the same job waits already, that one is answered.
    """
    if data.sheets is not None and data.kind != "rebuild":
        raise BadInput("only a rebuild is about sheets", "sheets")
    return await _ask(request, engine, game, data.kind, data.sheets)


@post(
    "/v1/games/{game:str}/rebuild",
    tags=["jobs"],
    summary="Rebuild a game's sheets",
    status_code=202,
    guards=[requires("manage")],
    security=KEY,
    responses=problems(400, 401, 403, 404),
)
async def post_rebuild(
    request: Request[Any, Any, Any], engine: TheEngine, game: GameName, data: JSONBody[NewRebuild]
) -> JobAnswer:
    """Folds sheets and awards anew from the log while events are taken, and swaps them in; answers the job."""
    return await _ask(request, engine, game, "rebuild", data.sheets)


async def _ask(
    request: Request[Any, Any, Any], engine: Engine, game: str, kind: Kind, sheets: Collection[str] | None
) -> JobAnswer:
    in_force, jobs = engine.game(game), _jobs(request)
    arguments: dict[str, Any] = {}
    if sheets is not None:
        arguments["sheets"] = sorted({in_force.sheet(name).name for name in sheets})
    made = await jobs.job(await jobs.defer(kind, game, caller_of(request).name, **arguments))
    await audit(request, f"job.{kind}", game, game, job=made.id)
    return job_answer(made)


@post(
    "/v1/jobs/{job:int}/cancel",
    tags=["jobs"],
    summary="Cancel a job",
    status_code=200,
    guards=[requires("manage")],
    security=KEY,
    responses=problems(400, 401, 403, 404, 409),
)
async def cancel_job(request: Request[Any, Any, Any], job: JobId) -> JobAnswer:
    """One that waits never runs. One that runs is stopped within seconds, and nothing of it is seen."""
    found = await _theirs(request, job)
    cancelled = await _jobs(request).cancel(found.id)
    await audit(request, "job.cancelled", str(job), found.game)
    return job_answer(cancelled)


@post(
    "/v1/jobs/{job:int}/retry",
    tags=["jobs"],
    summary="Do a job again",
    status_code=202,
    guards=[requires("manage")],
    security=KEY,
    responses=problems(400, 401, 403, 404, 409),
)
async def retry_job(request: Request[Any, Any, Any], job: JobId) -> JobAnswer:
    """Asks for the same once more, as a new job, after one that has ended."""
    found = await _theirs(request, job)
    made = await _jobs(request).retry(found.id, caller_of(request).name)
    await audit(request, "job.retried", str(job), found.game, job=made.id)
    return job_answer(made)


def _jobs(request: Request[Any, Any, Any]) -> Jobs:
    jobs: Jobs = request.app.state.jobs
    return jobs


def _games_of(caller: Caller, game: str | None) -> Collection[str] | None:
    """The games whose jobs are asked for; None for all."""
    if game is not None:
        if not caller.may("manage", game):
            raise forbidden("manage", game)
        return [game]
    return None if caller.may("manage") else caller.games


async def _theirs(request: Request[Any, Any, Any], id: int) -> Job:
    """Raises NotFound for a job of a game that the caller may not manage, too."""
    job = await _jobs(request).job(id)
    if not caller_of(request).may("manage", job.game):
        raise NotFound("job", str(id))
    return job


ROUTES: Final[list[BaseRouteHandler]] = [get_jobs, get_job, post_job, post_rebuild, cancel_job, retry_job]

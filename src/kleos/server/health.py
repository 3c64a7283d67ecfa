"""Whether the server lives, and whether it can answer."""

import time
from typing import Any, Final, Literal

import msgspec
from litestar import Request, Response, get
from litestar.handlers import BaseRouteHandler

from kleos import __version__
from kleos.log.committer import MAX_WAITING_EVENTS
from kleos.server.openapi import problems
from kleos.server.parameters import TheEngine

_STARTED_S: Final = time.monotonic()


class Health(msgspec.Struct):
    status: str
    version: str
    uptime_s: int


class Readiness(msgspec.Struct):
    """Boards that are warm answer from memory; while others warm, they answer from SQL: right, only slower.

    ``waiting`` counts events that wait for a commit. ``trouble`` says why the database does not answer, or why events
    are not taken; null where there is none.
    """

    ready: bool
    database: Literal["reachable", "unreachable"]
    boards: int
    warm: int
    waiting: int
    stopping: bool
    trouble: str | None = None


@get("/health", tags=["server"], summary="Is the process alive?", sync_to_thread=False)
def get_health() -> Health:
    """Answers as long as the process runs, whatever the database does."""
    return Health("ok", __version__, int(time.monotonic() - _STARTED_S))


@get("/ready", tags=["server"], summary="Can requests be answered?", responses=problems())
async def get_ready(request: Request[Any, Any, Any], engine: TheEngine) -> Response[Readiness]:
    """200 once the database answers, events are taken and every open board is warm, else 503 with the same body.

    503 too while so many events wait that more are refused, and from the moment on that the server is told to stop.
    """
    away = await engine.database.trouble()
    trouble = away or engine.trouble()
    states = engine.rankings.states().values()
    warm = sum(state == "warm" for state in states)
    waiting = [committer.waiting_events for committer in engine.committers()]
    if trouble is None and max(waiting, default=0) > MAX_WAITING_EVENTS:
        trouble = "more events are waiting than the database takes"
    stopping: bool = request.app.state.watch.is_stopping
    ready = trouble is None and engine.rankings.is_warm and not stopping
    database: Literal["reachable", "unreachable"] = "unreachable" if away else "reachable"
    body = Readiness(ready, database, len(states), warm, sum(waiting), stopping, trouble)
    if body.ready:
        return Response(body)
    return Response(body, status_code=503, headers={"Retry-After": "1"})


ROUTES: Final[list[BaseRouteHandler]] = [get_health, get_ready]

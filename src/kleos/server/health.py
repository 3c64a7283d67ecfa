"""Whether the server lives, and whether it can answer."""

from typing import Final, Literal

import msgspec
from litestar import Response, get
from litestar.handlers import BaseRouteHandler

from kleos import __version__
from kleos.server.openapi import problems
from kleos.server.parameters import TheEngine


class Health(msgspec.Struct):
    status: str
    version: str


class Readiness(msgspec.Struct):
    """Boards that are warm answer from memory; while others warm, they answer from SQL: right, only slower.

    ``trouble`` says why the database does not answer, or why events are not taken; null where there is none.
    """

    ready: bool
    database: Literal["reachable", "unreachable"]
    boards: int
    warm: int
    trouble: str | None = None


@get("/health", tags=["server"], summary="Is the process alive?", sync_to_thread=False)
def get_health() -> Health:
    """Answers as long as the process runs, whatever the database does."""
    return Health("ok", __version__)


@get("/ready", tags=["server"], summary="Can requests be answered?", responses=problems())
async def get_ready(engine: TheEngine) -> Response[Readiness]:
    """200 once the database answers, events are taken and every open board is warm, else 503 with the same body."""
    away = await engine.database.trouble()
    trouble = away or engine.trouble()
    states = engine.standings.states().values()
    warm = sum(state == "warm" for state in states)
    ready = trouble is None and engine.standings.is_warm
    database: Literal["reachable", "unreachable"] = "unreachable" if away else "reachable"
    body = Readiness(ready, database, len(states), warm, trouble)
    if body.ready:
        return Response(body)
    return Response(body, status_code=503, headers={"Retry-After": "1"})


ROUTES: Final[list[BaseRouteHandler]] = [get_health, get_ready]

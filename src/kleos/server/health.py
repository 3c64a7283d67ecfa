"""Whether the server lives, and whether it can answer."""

import asyncio
from typing import Any, Final

import msgspec
from litestar import Response, get
from litestar.di import NamedDependency
from litestar.handlers import BaseRouteHandler
from litestar.params import SkipValidation

from kleos import __version__
from kleos.engine.engine import Engine
from kleos.server import sql
from kleos.server.errors import is_database_away
from kleos.server.openapi import problems

_PING_TIMEOUT_S: Final = 2.0


class Health(msgspec.Struct):
    status: str
    version: str


class Readiness(msgspec.Struct):
    """``boards`` is "warm" or "warming"; while they warm, answers come from SQL: right, only slower."""

    ready: bool
    database: str
    boards: str


@get("/health", tags=["server"], summary="Is the process alive?", sync_to_thread=False)
def health() -> Health:
    """Answers as long as the process runs, whatever the database does."""
    return Health("ok", __version__)


@get("/ready", tags=["server"], summary="Can requests be answered?", responses=problems())
async def ready(engine: NamedDependency[SkipValidation[Engine]]) -> Response[Readiness]:
    """200 once the database answers and the boards are warm, else 503 with the reason."""
    reachable = await _reachable(engine)
    warm = engine.standings.is_warm
    body = Readiness(
        reachable and warm, "reachable" if reachable else "unreachable", "warm" if warm else "warming"
    )
    headers = {} if body.ready else {"Retry-After": "1"}
    return Response(body, status_code=200 if body.ready else 503, headers=headers)


async def _reachable(engine: Engine) -> bool:
    try:
        async with asyncio.timeout(_PING_TIMEOUT_S):
            value: Any = await engine.pool.fetchval(sql.PING)
    except Exception as error:
        if is_database_away(error):
            return False
        raise
    return bool(value == 1)


ROUTES: Final[list[BaseRouteHandler]] = [health, ready]

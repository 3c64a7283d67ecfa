"""The routes by which games report, and by which one looks at what was kept back."""

from datetime import datetime
from functools import partial
from typing import Annotated, Any, Final

import msgspec
from litestar import Request, get, post
from litestar.handlers import BaseRouteHandler
from litestar.params import QueryParameter

from kleos.core.windows import to_datetime
from kleos.engine.receipts import Receipt
from kleos.log import sql
from kleos.log.outward import outward_bodies
from kleos.log.own import Sender
from kleos.server.auth.caller import caller_of
from kleos.server.auth.guards import requires, requires_sender
from kleos.server.bodies import MAX_BODY_BYTES, read_body
from kleos.server.openapi import BODY, KEY, TAKES_EVENTS, problems
from kleos.server.parameters import GameName, Limit, TheEngine

MAX_OWN_BODY_BYTES: Final = 256 * 1024
"""Of the few events that a player's token may send at once."""


class Quarantined(msgspec.Struct):
    """An event that failed a check: kept, not counted. In its body players stand as the game named them."""

    seq: int
    id: str
    match: str
    type: str
    at: datetime
    received_at: datetime
    reason: str
    body: Any


class QuarantinePage(msgspec.Struct):
    """``next`` is the `before` of the following page; null on the last."""

    game: str
    events: list[Quarantined]
    next: int | None


@post(
    "/v1/games/{game:str}/events",
    tags=["events"],
    summary="Report events",
    status_code=200,
    guards=[requires_sender],
    security=KEY,
    request_max_body_size=None,
    operation_class=TAKES_EVENTS,
    responses=problems(400, 401, 403, 404, 415, *BODY),
)
async def post_events(
    request: Request[Any, Any, Any],
    engine: TheEngine,
    game: GameName,
    effects: Annotated[bool, QueryParameter(description="Answer with the standings and awards that followed.")] = False,
) -> Receipt:
    """One JSON object, an array, or NDJSON (`application/x-ndjson`); plain, gzip or zstd; to 10,000 events or 16 MiB.

    Each event has `type`, `id`, `match`, `at` and the fields of its type. Without `id` nothing protects against
    repeats; without `at` it happened now; without `match` it is its own. What is accepted is durable and counted when
    this answers. A bad event is listed in `rejected` with its position, and does not harm its neighbours. A player's
    token sends its own events, of the types that the game opens to players.
    """
    # The caller is no dependency: for a second one Litestar starts a task group, a sixth of the whole request.
    caller, sender = caller_of(request), None
    if not caller.may("events:write", game):
        assert caller.player is not None, "the guard lets nobody else pass"
        sender = Sender(caller.player, partial(request.app.state.access.limits.submit, caller))
    body = await read_body(request, MAX_BODY_BYTES if sender is None else MAX_OWN_BODY_BYTES)
    return await engine.ingest_body(game, body, request.headers.get("content-type", ""), effects, sender)


@get(
    "/v1/games/{game:str}/quarantine",
    tags=["events"],
    summary="Events that failed a check",
    guards=[requires("read")],
    security=KEY,
    responses=problems(400, 401, 403, 404),
)
async def get_quarantine(
    engine: TheEngine,
    game: GameName,
    limit: Limit = 100,
    before: Annotated[int | None, QueryParameter(ge=0, description="The `next` of the page before.")] = None,
) -> QuarantinePage:
    """Newest first."""
    in_force = engine.game(game)
    rows = await engine.pool.fetch(sql.QUARANTINE_PAGE, game, before, limit)
    types = in_force.definition.events
    logged = [(types.get(row["type"]), row["body"]) for row in rows]
    bodies = await outward_bodies(engine.directory, in_force.namespace, logged)
    events = [
        Quarantined(
            row["seq"],
            row["id"],
            row["match"],
            row["type"],
            to_datetime(row["at"]),
            to_datetime(row["received_at"]),
            row["reason"],
            body,
        )
        for row, body in zip(rows, bodies, strict=True)
    ]
    return QuarantinePage(game, events, events[-1].seq if len(events) == limit else None)


ROUTES: Final[list[BaseRouteHandler]] = [post_events, get_quarantine]

"""The route by which games report."""

from functools import partial
from typing import Annotated, Any, Final

from litestar import Request, post
from litestar.handlers import BaseRouteHandler
from litestar.params import QueryParameter

from kleos.engine.receipts import Receipt
from kleos.log.own import Sender
from kleos.server.auth.caller import caller_of
from kleos.server.auth.guards import requires_sender
from kleos.server.bodies import MAX_BODY_BYTES, read_body
from kleos.server.openapi import BODY, KEY, TAKES_EVENTS, problems
from kleos.server.parameters import GameName, TheEngine

MAX_OWN_BODY_BYTES: Final = 256 * 1024
"""Of the few events that a player's token may send at once."""


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
    may_grant, content_type = caller.may("awards:write", game), request.headers.get("content-type", "")
    return await engine.ingest_body(game, body, content_type, effects, sender, may_grant)


ROUTES: Final[list[BaseRouteHandler]] = [post_events]

"""The routes of analytics."""

from datetime import date
from typing import Annotated, Final

from litestar import get
from litestar.handlers import BaseRouteHandler
from litestar.params import QueryParameter

from kleos.analytics.activity import Activity, Every, activity, spans_between
from kleos.server.openapi import problems
from kleos.server.parameters import GameName, TheEngine


@get(
    "/v1/games/{game:str}/activity",
    tags=["games"],
    summary="How much a game is played",
    responses=problems(400, 404),
)
async def get_activity(
    engine: TheEngine,
    game: GameName,
    from_: Annotated[
        date | None, QueryParameter(name="from", description="A day of the first span; else 29 spans before the last.")
    ] = None,
    to: Annotated[date | None, QueryParameter(description="A day of the last span; else today.")] = None,
    every: Annotated[Every, QueryParameter(description="How long a span is, in the game's calendar.")] = "day",
) -> Activity:
    """Events, matches and players of each day, week or month; at most 400 of them."""
    in_force = engine.game(game)
    spans = spans_between(in_force.calendar, every, from_, to, engine.now())
    return await activity(engine, in_force, every, spans)


ROUTES: Final[list[BaseRouteHandler]] = [get_activity]

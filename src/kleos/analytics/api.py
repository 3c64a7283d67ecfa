"""The routes of analytics."""

from datetime import date
from typing import Annotated, Final

from litestar import get
from litestar.datastructures import State
from litestar.handlers import BaseRouteHandler
from litestar.params import QueryParameter

from kleos.analytics.activity import Activity, Every, spans_between
from kleos.analytics.kept import Analytics
from kleos.analytics.retention import MOST_COHORTS, USUAL_COHORTS, Retention
from kleos.analytics.totals import Totals
from kleos.server.openapi import problems
from kleos.server.parameters import GameName, SheetName, TheEngine, WindowName
from kleos.sheets.query import window_of


@get(
    "/v1/games/{game:str}/activity",
    tags=["games"],
    summary="How much a game is played",
    responses=problems(400, 404),
)
async def get_activity(
    state: State,
    engine: TheEngine,
    game: GameName,
    from_: Annotated[
        date | None, QueryParameter(name="from", description="A day of the first span; else 29 spans before the last.")
    ] = None,
    to: Annotated[date | None, QueryParameter(description="A day of the last span; else today.")] = None,
    every: Annotated[Every, QueryParameter(description="How long a span is, in the game's calendar.")] = "day",
) -> Activity:
    """Events, matches and players of each day, week or month; at most 400 of them. Of a great log they may be some
    minutes old."""
    in_force = engine.game(game)
    spans = spans_between(in_force.calendar, every, from_, to, engine.now())
    analytics: Analytics = state.analytics
    return await analytics.activity(in_force, every, spans)


@get(
    "/v1/games/{game:str}/retention",
    tags=["games"],
    summary="Who comes back",
    responses=problems(400, 404),
)
async def get_retention(
    state: State,
    engine: TheEngine,
    game: GameName,
    every: Annotated[Every, QueryParameter(description="How long a span is, in the game's calendar.")] = "week",
    cohorts: Annotated[
        int, QueryParameter(ge=1, le=MOST_COHORTS, description="How many spans, up to the one that holds now.")
    ] = USUAL_COHORTS,
) -> Retention:
    """Of the players first seen in each span: how many were seen in it, in the next, and so on. Of a great game it may
    be some minutes old."""
    analytics: Analytics = state.analytics
    return await analytics.retention(engine.game(game), every, cohorts)


@get(
    "/v1/games/{game:str}/sheets/{sheet:str}/totals",
    tags=["sheets"],
    summary="A sheet's numbers over all players",
    responses=problems(400, 404),
)
async def get_totals(
    state: State,
    engine: TheEngine,
    game: GameName,
    sheet: SheetName,
    by: Annotated[str, QueryParameter(description="A key column of the sheet, such as `weapon`.")],
    window: WindowName = None,
) -> Totals:
    """What is counted and summed, added up over players, by one key: what is used how much. Of a great game it may be
    some minutes old."""
    in_force = engine.game(game)
    found = in_force.sheet(sheet)
    analytics: Analytics = state.analytics
    return await analytics.totals(in_force, found, by, window_of(in_force, found, window, engine.now()))


ROUTES: Final[list[BaseRouteHandler]] = [get_activity, get_retention, get_totals]

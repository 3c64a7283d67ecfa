"""The routes of games: what there is, and their seasons."""

from datetime import datetime
from typing import Annotated, Any, Final

import msgspec
from litestar import Request, get, patch, post
from litestar.handlers import BaseRouteHandler
from litestar.params import JSONBody

from kleos.core.windows import from_datetime
from kleos.engine import description
from kleos.engine.description import GameAnswer, GameSummary, SeasonAnswer
from kleos.engine.seasons import change_season, make_season
from kleos.server.auth.audit import audit
from kleos.server.auth.guards import requires
from kleos.server.openapi import BODY, KEY, problems
from kleos.server.parameters import GameName, SeasonName, TheEngine

Moment = Annotated[datetime, msgspec.Meta(tz=True)]


class Games(msgspec.Struct):
    games: list[GameSummary]


class Seasons(msgspec.Struct):
    game: str
    seasons: list[SeasonAnswer]


class NewSeason(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """From ``starts_at`` on, up to and without ``ends_at``."""

    name: str
    title: str | None = None
    starts_at: Moment
    ends_at: Moment


class SeasonChange(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """What is left out stays."""

    title: str | None = None
    starts_at: Moment | None = None
    ends_at: Moment | None = None


@get("/v1/games", tags=["games"], summary="All games", responses=problems(), sync_to_thread=False)
def get_games(engine: TheEngine) -> Games:
    """Every game that this server knows."""
    return Games([description.summary(game) for game in engine.games()])


@get("/v1/games/{game:str}", tags=["games"], summary="One game", responses=problems(400, 404), sync_to_thread=False)
def get_game(engine: TheEngine, game: GameName) -> GameAnswer:
    """Its events, sheets, boards and charts, with how each is shown."""
    return description.description(engine.game(game), engine.database_id)


@get(
    "/v1/games/{game:str}/seasons",
    tags=["games"],
    summary="A game's seasons",
    responses=problems(400, 404),
    sync_to_thread=False,
)
def get_seasons(engine: TheEngine, game: GameName) -> Seasons:
    """In order of time."""
    now = engine.now()
    return Seasons(game, [description.season(each, now) for each in engine.game(game).calendar.seasons])


@post(
    "/v1/games/{game:str}/seasons",
    tags=["games"],
    summary="Make a season",
    guards=[requires("seasons")],
    security=KEY,
    responses=problems(400, 401, 403, 404, 409, *BODY),
)
async def post_season(
    request: Request[Any, Any, Any], engine: TheEngine, game: GameName, data: JSONBody[NewSeason]
) -> SeasonAnswer:
    """Seasons of a game do not overlap. Events that lie in it already count in it."""
    made = await make_season(
        engine,
        game,
        data.name,
        data.title if data.title is not None else data.name,
        from_datetime(data.starts_at),
        from_datetime(data.ends_at),
    )
    await audit(request, "season.made", data.name, game)
    return description.season(made, engine.now())


@patch(
    "/v1/games/{game:str}/seasons/{season:str}",
    tags=["games"],
    summary="Change a season",
    guards=[requires("seasons")],
    security=KEY,
    responses=problems(400, 401, 403, 404, 409, *BODY),
)
async def patch_season(
    request: Request[Any, Any, Any],
    engine: TheEngine,
    game: GameName,
    season: SeasonName,
    data: JSONBody[SeasonChange],
) -> SeasonAnswer:
    """Its rows follow its dates: they are folded anew from the log."""
    changed = await change_season(
        engine,
        game,
        season,
        data.title,
        from_datetime(data.starts_at) if data.starts_at is not None else None,
        from_datetime(data.ends_at) if data.ends_at is not None else None,
    )
    await audit(request, "season.changed", season, game)
    return description.season(changed, engine.now())


ROUTES: Final[list[BaseRouteHandler]] = [
    get_games,
    get_game,
    get_seasons,
    post_season,
    patch_season,
]

"""The routes of games: what there is, their definitions and their seasons."""

from datetime import datetime
from typing import Annotated, Any, Final

import msgspec
from litestar import Request, Response, get, patch, post, put
from litestar.handlers import BaseRouteHandler
from litestar.params import JSONBody, QueryParameter

from kleos.core.errors import BadInput, NotFound
from kleos.core.windows import from_datetime
from kleos.engine import description, sql
from kleos.engine.description import GameAnswer, GameSummary, SeasonAnswer
from kleos.server.auth.audit import audit
from kleos.server.auth.guards import requires
from kleos.server.bodies import read_body
from kleos.server.openapi import BODY, KEY, TAKES_A_DEFINITION, problems
from kleos.server.parameters import GameName, SeasonName, TheEngine

MAX_DEFINITION_BYTES: Final = 1024 * 1024
_LARGEST_VERSION: Final = 2**31 - 1

Moment = Annotated[datetime, msgspec.Meta(tz=True)]


class Games(msgspec.Struct):
    games: list[GameSummary]


class ChangeAnswer(msgspec.Struct):
    """One difference: ``table`` and ``key`` name it as the file does."""

    kind: str
    table: str
    key: str
    text: str


class PutDefinition(msgspec.Struct):
    """``version`` is the one in force now: null where a dry run asked about a game that is not there yet.

    ``problems`` is what forbids the change, ``refold`` the sheets computed anew from the log, ``rejudge`` the
    achievements whose awards are.
    """

    game: str
    version: int | None
    dry_run: bool
    changes: list[ChangeAnswer]
    problems: list[str]
    refold: list[str]
    rejudge: list[str]


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
    return description.description(engine.game(game))


@get(
    "/v1/games/{game:str}/definition",
    tags=["games"],
    summary="A game's file",
    guards=[requires("read")],
    security=KEY,
    media_type="application/toml",
    responses=problems(400, 401, 403, 404),
)
async def get_definition(
    engine: TheEngine,
    game: GameName,
    version: Annotated[
        int | None, QueryParameter(ge=1, le=_LARGEST_VERSION, description="An earlier one; else the one in force.")
    ] = None,
) -> Response[str]:
    """The TOML as it was put. It needs a key because it tells what achievements hide and what checks look for."""
    in_force = engine.game(game)
    source = in_force.definition.source
    if version is not None:
        kept: str | None = await engine.pool.fetchval(sql.VERSION_SOURCE, game, version)
        if kept is None:
            versions = [str(row["version"]) for row in await engine.pool.fetch(sql.VERSIONS, game)]
            raise NotFound("version", str(version), versions)
        source = kept
    headers = {"Kleos-Version": str(version or in_force.version)}
    return Response(source, media_type="application/toml", headers=headers)


@put(
    "/v1/games/{game:str}/definition",
    tags=["games"],
    summary="Put a game's file in force",
    guards=[requires("manage")],
    security=KEY,
    request_max_body_size=None,
    operation_class=TAKES_A_DEFINITION,
    responses=problems(400, 401, 403, 409, 415, 422, *BODY),
)
async def put_definition(
    request: Request[Any, Any, Any],
    engine: TheEngine,
    game: GameName,
    dry_run: Annotated[bool, QueryParameter(description="Only say what would change.")] = False,
) -> PutDefinition:
    """The body is the TOML. A new game begins with it; a game that runs takes its new columns from the log.

    Every mistake is listed at once, and then nothing has changed.
    """
    body = await read_body(request, MAX_DEFINITION_BYTES)
    try:
        source = body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise BadInput(f"the definition is not UTF-8: byte {error.start} begins no character") from None
    if "\0" in source:
        raise BadInput("the definition holds a NUL character")
    in_force, changes = await engine.put_definition(game, source, dry_run)
    if not dry_run and in_force is not None:
        await audit(request, "definition.put", game, game, version=in_force.version)
    return PutDefinition(
        game,
        in_force.version if in_force is not None else None,
        dry_run,
        [ChangeAnswer(change.kind, change.table, change.key, change.text) for change in changes.changes],
        [str(problem) for problem in changes.refused],
        list(changes.refold),
        list(changes.rejudge),
    )


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
    return Seasons(game, [description.season(each, now) for each in engine.seasons(game)])


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
    made = await engine.make_season(
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
    changed = await engine.change_season(
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
    get_definition,
    put_definition,
    get_seasons,
    post_season,
    patch_season,
]

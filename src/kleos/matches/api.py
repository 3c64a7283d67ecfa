"""The routes of matches."""

from datetime import datetime
from typing import Annotated, Any, Final, Literal

import msgspec
from litestar import Request, get, post
from litestar.handlers import BaseRouteHandler
from litestar.params import JSONBody, QueryParameter

from kleos.core.errors import BadInput, NotFound
from kleos.core.ids import check_external_id, check_text
from kleos.core.windows import to_datetime
from kleos.engine.engine import Engine
from kleos.engine.game import Game
from kleos.feed.feed import Feed
from kleos.log.outward import outward_bodies
from kleos.matches import sql
from kleos.matches.detail import MatchDetail, match_detail
from kleos.matches.listing import Match, Matches, Running, Status, named, newest, running
from kleos.matches.logged import page_of_events
from kleos.matches.opening import MOST_CONTROLLERS, Visibility, check_may_see, open_match
from kleos.players.asked import card_asked
from kleos.server.auth.audit import audit
from kleos.server.auth.guards import requires
from kleos.server.openapi import BODY, KEY, problems
from kleos.server.parameters import Before, GameName, Limit, MatchId, Offset, SheetName, TheCaller, TheEngine
from kleos.sheets.api import After, Order, SheetPage, sheet_page
from kleos.sheets.query import Question, parse_order, window_of


class OpenMatch(msgspec.Struct, forbid_unknown_fields=True):
    """``controllers`` are the players who may act in the match; a private one is for them alone."""

    controllers: Annotated[
        list[Annotated[str, msgspec.Meta(min_length=1, max_length=128)]], msgspec.Meta(max_length=MOST_CONTROLLERS)
    ] = []
    visibility: Visibility = "public"


class LoggedEvent(msgspec.Struct):
    """An event as it was accepted; ``fields`` are those of its type."""

    id: str
    type: str
    at: datetime
    received_at: datetime
    seq: int
    fields: dict[str, Any]


class MatchEvents(msgspec.Struct):
    """``next`` is the `after` of the following page; null on the last."""

    game: str
    match: str
    events: list[LoggedEvent]
    next: str | None


class FoundMatches(msgspec.Struct):
    matches: list[Match]


@get("/v1/matches", tags=["matches"], summary="Find a match", responses=problems(400))
async def find_matches(
    engine: TheEngine, match: Annotated[str, QueryParameter(description="The whole id, as the game gave it.")]
) -> FoundMatches:
    """The matches of this id, in whatever game; those that are private are not found."""
    return FoundMatches(await named(engine, check_external_id(match, "match")))


@get("/v1/matches/running", tags=["matches"], summary="What is live now", responses=problems())
async def get_running(engine: TheEngine) -> Running:
    """How many matches of each game run: not ended, with an event in the last hour. Private ones are not counted."""
    return await running(engine)


@get("/v1/games/{game:str}/matches", tags=["matches"], summary="A game's matches", responses=problems(400, 404))
async def get_matches(
    engine: TheEngine,
    game: GameName,
    status: Annotated[Status | None, QueryParameter(description="Only those of this status.")] = None,
    player: Annotated[str | None, QueryParameter(description="Only those in which this player appears.")] = None,
    limit: Limit = 50,
    before: Before = None,
) -> Matches:
    """Newest first, by the time of the last event."""
    in_force = engine.game(game)
    number = None
    if player is not None:
        number = (await card_asked(engine, in_force, check_external_id(player))).player
    return await newest(engine, [in_force], number, status, limit, before)


@get(
    "/v1/games/{game:str}/matches/{match:str}",
    tags=["matches"],
    summary="One match",
    responses=problems(400, 401, 403, 404),
)
async def get_match(engine: TheEngine, caller: TheCaller, game: GameName, match: MatchId) -> MatchDetail:
    """When it began, when its last event was, who plays, and how many events of each type it has."""
    in_force = engine.game(game)
    check_external_id(match, "match")
    opening = await check_may_see(engine, in_force, match, caller)
    return await match_detail(engine, in_force, match, opening)


@post(
    "/v1/games/{game:str}/matches/{match:str}",
    tags=["matches"],
    summary="Open a match",
    status_code=200,
    guards=[requires("events:write")],
    security=KEY,
    responses=problems(400, 401, 403, 404, 409, *BODY),
)
async def post_match(
    request: Request[Any, Any, Any], engine: TheEngine, game: GameName, match: MatchId, data: JSONBody[OpenMatch]
) -> MatchDetail:
    """Says who controls it and who may see it, once and for all. A match that nobody opens is public."""
    in_force = engine.game(game)
    opening, is_new = await open_match(engine, in_force, match, data.controllers, data.visibility)
    if is_new:
        await audit(request, "match.opened", match, game, visibility=data.visibility)
    feed: Feed = request.app.state.feed
    feed.match_changed(game, match)
    return await match_detail(engine, in_force, match, opening)


@get(
    "/v1/games/{game:str}/matches/{match:str}/events",
    tags=["matches"],
    summary="A match's events",
    responses=problems(400, 401, 403, 404),
)
async def get_match_events(
    engine: TheEngine,
    caller: TheCaller,
    game: GameName,
    match: MatchId,
    limit: Limit = 200,
    after: Annotated[str | None, QueryParameter(description="The `next` of the page before.")] = None,
    order: Annotated[
        Literal["oldest", "newest"], QueryParameter(description="Which end comes first; `next` goes on from there.")
    ] = "oldest",
) -> MatchEvents:
    """In event order: by time, then id; or from its end. An event sent without a match is found under its own id."""
    in_force = engine.game(game)
    at, id = _parse_cursor(after)
    await check_may_see(engine, in_force, check_external_id(match, "match"), caller)
    rows = await page_of_events(engine.pool, in_force, match, (at, id), limit, order == "newest")
    if not rows and after is None:
        raise NotFound("match", match)
    events = await _logged(engine, in_force, rows)
    last = f"{rows[-1]['at']}/{rows[-1]['id']}" if len(rows) == limit else None
    return MatchEvents(game, match, events, last)


async def _logged(engine: Engine, game: Game, rows: list[Any]) -> list[LoggedEvent]:
    types = game.definition.events
    logged = [(types.get(row["type"]), row["body"]) for row in rows]
    bodies = await outward_bodies(engine.directory, game.namespace, logged)
    return [
        LoggedEvent(row["id"], row["type"], to_datetime(row["at"]), to_datetime(row["received_at"]), row["seq"], fields)
        for row, fields in zip(rows, bodies, strict=True)
    ]


@get(
    "/v1/games/{game:str}/matches/{match:str}/sheets/{sheet:str}",
    tags=["matches"],
    summary="A match's rows of a sheet",
    responses=problems(400, 401, 403, 404),
)
async def get_match_sheet(
    engine: TheEngine,
    caller: TheCaller,
    game: GameName,
    match: MatchId,
    sheet: SheetName,
    order: Order = None,
    limit: Limit = 100,
    offset: Offset = 0,
    after: After = None,
) -> SheetPage:
    """The sheet must have `match` in its key: a box score, a scoreboard."""
    in_force = engine.game(game)
    found = in_force.sheet(sheet)
    if "match" not in [column.name for column in found.key]:
        raise BadInput(f"the sheet {sheet!r} has no match in its key, so it has no rows of one match", "sheet")
    span = window_of(in_force, found, None, engine.now())
    opening = await check_may_see(engine, in_force, check_external_id(match, "match"), caller)
    question = Question(span, {"match": match}, parse_order(found, order), limit, offset, after)
    answer = await sheet_page(engine, in_force, found, question)
    if not answer.total and opening is None and not await engine.pool.fetchval(sql.HAS_EVENTS, game, match):
        raise NotFound("match", match)
    return answer


def _parse_cursor(cursor: str | None) -> tuple[int | None, str | None]:
    if cursor is None:
        return None, None
    at, _, id = cursor.partition("/")
    check_text(cursor, "after")
    if not id or not at.removeprefix("-").isdecimal() or len(at) > 18:
        raise BadInput("this is not the `next` of another page", "after")
    return int(at), id


ROUTES: Final[list[BaseRouteHandler]] = [
    find_matches,
    get_running,
    get_matches,
    get_match,
    post_match,
    get_match_events,
    get_match_sheet,
]

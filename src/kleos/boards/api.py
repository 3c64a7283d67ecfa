"""The routes of boards."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Final

import msgspec
from litestar import MediaType, Request, Response, get, post
from litestar.handlers import BaseRouteHandler
from litestar.params import JSONBody, PathParameter, QueryParameter

from kleos.boards import answers
from kleos.boards.answers import Page
from kleos.boards.beside import Part
from kleos.boards.described import Boards, PageShown, StandingShown, board_shown
from kleos.boards.explain import RankExplanation
from kleos.boards.past import PastQuestion
from kleos.boards.past_api import Every, From, RankHistory, To, history_asked, past_question
from kleos.core.errors import BadInput, NotFound
from kleos.core.ids import MAX_ID_CHARACTERS, check_external_id
from kleos.engine.engine import Engine
from kleos.engine.game import Game
from kleos.players.asked import card_asked
from kleos.server.openapi import BODY, answered, problems
from kleos.server.parameters import AsOf, GameName, Limit, Offset, PlayerId, TheEngine, WindowName

DEFAULT_LINES: Final = 100
WIDEST_SPAN: Final = 100
DEFAULT_SPAN: Final = 5
MOST_PLAYERS: Final = 1000

AnyRequest = Request[Any, Any, Any]
BoardName = Annotated[str, PathParameter(description="The board's name.")]
Columns = Annotated[
    str | None, QueryParameter(name="columns", description="More of the sheet's columns, split by commas.")
]
Span = Annotated[int, QueryParameter(ge=0, le=WIDEST_SPAN, description="At most this many on each side.")]


class Lookup(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    players: Annotated[
        list[Annotated[str, msgspec.Meta(min_length=1, max_length=MAX_ID_CHARACTERS)]],
        msgspec.Meta(max_length=MOST_PLAYERS),
    ]


class Parts(msgspec.Struct, frozen=True):
    board: str
    partitions: list[Part]


@dataclass(frozen=True, slots=True)
class Asked:
    """The place that a request means, in the order in which :class:`Standings` takes it."""

    game: Game
    board: str
    window: str
    partition: Mapping[str, str]

    @property
    def place(self) -> tuple[Game, str, str, Mapping[str, str]]:
        return self.game, self.board, self.window, self.partition


@get("/v1/games/{game:str}/boards", tags=["boards"], summary="All boards of a game", responses=problems(400, 404))
async def list_boards(engine: TheEngine, game: GameName) -> Boards:
    """In the order in which the definition wants them shown."""
    in_force = engine.game(game)
    boards = sorted(in_force.definition.boards.values(), key=lambda board: board.presentation.order)
    return Boards(game, [board_shown(in_force, board) for board in boards])


@get(
    "/v1/games/{game:str}/boards/{board:str}",
    tags=["boards"],
    summary="A page of a board",
    responses={**answered(PageShown), **problems(400, 404)},
)
async def read_page(
    request: AnyRequest,
    engine: TheEngine,
    game: GameName,
    board: BoardName,
    window: WindowName = None,
    limit: Limit = DEFAULT_LINES,
    offset: Offset = 0,
    columns: Columns = None,
    as_of: AsOf = None,
) -> Response[bytes]:
    """`window` is a kind (the one open now, or at the moment `as_of`) or a name such as `2026-W07`; the partition goes
    by its own parameters (`region=eu`). Ranks run on from page to page."""
    asked = _asked(request, engine, game, board, window, "limit", "offset", "columns", "as_of")
    if as_of is not None:
        if columns:
            raise BadInput("a page of the past has the board's own columns only", "columns")
        question = past_question(engine, *asked.place, as_of)
        return _past_page(question, await engine.past.page(asked.game, question, offset, limit))
    if columns:
        return _json(await engine.standings.page_beside(*asked.place, offset, limit, columns))
    return _json(await engine.standings.page_json(*asked.place, offset, limit))


@get(
    "/v1/games/{game:str}/boards/{board:str}/players/{player:str}",
    tags=["boards"],
    summary="Where a player stands",
    responses={**answered(StandingShown), **problems(400, 404)},
)
async def read_standing(
    request: AnyRequest,
    engine: TheEngine,
    game: GameName,
    board: BoardName,
    player: PlayerId,
    window: WindowName = None,
    as_of: AsOf = None,
) -> Response[bytes]:
    """404 for a player that there is not or who is banned in the game, and for one that does not stand on the board."""
    asked = _asked(request, engine, game, board, window, "as_of")
    if as_of is not None:
        question = past_question(engine, *asked.place, as_of)
        card = await card_asked(engine, asked.game, check_external_id(player))
        stood = await engine.past.standing(asked.game, question, card.player)
        if stood is None:
            raise await _no_standing(engine, asked, player)
        return _json(answers.standing_json(question.board, stood, question.as_of))
    standing = await engine.standings.standing(*asked.place, player)
    if standing is None:
        raise await _no_standing(engine, asked, player)
    return _json(answers.standing_json(engine.standings.compiled(asked.game, board), standing))


@get(
    "/v1/games/{game:str}/boards/{board:str}/players/{player:str}/around",
    tags=["boards"],
    summary="A player among those next to it",
    responses={**answered(PageShown), **problems(400, 404)},
)
async def read_around(
    request: AnyRequest,
    engine: TheEngine,
    game: GameName,
    board: BoardName,
    player: PlayerId,
    window: WindowName = None,
    span: Span = DEFAULT_SPAN,
    as_of: AsOf = None,
) -> Response[bytes]:
    """Up to `span` lines on each side."""
    asked = _asked(request, engine, game, board, window, "span", "as_of")
    if as_of is not None:
        question = past_question(engine, *asked.place, as_of)
        card = await card_asked(engine, asked.game, check_external_id(player))
        around = await engine.past.around(asked.game, question, card.player, span)
        if around is None:
            raise await _no_standing(engine, asked, player)
        return _past_page(question, around)
    page = await engine.standings.around(*asked.place, player, span)
    if page is None:
        raise await _no_standing(engine, asked, player)
    return _page(engine, asked, page)


@get(
    "/v1/games/{game:str}/boards/{board:str}/players/{player:str}/explain",
    tags=["boards"],
    summary="Why a player stands where it does",
    responses=problems(400, 404),
)
async def explain_standing(
    request: AnyRequest,
    engine: TheEngine,
    game: GameName,
    board: BoardName,
    player: PlayerId,
    window: WindowName = None,
) -> RankExplanation:
    """By which values, since when, with whom the rank is shared, who is the next above and by how much. For who has no
    rank: why, and how much is missing."""
    asked = _asked(request, engine, game, board, window)
    card = await card_asked(engine, asked.game, check_external_id(player))
    return await engine.standings.explain(*asked.place, card)


@get(
    "/v1/games/{game:str}/boards/{board:str}/players/{player:str}/history",
    tags=["boards"],
    summary="A player's rank over days",
    responses=problems(400, 404),
)
async def read_history(
    request: AnyRequest,
    engine: TheEngine,
    game: GameName,
    board: BoardName,
    player: PlayerId,
    window: WindowName = None,
    first: From = None,
    last: To = None,
    every: Every = "day",
) -> RankHistory:
    """Oldest first, what `as_of` gives at the end of each day (in the game's time zone; today as it is now), for a
    chart. At most 366 days."""
    asked = _asked(request, engine, game, board, window, "from", "to", "every")
    return await history_asked(engine, *asked.place, check_external_id(player), first, last)


@post(
    "/v1/games/{game:str}/boards/{board:str}/lookup",
    tags=["boards"],
    summary="Where many players stand",
    responses={**answered(PageShown), **problems(400, 404, *BODY)},
    status_code=200,
)
async def look_up(
    request: AnyRequest,
    engine: TheEngine,
    game: GameName,
    board: BoardName,
    data: JSONBody[Lookup],
    window: WindowName = None,
) -> Response[bytes]:
    """Up to 1000 players; those that do not stand on the board are left out. `total` counts the whole board."""
    asked = _asked(request, engine, game, board, window)
    return _page(engine, asked, await engine.standings.lookup(*asked.place, data.players))


@get(
    "/v1/games/{game:str}/boards/{board:str}/partitions",
    tags=["boards"],
    summary="The parts of a board",
    responses=problems(400, 404),
)
async def list_parts(engine: TheEngine, game: GameName, board: BoardName, window: WindowName = None) -> Parts:
    """Where somebody stands, the fullest first: what to offer in a filter."""
    in_force = engine.game(game)
    return Parts(board, await engine.standings.parts(in_force, board, _window(in_force, board, window)))


ROUTES: Final[list[BaseRouteHandler]] = [
    list_boards,
    read_page,
    read_standing,
    read_around,
    explain_standing,
    read_history,
    look_up,
    list_parts,
]


def _asked(
    request: AnyRequest, engine: Engine, game_name: str, board: str, window: str | None, *own_parameters: str
) -> Asked:
    """The window (by default ``all``, or the first that the sheet has) and the partition that a request means."""
    game = engine.game(game_name)
    declared = game.board(board)
    known = ("window", *own_parameters)
    given = [(name, value) for name, value in request.query_params.multi_items() if name not in known]
    parts = sorted({name for partition in declared.partitions for name in partition})
    for name, _ in given:
        if name not in parts:
            raise BadInput(f"there is no such parameter; there is {', '.join((*known, *parts))}", name)
    partition = dict(given)
    if len(partition) < len(given):
        raise BadInput("a parameter is given twice", "partition")
    return Asked(game, board, _window(game, board, window), partition)


def _window(game: Game, board: str, window: str | None) -> str:
    if window is not None:
        return window
    windows = game.sheet(game.board(board).sheet).windows
    return "all" if "all" in windows else windows[0]


async def _no_standing(engine: Engine, asked: Asked, player: str) -> NotFound:
    if await engine.directory.card_in(asked.game.namespace, asked.game.name, player) is None:
        return NotFound("player", player)
    return NotFound(f"standing on board {asked.board!r} (window {asked.window!r}, this partition) of player", player)


def _page(engine: Engine, asked: Asked, page: Page) -> Response[bytes]:
    return _json(answers.page_json(engine.standings.compiled(asked.game, asked.board), page))


def _past_page(question: PastQuestion, page: Page) -> Response[bytes]:
    return _json(answers.page_json(question.board, page, as_of=question.as_of))


def _json(body: bytes) -> Response[bytes]:
    return Response(body, media_type=MediaType.JSON)

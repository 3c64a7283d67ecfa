"""The routes of boards."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Final

import msgspec
from litestar import MediaType, Request, Response, get, post
from litestar.di import NamedDependency
from litestar.handlers import BaseRouteHandler
from litestar.openapi import ResponseSpec
from litestar.params import FromPath, FromQuery, JSONBody, SkipValidation

from kleos.boards import answers
from kleos.boards.beside import Part
from kleos.core.definition.model import Board, Direction, Ties, WindowKind
from kleos.core.errors import BadInput, NotFound
from kleos.engine.engine import Engine
from kleos.engine.game import Game
from kleos.server.openapi import problems

MOST_LINES: Final = 1000
DEFAULT_LINES: Final = 100
WIDEST_SPAN: Final = 100
DEFAULT_SPAN: Final = 5
MOST_PLAYERS: Final = 1000

EngineParameter = NamedDependency[SkipValidation[Engine]]
AnyRequest = Request[Any, Any, Any]


class SortShown(msgspec.Struct, frozen=True):
    """A column that a board ranks by, and how it is shown; ``decimals`` is null where the type decides."""

    column: str
    direction: Direction
    type: str
    title: str
    unit: str
    decimals: int | None


class BoardShown(msgspec.Struct, frozen=True):
    """A board as declared. ``partitions`` hold the names of query parameters that go together; [] is everybody."""

    board: str
    title: str
    text: str
    icon: str
    category: str
    order: int
    sheet: str
    by: list[SortShown]
    partitions: list[list[str]]
    windows: list[WindowKind]
    ties: Ties


class Boards(msgspec.Struct, frozen=True):
    game: str
    boards: list[BoardShown]


class Lookup(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    players: Annotated[
        list[Annotated[str, msgspec.Meta(min_length=1, max_length=128)]], msgspec.Meta(max_length=MOST_PLAYERS)
    ]


class Parts(msgspec.Struct, frozen=True):
    board: str
    partitions: list[Part]


class LineShown(msgspec.Struct, kw_only=True):
    """``value`` is the first of the columns that the board ranks by; times are ISO 8601."""

    rank: int
    player: str
    name: str
    value: int | float | str | bool | None
    values: dict[str, int | float | str | bool | None]
    since: datetime | msgspec.UnsetType = msgspec.UNSET


class PageShown(msgspec.Struct, kw_only=True):
    """``total`` counts the whole board, not this page."""

    board: str
    window: str
    partition: dict[str, str | int | float | bool]
    total: int
    entries: list[LineShown]


class StandingShown(LineShown, kw_only=True):
    """``percentile``: the share of the board at or below this rank, of 100."""

    total: int
    percentile: float


def _answers_with(shape: type[msgspec.Struct], *statuses: int) -> Mapping[int, ResponseSpec]:
    """What a route documents that answers with prepared bytes."""
    spec = ResponseSpec(data_container=shape, description="As asked.", generate_examples=False)
    return {200: spec, **problems(*statuses)}


@get("/v1/games/{game:str}/boards", tags=["boards"], summary="All boards of a game", responses=problems(404))
async def list_boards(engine: EngineParameter, game: FromPath[str]) -> Boards:
    """In the order in which the definition wants them shown."""
    in_force = engine.game(game)
    boards = sorted(in_force.definition.boards.values(), key=lambda board: board.presentation.order)
    return Boards(game, [_board_shown(in_force, board) for board in boards])


@get(
    "/v1/games/{game:str}/boards/{board:str}",
    tags=["boards"],
    summary="A page of a board",
    responses=_answers_with(PageShown, 400, 404),
)
async def read_page(
    request: AnyRequest,
    engine: EngineParameter,
    game: FromPath[str],
    board: FromPath[str],
    window: FromQuery[str | None] = None,
    limit: FromQuery[int] = DEFAULT_LINES,
    offset: FromQuery[int] = 0,
    columns: FromQuery[str | None] = None,
) -> Response[bytes]:
    """`window` is a kind (the one open now) or a name such as `2026-W07`; the partition goes by its own parameters
    (`region=eu`). Ranks run on from page to page. `columns` (split by commas) brings more of the sheet's columns."""
    in_force = engine.game(game)
    window, partition = _asked(request, in_force, board, window, ("window", "limit", "offset", "columns"))
    _check_between("limit", limit, 1, MOST_LINES)
    _check_between("offset", offset, 0, 2**53)
    if columns:
        beside = engine.standings.page_beside(in_force, board, window, partition, offset, limit, columns)
        return _json(await beside)
    return _json(await engine.standings.page_json(in_force, board, window, partition, offset, limit))


@get(
    "/v1/games/{game:str}/boards/{board:str}/players/{player:str}",
    tags=["boards"],
    summary="Where a player stands",
    responses=_answers_with(StandingShown, 400, 404),
)
async def read_standing(
    request: AnyRequest,
    engine: EngineParameter,
    game: FromPath[str],
    board: FromPath[str],
    player: FromPath[str],
    window: FromQuery[str | None] = None,
) -> Response[bytes]:
    """404 for a player that there is not, and for one that does not stand on the board."""
    in_force = engine.game(game)
    window, partition = _asked(request, in_force, board, window, ("window",))
    standing = await engine.standings.standing(in_force, board, window, partition, player)
    if standing is None:
        raise await _no_standing(engine, in_force, board, window, player)
    return _json(answers.standing_json(engine.standings.compiled(in_force, board), standing))


@get(
    "/v1/games/{game:str}/boards/{board:str}/players/{player:str}/around",
    tags=["boards"],
    summary="A player among those next to it",
    responses=_answers_with(PageShown, 400, 404),
)
async def read_around(
    request: AnyRequest,
    engine: EngineParameter,
    game: FromPath[str],
    board: FromPath[str],
    player: FromPath[str],
    window: FromQuery[str | None] = None,
    span: FromQuery[int] = DEFAULT_SPAN,
) -> Response[bytes]:
    """Up to `span` lines on each side."""
    in_force = engine.game(game)
    window, partition = _asked(request, in_force, board, window, ("window", "span"))
    _check_between("span", span, 0, WIDEST_SPAN)
    page = await engine.standings.around(in_force, board, window, partition, player, span)
    if page is None:
        raise await _no_standing(engine, in_force, board, window, player)
    return _json(answers.page_json(engine.standings.compiled(in_force, board), page))


@post(
    "/v1/games/{game:str}/boards/{board:str}/lookup",
    tags=["boards"],
    summary="Where many players stand",
    responses=_answers_with(PageShown, 400, 404),
    status_code=200,
)
async def look_up(
    request: AnyRequest,
    engine: EngineParameter,
    game: FromPath[str],
    board: FromPath[str],
    data: JSONBody[Lookup],
    window: FromQuery[str | None] = None,
) -> Response[bytes]:
    """Up to 1000 players; those that do not stand on the board are left out. `total` counts the whole board."""
    in_force = engine.game(game)
    window, partition = _asked(request, in_force, board, window, ("window",))
    page = await engine.standings.lookup(in_force, board, window, partition, data.players)
    return _json(answers.page_json(engine.standings.compiled(in_force, board), page))


@get(
    "/v1/games/{game:str}/boards/{board:str}/partitions",
    tags=["boards"],
    summary="The parts of a board",
    responses=problems(400, 404),
)
async def list_parts(
    engine: EngineParameter, game: FromPath[str], board: FromPath[str], window: FromQuery[str | None] = None
) -> Parts:
    """Where somebody stands, the fullest first: what to offer in a filter."""
    in_force = engine.game(game)
    windows = in_force.sheet(in_force.board(board).sheet).windows
    meant = window if window is not None else "all" if "all" in windows else windows[0]
    return Parts(board, await engine.standings.parts(in_force, board, meant))


ROUTES: Final[list[BaseRouteHandler]] = [list_boards, read_page, read_standing, read_around, look_up, list_parts]


def _asked(
    request: AnyRequest, game: Game, board: str, window: str | None, known: tuple[str, ...]
) -> tuple[str, Mapping[str, str]]:
    """The window (by default ``all``, or the first that the sheet has) and the partition that a request means."""
    declared = game.board(board)
    windows = game.sheet(declared.sheet).windows
    meant = window if window is not None else "all" if "all" in windows else windows[0]
    given = [(name, value) for name, value in request.query_params.multi_items() if name not in known]
    if not given:
        return meant, {}
    parts = sorted({name for partition in declared.partitions for name in partition})
    for name, _ in given:
        if name not in parts:
            raise BadInput(f"there is no such parameter; there is {', '.join((*known, *parts))}", name)
    partition = dict(given)
    if len(partition) < len(given):
        raise BadInput("a parameter is given twice", "partition")
    return meant, partition


def _check_between(name: str, value: int, least: int, most: int) -> None:
    if not least <= value <= most:
        raise BadInput(f"{value} is not between {least} and {most}", name)


async def _no_standing(engine: Engine, game: Game, board: str, window: str, player: str) -> NotFound:
    if await engine.directory.card(game.namespace, player) is None:
        return NotFound("player", player)
    return NotFound(f"standing on board {board!r} (window {window!r}, this partition) of player", player)


def _json(body: bytes) -> Response[bytes]:
    return Response(body, media_type=MediaType.JSON)


def _board_shown(game: Game, board: Board) -> BoardShown:
    sheet = game.sheet(board.sheet)
    columns = [(sort, sheet.columns[sort.column]) for sort in board.by]
    return BoardShown(
        board.name,
        board.presentation.title,
        board.presentation.text,
        board.presentation.icon,
        board.presentation.category,
        board.presentation.order,
        board.sheet,
        [
            SortShown(
                column.name,
                sort.direction,
                column.type.kind,
                column.presentation.title,
                column.presentation.unit,
                column.presentation.decimals,
            )
            for sort, column in columns
        ],
        [list(partition) for partition in board.partitions],
        list(sheet.windows),
        board.ties,
    )

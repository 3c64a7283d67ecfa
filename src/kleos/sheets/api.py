"""The routes of sheets."""

from datetime import datetime
from typing import Annotated, Any, Final

import msgspec
from litestar import Request, get
from litestar.handlers import BaseRouteHandler
from litestar.params import QueryParameter

from kleos.core.definition.model import Sheet
from kleos.core.errors import BadInput, NotFound
from kleos.core.moments import past_moment
from kleos.core.windows import to_datetime
from kleos.engine.engine import Engine
from kleos.engine.game import Game
from kleos.server.openapi import problems
from kleos.server.parameters import AsOf, GameName, Limit, Offset, SheetName, TheCaller, TheEngine, WindowName
from kleos.sheets.explain import explain, place_of
from kleos.sheets.explained import Explanation, shown_explanation
from kleos.sheets.histogram import Histogram, histogram
from kleos.sheets.past import page_as_of
from kleos.sheets.query import Question, SheetRow, next_of, page, parse_order, window_of

_OWN_PARAMETERS: Final = frozenset({"window", "order", "limit", "offset", "after", "as_of"})
_EXPLAINED_BY: Final = frozenset({"sheet", "column", "window", "limit", "offset", "as_of"})

Order = Annotated[
    str | None, QueryParameter(name="order", description="Columns, each with `asc` or `desc`, split by commas.")
]


After = Annotated[
    str | None, QueryParameter(name="after", description="The `next` of the page before, instead of `offset`.")
]


class SheetPage(msgspec.Struct):
    """``next`` is the `after` of the following page; null on the last. Far down it is faster than `offset`."""

    game: str
    sheet: str
    window: str
    total: int
    limit: int
    offset: int
    rows: list[SheetRow]
    next: str | None
    as_of: datetime | None = None


@get(
    "/v1/games/{game:str}/explain",
    tags=["sheets"],
    summary="The events behind one number",
    responses=problems(400, 404),
)
async def get_explanation(
    request: Request[Any, Any, Any],
    engine: TheEngine,
    caller: TheCaller,
    game: GameName,
    sheet: Annotated[str, QueryParameter(description="The sheet's name.")],
    column: Annotated[str, QueryParameter(description="A column of it.")],
    window: WindowName = None,
    limit: Limit = 100,
    offset: Offset = 0,
    as_of: AsOf = None,
) -> Explanation:
    """Every key column of the sheet is a parameter, and all are needed: `?sheet=career&column=games_won&player=ann`.

    Oldest first, each event with what it gave and the value after it. A formula shows each column that it takes.
    """
    in_force = engine.game(game)
    found = in_force.sheet(sheet)
    at = None if as_of is None else past_moment(as_of, in_force.calendar, engine.now())
    span = window_of(in_force, found, window, engine.now() if at is None else at)
    key = key_filters(request, _EXPLAINED_BY)
    place = await place_of(engine.directory, in_force, found, column, span, key)
    explained = await explain(engine.pool, in_force, place, offset, limit, at)
    if explained is None:
        told = ", ".join(f"{name}={text}" for name, text in key.items())
        raise NotFound(f"row of the sheet {sheet!r} (window {span.name!r}) with", told)
    return await shown_explanation(engine, in_force, place, explained, caller, at)


@get(
    "/v1/games/{game:str}/sheets/{sheet:str}",
    tags=["sheets"],
    summary="Rows of a sheet",
    responses=problems(400, 404),
)
async def get_sheet(
    request: Request[Any, Any, Any],
    engine: TheEngine,
    game: GameName,
    sheet: SheetName,
    window: WindowName = None,
    order: Order = None,
    limit: Limit = 100,
    offset: Offset = 0,
    after: After = None,
    as_of: AsOf = None,
) -> SheetPage:
    """Every key column of the sheet is a parameter: `?player=ann` keeps that player's rows."""
    in_force = engine.game(game)
    found = in_force.sheet(sheet)
    at = None if as_of is None else past_moment(as_of, in_force.calendar, engine.now())
    span = window_of(in_force, found, window, engine.now() if at is None else at)
    filters = key_filters(request, _OWN_PARAMETERS)
    question = Question(span, filters, parse_order(found, order), limit, offset, after)
    if at is None:
        return await sheet_page(engine, in_force, found, question)
    if after is not None:
        raise BadInput("pages of the past go by `offset`", "after")
    turn = engine.past.one_at_a_time
    rows, total = await page_as_of(engine.pool, engine.directory, turn, in_force, found, question, at)
    return SheetPage(game, sheet, span.name, total, limit, offset, rows, None, to_datetime(at))


@get(
    "/v1/games/{game:str}/sheets/{sheet:str}/histogram",
    tags=["sheets"],
    summary="How a column's values are spread",
    responses=problems(400, 404),
)
async def get_histogram(
    engine: TheEngine,
    game: GameName,
    sheet: SheetName,
    column: Annotated[str, QueryParameter(description="A column with numbers.")],
    window: WindowName = None,
    bins: Annotated[int, QueryParameter(ge=1, le=100, description="At most so many.")] = 20,
) -> Histogram:
    """How many rows have a value in each of some equally wide bins."""
    in_force = engine.game(game)
    found = in_force.sheet(sheet)
    return await histogram(engine.pool, in_force, found, column, window_of(in_force, found, window, engine.now()), bins)


async def sheet_page(engine: Engine, game: Game, sheet: Sheet, question: Question) -> SheetPage:
    if question.after is not None and question.offset:
        raise BadInput("give either `after` or `offset`", "after")
    rows, total = await page(engine.pool, engine.directory, game, sheet, question)
    window, following = question.window.name, next_of(sheet, question, rows)
    return SheetPage(game.name, sheet.name, window, total, question.limit, question.offset, rows, following)


def key_filters(request: Request[Any, Any, Any], own: frozenset[str]) -> dict[str, str]:
    """What a request says of the key: every parameter that is not the route's ``own``, once each."""
    filters: dict[str, str] = {}
    for name, text in request.query_params.multi_items():
        if name in own:
            continue
        if name in filters:
            raise BadInput("it is given twice", name)
        filters[name] = text
    return filters


ROUTES: Final[list[BaseRouteHandler]] = [get_sheet, get_histogram, get_explanation]

"""The routes of sheets."""

from typing import Annotated, Any, Final

import msgspec
from litestar import Request, get
from litestar.handlers import BaseRouteHandler
from litestar.params import QueryParameter

from kleos.core.errors import BadInput
from kleos.server.openapi import problems
from kleos.server.parameters import GameName, Limit, Offset, SheetName, TheEngine, WindowName
from kleos.sheets.query import Question, SheetRow, page, parse_order, window_of

_OWN_PARAMETERS: Final = frozenset({"window", "order", "limit", "offset"})

Order = Annotated[
    str | None, QueryParameter(name="order", description="Columns, each with `asc` or `desc`, split by commas.")
]


class SheetPage(msgspec.Struct):
    game: str
    sheet: str
    window: str
    total: int
    limit: int
    offset: int
    rows: list[SheetRow]


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
) -> SheetPage:
    """Every key column of the sheet is a parameter: `?player=ann` keeps that player's rows."""
    in_force = engine.game(game)
    found = in_force.sheet(sheet)
    span = window_of(in_force, found, window, engine.now())
    question = Question(span, key_filters(request), parse_order(found, order), limit, offset)
    rows, total = await page(engine.pool, engine.directory, in_force, found, question)
    return SheetPage(game, sheet, span.name, total, limit, offset, rows)


def key_filters(request: Request[Any, Any, Any]) -> dict[str, str]:
    """What a request says of the key: every parameter that is not the route's own, once each."""
    filters: dict[str, str] = {}
    for name, text in request.query_params.multi_items():
        if name in _OWN_PARAMETERS:
            continue
        if name in filters:
            raise BadInput("it is given twice", name)
        filters[name] = text
    return filters


ROUTES: Final[list[BaseRouteHandler]] = [get_sheet]

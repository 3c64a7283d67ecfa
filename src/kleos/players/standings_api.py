"""Where a player stands, on every board at once."""

from collections.abc import AsyncIterator
from typing import Any, Final

import msgspec
from litestar import get
from litestar.handlers import BaseRouteHandler

from kleos.boards.answers import shown
from kleos.core.definition.model import Board
from kleos.core.errors import NotFound
from kleos.engine.description import in_order
from kleos.engine.engine import Engine
from kleos.engine.game import Game
from kleos.players.asked import player_asked
from kleos.players.directory import Card
from kleos.server.openapi import problems
from kleos.server.parameters import InGame, Namespace, PlayerId, TheEngine, WindowName
from kleos.sheets.query import Question, page

MOST_ROWS: Final = 50
"""Of one sheet whose key says more than the player: a board parted by weapon has a place for each weapon."""


class BoardPlace(msgspec.Struct, kw_only=True):
    """``partition`` is empty where it is everybody; ``percentile`` is the share of the board at or below this rank."""

    game: str
    board: str
    title: str
    window: str
    partition: dict[str, str]
    rank: int
    total: int
    percentile: float
    value: float | str | bool | None


class BoardPlaces(msgspec.Struct):
    """In the order of games and boards. A board on which the player does not stand is left out."""

    player: str
    name: str
    standings: list[BoardPlace]


@get(
    "/v1/players/{player:str}/standings",
    tags=["players"],
    summary="Where a player stands on every board",
    responses=problems(400, 404),
)
async def get_standings(
    engine: TheEngine,
    player: PlayerId,
    namespace: Namespace = None,
    game: InGame = None,
    window: WindowName = None,
) -> BoardPlaces:
    """In the widest window of each board where none is named; a board without such a window is left out."""
    asked = await player_asked(engine, player, namespace, game)
    found = [
        place
        for each in asked.games
        for board in in_order(each.definition.boards.values())
        async for place in _places(engine, each, board, window, asked.card)
    ]
    return BoardPlaces(asked.card.id, asked.card.shown_name, found)


async def _places(
    engine: Engine, game: Game, board: Board, window: str | None, card: Card
) -> AsyncIterator[BoardPlace]:
    sheet = game.sheet(board.sheet)
    try:
        span = game.calendar.named(window or sheet.windows[0], engine.now())
    except NotFound:
        return  # this game has no such season
    if span.kind not in sheet.windows:
        return
    compiled = engine.standings.compiled(game, board.name)
    for partition in await _partitions(engine, game, board, span.name, card):
        standing = await engine.standings.standing(game, board.name, span.name, partition, card.id)
        if standing is not None:
            yield BoardPlace(
                game=game.name,
                board=board.name,
                title=board.presentation.title,
                window=span.name,
                partition=partition,
                rank=standing.rank,
                total=standing.total,
                percentile=standing.percentile,
                value=shown(compiled, standing)["value"],
            )


async def _partitions(engine: Engine, game: Game, board: Board, window: str, card: Card) -> list[dict[str, str]]:
    """The parts of a board that a player can stand in: by the profile's attributes, and by the player's own rows."""
    sheet = game.sheet(board.sheet)
    others = [column.name for column in sheet.key if column.name != sheet.player_key]
    rows: list[dict[str, Any]] = [{}]
    if others and sheet.player_key is not None:
        span = game.calendar.named(window, engine.now())
        question = Question(span, {sheet.player_key: card.id}, (), MOST_ROWS, 0)
        found, _ = await page(engine.pool, engine.directory, game, sheet, question)
        rows = [row.key for row in found]
    parts = []
    for names in board.partitions:
        for row in rows:
            values = {name: row[name] if name in row else card.attribute(name) for name in names}
            if None not in values.values():
                parts.append({name: _text(value) for name, value in values.items()})
    return parts


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


ROUTES: Final[list[BaseRouteHandler]] = [get_standings]

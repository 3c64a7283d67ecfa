"""What the routes of boards answer, as types: boards as declared, and the shapes of :mod:`kleos.boards.answers`."""

from datetime import datetime

import msgspec

from kleos.core.definition.model import Board, Direction, Ties, WindowKind
from kleos.engine.game import Game


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


class LineShown(msgspec.Struct, kw_only=True):
    """``value`` is the first column that the board ranks by, ``values`` are all; ``since`` is when it was so."""

    rank: int
    player: str
    name: str
    value: float | str | bool | None
    values: dict[str, float | str | bool | None]
    since: datetime | msgspec.UnsetType = msgspec.UNSET


class PageShown(msgspec.Struct, kw_only=True):
    """``total`` counts the whole board; ``partition`` is empty where it is everybody; ``as_of`` is the moment of the
    past that was asked for."""

    board: str
    window: str
    partition: dict[str, float | str | bool]
    total: int
    entries: list[LineShown]
    as_of: datetime | msgspec.UnsetType = msgspec.UNSET


class StandingShown(LineShown, kw_only=True):
    """``percentile`` is the share of the board at or below this rank, of 100. ``place`` is the line of the board's
    pages on which the player stands, from 1: those who share a rank have places of their own."""

    place: int
    total: int
    percentile: float
    as_of: datetime | msgspec.UnsetType = msgspec.UNSET


def board_shown(game: Game, board: Board) -> BoardShown:
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

"""What a board's page shows beside its lines: other columns of the same rows, and the parts that a board has."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import asyncpg
import msgspec

from kleos.boards import sql
from kleos.boards.answers import Page
from kleos.boards.compiled import CompiledBoard, PartitionValue
from kleos.core.errors import BadInput
from kleos.core.windows import Window, iso
from kleos.engine.game import Game
from kleos.players.directory import Directory

MOST_PARTS: Final = 500


class Part(msgspec.Struct, frozen=True):
    """``partition`` goes into the query of the board; ``standings`` is how many stand there."""

    partition: dict[str, PartitionValue]
    standings: int


def columns_of(board: CompiledBoard, asked: str | None) -> tuple[str, ...]:
    """Read ``"games_played,win_rate"``. Raises BadInput that names the columns there are."""
    names = tuple(dict.fromkeys(name.strip() for name in asked.split(","))) if asked else ()
    for name in names:
        if name not in board.sheet.columns:
            known = ", ".join(board.sheet.columns)
            raise BadInput(f"{name!r} is no column of the sheet {board.sheet.name!r}; there is {known}", "columns")
    return names


async def values_beside(
    pool: asyncpg.Pool,
    directory: Directory,
    game: Game,
    board: CompiledBoard,
    window: Window,
    page: Page,
    columns: Sequence[str],
) -> dict[str, dict[str, Any]]:
    """These columns of the rows of a page's players, by player, times as ISO 8601."""
    cards = await directory.cards(game.namespace, [line.player for line in page.entries])
    ids = {card.player: id for id, card in cards.items()}
    asked = sql.rows_beside(board, window, list(ids), {**page.partition}, columns)
    rows = await pool.fetch(asked.text, *asked.arguments)
    return {ids[row["of_player"]]: _shown(board, row, columns) for row in rows}


def _shown(board: CompiledBoard, row: Mapping[str, Any] | asyncpg.Record, columns: Sequence[str]) -> dict[str, Any]:
    values = {}
    for name in columns:
        is_time = board.sheet.columns[name].type.kind == "time" and row[name] is not None
        values[name] = iso(row[name]) if is_time else row[name]
    return values


async def parts_of(pool: asyncpg.Pool, board: CompiledBoard, window: Window, is_closed: bool) -> list[Part]:
    """The parts of a board where somebody stands, those of one partition together, the fullest first."""
    found = []
    for names in board.board.partitions:
        if not names:
            continue
        asked = sql.parts(board, window, is_closed, names, MOST_PARTS)
        for row in await pool.fetch(asked.text, *asked.arguments):
            values = {name: row[f"part_{place}"] for place, name in enumerate(names)}
            found.append(Part(values, row["standings"]))
    return found

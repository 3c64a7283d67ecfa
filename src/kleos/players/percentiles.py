"""Where a player stands by single columns of a sheet, among those who qualify."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import asyncpg

from kleos.core.definition.model import Definition, Sheet
from kleos.core.expression import sql_source
from kleos.core.windows import Window
from kleos.engine.game import Game
from kleos.players.stats import direction_of, drawn, ranking_board
from kleos.sheets import sql
from kleos.sheets.layout import quoted, table
from kleos.sheets.query import shown_values


@dataclass(frozen=True, slots=True)
class Place:
    """``percentile`` is the share of the qualified at or below the player; None for who is not among them."""

    value: Any
    percentile: float | None
    ranked: int


def compared(definition: Definition, sheet: Sheet) -> list[str]:
    """The numbers of a sheet by which players are compared: those that a board ranks by, or a radar shows."""
    ranked = {sort.column for board in definition.boards.values() if board.sheet == sheet.name for sort in board.by}
    wanted = ranked | drawn(definition, sheet)
    return [name for name in sheet.columns if name in wanted]


async def places(
    pool: asyncpg.Pool, game: Game, sheet: Sheet, window: Window, columns: Sequence[str], player: int
) -> dict[str, Place]:
    """By column, among those who qualify for the board that ranks by it; in one pass over the sheet."""
    if not columns:
        return {}
    names = {"table": table(game.name, sheet.name), "player": quoted(sheet.key[0].name)}
    parts = [_part(game.definition, sheet, column, at) for at, column in enumerate(columns)]
    values = ", ".join(sql.OWN_VALUE.format(**part) for part in parts)
    own = await pool.fetchrow(sql.OWN_VALUES.format(values=values, **names), window.name, player)
    if own is None:
        return dict.fromkeys(columns, Place(None, None, 0))
    counts = ", ".join(sql.RANKED.format(**part) + ", " + sql.BETTER.format(**part) for part in parts)
    statement = sql.PLACES.format(counts=counts, seen=sql.SEEN.format(game=game.name, player=names["player"]), **names)
    among = await pool.fetchrow(statement, window.name, *(own[f"value_{at}"] for at in range(len(columns))))
    assert among is not None, "counts are always one row"
    return {column: _place(sheet, column, at, own, among) for at, column in enumerate(columns)}


def _part(definition: Definition, sheet: Sheet, column: str, at: int) -> dict[str, str | int]:
    board = ranking_board(definition, sheet, column)
    sources = {name: quoted(name) for name in (*sheet.columns, *(each.name for each in sheet.key))}
    condition = board.where if board is not None else None
    return {
        "at": at,
        "parameter": at + 2,
        "column": quoted(column),
        "qualified": sql_source(condition, sources, "postgresql") if condition is not None else "true",
        "sign": "<" if direction_of(definition, sheet, column) == "asc" else ">",
    }


def _place(sheet: Sheet, column: str, at: int, own: asyncpg.Record, among: asyncpg.Record) -> Place:
    value, ranked = own[f"value_{at}"], among[f"ranked_{at}"]
    shown = shown_values(sheet, {column: value}, [column])[column]
    if value is None or not own[f"qualified_{at}"]:
        return Place(shown, None, ranked)
    return Place(shown, 100 * (ranked - among[f"better_{at}"]) / ranked, ranked)

"""A player's rows: now, over time, and beside another's."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import asyncpg

from kleos.core.definition.model import Board, Definition, Direction, Sheet, WindowKind
from kleos.core.errors import BadInput
from kleos.core.windows import Window
from kleos.engine.game import Game
from kleos.players import sql as players_sql
from kleos.players.directory import Directory
from kleos.sheets import sql
from kleos.sheets.layout import quoted, table
from kleos.sheets.query import shown_values

_NAMES: Final[Mapping[WindowKind, str]] = {
    "all": "^all$",
    "day": r"^\d{4}-\d{2}-\d{2}$",
    "week": r"^\d{4}-W\d{2}$",
    "month": r"^\d{4}-\d{2}$",
}


@dataclass(frozen=True, slots=True)
class Point:
    """A player's row in one window."""

    window: str
    values: dict[str, Any]


def careers(game: Game) -> list[Sheet]:
    """The sheets that are about a player and nothing else."""
    return [sheet for sheet in game.definition.sheets.values() if is_career(sheet)]


def is_career(sheet: Sheet) -> bool:
    return len(sheet.key) == 1 and sheet.player_key is not None


def career(game: Game, name: str) -> Sheet:
    sheet = game.sheet(name)
    if not is_career(sheet):
        known = ", ".join(each.name for each in careers(game))
        raise BadInput(f"the sheet {name!r} is not about a player alone; those that are: {known}", "sheet")
    return sheet


async def row_of(
    pool: asyncpg.Pool, game: Game, sheet: Sheet, window: Window, player: int, columns: Sequence[str] | None = None
) -> dict[str, Any] | None:
    """A player's row of a career sheet as it goes out; None where there is none."""
    names = list(sheet.columns) if columns is None else list(columns)
    statement = sql.ROW_OF_PLAYER.format(
        columns=_selected(names), table=table(game.name, sheet.name), player=quoted(sheet.key[0].name)
    )
    row = await pool.fetchrow(statement, window.name, player)
    return shown_values(sheet, row, names) if row is not None else None


async def rows_of(
    pool: asyncpg.Pool,
    directory: Directory,
    game: Game,
    sheet: Sheet,
    window: Window,
    ids: Sequence[str],
    columns: Sequence[str],
) -> dict[str, dict[str, Any]]:
    """The rows of these players in a career sheet, by external id; who has none is not in the answer."""
    cards = await directory.cards(game.namespace, ids)
    statement = sql.ROWS_OF_PLAYERS.format(
        columns=_selected(columns), table=table(game.name, sheet.name), player=quoted(sheet.key[0].name)
    )
    numbers = {card.player: card.id for card in cards.values()}
    rows = await pool.fetch(statement, window.name, list(numbers)) if numbers else []
    return {numbers[row["of_player"]]: shown_values(sheet, row, columns) for row in rows}


async def games_played(pool: asyncpg.Pool, player: int, games: Sequence[str]) -> list[str]:
    """Those of these games of which there is an event of the player, in the same order."""
    rows = await pool.fetch(players_sql.GAMES_OF, player, list(games))
    played = {row["game"] for row in rows if row["played"]}
    return [game for game in games if game in played]


async def trend(
    pool: asyncpg.Pool, game: Game, sheet: Sheet, columns: Sequence[str], every: WindowKind, player: int, limit: int
) -> list[Point]:
    """The newest ``limit`` windows of this kind in which the player has a row, oldest first."""
    if every not in sheet.windows:
        kinds = ", ".join(sheet.windows)
        raise BadInput(f"the sheet {sheet.name!r} has no rows by {every}; it has {kinds}", "every")
    names = {
        "columns": ", ".join(f"r.{quoted(name)}" for name in columns),
        "table": table(game.name, sheet.name),
        "player": quoted(sheet.key[0].name),
    }
    if every == "season":
        seasons = [season.name for season in game.calendar.seasons]
        rows = await pool.fetch(sql.SEASONS_OF_PLAYER.format(**names), player, seasons, limit)
    else:
        rows = await pool.fetch(sql.WINDOWS_OF_PLAYER.format(**names), player, _NAMES[every], limit)
    return [Point(row["window"], shown_values(sheet, row, columns)) for row in reversed(rows)]


def columns_of(sheet: Sheet, asked: str | None) -> list[str]:
    """``"wins,win_rate"``, or all of them. Raises BadInput that names those there are."""
    if not asked:
        return list(sheet.columns)
    names = [name.strip() for name in asked.split(",")]
    for name in names:
        if name not in sheet.columns:
            raise BadInput(f"{name!r} is no column of {sheet.name!r}; there is {', '.join(sheet.columns)}", "columns")
    return list(dict.fromkeys(names))


def ranking_board(definition: Definition, sheet: Sheet, column: str) -> Board | None:
    """The board that says which values of a column are better: the first that ranks by it before all else, else any."""
    boards = [board for board in definition.boards.values() if board.sheet == sheet.name]
    first = [board for board in boards if board.by[0].column == column]
    later = [board for board in boards if any(sort.column == column for sort in board.by)]
    return next(iter([*first, *later]), None)


def direction_of(definition: Definition, sheet: Sheet, column: str) -> Direction | None:
    """As the board that ranks by it has it; of what a radar alone draws, more is better. None of every other column."""
    board = ranking_board(definition, sheet, column)
    if board is not None:
        return next(sort.direction for sort in board.by if sort.column == column)
    return "desc" if column in drawn(definition, sheet) else None


def drawn(definition: Definition, sheet: Sheet) -> set[str]:
    """The columns that a radar of this sheet shows."""
    radars = [chart for chart in definition.charts.values() if chart.kind == "radar" and chart.sheet == sheet.name]
    return {column for chart in radars for column in chart.columns}


def leader(direction: Direction | None, first: Any, second: Any) -> int | None:
    """0 or 1: whose value is better; None where they are equal, or where nothing says what better is."""
    if direction is None or first == second or (first is None and second is None):
        return None
    if first is None or second is None:
        return 1 if first is None else 0
    return 0 if (first > second) == (direction == "desc") else 1


def _selected(names: Sequence[str]) -> str:
    return ", ".join(map(quoted, names))

"""What a player has earned in a game, and how far the rest is."""

from collections.abc import Mapping
from dataclasses import dataclass

import asyncpg

from kleos.achievements import sql
from kleos.core.definition.model import Achievement, RowCondition
from kleos.core.errors import NotFound
from kleos.engine.game import Game
from kleos.sheets.layout import quoted, table

_SheetWindow = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Earned:
    at: int
    match: str


@dataclass(frozen=True, slots=True)
class Progress:
    value: float
    target: float


async def earned(pool: asyncpg.Pool, games: Mapping[str, Game], player: int) -> dict[tuple[str, str], Earned]:
    """A player's awards by game and achievement."""
    rows = await pool.fetch(sql.AWARDS_OF_PLAYER, player, sorted(games))
    return {(row["game"], row["achievement"]): Earned(row["at"], row["match"]) for row in rows}


async def progress(pool: asyncpg.Pool, game: Game, player: int, now: int) -> dict[str, Progress]:
    """How far a player is, for every achievement that is one column reaching a number, earned or not."""
    found: dict[str, Progress] = {}
    for (sheet, window), group in _by_row(game, now).items():
        columns = sorted({condition.threshold.column for _, condition in group if condition.threshold is not None})
        found_sheet = game.sheet(sheet)
        statement = sql.PROGRESS.format(
            highest=", ".join(f"max({quoted(name)}) AS {quoted(name)}" for name in columns),
            table=table(game.name, sheet),
            player=quoted(found_sheet.player_key or ""),
        )
        row = await pool.fetchrow(statement, window, player)
        for achievement, condition in group:
            if condition.threshold is not None:
                value = row[condition.threshold.column] if row is not None else None
                found[achievement.name] = Progress(value or 0, condition.threshold.target)
    return found


def _by_row(game: Game, now: int) -> dict[_SheetWindow, list[tuple[Achievement, RowCondition]]]:
    groups: dict[_SheetWindow, list[tuple[Achievement, RowCondition]]] = {}
    for achievement in game.definition.achievements.values():
        condition = achievement.condition
        if not isinstance(condition, RowCondition) or condition.threshold is None:
            continue
        try:
            window = game.calendar.named(condition.window, now)
        except NotFound:
            continue
        groups.setdefault((condition.sheet, window.name), []).append((achievement, condition))
    return groups

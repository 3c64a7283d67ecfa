"""What a shared link tells: of a player, of a standing, of an award. Raises NotFound for what nobody may see."""

from collections.abc import Mapping
from typing import Any

from kleos.achievements.progress import earned
from kleos.boards.answers import shown
from kleos.core.definition.model import Column, Presentation
from kleos.core.errors import NotFound
from kleos.core.windows import to_datetime
from kleos.engine.description import decimals_of, in_order
from kleos.engine.engine import Engine
from kleos.engine.game import Game
from kleos.players import sql, stats
from kleos.players.asked import namespace_of, player_asked
from kleos.players.directory import Card as Player
from kleos.web.cards import Card

_FIGURES = 4
_WINDOWS = {"all": "all time", "season": "this season", "month": "this month", "week": "this week", "day": "today"}


async def of_player(engine: Engine, player: str, of_game: str | None = None) -> Card:
    """Gamerscore, awards and the first numbers of the game last in the order of games that was played. Where
    ``of_game`` has players of its own, it is that game's player."""
    asked = await player_asked(engine, player, namespace_of(engine, None, of_game), None)
    names = [game.name for game in asked.games]
    played = await stats.games_played(engine.pool, asked.card.player, names)
    points = {
        (game.name, name): achievement.points
        for game in asked.games
        for name, achievement in game.definition.achievements.items()
    }
    rows = await engine.pool.fetch(sql.AWARDS_OF_ALL_GAMES, asked.card.player)
    held = [points[place] for row in rows if (place := (row["game"], row["achievement"])) in points]
    titles = [game.definition.presentation.title for game in asked.games if game.name in played]
    figures = [(f"{sum(held):,}", "Gamerscore"), (f"{len(held):,}", "Awards")]
    for game in asked.games:
        if game.name in played and len(figures) < _FIGURES:
            figures += await _numbers(engine, game, asked.card, _FIGURES - len(figures))
    headline = ", ".join(titles) if titles else "Has not played yet"
    return Card("Player", asked.card.shown_name, asked.card.id, headline, tuple(figures))


async def _numbers(engine: Engine, game: Game, player: Player, most: int) -> list[tuple[str, str]]:
    for sheet in in_order(stats.careers(game)):
        window = game.calendar.named(sheet.windows[0], engine.now())
        row = await stats.row_of(engine.pool, game, sheet, window, player.player)
        if row is not None and sheet.name != "awards":
            columns = [column for column in in_order(sheet.columns.values()) if _is_number(row[column.name])]
            return [(_value(row[column.name], column), column.presentation.title) for column in columns[:most]]
    return []


async def of_standing(
    engine: Engine, game: str, board: str, player: str, window: str | None, partition: Mapping[str, str]
) -> Card:
    in_force = engine.game(game)
    declared = in_force.board(board)
    asked = await player_asked(engine, player, None, game)
    sheet = in_force.sheet(declared.sheet)
    span = window or sheet.windows[0]
    standing = await engine.standings.standing(in_force, board, span, partition, asked.card.id)
    if standing is None:
        raise NotFound("standing", player)
    line = shown(engine.standings.compiled(in_force, board), standing)
    column = sheet.columns[declared.by[0].column]
    place = " · ".join([_title(in_force), declared.presentation.title, _WINDOWS.get(span, span), *partition.values()])
    figures = (
        (_value(line["value"], column, declared.presentation), declared.presentation.title),
        (f"{standing.percentile:.0f} %", "At or above"),
    )
    headline = f"{_ordinal(standing.rank)} of {standing.total:,}"
    return Card(place, asked.card.shown_name, asked.card.id, headline, figures)


async def of_award(engine: Engine, game: str, achievement: str, player: str) -> Card:
    in_force = engine.game(game)
    declared = in_force.definition.achievements.get(achievement)
    asked = await player_asked(engine, player, None, game)
    held = await earned(engine.pool, {game: in_force}, asked.card.player)
    award = held.get((game, achievement))
    if declared is None or award is None:
        raise NotFound("award", achievement)
    figures = [(f"{declared.points:,}", "Points"), (f"{to_datetime(award.at):%d %B %Y}", "Earned")]
    if declared.tier:
        figures.append((declared.tier, "Tier"))
    place = f"{_title(in_force)} · {declared.presentation.text}".rstrip(" ·")
    headline = f"Achievement: {declared.presentation.title}"
    return Card(place, asked.card.shown_name, asked.card.id, headline, tuple(figures))


def _title(game: Game) -> str:
    return game.definition.presentation.title


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _value(value: Any, column: Column, presentation: Presentation | None = None) -> str:
    if not _is_number(value):
        return "–" if value is None else str(value)
    unit = (presentation.unit if presentation is not None else "") or column.presentation.unit
    return f"{value:,.{decimals_of(column, presentation)}f} {unit}".rstrip()


def _ordinal(rank: int) -> str:
    ending = "th" if rank % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(rank % 10, "th")
    return f"{rank:,}{ending}"

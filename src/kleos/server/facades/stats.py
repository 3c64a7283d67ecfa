"""Player stats and leaderboards of a card game, under ``/api/stats``."""

from datetime import datetime
from typing import Annotated, Any, Final, Literal

import msgspec
from litestar import get
from litestar.datastructures import State
from litestar.handlers import BaseRouteHandler
from litestar.params import PathParameter, QueryParameter

from kleos.achievements.api import in_order
from kleos.achievements.progress import earned
from kleos.core.definition.model import Achievement, RowCondition
from kleos.core.errors import NotFound
from kleos.core.ids import check_external_id
from kleos.core.windows import ALL, to_datetime
from kleos.engine.engine import Engine
from kleos.engine.game import Game
from kleos.players import stats
from kleos.players.asked import card_asked
from kleos.players.directory import Card
from kleos.server.auth.guards import requires_player
from kleos.server.facades.binding import stats_game
from kleos.server.facades.numbers import one_decimal
from kleos.server.openapi import KEY, problems
from kleos.server.parameters import Offset, TheCaller, TheEngine

TAGS: Final = ["golf stats"]
SHEET: Final = "career"
WINDOW: Final = ALL.name
SHOWN: Final = {
    "games_played": "games_played",
    "games_won": "games_won",
    "win_rate": "win_rate",
    "rounds_played": "rounds_played",
    "rounds_won": "rounds_won",
    "avg_score": "avg_score",
    "best_round_score": "best_round",
    "knockouts": "knockouts",
    "best_win_streak": "win_streak_best",
}
"""The documented names, and the columns that are meant."""

Metric = Literal["wins", "win_rate", "avg_score", "knockouts", "streak"]
"""Each is the name of a board."""

MetricName = Annotated[Metric, QueryParameter(name="metric", description="What is ranked.")]
Few = Annotated[int, QueryParameter(name="limit", ge=1, le=100, description="At most this many.")]
UserId = Annotated[str, PathParameter(description="The id by which games know the player.")]


class Entry(msgspec.Struct):
    """``value`` is what the metric ranks by, with one decimal at most."""

    rank: int
    user_id: str
    username: str
    value: float | None
    games_played: int


class Leaderboard(msgspec.Struct):
    metric: Metric
    entries: list[Entry]


class UserStats(msgspec.Struct):
    """``achievements`` are the ids of those earned, the earliest first."""

    user_id: str
    username: str
    games_played: int
    games_won: int
    win_rate: float
    rounds_played: int
    rounds_won: int
    avg_score: float
    best_round_score: int | None
    knockouts: int
    best_win_streak: int
    achievements: list[str]


class NoStats(msgspec.Struct):
    """Of a player who has not played yet."""

    games_played: int = 0
    games_won: int = 0
    achievements: list[str] = []


class UserRank(msgspec.Struct):
    """``rank`` is null for who is not ranked, having played fewer than five games."""

    user_id: str
    metric: Metric
    rank: int | None


class AchievementShown(msgspec.Struct):
    id: str
    name: str
    description: str
    icon: str
    category: str
    threshold: float | None


class AchievementList(msgspec.Struct):
    achievements: list[AchievementShown]


class EarnedShown(msgspec.Struct):
    id: str
    name: str
    description: str
    icon: str
    earned_at: datetime


class EarnedList(msgspec.Struct):
    achievements: list[EarnedShown]


@get("/api/stats/leaderboard", tags=TAGS, summary="A leaderboard by one metric", responses=problems(400, 404))
async def get_leaderboard(
    state: State, engine: TheEngine, metric: MetricName = "wins", limit: Few = 50, offset: Offset = 0
) -> Leaderboard:
    """Players with five games at least. The average score ranks lowest first, all else highest first."""
    game = stats_game(state, engine)
    page = await engine.standings.page(game, metric, WINDOW, {}, offset, limit)
    ids = [line.player for line in page.entries]
    played = await stats.rows_of(
        engine.pool, engine.directory, game, game.sheet(SHEET), ALL, ids, (SHOWN["games_played"],)
    )
    entries = [
        Entry(line.rank, line.player, line.name, one_decimal(line.value), played[line.player]["games_played"])
        for line in page.entries
        if line.player in played
    ]
    return Leaderboard(metric, entries)


@get("/api/stats/players/{user_id:str}", tags=TAGS, summary="A player's stats", responses=problems(400, 404))
async def get_player_stats(state: State, engine: TheEngine, user_id: UserId) -> UserStats:
    """404 for who has not played."""
    found = await _stats(engine, stats_game(state, engine), check_external_id(user_id, "user_id"))
    if found is None:
        raise NotFound("player", user_id)
    return found


@get("/api/stats/players/{user_id:str}/rank", tags=TAGS, summary="A player's rank", responses=problems(400, 404))
async def get_player_rank(state: State, engine: TheEngine, user_id: UserId, metric: MetricName = "wins") -> UserRank:
    """404 for a player that there is not; null for one who is not ranked."""
    game = stats_game(state, engine)
    await _card(engine, game, user_id)
    standing = await engine.standings.standing(game, metric, WINDOW, {}, user_id)
    return UserRank(user_id, metric, standing.rank if standing is not None else None)


@get(
    "/api/stats/me",
    tags=TAGS,
    summary="The caller's stats",
    guards=[requires_player],
    security=KEY,
    responses=problems(401, 403, 404),
)
async def get_my_stats(state: State, engine: TheEngine, caller: TheCaller) -> UserStats | NoStats:
    """Of the player whose token it is."""
    game = stats_game(state, engine)
    if game.namespace or caller.player is None:
        return NoStats()
    return await _stats(engine, game, caller.player) or NoStats()


@get("/api/stats/achievements", tags=TAGS, summary="All achievements", responses=problems(404))
async def get_achievements(state: State, engine: TheEngine) -> AchievementList:
    """In the definition's order. ``threshold`` is the number to reach; 1 for what happens in one round."""
    game = stats_game(state, engine)
    return AchievementList([_shown(each) for each in in_order(game.definition.achievements.values())])


@get(
    "/api/stats/players/{user_id:str}/achievements",
    tags=TAGS,
    summary="A player's achievements",
    responses=problems(400, 404),
)
async def get_player_achievements(state: State, engine: TheEngine, user_id: UserId) -> EarnedList:
    """Those earned, newest first."""
    game = stats_game(state, engine)
    card = await _card(engine, game, user_id)
    return EarnedList([_earned(each, at) for each, at in reversed(await _awards(engine, game, card))])


async def _card(engine: Engine, game: Game, user_id: str) -> Card:
    return await card_asked(engine, game, check_external_id(user_id, "user_id"))


async def _stats(engine: Engine, game: Game, user_id: str) -> UserStats | None:
    card = await engine.directory.card_in(game.namespace, game.name, user_id)
    if card is None:
        return None
    row = await stats.row_of(engine.pool, game, game.sheet(SHEET), ALL, card.player, tuple(SHOWN.values()))
    if row is None:
        return None
    values: dict[str, Any] = {name: one_decimal(row[column]) for name, column in SHOWN.items()}
    values["win_rate"] = values["win_rate"] or 0.0
    values["avg_score"] = values["avg_score"] or 0.0
    achievements = [each.name for each, _ in await _awards(engine, game, card)]
    return UserStats(user_id=card.id, username=card.shown_name, achievements=achievements, **values)


async def _awards(engine: Engine, game: Game, card: Card) -> list[tuple[Achievement, int]]:
    """What a player has earned, and when, the earliest first; in the definition's order where it came together."""
    held = await earned(engine.pool, {game.name: game}, card.player)
    mine = [
        (each, held[game.name, each.name].at)
        for each in in_order(game.definition.achievements.values())
        if (game.name, each.name) in held
    ]
    return sorted(mine, key=lambda one: one[1])


def _shown(achievement: Achievement) -> AchievementShown:
    shown, condition = achievement.presentation, achievement.condition
    threshold = condition.threshold if isinstance(condition, RowCondition) else None
    return AchievementShown(
        achievement.name,
        shown.title,
        shown.text,
        shown.icon,
        shown.category,
        threshold.target if threshold is not None else 1,
    )


def _earned(achievement: Achievement, at: int) -> EarnedShown:
    shown = achievement.presentation
    return EarnedShown(achievement.name, shown.title, shown.text, shown.icon, to_datetime(at))


ROUTES: Final[list[BaseRouteHandler]] = [
    get_leaderboard,
    get_player_stats,
    get_player_rank,
    get_my_stats,
    get_achievements,
    get_player_achievements,
]

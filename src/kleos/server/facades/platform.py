"""Achievements, statistics and leaderboards of many games, under ``/api/v1``."""

from datetime import UTC, datetime
from functools import lru_cache
from typing import Annotated, Any, Final

import msgspec
from litestar import Request, Response, get, post
from litestar.datastructures import State
from litestar.handlers import BaseRouteHandler
from litestar.params import JSONBody, PathParameter, QueryParameter

from kleos.achievements.api import in_order
from kleos.achievements.progress import earned
from kleos.core.definition.model import AWARD_GRANTED, Achievement, Manual
from kleos.core.errors import BadInput, Conflict, NotFound
from kleos.core.ids import achievement_uuid, check_external_id
from kleos.core.windows import ALL
from kleos.engine.engine import Engine
from kleos.engine.game import Game
from kleos.players import stats
from kleos.players.asked import Asked, player_asked
from kleos.players.directory import Card
from kleos.server.auth.audit import audit
from kleos.server.auth.caller import Caller
from kleos.server.errors import PROBLEM_JSON, to_response
from kleos.server.facades.numbers import one_decimal, rounded
from kleos.server.facades.platform_shown import BOARD, AchievementShown, shown_of
from kleos.server.facades.sending import requires_credential, sends_as_game
from kleos.server.openapi import BODY, KEY, problems
from kleos.server.parameters import TheCaller, TheEngine

TAGS: Final = ["achievement platform"]
WINDOW: Final = ALL.name
MOST_RANKED: Final = 100
RECENT: Final = 10
PLAYTIME_COLUMNS: Final = ("playtime", "time_played")
UNITS_AN_HOUR: Final = {"h": 1, "min": 60, "s": 3_600, "ms": 3_600_000}

PlayerName = Annotated[str, PathParameter(description="The id by which games know the player.")]
TheGame = Annotated[str, PathParameter(description="The game's name.")]


class Unlock(msgspec.Struct, forbid_unknown_fields=True):
    """``achievement_id`` is the UUID, the name, or, where several games have one of that name, `game/name`."""

    player_id: str
    achievement_id: str
    timestamp: datetime


class Unlocked(msgspec.Struct, kw_only=True):
    """``new_rank`` is the player's by the points of the game's achievements."""

    success: bool = True
    achievement: AchievementShown
    new_rank: int | None


class PlayerAchievements(msgspec.Struct):
    achievements: list[AchievementShown]
    total: int


class GameStatistics(msgspec.Struct):
    """``playtime`` in hours; ``completion`` in percent of the game's achievements."""

    game_id: str
    playtime: float
    achievements: int
    completion: float


class Statistics(msgspec.Struct):
    games: list[GameStatistics]


class Dashboard(msgspec.Struct):
    """Over the games of which there is an event of the player; ``recent_achievements`` newest first."""

    total_achievements: int
    total_playtime: float
    games_owned: int
    average_completion: float
    recent_achievements: list[AchievementShown]


class Ranking(msgspec.Struct):
    player_id: str
    username: str
    points: int
    rank: int


class Rankings(msgspec.Struct):
    rankings: list[Ranking]


class PlayerRank(msgspec.Struct):
    """``percentile`` is the share of the ranked at or below."""

    rank: int
    points: int
    percentile: float


def unlock_failed(request: Request[Any, Any, Any], error: Exception) -> Response[bytes]:
    """The problem, with the document's own fields beside."""
    answer = to_response(request, error)
    body = msgspec.json.decode(answer.content)
    told = msgspec.json.encode({**body, "success": False, "error": body["detail"]})
    return Response(told, status_code=answer.status_code, media_type=PROBLEM_JSON, headers=answer.headers)


@post(
    "/api/v1/achievements/unlock",
    tags=TAGS,
    summary="Unlock an achievement",
    status_code=200,
    guards=[requires_credential],
    security=KEY,
    responses=problems(400, 401, 404, 409, *BODY),
    exception_handlers={Exception: unlock_failed},
)
async def unlock(
    request: Request[Any, Any, Any], engine: TheEngine, caller: TheCaller, data: JSONBody[Unlock]
) -> Unlocked:
    """One that the game grants itself; the others follow from what is played. A second time it changes nothing."""
    check_external_id(data.player_id, "player_id")
    game, achievement = _found(engine, caller, check_external_id(data.achievement_id, "achievement_id"))
    sends_as_game(caller, game, data.player_id, "awards:write")
    card = await engine.directory.card(game.namespace, data.player_id)
    if card is None:
        raise NotFound("player", data.player_id)
    is_new = (game.name, achievement.name) not in await earned(engine.pool, {game.name: game}, card.player)
    if is_new and await _grant(engine, game, achievement, card, data.timestamp):
        await audit(request, "award.granted", card.id, game.name, achievement=achievement.name)
    standing = await engine.standings.standing(game, BOARD, WINDOW, {}, card.id)
    (shown,) = await shown_of(request.app.state).all([(game, achievement)])
    return Unlocked(achievement=shown, new_rank=standing.rank if standing is not None else None)


@get(
    "/api/v1/players/{player_id:str}/achievements",
    tags=TAGS,
    summary="A player's achievements in all games",
    responses=problems(400, 404),
)
async def get_achievements(state: State, engine: TheEngine, player_id: PlayerName) -> PlayerAchievements:
    """Those unlocked, newest first."""
    shown = await shown_of(state).all(await _newest(engine, await player_asked(engine, player_id, None, None)))
    return PlayerAchievements(shown, len(shown))


@get(
    "/api/v1/players/{player_id:str}/statistics",
    tags=TAGS,
    summary="A player's statistics in all games",
    responses=problems(400, 404),
)
async def get_statistics(engine: TheEngine, player_id: PlayerName) -> Statistics:
    """Of the games of which there is an event of the player."""
    exact = await _statistics(engine, await player_asked(engine, player_id, None, None))
    games = [
        GameStatistics(one.game_id, rounded(one.playtime, 2), one.achievements, one_decimal(one.completion))
        for one in exact
    ]
    return Statistics(games)


@get(
    "/api/v1/players/{player_id:str}/dashboard",
    tags=TAGS,
    summary="A player at a glance",
    responses=problems(400, 404),
)
async def get_dashboard(state: State, engine: TheEngine, player_id: PlayerName) -> Dashboard:
    """Sums over all games, and what was unlocked last."""
    asked = await player_asked(engine, player_id, None, None)
    games, newest = await _statistics(engine, asked), await _newest(engine, asked)
    return Dashboard(
        len(newest),
        rounded(sum(one.playtime for one in games), 2),
        len(games),
        one_decimal(sum(one.completion for one in games) / len(games)) if games else 0.0,
        await shown_of(state).all(newest[:RECENT]),
    )


@get("/api/v1/leaderboards/{game_id:str}", tags=TAGS, summary="A game's best", responses=problems(400, 404))
async def get_rankings(
    engine: TheEngine,
    game_id: TheGame,
    region: Annotated[str | None, QueryParameter(max_length=128, description="Only players of this region.")] = None,
) -> Rankings:
    """The first 100 by achievement points."""
    game = engine.game(game_id)
    partition = {"region": region} if region is not None else {}
    page = await engine.standings.page(game, BOARD, WINDOW, partition, 0, MOST_RANKED)
    return Rankings([Ranking(line.player, line.name, int(line.value or 0), line.rank) for line in page.entries])


@get(
    "/api/v1/leaderboards/{game_id:str}/player/{player_id:str}",
    tags=TAGS,
    summary="A player's rank in a game",
    responses=problems(400, 404),
)
async def get_player_rank(engine: TheEngine, game_id: TheGame, player_id: PlayerName) -> PlayerRank:
    """404 for who is not ranked."""
    game = engine.game(game_id)
    check_external_id(player_id, "player_id")
    standing = await engine.standings.standing(game, BOARD, WINDOW, {}, player_id)
    if standing is None:
        raise NotFound("ranked player", player_id)
    return PlayerRank(standing.rank, int(standing.value or 0), one_decimal(standing.percentile))


async def _grant(engine: Engine, game: Game, achievement: Achievement, card: Card, at: datetime) -> bool:
    """Whether it was this that granted it: the event's id makes two unlocks at once one.

    Raises BadInput for what cannot be granted now.
    """
    if not isinstance(achievement.condition, Manual):
        raise BadInput(f"{achievement.name!r} is earned by playing and cannot be unlocked", "achievement_id")
    held = await earned(engine.pool, {game.name: game}, card.player)
    missing = [name for name in achievement.requires if (game.name, name) not in held]
    if missing:
        raise BadInput(f"{achievement.name!r} needs {', '.join(missing)} first", "achievement_id")
    event = {
        "type": AWARD_GRANTED,
        "id": f"unlock:{card.player}:{achievement.name}",
        "player": card.id,
        "achievement": achievement.name,
        "at": at if at.tzinfo is not None else at.replace(tzinfo=UTC),
    }
    receipt = await engine.ingest_body(game.name, msgspec.json.encode(event), "application/json")
    for refused in (*receipt.rejected, *receipt.quarantine):
        raise BadInput(refused.error)
    if (game.name, achievement.name) not in await earned(engine.pool, {game.name: game}, card.player):
        raise Conflict("this award was withdrawn by a correction; it comes back when that is undone")
    return receipt.accepted > 0


def _found(engine: Engine, caller: Caller, id: str) -> tuple[Game, Achievement]:
    """Raises NotFound; BadInput where several games have the name, and the key is for more than one of them."""
    every = [(game, each) for game in engine.games() for each in game.definition.achievements.values()]
    named = [one for one in every if id in _ids(one[0].name, one[1].name)]
    if not named:
        named = [one for one in every if one[1].name == id]
    own = [one for one in named if caller.may("awards:write", one[0].name)]
    if not named:
        raise NotFound("achievement", id)
    if len(named) == 1 or len(own) == 1:
        return named[0] if len(named) == 1 else own[0]
    forms = ", ".join(f"{game.name}/{each.name}" for game, each in named)
    raise BadInput(f"several games have {id!r}; say which: {forms}", "achievement_id")


@lru_cache(maxsize=10_000)
def _ids(game: str, achievement: str) -> tuple[str, str]:
    return str(achievement_uuid(game, achievement)), f"{game}/{achievement}"


async def _newest(engine: Engine, asked: Asked) -> list[tuple[Game, Achievement]]:
    games = {game.name: game for game in asked.games}
    held = await earned(engine.pool, games, asked.card.player)
    newest = sorted(held.items(), key=lambda item: (-item[1].at, item[0]))
    return [
        (games[game], games[game].definition.achievements[name])
        for (game, name), _ in newest
        if name in games[game].definition.achievements
    ]


async def _statistics(engine: Engine, asked: Asked) -> list[GameStatistics]:
    """Exact, by name of the game."""
    games = {game.name: game for game in asked.games}
    held = await earned(engine.pool, games, asked.card.player)
    found = []
    for name in await stats.games_played(engine.pool, asked.card.player, sorted(games)):
        game = games[name]
        all_of_them = [each.name for each in in_order(game.definition.achievements.values())]
        mine = sum((name, each) in held for each in all_of_them)
        share = 100 * mine / len(all_of_them) if all_of_them else 0.0
        found.append(GameStatistics(name, await _hours(engine, game, asked.card), mine, share))
    return found


async def _hours(engine: Engine, game: Game, card: Card) -> float:
    """The first column that counts time played; 0.0 where the game does not count it."""
    for sheet in stats.careers(game):
        for column in PLAYTIME_COLUMNS:
            found = sheet.columns.get(column)
            if found is None or found.presentation.unit not in UNITS_AN_HOUR:
                continue
            row = await stats.row_of(engine.pool, game, sheet, ALL, card.player, (column,))
            return float(row[column] or 0) / UNITS_AN_HOUR[found.presentation.unit] if row is not None else 0.0
    return 0.0


ROUTES: Final[list[BaseRouteHandler]] = [
    unlock,
    get_achievements,
    get_statistics,
    get_dashboard,
    get_rankings,
    get_player_rank,
]

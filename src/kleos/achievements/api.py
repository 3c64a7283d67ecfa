"""The routes of achievements."""

from collections.abc import Iterable
from datetime import datetime
from typing import Annotated, Any, Final
from uuid import UUID

import msgspec
from litestar import Request, get, post
from litestar.datastructures import State
from litestar.handlers import BaseRouteHandler
from litestar.params import JSONBody, QueryParameter

from kleos.achievements import sql
from kleos.achievements.explain import AwardExplanation, explain_award
from kleos.achievements.masked import presented
from kleos.achievements.rarity import Measured, Rarity
from kleos.core.definition.model import AWARD_GRANTED, Achievement, Manual
from kleos.core.errors import BadInput
from kleos.core.ids import achievement_uuid, check_external_id
from kleos.core.windows import to_datetime
from kleos.engine.engine import Engine
from kleos.engine.game import Game
from kleos.engine.receipts import Receipt
from kleos.matches.opening import kept_from
from kleos.players.asked import card_asked
from kleos.server.auth.audit import audit
from kleos.server.auth.caller import Caller
from kleos.server.auth.guards import requires
from kleos.server.openapi import BODY, KEY, problems
from kleos.server.parameters import AchievementName, GameName, TheCaller, TheEngine


class Winner(msgspec.Struct):
    """``match`` is null where it is private and the caller may not see it."""

    player: str
    name: str
    at: datetime
    match: str | None


class AchievementAnswer(msgspec.Struct, kw_only=True):
    """``completed`` players have it: ``rate`` percent of those who play. A hidden one tells neither title nor text."""

    achievement: str
    uuid: UUID
    title: str
    text: str
    icon: str
    category: str
    order: int
    points: int
    tier: str
    hidden: bool
    manual: bool
    requires: list[str]
    completed: int
    rate: float
    latest: list[Winner]


class Achievements(msgspec.Struct):
    game: str
    players: int
    achievements: list[AchievementAnswer]


class Grant(msgspec.Struct, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """``id`` protects against granting twice by accident; ``at`` is now where left out."""

    player: str
    id: str | None = None
    match: str | None = None
    at: Annotated[datetime, msgspec.Meta(tz=True)] | None = None


@get(
    "/v1/games/{game:str}/achievements",
    tags=["achievements"],
    summary="A game's achievements, and how rare they are",
    responses=problems(400, 404),
)
async def get_achievements(
    state: State,
    engine: TheEngine,
    caller: TheCaller,
    game: GameName,
    latest: Annotated[int, QueryParameter(ge=0, le=100, description="How many of the newest winners of each.")] = 0,
) -> Achievements:
    """In the definition's order. The rate is the percentage of the game's players who have it."""
    in_force = engine.game(game)
    rarity: Rarity = state.rarity
    measured = await rarity.of(game)
    winners = await _latest(engine, in_force, latest, caller) if latest else {}
    shown = [
        shown_achievement(in_force, each, measured, winners.get(each.name, []))
        for each in in_order(in_force.definition.achievements.values())
    ]
    return Achievements(game, measured.players, shown)


@get(
    "/v1/games/{game:str}/achievements/{achievement:str}/explain",
    tags=["achievements"],
    summary="The event that earned an award",
    responses=problems(400, 404),
)
async def get_award_explanation(
    engine: TheEngine,
    caller: TheCaller,
    game: GameName,
    achievement: AchievementName,
    player: Annotated[str, QueryParameter(description="The player's id.")],
) -> AwardExplanation:
    """The event that completed it, what the row came to by that event, and the prerequisites; or how far it is."""
    in_force = engine.game(game)
    found = in_force.achievement(achievement)
    card = await card_asked(engine, in_force, check_external_id(player))
    return await explain_award(engine, in_force, found, card, caller)


@post(
    "/v1/games/{game:str}/achievements/{achievement:str}/grant",
    tags=["achievements"],
    summary="Grant a manual achievement",
    status_code=200,
    guards=[requires("awards:write")],
    security=KEY,
    responses=problems(400, 401, 403, 404, 409, *BODY),
)
async def grant(
    request: Request[Any, Any, Any],
    engine: TheEngine,
    game: GameName,
    achievement: AchievementName,
    data: JSONBody[Grant],
) -> Receipt:
    """Only achievements that the definition leaves to the game. A grant is an event like any other."""
    in_force = engine.game(game)
    found = in_force.achievement(achievement)
    if not isinstance(found.condition, Manual):
        manual = [each.name for each in in_force.definition.achievements.values() if isinstance(each.condition, Manual)]
        known = f"; what is granted: {', '.join(manual)}" if manual else ""
        raise BadInput(f"{achievement!r} is earned by playing and cannot be granted{known}", "achievement")
    check_external_id(data.player)
    given = {"id": data.id, "match": data.match, "at": data.at}
    event: dict[str, Any] = {"type": AWARD_GRANTED, "player": data.player, "achievement": achievement}
    event |= {name: value for name, value in given.items() if value is not None}
    receipt: Receipt = await engine.ingest_body(game, msgspec.json.encode(event), "application/json", True)
    if receipt.rejected:
        raise BadInput(receipt.rejected[0].error)
    if receipt.accepted:
        await audit(request, "award.granted", data.player, game, achievement=achievement)
    return receipt


def in_order(achievements: Iterable[Achievement]) -> list[Achievement]:
    return sorted(achievements, key=lambda each: each.presentation.order)


def shown_achievement(
    game: Game, achievement: Achievement, measured: Measured, latest: list[Winner]
) -> AchievementAnswer:
    hidden = achievement.hidden
    shown = presented(achievement, hidden)
    return AchievementAnswer(
        achievement=achievement.name,
        uuid=achievement_uuid(game.name, achievement.name),
        title=shown.title,
        text=shown.text,
        icon=shown.icon,
        category=shown.category,
        order=shown.order,
        points=achievement.points,
        tier=achievement.tier,
        hidden=hidden,
        manual=isinstance(achievement.condition, Manual),
        requires=[] if hidden else list(achievement.requires),
        completed=measured.completed.get(achievement.name, 0),
        rate=measured.rate(achievement.name),
        latest=latest,
    )


async def _latest(engine: Engine, game: Game, count: int, caller: Caller) -> dict[str, list[Winner]]:
    rows = await engine.pool.fetch(sql.LATEST_AWARDS, game.name, sorted(game.definition.achievements), count)
    cards = await engine.directory.by_number(game.namespace, sorted({row["player"] for row in rows}))
    private = await kept_from(engine, game, sorted({row["match"] for row in rows}), caller)
    winners: dict[str, list[Winner]] = {}
    for row in rows:
        card = cards.get(row["player"])
        if card is not None:
            match = row["match"] if row["match"] not in private else None
            winner = Winner(card.id, card.shown_name, to_datetime(row["at"]), match)
            winners.setdefault(row["achievement"], []).append(winner)
    return winners


ROUTES: Final[list[BaseRouteHandler]] = [get_achievements, get_award_explanation, grant]

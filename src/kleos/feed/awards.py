"""Awards as the feed tells them."""

from collections.abc import Sequence
from typing import Any, Final

from kleos.achievements.awards import AwardChange
from kleos.core.definition.model import Achievement
from kleos.core.ids import achievement_uuid
from kleos.core.windows import iso
from kleos.engine.engine import Engine
from kleos.engine.game import Game
from kleos.matches.opening import kept_from
from kleos.server.auth.caller import ANONYMOUS

UNLOCKED: Final = "achievement.unlocked"
WITHDRAWN: Final = "achievement.withdrawn"
_KINDS: Final = {"unlocked": UNLOCKED, "withdrawn": WITHDRAWN}
"""A new date of an award that stays is not told: whoever shows dates reads them."""


def award(game: Game, achievement: Achievement, player: str, name: str, at: int, match: str) -> dict[str, Any]:
    shown = achievement.presentation
    return {
        "game": game.name,
        "player": player,
        "name": name,
        "achievement": achievement.name,
        "uuid": achievement_uuid(game.name, achievement.name),
        "title": shown.title,
        "text": shown.text,
        "icon": shown.icon,
        "category": shown.category,
        "points": achievement.points,
        "tier": achievement.tier,
        "at": iso(at),
        "match": match,
    }


async def for_everybody(engine: Engine, awards: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """The awards as all may hear them: a private match is not named."""
    matches: dict[str, set[str]] = {}
    for one in awards:
        matches.setdefault(one["game"], set()).add(one["match"])
    private = {
        game: await kept_from(engine, engine.game(game), sorted(named), ANONYMOUS) for game, named in matches.items()
    }
    return [{**one, "match": None} if one["match"] in private[one["game"]] else one for one in awards]


def by_kind(changes: Sequence[AwardChange]) -> dict[str, list[AwardChange]]:
    """The changes that are told, by the kind of the message."""
    told: dict[str, list[AwardChange]] = {}
    for change in changes:
        kind = _KINDS.get(change.kind)
        if kind is not None:
            told.setdefault(kind, []).append(change)
    return told

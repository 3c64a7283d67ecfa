"""Awards as the feed tells them."""

from collections.abc import Sequence
from typing import Any, Final

from kleos.achievements.awards import AwardChange
from kleos.core.definition.model import Achievement
from kleos.core.ids import achievement_uuid
from kleos.core.windows import iso
from kleos.engine.game import Game

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


def by_kind(changes: Sequence[AwardChange]) -> dict[str, list[AwardChange]]:
    """The changes that are told, by the kind of the message."""
    told: dict[str, list[AwardChange]] = {}
    for change in changes:
        kind = _KINDS.get(change.kind)
        if kind is not None:
            told.setdefault(kind, []).append(change)
    return told

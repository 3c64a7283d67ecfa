"""An achievement as the document on the achievement platform shows it, and the board by which its players rank."""

from datetime import datetime
from typing import Final, Literal
from uuid import UUID

import msgspec
from litestar.datastructures import State

from kleos.achievements.created import Created
from kleos.achievements.rarity import Measured, Rarity
from kleos.core.definition.model import Achievement
from kleos.core.ids import achievement_uuid
from kleos.core.windows import to_datetime
from kleos.engine.game import Game

BOARD: Final = "points"
COMMON_FROM: Final = 20.0
RARE_FROM: Final = 5.0


class AchievementShown(msgspec.Struct):
    """``rarity`` follows from the share of the game's players who have it: 20 % and more, 5 % and more, or less."""

    id: UUID
    game_id: str
    name: str
    description: str
    points: int
    rarity: Literal["common", "rare", "legendary"]
    created_at: datetime


class Shown:
    """Shows achievements, with what is measured of them."""

    def __init__(self, rarity: Rarity, created: Created) -> None:
        self._rarity = rarity
        self._created = created

    async def all(self, found: list[tuple[Game, Achievement]]) -> list[AchievementShown]:
        games = {game.name: game for game, _ in found}
        measured = {name: await self._rarity.of(name) for name in games}
        since = {name: await self._created.of(game) for name, game in games.items()}
        return [
            AchievementShown(
                id=achievement_uuid(game.name, each.name),
                game_id=game.name,
                name=each.presentation.title,
                description=each.presentation.text,
                points=each.points,
                rarity=rarity_of(measured[game.name], each.name),
                created_at=to_datetime(since[game.name].get(each.name, 0)),
            )
            for game, each in found
        ]


def shown_of(state: State) -> Shown:
    return Shown(state.rarity, state.created)


def rarity_of(measured: Measured, achievement: str) -> Literal["common", "rare", "legendary"]:
    rate = measured.rate(achievement)
    return "common" if rate >= COMMON_FROM else "rare" if rate >= RARE_FROM else "legendary"

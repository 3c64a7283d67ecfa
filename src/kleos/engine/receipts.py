"""What a request that reports events is answered."""

from collections.abc import Collection
from typing import Literal

import msgspec

from kleos.achievements.awards import AwardChange
from kleos.boards.answers import Effect
from kleos.boards.standings import Standings
from kleos.core.windows import iso
from kleos.engine.game import Game
from kleos.log.answering import Outcome
from kleos.log.decode import Rejected


class AwardAnswer(msgspec.Struct, frozen=True):
    """An award that an event brought, moved or took away."""

    player: str
    achievement: str
    kind: Literal["unlocked", "redated", "withdrawn"]
    at: str
    match: str
    title: str
    points: int


class Receipt(msgspec.Struct, frozen=True, omit_defaults=True):
    """What became of the events of one request. ``seq`` is the log's last place when they were in it."""

    accepted: int
    duplicates: int
    quarantined: int
    rejected: list[Rejected]
    seq: int | None
    quarantine: list[Rejected] = msgspec.field(default_factory=list)
    standings: list[Effect] | msgspec.UnsetType = msgspec.UNSET
    awards: list[AwardAnswer] | msgspec.UnsetType = msgspec.UNSET

    @classmethod
    def of(cls, outcome: Outcome, undecoded: list[Rejected]) -> "Receipt":
        return cls(
            outcome.accepted,
            outcome.duplicates,
            len(outcome.quarantined),
            [*undecoded, *outcome.spoiled],
            outcome.seq,
            outcome.quarantined,
        )


async def with_effects(
    receipt: Receipt, standings: Standings, game: Game, outcome: Outcome, watched: Collection[str]
) -> Receipt:
    """With what followed for the watched players."""
    told = [
        effect
        for effects in outcome.effects
        for effect in await standings.effects(game, effects)
        if effect.player in watched
    ]
    awards = [
        _award_answer(game, change, committed.ids[change.player])
        for committed in outcome.committed
        for change in committed.awards
        if committed.ids[change.player] in watched
    ]
    return msgspec.structs.replace(receipt, standings=told, awards=awards)


def _award_answer(game: Game, change: AwardChange, player: str) -> AwardAnswer:
    achievement = game.definition.achievements[change.achievement]
    return AwardAnswer(
        player,
        change.achievement,
        change.kind,
        iso(change.at),
        change.match,
        achievement.presentation.title,
        achievement.points,
    )

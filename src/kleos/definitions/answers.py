"""What a change of a definition would do, as callers are told."""

from typing import Any, Literal

import msgspec

Effect = Literal["gained", "lost", "redated"]
ThingKind = Literal["gained", "lost", "changed"]


class ColumnPreview(msgspec.Struct):
    """``rows`` is how many rows the sheet has now, and of a new sheet how many it would have; null where its log is too
    large to be folded as a whole. Of a column that is filled, its values come from the log."""

    sheet: str
    column: str
    kind: Literal["added", "filled", "dropped"]
    rows: int | None


class StandingExample(msgspec.Struct):
    """``value`` as the board shows it."""

    rank: int
    player: str
    value: Any


class BoardPreview(msgspec.Struct):
    """Standings of the board's widest open window, before and after, among the players measured; null for unknown.

    ``examples`` are the first who would stand there, where everybody was measured.
    """

    board: str
    kind: ThingKind
    before: int | None
    after: int | None
    examples: list[StandingExample]


class AwardExample(msgspec.Struct):
    """``at`` is when it would be dated, ``was_at`` when it is."""

    player: str
    effect: Effect
    at: str | None
    was_at: str | None


class AchievementPreview(msgspec.Struct):
    """Players, of those measured, who would gain it, lose it, or have it at another time."""

    achievement: str
    kind: ThingKind
    gained: int
    lost: int
    redated: int
    examples: list[AwardExample]


class Cost(msgspec.Struct):
    """``events`` have to be folded, in about so many ``seconds``; 0 where nothing has to."""

    events: int
    seconds: float


class Preview(msgspec.Struct):
    """``measured`` of ``players`` were looked at: where it is fewer than all, the numbers stand for a part."""

    columns: list[ColumnPreview]
    boards: list[BoardPreview]
    achievements: list[AchievementPreview]
    players: int
    measured: int
    cost: Cost

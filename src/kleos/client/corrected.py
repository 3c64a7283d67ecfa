"""What the server answers about corrections: who made them, what they are about, and what they change."""

from datetime import datetime
from typing import Any

import msgspec

from kleos.client.answers import Answer, Value


class Subject(Answer, frozen=True, kw_only=True, rename={"since": "from", "until": "to"}):
    """What is corrected: an event, a match, a player, or an event in quarantine. Of a void of a player's matches,
    ``matches`` are the first of ``matches_total``."""

    event: str | None = None
    match: str | None = None
    player: str | None = None
    into: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    matches: tuple[str, ...] = ()
    matches_total: int = 0
    quarantine: int | None = None


class Undone(Answer, frozen=True, kw_only=True):
    """Who undid a correction, when, and why."""

    at: datetime
    by: str
    reason: str


class Correction(Answer, frozen=True, kw_only=True):
    """``correction`` is its number; ``game`` is None where it holds in all games that share the players."""

    correction: int
    kind: str
    subject: Subject
    actor: str
    reason: str
    at: datetime
    game: str | None = None
    undone: Undone | None = None


class Corrections(Answer, frozen=True, kw_only=True):
    """A page, the newest first, and how many there are."""

    corrections: tuple[Correction, ...]
    total: int


class RowChange(Answer, frozen=True, kw_only=True):
    """The cells of a row that change, each before and after; all None for a row that is not there."""

    sheet: str
    window: str
    key: dict[str, Value]
    cells: dict[str, tuple[Value, Value]]


class AwardMove(Answer, frozen=True, kw_only=True):
    """``kind`` is "gained", "lost" or "redated"; the times are those of the award."""

    kind: str
    player: str
    achievement: str
    before: datetime | None = None
    after: datetime | None = None


class RankMove(Answer, frozen=True, kw_only=True):
    """From one rank to another; None is off the board."""

    board: str
    window: str
    player: str
    partition: dict[str, Value] = msgspec.field(default_factory=dict)
    before: int | None = None
    after: int | None = None


class UntoldRanks(Answer, frozen=True, kw_only=True):
    board: str
    window: str


class GameEffect(Answer, frozen=True, kw_only=True):
    """What changes in one game: totals of everything, and the first rows, awards and ranks. ``ranks_untold`` names the
    boards whose ranks the server did not have in memory."""

    game: str
    events: int = 0
    rows_refolded: int = 0
    players: int = 0
    awards_gained: int = 0
    awards_lost: int = 0
    awards_redated: int = 0
    ranks_moved: int = 0
    rows: tuple[RowChange, ...] = ()
    awards: tuple[AwardMove, ...] = ()
    ranks: tuple[RankMove, ...] = ()
    ranks_untold: tuple[UntoldRanks, ...] = ()


class Outcome(Answer, frozen=True, kw_only=True):
    """What a correction came to, or would; ``correction`` is None for a dry run."""

    dry_run: bool
    correction: Correction | None = None
    effects: tuple[GameEffect, ...] = ()


class Quarantined(Answer, frozen=True, kw_only=True):
    """An event that failed a check. ``seq`` is its number there; ``status`` "waiting", "accepted" or "refused"."""

    seq: int
    id: str
    match: str
    type: str
    at: datetime
    reason: str
    status: str
    body: dict[str, Any] = msgspec.field(default_factory=dict)
    received_at: datetime | None = None
    correction: int | None = None


class Quarantine(Answer, frozen=True, kw_only=True):
    """A page, the newest first, and how many there are."""

    events: tuple[Quarantined, ...]
    total: int

"""What the server answers, typed and immutable. Fields that a newer server adds are passed over."""

from datetime import datetime
from typing import Any

import msgspec

Value = int | float | bool | str | None
"""A value of a column; times are ISO 8601 text."""


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """The base of every answer."""


class Rejection(Answer, frozen=True, kw_only=True):
    """An event that was not taken: its position in the request, its id if it had one, and why."""

    index: int
    error: str
    id: str | None = None


class StandingChange(Answer, frozen=True, kw_only=True):
    """What an event did to a player's place on a board. ``previous_rank`` is None for who was not on it."""

    board: str
    window: str
    player: str
    rank: int | None = None
    previous_rank: int | None = None
    value: Value = None


class AwardChange(Answer, frozen=True, kw_only=True):
    """An achievement that an event completed."""

    player: str
    achievement: str
    title: str = ""
    icon: str = ""
    points: int = 0
    at: datetime | None = None
    match: str | None = None


class Receipt(Answer, frozen=True, kw_only=True):
    """What became of the events of a request; ``standings`` and ``awards`` only where asked for.

    ``quarantine`` names the events that failed a check: the server keeps them, and does not count them.
    """

    accepted: int
    duplicates: int = 0
    quarantined: int = 0
    rejected: tuple[Rejection, ...] = ()
    quarantine: tuple[Rejection, ...] = ()
    seq: int | None = None
    standings: tuple[StandingChange, ...] = ()
    awards: tuple[AwardChange, ...] = ()


class Standing(Answer, frozen=True, kw_only=True):
    """One entry of a board. ``value`` is the first column ranked by, ``values`` all of them."""

    rank: int | None
    player: str
    name: str | None = None
    value: Value = None
    values: dict[str, Value] = {}


class BoardPage(Answer, frozen=True, kw_only=True):
    """A span of a board in rank order. ``total`` counts everybody on it."""

    board: str
    entries: tuple[Standing, ...]
    total: int
    window: str = "all"
    partition: dict[str, Value] = {}


class PlayerStanding(Answer, frozen=True, kw_only=True):
    """One player on one board; no ``rank`` when not on it. ``percentile``: the share at or below.

    ``place`` is the line of the board's pages: those who share a rank have places of their own.
    """

    player: str
    rank: int | None = None
    place: int | None = None
    value: Value = None
    total: int = 0
    percentile: float | None = None


class Board(Answer, frozen=True, kw_only=True):
    """A board as its definition describes it."""

    board: str
    title: str = ""
    text: str = ""
    sheet: str = ""
    unit: str = ""
    decimals: int | None = None
    order: int = 0


class Boards(Answer, frozen=True, kw_only=True):
    boards: tuple[Board, ...]


class SheetPage(Answer, frozen=True, kw_only=True):
    """Rows of a sheet: each maps the sheet's key and columns to values."""

    sheet: str
    rows: tuple[dict[str, Any], ...]
    window: str = "all"
    total: int | None = None


class Contribution(Answer, frozen=True, kw_only=True):
    """What one fact gave to a column, and the column's value after it.

    ``event`` and ``match`` are None where the match is private; ``position`` is the place in the rule's ``for``.
    """

    at: datetime
    given: Value
    value: Value
    event: str | None = None
    match: str | None = None
    type: str | None = None
    position: int | None = None
    achievement: str | None = None


class ExplainedCell(Answer, frozen=True, kw_only=True):
    """A folded column and a page of what is behind it, oldest first; ``next`` is the ``offset`` of the following one.

    ``deciding`` made the value what it is: of a ``min``, ``max``, ``last`` or ``streak``.
    """

    column: str
    kind: str
    value: Value = None
    contributions: tuple[Contribution, ...] = ()
    deciding: Contribution | None = None
    next: int | None = None


class Explanation(Answer, frozen=True, kw_only=True):
    """What is behind a number; ``cells`` is the column itself, or each that its ``formula`` takes."""

    sheet: str
    column: str
    window: str
    key: dict[str, Value]
    value: Value = None
    formula: str | None = None
    as_of: datetime | None = None
    cells: tuple[ExplainedCell, ...] = ()


class RankPoint(Answer, frozen=True, kw_only=True):
    """Where a player stood at the end of a day; no ``rank`` when not on the board."""

    day: str
    as_of: datetime
    total: int
    window: str | None = None
    rank: int | None = None
    value: Value = None
    values: dict[str, Value] = {}


class RankHistory(Answer, frozen=True, kw_only=True):
    """Oldest first."""

    board: str
    player: str
    points: tuple[RankPoint, ...] = ()


class Above(Answer, frozen=True, kw_only=True):
    """The nearest who is better: ``column`` is the first in which they differ, ``by`` how far behind."""

    rank: int
    player: str
    values: dict[str, Value] = {}
    column: str | None = None
    by: float | None = None


class Qualification(Answer, frozen=True, kw_only=True):
    """One part of what a board asks of a row."""

    condition: str
    holds: bool
    column: str | None = None
    value: Value = None
    number: float | None = None
    missing: float | None = None


class RankExplanation(Answer, frozen=True, kw_only=True):
    """Why a player has a rank, or none: ``reason`` is "no row", "not qualified" or "elsewhere"."""

    board: str
    player: str
    ranked: bool
    total: int
    reason: str | None = None
    rank: int | None = None
    since: datetime | None = None
    shared_by: int | None = None
    above: Above | None = None
    qualifications: tuple[Qualification, ...] = ()


class AwardCompletion(Answer, frozen=True, kw_only=True):
    """The event that met an achievement's own condition, and the row's values after it."""

    at: datetime
    event: str | None = None
    match: str | None = None
    key: dict[str, Value] = {}
    values: dict[str, Value] = {}


class Requirement(Answer, frozen=True, kw_only=True):
    """A prerequisite, and when it was earned."""

    achievement: str
    earned: bool
    at: datetime | None = None
    event: str | None = None
    match: str | None = None


class AwardExplanation(Answer, frozen=True, kw_only=True):
    """The event that completed an award, and what it rests on; or how far it is."""

    achievement: str
    player: str
    earned: bool
    at: datetime | None = None
    event: str | None = None
    match: str | None = None
    own: AwardCompletion | None = None
    requires: tuple[Requirement, ...] = ()
    progress: float | None = None
    target: float | None = None


class Achievement(Answer, frozen=True, kw_only=True):
    """An achievement of a game; ``completed`` players have it, ``rate`` percent of the game's players."""

    achievement: str
    title: str = ""
    text: str = ""
    icon: str = ""
    points: int = 0
    category: str = ""
    order: int = 0
    tier: str = ""
    hidden: bool = False
    requires: tuple[str, ...] = ()
    completed: int = 0
    rate: float | None = None


class Achievements(Answer, frozen=True, kw_only=True):
    achievements: tuple[Achievement, ...]


class Game(Answer, frozen=True, kw_only=True):
    """A game that the server knows."""

    game: str
    title: str = ""
    text: str = ""
    icon: str = ""
    version: int | None = None


class Games(Answer, frozen=True, kw_only=True):
    games: tuple[Game, ...]


class Season(Answer, frozen=True, kw_only=True):
    """A named span of time that a game's windows can be of."""

    name: str
    starts_at: datetime
    ends_at: datetime | None = None


class Seasons(Answer, frozen=True, kw_only=True):
    seasons: tuple[Season, ...]


class Player(Answer, frozen=True, kw_only=True):
    """A player's profile."""

    player: str
    name: str | None = None
    region: str | None = None
    avatar: str | None = None
    attributes: dict[str, Any] = {}


class PlayerStats(Answer, frozen=True, kw_only=True):
    """A player's rows: by game, by sheet."""

    player: str
    games: dict[str, Any] = {}


class Award(Answer, frozen=True, kw_only=True):
    """A player's achievement: since when and in which match, or how far they are."""

    game: str
    achievement: str
    title: str = ""
    text: str = ""
    icon: str = ""
    points: int = 0
    at: datetime | None = None
    match: str | None = None
    progress: float | None = None
    target: float | None = None


class PlayerAchievements(Answer, frozen=True, kw_only=True):
    player: str
    achievements: tuple[Award, ...] = ()


class Match(Answer, frozen=True, kw_only=True):
    """One match. ``status`` is ``open``, ``quiet`` or ``ended``."""

    match: str
    game: str | None = None
    status: str = ""
    started_at: datetime | None = None
    ended_at: datetime | None = None
    events: int | None = None
    players: tuple[str, ...] = ()


class Matches(Answer, frozen=True, kw_only=True):
    """``next`` is the ``before`` of the following page; None on the last."""

    matches: tuple[Match, ...]
    next: str | None = None

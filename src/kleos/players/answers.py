"""What the routes of players answer."""

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

import msgspec


class Profile(msgspec.Struct, kw_only=True):
    """``name`` is null where the player has given none; ``shown_name`` is then the id."""

    player: str
    name: str | None
    shown_name: str
    region: str | None
    avatar: str | None
    attributes: dict[str, str]


class PlayerAnswer(Profile, kw_only=True):
    """``games`` are those in which the player appeared, ``gamerscore`` the points of all achievements earned in any."""

    games: list[str]
    gamerscore: int
    achievements: int
    created_at: datetime


class Found(msgspec.Struct):
    player: str
    name: str | None
    region: str | None
    avatar: str | None


class FoundPlayers(msgspec.Struct):
    """``next`` is the `after` of the following page; null on the last."""

    players: list[Found]
    next: str | None


class Percentile(msgspec.Struct):
    """The share of the ``players`` who qualify that stand at or below this one; null for who does not qualify."""

    percentile: float | None
    players: int
    better: Literal["asc", "desc"] | None


class SheetStats(msgspec.Struct):
    """``percentiles`` where they were asked for, by column."""

    title: str
    window: str
    values: dict[str, Any]
    percentiles: dict[str, Percentile] | msgspec.UnsetType = msgspec.UNSET


class GameStats(msgspec.Struct):
    title: str
    sheets: dict[str, SheetStats]


class PlayerStats(msgspec.Struct):
    """By game, then by sheet. A game or a sheet in which the player has no row is left out."""

    player: str
    name: str
    games: dict[str, GameStats]


class PlayerAchievement(msgspec.Struct, kw_only=True):
    """``at`` and ``match`` where it is earned, a private match for those only who may see it; ``progress`` towards
    ``target`` where it is one number to reach.

    A hidden one that is not earned tells neither its title nor its text nor how far it is.
    """

    game: str
    achievement: str
    uuid: UUID
    title: str
    text: str
    icon: str
    category: str
    points: int
    tier: str
    hidden: bool
    earned: bool
    at: datetime | None = None
    match: str | None = None
    progress: float | None = None
    target: float | None = None


class PlayerAchievements(msgspec.Struct):
    """The newest award first, then what is still to earn, in its order."""

    player: str
    name: str
    earned: int
    total: int
    points: int
    achievements: list[PlayerAchievement]


class TrendPoint(msgspec.Struct):
    """A window in which the player has a row; ``starts_at`` is when it began."""

    window: str
    starts_at: datetime | None
    values: dict[str, Any]


class ColumnShown(msgspec.Struct):
    column: str
    title: str
    unit: str
    decimals: int


class Trend(msgspec.Struct):
    """Oldest first. Windows without a row have no point."""

    player: str
    game: str
    sheet: str
    every: str
    columns: list[ColumnShown]
    points: list[TrendPoint]


class Axis(msgspec.Struct, kw_only=True):
    """``percentile`` is the share of the ``players`` who qualify that stand at or below this one."""

    column: str
    title: str
    unit: str
    decimals: int
    value: Any
    percentile: float | None
    players: int


class ChartAnswer(msgspec.Struct, kw_only=True):
    """``points`` for a trend, ``axes`` for a radar; the other is empty."""

    player: str
    game: str
    chart: str
    kind: str
    title: str
    text: str
    sheet: str
    window: str | None
    columns: list[ColumnShown]
    points: list[TrendPoint]
    axes: list[Axis]


class Compared(msgspec.Struct, kw_only=True):
    """``leader``: whose value is better, by the board or the radar that has this column; null where nothing says so."""

    sheet: str
    column: str
    title: str
    unit: str
    decimals: int
    better: Literal["asc", "desc"] | None
    values: list[Any]
    leader: str | None


class GameComparison(msgspec.Struct):
    title: str
    columns: list[Compared]


class Comparison(msgspec.Struct):
    """Two players, in every game in which both have a row; ``values`` are in the order of ``players``."""

    players: list[str]
    names: list[str]
    games: dict[str, GameComparison]

"""What a game's file says, checked and typed: the model that every other package reads.

A :class:`Definition` is made by :func:`kleos.core.definition.load` only, so whoever holds one may rely on every name
in it resolving and every expression being typed.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from kleos.core.expression import Expression, FoldCall, ForClause
from kleos.core.types import Field, Scalar

FoldKind = Literal["count", "sum", "min", "max", "last", "streak"]
WindowKind = Literal["all", "season", "month", "week", "day"]
Ties = Literal["competition", "ordinal"]
Direction = Literal["asc", "desc"]
CountsFrom = Literal["beginning", "today"]

WINDOW_KINDS: tuple[WindowKind, ...] = ("all", "season", "month", "week", "day")
AWARD_GRANTED = "award.granted"
"""The built-in event type by which a game grants a manual achievement; no declared type can have a dot."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Presentation:
    """How a thing is shown. ``decimals`` is None where the type decides (int 0, float 2)."""

    title: str
    text: str = ""
    unit: str = ""
    decimals: int | None = None
    icon: str = ""
    category: str = ""
    order: int = 0


@dataclass(frozen=True, slots=True)
class EventType:
    """One kind of event; ``fields`` excludes the envelope (id, type, match, at)."""

    name: str
    fields: Mapping[str, Field]
    presentation: Presentation


@dataclass(frozen=True, slots=True)
class Selector:
    """Which facts of an event: ``for`` every element, ``where`` the condition holds."""

    event: str
    each: ForClause | None
    where: Expression | None


@dataclass(frozen=True, slots=True)
class Rule:
    """One ``[[sheets.X.on]]``: how the facts of one event type enter a sheet's row.

    ``key`` has one expression for each key column of the sheet, in its order. A fact whose key has a None makes no row.
    """

    selector: Selector
    key: tuple[Expression, ...]
    calls: Mapping[str, FoldCall]


@dataclass(frozen=True, slots=True)
class Fold:
    """One folded column. ``since``: whether a board ranks by it, so that the time it took its value is folded too.

    A streak's visible columns are ``name`` (the running length) and ``name_best``; each has its own since.
    """

    name: str
    kind: FoldKind
    type: Scalar
    since: bool = False
    best_since: bool = False
    never_falls: bool = False

    @property
    def is_ordered(self) -> bool:
        return self.kind in ("last", "streak")


@dataclass(frozen=True, slots=True)
class Column:
    """A visible column of a sheet: folded (``fold`` names it) or computed (``formula``, with other formulas inlined).

    ``inputs`` are the folded columns (visible names) that its value depends on: itself, for a folded one.
    """

    name: str
    type: Scalar
    fold: str | None
    formula: Expression | None
    inputs: tuple[str, ...]
    presentation: Presentation


@dataclass(frozen=True, slots=True)
class KeyColumn:
    name: str
    type: Scalar


@dataclass(frozen=True, slots=True)
class Sheet:
    name: str
    key: tuple[KeyColumn, ...]
    windows: tuple[WindowKind, ...]
    rules: tuple[Rule, ...]
    folds: Mapping[str, Fold]
    columns: Mapping[str, Column]
    presentation: Presentation

    @property
    def player_key(self) -> str | None:
        """The key column that is a player, where there is exactly one."""
        players = [column.name for column in self.key if column.type.kind == "player"]
        return players[0] if len(players) == 1 else None

    @property
    def is_ordered(self) -> bool:
        return any(fold.is_ordered for fold in self.folds.values())

    def rules_of(self, event: str) -> tuple[Rule, ...]:
        return tuple(rule for rule in self.rules if rule.selector.event == event)


@dataclass(frozen=True, slots=True)
class SortColumn:
    column: str
    direction: Direction


@dataclass(frozen=True, slots=True)
class Board:
    """A ranking of a sheet's rows. Each of ``partitions`` names player attributes and key columns; () is everybody."""

    name: str
    sheet: str
    by: tuple[SortColumn, ...]
    where: Expression | None
    partitions: tuple[tuple[str, ...], ...]
    ties: Ties
    presentation: Presentation


@dataclass(frozen=True, slots=True)
class Threshold:
    """What a row has to reach, where the condition is exactly one column against a number: gives progress."""

    column: str
    target: float


@dataclass(frozen=True, slots=True)
class RowCondition:
    sheet: str
    window: WindowKind
    when: Expression
    threshold: Threshold | None


@dataclass(frozen=True, slots=True)
class EventCondition:
    selector: Selector
    player: Expression
    when: Expression


@dataclass(frozen=True, slots=True)
class Manual:
    """Granted by the game, with an ``award.granted`` event."""


@dataclass(frozen=True, slots=True)
class Achievement:
    """``counts_from`` says which events count: all of the log, or those from the time on at which the achievement came
    into force. That time is no part of the definition: it is a fact kept with its version."""

    name: str
    condition: RowCondition | EventCondition | Manual
    points: int
    hidden: bool
    tier: str
    requires: tuple[str, ...]
    presentation: Presentation
    counts_from: CountsFrom = "beginning"


@dataclass(frozen=True, slots=True)
class Chart:
    name: str
    kind: str
    sheet: str
    columns: tuple[str, ...]
    every: WindowKind | None
    presentation: Presentation


@dataclass(frozen=True, slots=True)
class Check:
    """An event with a fact for which ``that`` does not hold is quarantined with ``reason``."""

    selector: Selector
    that: Expression
    reason: str


@dataclass(frozen=True, slots=True)
class Definition:
    """One game, whole. ``identities`` is "shared" (the server's namespace) or "own".

    ``submit`` are the event types that a player's own token may send; each has a field `player`.
    """

    game: str
    timezone: str
    identities: Literal["shared", "own"]
    events: Mapping[str, EventType]
    sheets: Mapping[str, Sheet]
    boards: Mapping[str, Board]
    achievements: Mapping[str, Achievement]
    charts: Mapping[str, Chart]
    checks: tuple[Check, ...]
    attributes: tuple[str, ...]
    ended_by: frozenset[str]
    submit: frozenset[str]
    presentation: Presentation
    source: str = field(repr=False)

    @property
    def namespace(self) -> str:
        """Which identities its players belong to; "" is the server's own."""
        return self.game if self.identities == "own" else ""

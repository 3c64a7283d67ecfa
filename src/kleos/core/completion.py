"""When an achievement was completed: the first event, in event order, after which its condition holds.

The one rule for live awards, for corrections and for `verify`: it looks at a player's whole history and at
nothing else.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from kleos.core.cells import Row, RowKey
from kleos.core.definition.model import Achievement, RowCondition
from kleos.core.plan import EventPlan, Plan
from kleos.core.windows import Calendar


@dataclass(frozen=True, slots=True, order=True)
class Award:
    """A player met a condition: dated by the event that completed it. Ordered by event order."""

    at: int
    event: str
    match: str


@dataclass(frozen=True, slots=True)
class Happened:
    """One event of a history, with what its type does. Players are named alike throughout a history."""

    plan: EventPlan
    event: Any


def completed(
    plan: Plan, calendar: Calendar, achievement: Achievement, player: Any, history: Sequence[Happened]
) -> Award | None:
    """``history``: the player's events, in event order; events that do not matter may be among them."""
    if achievement.name in plan.counts_from:
        history = [happened for happened in history if plan.counts(achievement.name, happened.event.at)]
    if isinstance(achievement.condition, RowCondition):
        return _completed_on_row(plan, calendar, achievement, achievement.condition, player, history)
    for happened in history:
        earned = happened.plan.earned.get(achievement.name)
        if earned is not None and player in earned(happened.event):
            return _award(happened.event)
    return None


def with_requirements(achievement: Achievement, own: Award | None, awards: Mapping[str, Award]) -> Award | None:
    """A prerequisite that is missing withholds the award; a later one dates it."""
    if own is None or any(name not in awards for name in achievement.requires):
        return None
    return max([own, *(awards[name] for name in achievement.requires)])


def all_awards(plan: Plan, calendar: Calendar, player: Any, history: Sequence[Happened]) -> dict[str, Award]:
    """Every award that a player's whole history gives."""
    awards: dict[str, Award] = {}
    for achievement in in_requirement_order(plan.definition.achievements):
        own = completed(plan, calendar, achievement, player, history)
        award = with_requirements(achievement, own, awards)
        if award is not None:
            awards[achievement.name] = award
    return awards


def in_requirement_order(achievements: Mapping[str, Achievement]) -> list[Achievement]:
    """Each after all that it requires; the loader has refused circles."""
    ordered: dict[str, Achievement] = {}

    def visit(achievement: Achievement) -> None:
        if achievement.name not in ordered:
            for name in achievement.requires:
                visit(achievements[name])
            ordered[achievement.name] = achievement

    for achievement in achievements.values():
        visit(achievement)
    return list(ordered.values())


def _award(event: Any) -> Award:
    return Award(event.at, event.id, event.match)


def _completed_on_row(
    plan: Plan,
    calendar: Calendar,
    achievement: Achievement,
    condition: RowCondition,
    player: Any,
    history: Sequence[Happened],
) -> Award | None:
    sheet = plan.definition.sheets[condition.sheet]
    award = next(award for award in plan.row_awards[sheet.name] if award.achievement.name == achievement.name)
    place = 1 + [column.name for column in sheet.key].index(sheet.player_key or "")
    rows: dict[RowKey, Row] = {}
    for happened in history:
        fold = happened.plan.folds.get(sheet.name)
        window = calendar.window(condition.window, happened.event.at)
        if fold is None or window is None:
            continue
        for rule in fold.rules:
            rule(happened.event, (window.name,), rows, set())
        for key in [key for key in rows if key[place] != player]:
            del rows[key]
        own = (row for key, row in rows.items() if key[0] == window.name)
        if any(award.holds(fold.cells.values(row)) for row in own):
            return _award(happened.event)
    return None

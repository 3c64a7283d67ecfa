"""When an achievement was completed: the first event, in event order, after which its condition holds.

The one rule for live awards, for corrections and for `verify`: it looks at a player's whole history and at
nothing else.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from kleos.core.cells import Row, RowKey
from kleos.core.definition.model import Achievement, RowCondition, Sheet, WindowKind
from kleos.core.plan import EventPlan, Plan, RowAward
from kleos.core.windows import Calendar


@dataclass(frozen=True, slots=True, order=True)
class Award:
    """A player met a condition: dated by the event that completed it. Ordered by event order."""

    at: int
    event: str
    match: str


@dataclass(frozen=True, slots=True)
class Completion:
    """An achievement's own condition was met: where it is on a row, by which ``row``, and its folded ``values`` after
    the event."""

    award: Award
    row: RowKey | None = None
    values: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Happened:
    """One event of a history, with what its type does. Players are named alike throughout a history."""

    plan: EventPlan
    event: Any


def completions(
    plan: Plan, calendar: Calendar, achievements: Iterable[Achievement], player: Any, history: Sequence[Happened]
) -> dict[str, Award]:
    """Those of the achievements that are completed, whatever they require, by name.

    ``history``: the player's events, in event order; events that do not matter may be among them.
    """
    found = completions_told(plan, calendar, achievements, player, history)
    return {name: completion.award for name, completion in found.items()}


def completions_told(
    plan: Plan, calendar: Calendar, achievements: Iterable[Achievement], player: Any, history: Sequence[Happened]
) -> dict[str, Completion]:
    """As :func:`completions`, with what was so then."""
    found: dict[str, Completion] = {}
    on_rows: dict[tuple[str, WindowKind, int | None], list[RowAward]] = {}
    for achievement in achievements:
        condition = achievement.condition
        if isinstance(condition, RowCondition):
            alike = (condition.sheet, condition.window, plan.counts_from.get(achievement.name))
            of_sheet = plan.row_awards[condition.sheet]
            on_rows.setdefault(alike, []).append(next(one for one in of_sheet if one.achievement is achievement))
        elif (award := _completed_on_event(plan, achievement, player, history)) is not None:
            found[achievement.name] = Completion(award)
    for (sheet, window, _), awards in on_rows.items():
        found |= _completed_on_row(plan, calendar, plan.definition.sheets[sheet], window, awards, player, history)
    return found


def _completed_on_event(plan: Plan, achievement: Achievement, player: Any, history: Sequence[Happened]) -> Award | None:
    for happened in history:
        earned = happened.plan.earned.get(achievement.name)
        if earned is None or not plan.counts(achievement.name, happened.event.at):
            continue
        if player in earned(happened.event):
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
    own = completions(plan, calendar, plan.definition.achievements.values(), player, history)
    for achievement in in_requirement_order(plan.definition.achievements):
        award = with_requirements(achievement, own.get(achievement.name), awards)
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
    sheet: Sheet,
    window_kind: WindowKind,
    awards: Sequence[RowAward],
    player: Any,
    history: Sequence[Happened],
) -> dict[str, Completion]:
    """Awards on the same rows, which count the same events, in one pass over these."""
    place = 1 + [column.name for column in sheet.key].index(sheet.player_key or "")
    open_awards = {award.achievement.name: award for award in awards}
    found: dict[str, Completion] = {}
    rows: dict[RowKey, Row] = {}
    for happened in history:
        fold = happened.plan.folds.get(sheet.name)
        window = calendar.window(window_kind, happened.event.at)
        if fold is None or window is None or not plan.counts(awards[0].achievement.name, happened.event.at):
            continue
        for rule in fold.rules:
            rule(happened.event, (window.name,), rows, set())
        for key in [key for key in rows if key[place] != player]:
            del rows[key]
        own = [(key, fold.cells.values(row)) for key, row in rows.items() if key[0] == window.name]
        for name, award in list(open_awards.items()):
            met = next(((key, values) for key, values in own if award.holds(values)), None)
            if met is not None:
                found[name] = Completion(_award(happened.event), *met)
                del open_awards[name]
        if not open_awards:
            break
    return found

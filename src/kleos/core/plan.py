"""A definition compiled: what the server runs for each event type. Pure functions, made once for each version."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec

from kleos.core import events as forms
from kleos.core.bodies import body_writer, log_reader, player_finder, player_renamer
from kleos.core.cells import Values
from kleos.core.definition.model import (
    AWARD_GRANTED,
    Achievement,
    Check,
    Definition,
    EventCondition,
    EventType,
    Manual,
    RowCondition,
    Sheet,
)
from kleos.core.expression import compile_python
from kleos.core.fold import SheetFold, compile_selected, compile_sheet_folds

Earned = Callable[[Any], set[Any]]
"""From an event to the players (as the event names them) who earn an achievement by it."""


@dataclass(frozen=True, slots=True)
class EventPlan:
    """What one event type does. ``earned``: the achievements met on a single event, manual ones included."""

    type: EventType
    normalise: Callable[[Any], None]
    players: Callable[[Any], set[str]]
    write_body: Callable[[Any, Mapping[str, int]], bytes]
    read_log: Callable[[str, str, int, bytes | str], forms.Event]
    renamed: Callable[[Any, Mapping[Any, Any]], Any]
    objection: Callable[[Any], str | None]
    folds: Mapping[str, SheetFold]
    earned: Mapping[str, Earned]
    ends_match: bool


@dataclass(frozen=True, slots=True)
class RowAward:
    """An achievement on a row: ``holds`` takes the row's folded values by name."""

    achievement: Achievement
    condition: RowCondition
    holds: Callable[[Values], bool]


@dataclass(frozen=True, slots=True)
class Plan:
    """``of_struct`` finds the plan of a decoded event by its class; ``formulas`` computes a row's, from its folds.

    ``counts_from``: by achievement that counts from the day of its coming, the time of the first event that does.
    """

    definition: Definition
    events: Mapping[str, EventPlan]
    of_struct: Mapping[type, EventPlan]
    decode_one: Callable[[bytes], Any]
    decode_many: Callable[[bytes], list[Any]]
    decode_lines: Callable[[bytes], list[Any]]
    row_awards: Mapping[str, tuple[RowAward, ...]]
    formulas: Mapping[str, Callable[[Mapping[str, Any]], dict[str, Any]]]
    counts_from: Mapping[str, int] = field(default_factory=dict)

    def counts(self, achievement: str, at: int) -> bool:
        """Whether an event of this time counts for an achievement."""
        start = self.counts_from.get(achievement)
        return start is None or at >= start

    def feeding(self, sheet: str, ordered_only: bool = False) -> list[str]:
        """The event types that feed a sheet, or only those that feed its ordered columns."""
        return [
            name
            for name, plan in self.events.items()
            if sheet in plan.folds and (plan.folds[sheet].feeds_ordered or not ordered_only)
        ]


def compile_plan(definition: Definition, counts_from: Mapping[str, int] | None = None) -> Plan:
    plans: dict[str, EventPlan] = {}
    of_struct: dict[type, EventPlan] = {}
    folds = {name: compile_sheet_folds(sheet, dict(definition.events)) for name, sheet in definition.sheets.items()}
    for name, event in definition.events.items():
        plan = _event_plan(definition, event, {s: f[name] for s, f in folds.items() if name in f})
        plans[name] = plan
        of_struct[forms.wire_struct(event, definition)] = plan
    union: Any = of_struct and _union(tuple(of_struct))
    one, many = msgspec.json.Decoder(union), msgspec.json.Decoder(list[union])
    return Plan(
        definition,
        plans,
        of_struct,
        one.decode,
        many.decode,
        one.decode_lines,
        {name: _row_awards(definition, name) for name in definition.sheets},
        {name: _formulas(sheet) for name, sheet in definition.sheets.items()},
        counts_from or {},
    )


def _union(structs: tuple[type, ...]) -> Any:
    union: Any = structs[0]
    for struct in structs[1:]:
        union = union | struct
    return union


def _event_plan(definition: Definition, event: EventType, folds: dict[str, SheetFold]) -> EventPlan:
    return EventPlan(
        type=event,
        normalise=forms.normaliser(event),
        players=player_finder(event),
        write_body=body_writer(event),
        read_log=log_reader(event, definition),
        renamed=player_renamer(event),
        objection=_objection([check for check in definition.checks if check.selector.event == event.name], event),
        folds=folds,
        earned=_earned_by(definition, event),
        ends_match=event.name in definition.ended_by,
    )


def _objection(checks: Sequence[Check], event: EventType) -> Callable[[Any], str | None]:
    """The reason of the first check that an event fails."""
    tests = [
        (compile_selected(check.selector, event, [check.that], f"check {check.reason}"), check.reason)
        for check in checks
    ]

    def objection(wire: Any) -> str | None:
        for facts, reason in tests:
            if not all(holds for (holds,) in facts(wire)):
                return reason
        return None

    return objection


def _earned_by(definition: Definition, event: EventType) -> dict[str, Earned]:
    earned: dict[str, Earned] = {}
    for name, achievement in definition.achievements.items():
        condition = achievement.condition
        if isinstance(condition, EventCondition) and condition.selector.event == event.name:
            earned[name] = _met_on_event(condition, event, name)
        elif isinstance(condition, Manual) and event.name == AWARD_GRANTED:
            earned[name] = _granted(name)
    return earned


def _met_on_event(condition: EventCondition, event: EventType, name: str) -> Earned:
    facts = compile_selected(condition.selector, event, [condition.when, condition.player], f"achievement {name}")
    return lambda wire: {player for holds, player in facts(wire) if holds and player is not None}


def _granted(name: str) -> Earned:
    return lambda wire: {wire.player} if wire.achievement == name else set()


def _row_awards(definition: Definition, sheet: str) -> tuple[RowAward, ...]:
    found = []
    for achievement in definition.achievements.values():
        condition = achievement.condition
        if isinstance(condition, RowCondition) and condition.sheet == sheet:
            found.append(RowAward(achievement, condition, _on_values(condition)))
    return tuple(found)


def _on_values(condition: RowCondition) -> Callable[[Values], bool]:
    parameters = tuple(sorted(condition.when.names))
    holds = compile_python(condition.when, parameters)
    return lambda values: bool(holds(*[values[name] for name in parameters]))


def _formulas(sheet: Sheet) -> Callable[[Mapping[str, Any]], dict[str, Any]]:
    compiled = []
    for column in sheet.columns.values():
        if column.formula is not None:
            parameters = tuple(sorted(column.formula.names))
            compiled.append((column.name, parameters, compile_python(column.formula, parameters)))

    def compute(values: Mapping[str, Any]) -> dict[str, Any]:
        return {name: function(*[values[p] for p in parameters]) for name, parameters, function in compiled}

    return compute

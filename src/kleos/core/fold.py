"""Folding events into rows: each rule of a sheet compiled to one Python function.

The functions take events in event order (time, then id) and change the rows of a dict in place. They read the clock
of no one: the time of a value is the time of its event. What they build for a batch is a delta, merged into the stored
row by :mod:`kleos.core.merge`'s rules; folding a row's whole history gives the row itself.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from math import floor
from typing import Any, Final

from kleos.core.cells import MILLION, Cells, Row, RowKey
from kleos.core.definition.model import EventType, Fold, Rule, Selector, Sheet
from kleos.core.expression import RUNTIME, Expression, FoldCall, python_source

FoldRule = Callable[[Any, Sequence[str | tuple[str, ...]], dict[RowKey, Row], set[tuple[Any, str]]], None]
"""``(event, windows, rows, appearances)``: adds the event's facts to the rows, and who appeared in which match."""

_INDENT: Final = "    "


@dataclass(frozen=True, slots=True)
class SheetFold:
    """How one event type enters one sheet."""

    sheet: Sheet
    cells: Cells
    rules: tuple[FoldRule, ...]
    feeds_ordered: bool


def millionths(value: float) -> int:
    """A float as the exact integer that sums add up."""
    return floor(value * MILLION + 0.5)


def compile_sheet_folds(sheet: Sheet, events: dict[str, EventType]) -> dict[str, SheetFold]:
    """By event type, the fold of this sheet."""
    cells = Cells.of(sheet)
    folds: dict[str, SheetFold] = {}
    for name in {rule.selector.event: None for rule in sheet.rules}:
        rules = sheet.rules_of(name)
        folds[name] = SheetFold(
            sheet,
            cells,
            tuple(compile_rule(sheet, cells, rule, events[name]) for rule in rules),
            any(sheet.folds[column].is_ordered for rule in rules for column in rule.calls),
        )
    return folds


def compile_rule(sheet: Sheet, cells: Cells, rule: Rule, event: EventType) -> FoldRule:
    lines = ["def fold(e, windows, rows, appearances):", *_indent(_body(sheet, cells, rule, event))]
    compiled: FoldRule = _compiled(
        "\n".join(lines), "fold", f"{sheet.name} on {event.name}", {"EMPTY": list(cells.empty)}
    )
    return compiled


def compile_selected(
    selector: Selector, event: EventType, yields: Sequence[Expression], name: str
) -> Callable[[Any], list[tuple[Any, ...]]]:
    """A function from an event to the values of ``yields`` for each fact that the selector lets through."""
    names = scope_names(selector, event)
    values = "".join(f"{python_source(value, names)}, " for value in yields)
    body = ["found = []", *_selected(selector, names, [f"found.append(({values}))"]), "return found"]
    source = "\n".join(["def select(e):", *_indent(body)])
    selected: Callable[[Any], list[tuple[Any, ...]]] = _compiled(source, "select", name, {})
    return selected


def scope_names(selector: Selector, event: EventType) -> dict[str, str]:
    """What each name of an event's expressions is in the generated functions, whose parameter is ``e``."""
    names = {name: f"e.{name}" for name in (*event.fields, "id", "match", "at")}
    if selector.each is not None:
        names.update((target, f"v_{target}") for target in selector.each.targets)
    return names


def _compiled(source: str, function: str, name: str, extra: dict[str, Any]) -> Any:
    namespace: dict[str, Any] = {**RUNTIME, "millionths": millionths, **extra}
    exec(compile(source, f"<{name}>", "exec"), namespace)
    return namespace[function]


def _indent(lines: Sequence[str]) -> list[str]:
    return [_INDENT + line for line in lines]


def _selected(selector: Selector, names: dict[str, str], body: list[str]) -> list[str]:
    """``body`` for each element of the ``for`` that meets the ``where``."""
    if selector.where is not None:
        body = [f"if {python_source(selector.where, names)}:", *_indent(body)]
    each = selector.each
    if each is None:
        return body
    source = python_source(each.source, names)
    targets = ", ".join(names[target] for target in each.targets)
    items = f"({source}).items()" if each.over_map else f"({source})"
    loop = [f"for {targets} in {items}:", *_indent(body)]
    return [f"if ({source}) is not None:", *_indent(loop)] if each.source.type.optional else loop


def _body(sheet: Sheet, cells: Cells, rule: Rule, event: EventType) -> list[str]:
    names = scope_names(rule.selector, event)
    inner: list[str] = []
    key = []
    for column, expression in zip(sheet.key, rule.key, strict=True):
        inner.append(f"k_{column.name} = {python_source(expression, names)}")
        key.append(f"k_{column.name}")
    players = [f"k_{column.name}" for column in sheet.key if column.type.kind == "player"]
    absent = " and ".join(
        f"k_{column.name} is not None"
        for column, expression in zip(sheet.key, rule.key, strict=True)
        if expression.type.optional
    )
    facts = [f"appearances.add(({player}, e.match))" for player in players]
    facts += [line for name, call in rule.calls.items() for line in _value(name, call, names)]
    facts += ["for window in windows:", *_indent(_row_update(sheet, cells, rule, key))]
    inner += [f"if {absent}:", *_indent(facts)] if absent else facts
    return ["at = e.at", *_selected(rule.selector, names, inner)]


def _value(name: str, call: FoldCall, names: dict[str, str]) -> list[str]:
    """Computes a column's contribution once, whatever the number of windows."""
    if call.argument is None:
        return []
    source = python_source(call.argument, names)
    if call.kind == "sum" and call.type.kind == "float":
        optional = f"c_{name} = {source}", f"c_{name} = None if c_{name} is None else millionths(c_{name})"
        return list(optional) if call.argument.type.optional else [f"c_{name} = millionths({source})"]
    return [f"c_{name} = {source}"]


def _row_update(sheet: Sheet, cells: Cells, rule: Rule, key: Sequence[str]) -> list[str]:
    lines = [
        f"key = (window, {', '.join(key)})",
        "row = rows.get(key)",
        "if row is None:",
        _INDENT + "rows[key] = row = EMPTY.copy()",
    ]
    if any(sheet.folds[name].is_ordered for name in rule.calls):
        lines += ["if row[0] is None:", _INDENT + "row[0] = at; row[1] = e.id", "row[2] = at; row[3] = e.id"]
    for name, call in rule.calls.items():
        lines += _ADD[call.kind](sheet.folds[name], call, f"c_{name}", cells.at[name])
    return lines


def _add_count(fold: Fold, call: FoldCall, value: str, at: int) -> list[str]:
    lines = [f"row[{at}] += 1", *([f"row[{at + 1}] = at"] if fold.since else [])]
    return lines if call.argument is None else [f"if {value}:", *_indent(lines)]


def _add_sum(fold: Fold, call: FoldCall, value: str, at: int) -> list[str]:
    lines = [f"row[{at}] += {value}", *([f"row[{at + 1}] = at"] if fold.since else [])]
    return [f"if {value}:", *_indent(lines)]  # neither None nor zero


def _add_extreme(sign: str) -> Callable[[Fold, FoldCall, str, int], list[str]]:
    def add(fold: Fold, call: FoldCall, value: str, at: int) -> list[str]:
        present = f"{value} is not None and " if call.argument and call.argument.type.optional else ""
        since = f"; row[{at + 1}] = at" if fold.since else ""
        condition = f"if {present}(row[{at}] is None or {value} {sign} row[{at}]):"
        return [condition, _INDENT + f"row[{at}] = {value}{since}"]

    return add


def _add_last(fold: Fold, call: FoldCall, value: str, at: int) -> list[str]:
    return [f"if {value} is not None:", _INDENT + f"row[{at}] = {value}; row[{at + 1}] = at"]


def _add_streak(fold: Fold, call: FoldCall, value: str, at: int) -> list[str]:
    length, prefix, suffix, best, prefix_at, since, best_since = (f"row[{at + n}]" for n in range(7))
    return [
        f"if {value}:",
        f"    if {prefix} == {length}: {prefix} += 1; {prefix_at} = at",
        f"    {suffix} += 1; {since} = at",
        f"    if {suffix} > {best}: {best} = {suffix}; {best_since} = at",
        "else:",
        f"    if {suffix} or not {length}: {since} = at",
        f"    {suffix} = 0",
        f"    if {best_since} is None: {best_since} = at",
        f"{length} += 1",
    ]


_ADD: Final[dict[str, Callable[[Fold, FoldCall, str, int], list[str]]]] = {
    "count": _add_count,
    "sum": _add_sum,
    "min": _add_extreme("<"),
    "max": _add_extreme(">"),
    "last": _add_last,
    "streak": _add_streak,
}


def in_event_order(events: Sequence[Any]) -> Iterator[Any]:
    return iter(sorted(events, key=lambda event: (event.at, event.id)))

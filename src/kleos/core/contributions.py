"""What stands behind one cell of a sheet: each fact that gave something to it, and the value after that fact.

Nothing is folded in a way of its own here: each fact is folded alone, by the compiled rule, into a row of its own, and
the rows are merged one after another by :mod:`kleos.core.merge`. What remains of the sheet is the one column.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from kleos.core.cells import MILLION, Cells, Row, RowKey
from kleos.core.completion import Happened
from kleos.core.definition.model import EventType, Fold, Rule, Sheet
from kleos.core.fold import FoldRule, compile_rule, compile_selected
from kleos.core.merge import merge


@dataclass(frozen=True, slots=True)
class Contribution:
    """What one fact gave to a column, and the column's value after it.

    ``position`` is the place, from 0, of the element in the rule's ``for`` (a map's in the order of its keys); None
    where the rule has none. ``given`` is what a sum adds, 1 for a count, the value itself for `min`, `max` and `last`,
    and for a streak whether it went on.
    """

    type: str
    event: Any
    position: int | None
    given: Any
    value: Any


@dataclass(frozen=True, slots=True)
class _Source:
    """One rule that feeds the column: how it folds, and where in the event its facts stand."""

    fold: FoldRule
    positions: Callable[[Any], list[int]] | None


class CellHistory:
    """The history of one cell: ``take`` it the events of the cell's window that may concern it, in event order.

    ``key`` is the row's, without the window. ``value`` is the cell's after what was taken; ``deciding`` the
    contribution by which it became that: the last of a count, a sum or `last`, else the one that changed it last.
    """

    def __init__(self, sheet: Sheet, events: Mapping[str, EventType], column: str, key: tuple[Any, ...]) -> None:
        self.column = column
        self._key = key
        self._fold = fold = sheet.folds[sheet.columns[column].fold or ""]
        self._sources, self._cells = _compiled(sheet, events, fold)
        self._at = self._cells.at[fold.name]
        self._row: Row = list(self._cells.empty)
        self.deciding: Contribution | None = None
        self.facts = 0

    @property
    def value(self) -> Any:
        return self._cells.values(self._row)[self.column]

    @property
    def types(self) -> tuple[str, ...]:
        """The event types that feed the column."""
        return tuple(self._sources)

    def take(self, happened: Happened) -> list[Contribution]:
        """What an event gives, fact by fact; what gives nothing is left out."""
        found = []
        for source in self._sources.get(happened.plan.type.name, ()):
            for position, delta in self._facts(source, happened.event):
                given = _given(self._fold, delta, self._at)
                if given is None:
                    continue
                before = self.value
                self._row = merge(self._cells, self._row, delta)
                one = Contribution(happened.plan.type.name, happened.event, position, given, self.value)
                if one.value != before or self.deciding is None or self._fold.kind in ("count", "sum", "last"):
                    self.deciding = one
                found.append(one)
        self.facts += len(found)
        return found

    def _facts(self, source: _Source, event: Any) -> Iterator[tuple[int | None, Row]]:
        """Each fact of the event that enters the row: where it stands, and the row that it makes alone."""
        facts = _Apart()
        source.fold(event, ("",), facts, set())
        positions: Iterable[int | None] = (
            [None] * len(facts.made) if source.positions is None else source.positions(event)
        )
        for position, (key, row) in zip(positions, facts.made, strict=True):
            if key[1:] == self._key:
                yield position, row


class _Apart(dict[RowKey, Row]):
    """The rows of a fold, of which none is ever met again: every fact makes one of its own."""

    def __init__(self) -> None:
        super().__init__()
        self.made: list[tuple[RowKey, Row]] = []

    def get(self, key: RowKey, default: Any = None) -> Any:
        return None

    def __setitem__(self, key: RowKey, row: Row) -> None:
        self.made.append((key, row))


def _compiled(sheet: Sheet, events: Mapping[str, EventType], fold: Fold) -> tuple[dict[str, list[_Source]], Cells]:
    rules = [replace(rule, calls={fold.name: rule.calls[fold.name]}) for rule in sheet.rules if fold.name in rule.calls]
    alone = replace(sheet, rules=tuple(rules), folds={fold.name: fold})
    cells = Cells.of(alone)
    sources: dict[str, list[_Source]] = {}
    for rule in rules:
        event = events[rule.selector.event]
        compiled = _Source(compile_rule(alone, cells, rule, event), _positions(rule, event))
        sources.setdefault(event.name, []).append(compiled)
    return sources, cells


def _positions(rule: Rule, event: EventType) -> Callable[[Any], list[int]] | None:
    """From an event to the places of those elements of the ``for`` that make a fact."""
    selector = rule.selector
    if selector.each is None:
        return None
    conditions = [] if selector.where is None else [selector.where]
    ask = compile_selected(replace(selector, where=None), event, [*conditions, *rule.key], f"positions in {event.name}")
    first_key = len(conditions)

    def positions(wire: Any) -> list[int]:
        return [
            place
            for place, values in enumerate(ask(wire))
            if all(values[:first_key]) and None not in values[first_key:]
        ]

    return positions


def _given(fold: Fold, delta: Row, at: int) -> Any:
    """What a single fact gave; None for nothing."""
    match fold.kind:
        case "count":
            return delta[at] or None
        case "sum":
            exact = delta[at] or None
            return float(exact) / MILLION if exact is not None and fold.type.kind == "float" else exact
        case "streak":
            return bool(delta[at + 2]) if delta[at] else None
    return delta[at]

"""What a new version of a definition would change, and what of it cannot be done to a game that has events already."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeVar

from kleos.core.definition.model import (
    Achievement,
    Board,
    Check,
    Column,
    Definition,
    EventCondition,
    EventType,
    Presentation,
    RowCondition,
    Selector,
    Sheet,
)
from kleos.core.definition.names import BUILT_IN_SHEET
from kleos.core.errors import Problem
from kleos.core.expression import Expression
from kleos.core.types import MISSING, Field, ListOf, MapOf, RecordOf, Type, with_optional

ChangeKind = Literal["added", "dropped", "changed"]
_Thing = TypeVar("_Thing")


@dataclass(frozen=True, slots=True)
class Change:
    """One difference. ``table`` and ``key`` name it as the file does: ``sheets.career`` and ``win_rate``."""

    kind: ChangeKind
    table: str
    key: str
    text: str


@dataclass(frozen=True, slots=True)
class Changes:
    """``refused`` is what cannot be done; while there is any, the new version must not be put in force.

    ``refold`` names the sheets whose rows have to be computed from the log (new ones included), ``rejudge`` the
    achievements whose awards have to.
    """

    changes: tuple[Change, ...]
    refused: tuple[Problem, ...]
    refold: tuple[str, ...]
    rejudge: tuple[str, ...]


def compare(
    old: Definition, new: Definition, file: str | None = None, earlier: Mapping[str, EventType] | None = None
) -> Changes:
    """From the definition in force to the one that should replace it. ``file`` is what problems call it; ``earlier``
    are event types that only ``new`` has but of which the log holds events, as the version had them that took those."""
    comparison = _Comparison(old, new, file or f"{new.game}.toml", earlier or {})
    comparison.run()
    return Changes(
        tuple(comparison.changes),
        tuple(comparison.refused),
        tuple(name for name in new.sheets if name in comparison.refold),
        tuple(name for name in new.achievements if name in comparison.rejudge),
    )


@dataclass(slots=True)
class _Comparison:
    old: Definition
    new: Definition
    file: str
    earlier: Mapping[str, EventType] = field(default_factory=dict)
    changes: list[Change] = field(default_factory=list)
    refused: list[Problem] = field(default_factory=list)
    refold: set[str] = field(default_factory=set)
    rejudge: set[str] = field(default_factory=set)
    redefined_events: set[str] = field(default_factory=set)
    """Event types whose events in the log may now read otherwise: a default is another."""

    def run(self) -> None:
        self._game()
        self._events()
        for name, sheet, new_sheet in self._pairs("sheets", self.old.sheets, self.new.sheets):
            self._sheet(name, sheet, new_sheet)
        for name, board, new_board in self._pairs("boards", self.old.boards, self.new.boards):
            self._noted(f"boards.{name}", _ranking(board) != _ranking(new_board), "ranks otherwise")
            self._shown(f"boards.{name}", board.presentation, new_board.presentation)
        self._achievements()
        for name, chart, new_chart in self._pairs("charts", self.old.charts, self.new.charts):
            self._noted(f"charts.{name}", chart != new_chart, "is drawn otherwise")
        self._checks()

    def _change(self, kind: ChangeKind, table: str, key: str, text: str) -> None:
        self.changes.append(Change(kind, table, key, text))

    def _refuse(self, table: str, key: str, message: str, mend: str) -> None:
        self.refused.append(Problem(self.file, table, key or None, message, mend))

    def _noted(self, table: str, is_changed: bool, text: str, key: str = "") -> None:
        if is_changed:
            self._change("changed", table, key, text)

    def _shown(self, table: str, old: Presentation, new: Presentation, key: str = "") -> None:
        self._noted(table, old != new, "is shown otherwise", key)

    def _pairs(
        self, table: str, old: Mapping[str, _Thing], new: Mapping[str, _Thing]
    ) -> Iterator[tuple[str, _Thing, _Thing]]:
        """What both have; notes what only one has."""
        for name in old:
            if name in new:
                yield name, old[name], new[name]
            else:
                self._change("dropped", f"{table}.{name}", "", "is dropped")
        for name in new:
            if name not in old:
                self._change("added", f"{table}.{name}", "", "is added")

    def _game(self) -> None:
        old, new = self.old, self.new
        if old.identities != new.identities:
            mend = f'identities = "{old.identities}", or a game of another name'
            self._refuse("", "identities", "cannot change: the log knows players by it", mend)
        self._noted("", old.timezone != new.timezone, f"{old.timezone} becomes {new.timezone}", "timezone")
        for name in new.attributes:
            if name not in old.attributes:
                self._change("added", "", "attributes", f"{name!r} is added")
        for name in old.attributes:
            if name not in new.attributes:
                self._change("dropped", "", "attributes", f"{name!r} is dropped")
        self._noted("matches", old.ended_by != new.ended_by, "other events end a match", "ended_by")
        for name in sorted(old.submit ^ new.submit):
            opened = name in new.submit
            text = "players may send it" if opened else "players may no longer send it"
            self._change("added" if opened else "dropped", "submit", name, text)
        self._shown("", old.presentation, new.presentation)

    def _events(self) -> None:
        for name, event, new_event in self._pairs("events", self.old.events, self.new.events):
            if self._fields(f"events.{name}", event.fields, new_event.fields):
                self.redefined_events.add(name)
        old, new = _records(self.old.events.values()), _records(self.new.events.values())
        for name in old.keys() & new.keys():
            if self._fields(f"types.{name}", old[name].fields, new[name].fields):
                self.redefined_events.update(self.new.events)
        for name, earlier in self.earlier.items():
            self._come_again(earlier, self.new.events[name])

    def _come_again(self, earlier: EventType, event: EventType) -> None:
        """A type that was dropped: the log still has its events, and must be able to read them. It is told as added,
        so of the comparison only what is refused counts."""
        again = _Comparison(self.old, self.new, self.file)
        again._fields(f"events.{event.name}", earlier.fields, event.fields)
        old, new = _records([earlier]), _records([event])
        for name in sorted(old.keys() & new.keys()):
            again._fields(f"types.{name}", old[name].fields, new[name].fields)
        self.refused += [problem for problem in again.refused if problem not in self.refused]

    def _fields(self, table: str, old: Mapping[str, Field], new: Mapping[str, Field]) -> bool:
        """Whether an event of the log may now read otherwise."""
        for name in old.keys() - new.keys():
            self._refuse(table, name, "is dropped, but events in the log carry it", "the field as it was")
        for name, added in new.items():
            if name in old:
                continue
            if added.required:
                mend = f'"{added.type}?", or a default: "{added.type} = …"'
                self._refuse(table, name, "is new and required, but events in the log lack it", mend)
            self._change("added", table, name, f"the field is added: {added.type}")
        is_redefined = False
        for name in old:
            if name in new:
                is_redefined |= self._field(table, name, old[name], new[name])
        return is_redefined

    def _field(self, table: str, name: str, old: Field, new: Field) -> bool:
        before, after = str(old.type), str(new.type)
        if before != after:
            self._change("changed", table, name, f"{before} becomes {after}")
        if before != after != str(with_optional(old.type, True)):
            self._refuse(table, name, f"is {after} and was {before}", f"{before}, or a new field")
        elif new.required and not old.required:
            self._refuse(table, name, "is required, but events in the log may lack it", "the default as it was")
        elif not old.required and _absence(table, old) != _absence(table, new):
            message = "may be absent from events in the log, and the archive keeps what its default made of that"
            self._refuse(table, name, message, "the field as it was, or a new field")
        is_redefined = repr(old.default) != repr(new.default)
        self._noted(table, is_redefined, "has another default", name)
        return is_redefined

    def _sheet(self, name: str, old: Sheet, new: Sheet) -> None:
        table = f"sheets.{name}"
        if old.key != new.key:
            was, is_now = (", ".join(f"{c.name}: {c.type}" for c in sheet.key) for sheet in (old, new))
            self._refuse(table, "key", f"is ({is_now}) and was ({was})", "the key as it was, or a new sheet")
        for kind in new.windows:
            if kind not in old.windows:
                self._change("added", table, "windows", f"the window {kind!r} is added")
        for kind in old.windows:
            if kind not in new.windows:
                self._change("dropped", table, "windows", f"the window {kind!r} is dropped")
        for column in old.columns.keys() - new.columns.keys():
            self._change("dropped", table, column, "the column is dropped")
        for column in new.columns:
            if column in old.columns:
                self._column(table, column, old, new)
            else:
                self._change("added", table, column, "the column is added")
        self._shown(table, old.presentation, new.presentation)
        is_dated_otherwise = self.old.timezone != self.new.timezone and new.windows != ("all",)
        is_fed_otherwise = any(rule.selector.event in self.redefined_events for rule in new.rules)
        if is_dated_otherwise or is_fed_otherwise or _folding(old) != _folding(new):
            self.refold.add(name)

    def _column(self, table: str, name: str, old_sheet: Sheet, new_sheet: Sheet) -> None:
        old, new = old_sheet.columns[name], new_sheet.columns[name]
        was, is_now = _described(old, old_sheet), _described(new, new_sheet)
        if was != is_now:
            self._refuse(table, name, f"is {is_now} and was {was}", "a new column of another name")
        elif old.formula is not None and new.formula is not None and old.formula.root != new.formula.root:
            self._change("changed", table, name, f"{old.formula.text} becomes {new.formula.text}")
        elif _contributions(old_sheet, name) != _contributions(new_sheet, name):
            self._change("changed", table, name, "is folded otherwise")
        self._shown(table, old.presentation, new.presentation, name)

    def _achievements(self) -> None:
        old, new = self.old.achievements, self.new.achievements
        for name, before, after in self._pairs("achievements", old, new):
            table = f"achievements.{name}"
            is_other = _meaning(before) != _meaning(after)
            self._noted(table, is_other, "is awarded otherwise")
            start = f"{before.counts_from} becomes {after.counts_from}"
            self._noted(table, before.counts_from != after.counts_from, start, "from")
            self._noted(table, before.points != after.points, f"{before.points} becomes {after.points}", "points")
            self._noted(table, (before.hidden, before.tier) != (after.hidden, after.tier), "is shown otherwise")
            self._shown(table, before.presentation, after.presentation)
            if is_other or before.counts_from != after.counts_from or self._stands_on_changed(after):
                self.rejudge.add(name)
        self.rejudge.update(new.keys() - old.keys())
        if self.rejudge or {n: a.points for n, a in old.items()} != {n: a.points for n, a in new.items()}:
            self.refold.add(BUILT_IN_SHEET)
        self.refold.update(self.new.sheets.keys() - self.old.sheets.keys())

    def _stands_on_changed(self, achievement: Achievement) -> bool:
        condition = achievement.condition
        if isinstance(condition, RowCondition):
            return condition.sheet in self.refold
        return isinstance(condition, EventCondition) and condition.selector.event in self.redefined_events

    def _checks(self) -> None:
        old, new = ([_check(check) for check in side.checks] for side in (self.old, self.new))
        for check in new:
            if check not in old:
                self._change("added", "checks", "", f"{check[-1]!r} is added")
        for check in old:
            if check not in new:
                self._change("dropped", "checks", "", f"{check[-1]!r} is dropped")


def _records(events: Iterable[EventType]) -> dict[str, RecordOf]:
    """The records that fields of events hold, by name."""
    found: dict[str, RecordOf] = {}
    todo: list[Type] = [item.type for event in events for item in event.fields.values()]
    while todo:
        match todo.pop():
            case ListOf(item=inner) | MapOf(value=inner):
                todo.append(inner)
            case RecordOf(name=name, fields=fields) as record if name not in found:
                found[name] = record
                todo.extend(item.type for item in fields.values())
    return found


def _absence(table: str, field: Field) -> tuple[bool, str | None]:
    """What must not change for a field that events in the log may lack, because the archive's files hold it.

    A file has NULL for both no value and null. Where a field may be null and has another default, and anywhere in a
    record, the default is therefore written out.
    """
    default = None if field.default is MISSING else field.default
    is_nullable = field.type.optional and default is not None
    return is_nullable, repr(default) if is_nullable or table.startswith("types.") else None


def _text(expression: Expression | None) -> str:
    return expression.text if expression is not None else ""


def _selection(selector: Selector) -> tuple[str, ...]:
    return selector.event, selector.each.text if selector.each is not None else "", _text(selector.where)


def _folding(sheet: Sheet) -> tuple[object, ...]:
    """All that the rows of a sheet are computed from."""
    rules = [
        (_selection(rule.selector), [_text(key) for key in rule.key], {n: call.text for n, call in rule.calls.items()})
        for rule in sheet.rules
    ]
    since = {name: (fold.since, fold.best_since) for name, fold in sheet.folds.items()}
    return sheet.windows, rules, since


def _contributions(sheet: Sheet, column: str) -> list[object]:
    """How a folded column's value comes about, rule by rule."""
    fold = sheet.columns[column].fold
    return [
        (_selection(rule.selector), [_text(key) for key in rule.key], rule.calls[fold].text)
        for rule in sheet.rules
        if fold is not None and fold in rule.calls
    ]


def _described(column: Column, sheet: Sheet) -> str:
    """What a column is made as; a formula's type may change, as nothing but the row makes it."""
    return "a formula" if column.fold is None else f"{sheet.folds[column.fold].kind} of {column.type}"


def _ranking(board: Board) -> tuple[object, ...]:
    return board.sheet, board.by, _text(board.where), board.partitions, board.ties


def _meaning(achievement: Achievement) -> tuple[object, ...]:
    condition = achievement.condition
    if isinstance(condition, RowCondition):
        return condition.sheet, condition.window, condition.when.text, achievement.requires
    if isinstance(condition, EventCondition):
        texts = _text(condition.player), _text(condition.when)
        return _selection(condition.selector), texts, achievement.requires
    return "manual", achievement.requires


def _check(check: Check) -> tuple[str, ...]:
    return (*_selection(check.selector), check.that.text, check.reason)

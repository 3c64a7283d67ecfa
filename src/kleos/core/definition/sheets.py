"""The sheets of a definition: their keys, rules, folds and formulas."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from kleos.core.definition.events import Events
from kleos.core.definition.model import (
    WINDOW_KINDS,
    Column,
    Fold,
    KeyColumn,
    Presentation,
    Rule,
    Sheet,
    WindowKind,
)
from kleos.core.definition.names import (
    RESERVED_COLUMNS,
    RESERVED_PARAMETERS,
    RULE_KEYS,
    check_sheet,
    check_word,
    hidden_columns,
    titled,
)
from kleos.core.definition.presentation import read_presentation
from kleos.core.definition.problems import Problems, did_you_mean
from kleos.core.definition.scopes import Scope, error_message, fold_call, value
from kleos.core.definition.selectors import read_selector
from kleos.core.definition.tables import Table
from kleos.core.expression import Expression, FoldCall, FormulaErrors, never_negative, order_formulas
from kleos.core.expression.ranges import FloatRange, either_float
from kleos.core.types import Scalar, with_optional

MOST_COLUMNS = 64
"""Visible columns of one sheet."""

_KEY_KINDS = ("player", "str", "int", "bool")


@dataclass(frozen=True, slots=True)
class ReadSheet:
    """A sheet as far as it could be read.

    ``scope`` is what expressions over its rows may use; ``is_keyed`` is False where the types of its key are not known.
    """

    sheet: Sheet
    scope: Scope
    is_keyed: bool = True

    @property
    def lacks_player(self) -> bool:
        """Whether it is known that the key does not hold exactly one player."""
        return self.is_keyed and self.sheet.player_key is None


def read_sheets(game: Table, events: Events) -> dict[str, ReadSheet]:
    sheets = {}
    for name, table in game.tables("sheets").items():
        check_sheet(name, table.path, table.problems)
        sheets[name] = _SheetReader(name, table).read(events)
    return sheets


def with_since(sheet: Sheet, ranked: set[str]) -> Sheet:
    """The sheet with the time folded too of every visible folded column of ``ranked``."""
    folds = {
        name: replace(fold, since=name in ranked, best_since=f"{name}_best" in ranked and fold.kind == "streak")
        for name, fold in sheet.folds.items()
    }
    return replace(sheet, folds=folds)


def folded_columns(folds: Mapping[str, Fold]) -> dict[str, Column]:
    """The visible columns of the folds, titled by their names. A streak gives two."""
    columns = {}
    for fold in folds.values():
        for name in (fold.name, f"{fold.name}_best") if fold.kind == "streak" else (fold.name,):
            columns[name] = Column(name, fold.type, fold.name, None, (name,), Presentation(title=titled(name)))
    return columns


@dataclass(slots=True)
class _SheetReader:
    name: str
    table: Table
    key_types: dict[str, Scalar] = field(default_factory=dict)
    folds: dict[str, Fold] = field(default_factory=dict)
    rules: list[Rule] = field(default_factory=list)
    broken: set[str] = field(default_factory=set)
    first: dict[str, tuple[str, FoldCall]] = field(default_factory=dict)
    floats: dict[str, FloatRange] = field(default_factory=dict)

    def read(self, events: Events) -> ReadSheet:
        key = self._key_names()
        for rule in self.table.list("on"):
            self._rule(rule, key, events)
        columns = folded_columns(self.folds)
        self._collisions(key, columns)
        self._ordered(key)
        columns |= self._formulas(columns)
        if len(columns) > MOST_COLUMNS:
            self.table.problem("", f"has {len(columns)} columns", f"at most {MOST_COLUMNS}")
        columns = self._presented(columns)
        found = {name: self.key_types.get(name, Scalar("str")) for name in key}
        sheet = Sheet(
            self.name,
            tuple(KeyColumn(name, type_) for name, type_ in found.items()),
            self._windows(),
            tuple(self.rules),
            self.folds,
            columns,
            read_presentation(self.table, self.name),
        )
        scope = Scope({name: column.type for name, column in columns.items()}, frozenset(self.broken), self.floats)
        is_keyed = len(self.key_types) > 0 and set(self.key_types) == set(self.table.texts("key"))
        return ReadSheet(sheet, scope, is_keyed)

    @property
    def problems(self) -> Problems:
        return self.table.problems

    def _windows(self) -> tuple[WindowKind, ...]:
        chosen = self.table.texts("windows") or ("all",)
        return tuple(kind for kind in WINDOW_KINDS if kind in chosen)

    def _key_names(self) -> tuple[str, ...]:
        names = []
        for name in self.table.texts("key"):
            if not check_word(name, "a key column", self.table.path, "key", self.problems):
                continue
            if name in RESERVED_COLUMNS or name in RESERVED_PARAMETERS or name in RULE_KEYS:
                self.table.problem("key", f"a key column cannot be named {name!r}", "another name, bound in each rule")
                continue
            names.append(name)
        return tuple(names)

    def _rule(self, table: Table, key: tuple[str, ...], events: Events) -> None:
        """Reads one rule. What it declares wrongly is broken, so that what uses those columns is not judged."""
        columns = [name for name in table.entries if name not in key]
        if not columns and not table.broken:
            table.problem("", "folds nothing", 'at least one column, such as `games = "count()"`')
        read = read_selector(table, events)
        calls = {}
        for name in columns:
            call = fold_call(table, name, table.entries[name], read[1]) if read is not None else None
            if check_word(name, "a column", table.path, name, self.problems) and call is not None:
                calls[name] = call
                self._fold(table, name, call)
            elif name not in self.folds:
                self.broken.update((name, f"{name}_best"))
        self.broken.update(name for name in table.broken if name not in (*RULE_KEYS, ""))
        if read is None:
            return
        expressions = [self._bound(table, name, read[1]) for name in key]
        complete = [expression for expression in expressions if expression is not None]
        self.rules.append(Rule(read[0], tuple(complete), calls))

    def _bound(self, table: Table, name: str, scope: Scope) -> Expression | None:
        """The expression that gives a key column in a rule: what the rule binds it to, else what has its name."""
        text = table.entries.get(name)
        if text is None:
            if name in scope.broken or name in table.broken:
                return None
            if name not in scope.types:
                mend = f'`{name} = "…"`, an expression that gives it, or a `for` with that name'
                table.problem(name, f"nothing gives the key column {name!r}", mend)
                return None
            text = name
        expression = value(table, name, text, scope)
        if expression is None or not self._key_type(table, name, expression):
            return None
        return expression

    def _key_type(self, table: Table, name: str, expression: Expression) -> bool:
        type_ = with_optional(expression.type, False)
        if not isinstance(type_, Scalar) or type_.kind not in _KEY_KINDS:
            table.problem(name, f"a key column cannot be {expression.type}", f"one of: {', '.join(_KEY_KINDS)}")
            return False
        known = self.key_types.setdefault(name, type_)
        if known != type_:
            table.problem(
                name,
                f"is {type_} here and {known} in an earlier rule",
                f"the same type, {known}, in all rules",
            )
            return False
        return True

    def _fold(self, table: Table, name: str, call: FoldCall) -> None:
        self._holds(name, call.floats)
        never_falls = call.kind == "count" or (
            call.kind == "sum" and call.argument is not None and never_negative(call.argument)
        )
        known = self.folds.get(name)
        if known is None:
            self.folds[name] = Fold(name, call.kind, call.type, never_falls=never_falls)
            return
        if known.kind != call.kind:
            mend = f"{known.kind}(…) in all rules, or another column"
            table.problem(name, f"is a {call.kind} here and a {known.kind} in an earlier rule", mend)
        elif known.type != call.type:
            mend = "the same type in all rules (an int times 1.0 is a float)"
            table.problem(name, f"is {call.type} here and {known.type} in an earlier rule", mend)
        else:
            self.folds[name] = replace(known, never_falls=known.never_falls and never_falls)

    def _holds(self, name: str, floats: FloatRange | None) -> None:
        """What one rule, or the formula, makes of a column: formulas and conditions over it must not leave the range
        of numbers, which SQL would answer with an error."""
        if floats is not None:
            self.floats[name] = either_float([floats, self.floats.get(name, floats)])

    def _collisions(self, key: tuple[str, ...], columns: Mapping[str, Column]) -> None:
        """Every column of the table, visible or hidden, has a name of its own."""
        formulas = self.table.table("formulas")
        taken = dict.fromkeys(RESERVED_COLUMNS, "a hidden column of every sheet")
        taken |= dict.fromkeys(key, "a key column")
        for name, column in columns.items():
            what = "a column" if name == column.fold else f"the best of the streak {column.fold!r}"
            self._take(taken, name, what)
        for name in formulas.entries if formulas is not None else ():
            self._take(taken, name, "a formula")
        for name in columns:
            for hidden in hidden_columns(name, name in self.folds and self.folds[name].kind == "streak"):
                self._take(taken, hidden, f"a hidden column behind {name!r}")

    def _take(self, taken: dict[str, str], name: str, what: str) -> None:
        if name in taken:
            self.table.problem(name, f"{name!r} is both {taken[name]} and {what}", "another name for one of them")
        taken[name] = what

    def _ordered(self, key: tuple[str, ...]) -> None:
        ordered = [fold for fold in self.folds.values() if fold.is_ordered]
        if not ordered or any(type_.kind == "player" for type_ in self.key_types.values()):
            return
        complete = [rule for rule in self.rules if len(rule.key) == len(key)]
        if len(complete) < len(self.table.list("on")):
            return
        if not any(all(rule.key[i].text.strip() == "match" for rule in complete) for i in range(len(key))):
            message = f"holds a {ordered[0].kind}, which goes by the order of events"
            self.table.problem("key", message, "a player or `match` in the key, or no `last` and `streak`")

    def _formulas(self, columns: Mapping[str, Column]) -> dict[str, Column]:
        table = self.table.table("formulas")
        if table is None:
            return {}
        scope = Scope({name: column.type for name, column in columns.items()}, frozenset(self.broken | table.broken))
        texts = {}
        for name, text in table.entries.items():
            if not check_word(name, "a formula", table.path, name, self.problems):
                self.broken.add(name)
            else:
                texts[name] = text
        judged = self._judged(texts, scope)
        self.broken.update(table.broken, texts.keys() - judged.keys())
        try:
            formulas = order_formulas(judged, scope.types, self.floats)
        except FormulaErrors as errors:
            for name, error in errors.problems.items():
                table.problem(name, error_message(error), error.mend)
            self.broken.update(judged)
            return {}
        return {name: column for name in judged if (column := self._computed(table, name, formulas[name])) is not None}

    def _judged(self, texts: Mapping[str, str], scope: Scope) -> dict[str, str]:
        """The formulas that use nothing broken, directly or through others."""
        judged = dict(texts)
        while True:
            left = Scope(scope.types, scope.broken | (texts.keys() - judged.keys()))
            kept = {name: text for name, text in judged.items() if left.judges(text)}
            if len(kept) == len(judged):
                return kept
            judged = kept

    def _computed(self, table: Table, name: str, formula: Expression) -> Column | None:
        if not isinstance(formula.type, Scalar) or formula.type.kind not in (
            "int",
            "float",
            "bool",
            "time",
            "str",
        ):
            table.problem(name, f"a formula cannot be {formula.type}", "a number, a text, a time or a condition")
            self.broken.add(name)
            return None
        self._holds(name, formula.root.range if isinstance(formula.root.range, FloatRange) else None)
        presentation = Presentation(title=titled(name))
        return Column(name, formula.type, None, formula, formula.names, presentation)

    def _presented(self, columns: Mapping[str, Column]) -> dict[str, Column]:
        presented = dict(columns)
        for name, table in self.table.tables("columns").items():
            if name in presented:
                presented[name] = replace(presented[name], presentation=read_presentation(table, name))
            elif name not in self.broken:
                table.problem("", "there is no such column in the sheet", did_you_mean(name, columns))
        return presented

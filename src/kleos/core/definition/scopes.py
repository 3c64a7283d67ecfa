"""Expressions of a definition, each against the names that it may use; failures are reported at table and key."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import TypeVar

from kleos.core.definition.tables import Table
from kleos.core.errors import ExpressionError
from kleos.core.expression import (
    Expression,
    Floats,
    FoldCall,
    ForClause,
    parse,
    parse_condition,
    parse_fold,
    parse_for,
)
from kleos.core.types import Type

_WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_Read = TypeVar("_Read")


@dataclass(frozen=True, slots=True)
class Scope:
    """The names that an expression may use. ``broken`` are declared wrongly: what mentions them is not judged.
    ``floats`` tells which floats the columns of a row can hold."""

    types: Mapping[str, Type]
    broken: frozenset[str] = frozenset()
    floats: Floats = field(default_factory=dict)

    def judges(self, text: str) -> bool:
        return not self.broken or self.broken.isdisjoint(_WORD.findall(text))


def value(table: Table, key: str, text: str, scope: Scope) -> Expression | None:
    """The expression over an event, or None where it is not one, which is then reported."""
    return _read(table, key, text, scope, partial(parse, int_bits=53))


def condition(table: Table, key: str, scope: Scope) -> Expression | None:
    """Like :func:`value`, for what must be true or false of an event; None too where the key is absent."""
    return _read(table, key, table.text(key), scope, partial(parse_condition, int_bits=53)) if key in table else None


def row_condition(table: Table, key: str, scope: Scope) -> Expression | None:
    """Like :func:`condition`, over the columns of a row."""
    reader = partial(parse_condition, floats=scope.floats)
    return _read(table, key, table.text(key), scope, reader) if key in table else None


def fold_call(table: Table, key: str, text: str, scope: Scope) -> FoldCall | None:
    return _read(table, key, text, scope, parse_fold)


def for_clause(table: Table, key: str, scope: Scope) -> ForClause | None:
    return _read(table, key, table.text(key), scope, parse_for)


def _read(
    table: Table, key: str, text: str, scope: Scope, reader: Callable[[str, Mapping[str, Type]], _Read]
) -> _Read | None:
    if not scope.judges(text):
        return None
    try:
        return reader(text, scope.types)
    except ExpressionError as error:
        table.problem(key, error_message(error), error.mend)
        return None


def error_message(error: ExpressionError) -> str:
    """What is wrong, and at which character of the text, from 1."""
    return error.message if error.column is None else f"{error.message} (at character {error.column + 1})"

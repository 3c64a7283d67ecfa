"""The ``for`` clause: ``player, score in scores`` over a map, ``p in participants`` over a list."""

import keyword
import re
from dataclasses import dataclass, field
from typing import Final

from kleos.core.errors import ExpressionError
from kleos.core.expression.check import FUNCTIONS, parse
from kleos.core.expression.syntax import LONGEST_TEXT
from kleos.core.expression.tree import Expression, Scope
from kleos.core.types import ListOf, MapOf, Type

_CLAUSE: Final = re.compile(r"\s*([^\s,]+)\s*(?:,\s*([^\s,]+)\s*)?\sin\s(.*)", re.DOTALL)
_NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
_KEYWORDS: Final = frozenset((*keyword.kwlist, *FUNCTIONS))


@dataclass(frozen=True)
class ForClause:
    """Every element of ``source``; where it is None there are none.

    ``targets``: (key, value) over a map, (item,) over a list. ``scope``: the scope that it was read in, and
    the targets.
    """

    text: str
    targets: tuple[str, ...]
    source: Expression
    over_map: bool
    scope: Scope = field(hash=False)


def parse_for(text: str, scope: Scope) -> ForClause:
    """Read a ``for`` clause.

    Raises ExpressionError with what is wrong, at which column, and what would be right.
    """
    example = "write `key, value in map` or `item in list`"
    match = _CLAUSE.fullmatch(text) if len(text) <= LONGEST_TEXT else None
    if match is None:
        raise ExpressionError("this is no `for` clause", example, 0)
    targets = tuple(match[group] for group in (1, 2) if match[group])
    for group, target in enumerate(targets, 1):
        _check_target(target, scope, match.start(group))
    if len(set(targets)) < len(targets):
        raise ExpressionError(f"`{targets[0]}` stands for both", "give the key and the value two names", match.start(2))
    try:
        source = parse(match[3], scope, int_bits=53)
    except ExpressionError as error:
        raise ExpressionError(error.message, error.mend, (error.column or 0) + match.start(3)) from None
    types = _element_types(source.type)
    if types is None:
        raise ExpressionError(f"`{source.type}` has no elements", example, match.start(3))
    if len(types) != len(targets):
        over, wanted = ("map", "two names: `key, value in …`") if len(types) == 2 else ("list", "one name: `item in …`")
        raise ExpressionError(
            f"the elements of a {over} need {wanted.split(':')[0]}",
            "write" + wanted.partition(":")[2],
            match.start(1),
        )
    extended = {**scope, **dict(zip(targets, types, strict=True))}
    return ForClause(text, targets, source, len(types) == 2, extended)


def _check_target(target: str, scope: Scope, column: int) -> None:
    if not _NAME.fullmatch(target) or target in _KEYWORDS:
        raise ExpressionError(f"`{target}` is no name", "use letters, digits and `_`, starting with a letter", column)
    if target in scope:
        raise ExpressionError(f"`{target}` is a field already", "choose another name", column)


def _element_types(type_: Type) -> tuple[Type, ...] | None:
    if isinstance(type_, MapOf):
        return (type_.key, type_.value)
    return (type_.item,) if isinstance(type_, ListOf) else None

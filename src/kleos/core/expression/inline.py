"""Formulas that use formulas: their order, and one expression over plain columns made of them."""

import ast
from collections.abc import Mapping
from typing import Final

from kleos.core.errors import ExpressionError
from kleos.core.expression import build
from kleos.core.expression.check import LARGEST_SIZE, NO_FLOATS, parse
from kleos.core.expression.constants import simplified
from kleos.core.expression.ranges import INT64
from kleos.core.expression.syntax import DEEPEST_TREE, parse_python
from kleos.core.expression.tree import Arithmetic, Expression, Floats, Name, Node, Scope
from kleos.core.types import Type

MOST_OPERATIONS: Final = 15
"""`*`, `/`, `//` and `%` in one formula with all that it uses."""
DEEPEST_INLINED: Final = 2 * DEEPEST_TREE


class FormulaErrors(ExpressionError):
    """Every problem of a set of formulas: ``problems`` has one error for each formula that has one."""

    def __init__(self, problems: Mapping[str, ExpressionError]) -> None:
        name, first = next(iter(problems.items()))
        super().__init__(f"`{name}`: {first.message}", first.mend, first.column)
        self.problems = dict(problems)


def inline(expression: Expression, formulas: Mapping[str, Expression]) -> Expression:
    """The expression with every formula that it names put in its place, down to plain columns.

    Raises ExpressionError where the result is too large, or has more than 15 of ``* / // %``.
    """
    root = _inlined(expression.root, formulas, ())
    operations = sum(isinstance(node, Arithmetic) and node.operator not in "+-" for node in root.walk())
    if operations > MOST_OPERATIONS:
        raise ExpressionError(
            f"{operations} of `* / // %`, those of the formulas that it uses included",
            f"at most {MOST_OPERATIONS}; fold more of it from the events",
        )
    return Expression(expression.text, build.clamp(root))


def _inlined(node: Node, formulas: Mapping[str, Expression], trail: tuple[str, ...]) -> Node:
    if isinstance(node, Name) and node.name in formulas:
        if node.name in trail:
            raise ExpressionError(f"the formula `{node.name}` uses itself", "compute it from other columns")
        return build.clamp(_inlined(formulas[node.name].root, formulas, (*trail, node.name)))
    if not node.children:
        return node
    children = tuple(_inlined(child, formulas, trail) for child in node.children)
    rebuilt = simplified(build.rebuild(node, children, INT64))
    if rebuilt.size > LARGEST_SIZE or rebuilt.depth > DEEPEST_INLINED:
        raise ExpressionError("too large with the formulas that it uses", "let it use fewer of them")
    return rebuilt


def order_formulas(texts: Mapping[str, str], scope: Scope, floats: Floats = NO_FLOATS) -> dict[str, Expression]:
    """Read all formulas of a sheet over its columns ``scope``; each may use others, in any order. ``floats`` is for
    :func:`parse`.

    Gives every formula inlined (its ``names`` are columns of ``scope`` alone), those that others use before
    them.
    Raises :class:`FormulaErrors` with the problems of all formulas at once: cycles, and whatever one
    expression can have.
    """
    problems: dict[str, ExpressionError] = {}
    uses: dict[str, set[str]] = {}
    for name, text in texts.items():
        try:
            uses[name] = {n.id for n in ast.walk(parse_python(text)) if isinstance(n, ast.Name) and n.id in texts}
        except ExpressionError as error:
            problems[name] = error
    done: dict[str, Expression] = {}
    types: dict[str, Type] = {name: type_ for name, type_ in scope.items() if name not in texts}
    waiting = dict(uses)
    while ready := [name for name, used in waiting.items() if used <= done.keys()]:
        for name in ready:
            del waiting[name]
            try:
                done[name] = inline(parse(texts[name], types, floats=floats), done)
                types[name] = done[name].type
            except ExpressionError as error:
                problems[name] = error
    for name in waiting:
        cycle = _cycle(name, waiting)
        if cycle:
            problems[name] = ExpressionError(
                f"the formula `{name}` uses itself ({' -> '.join(cycle)})",
                "compute one of them from other columns",
            )
    if problems:
        raise FormulaErrors({name: problems[name] for name in texts if name in problems})
    return {name: done[name] for name in done}


def _cycle(start: str, uses: Mapping[str, set[str]]) -> tuple[str, ...]:
    """The way from a formula back to itself, () where there is none."""
    came_from: dict[str, str] = {}
    todo = [start]
    while todo:
        name = todo.pop()
        for used in sorted(uses.get(name, ())):
            if used == start:
                path = [start, name]
                while path[-1] != start:
                    path.append(came_from[path[-1]])
                return tuple(reversed(path)) if name != start else (start, start)
            if used not in came_from:
                came_from[used] = name
                todo.append(used)
    return ()

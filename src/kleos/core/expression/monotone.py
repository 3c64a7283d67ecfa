"""What the loader has to prove of conditions and sums: that they never fall as events come in time order."""

from collections.abc import Mapping
from typing import Literal

from kleos.core.expression.ranges import IntRange
from kleos.core.expression.tree import (
    Arithmetic,
    Call,
    Choose,
    Clamp,
    Compare,
    Expression,
    LiteralNode,
    Logic,
    Name,
    Node,
    ToFloat,
)

Course = Literal["rises", "falls", "other"]

_MIRRORED = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "==": "==", "!=": "!="}


def never_negative(expression: Expression) -> bool:
    """Whether the value is None or at least 0, as far as its form alone shows it.

    Literals, ``len``, ``abs``, ``max(0, …)``, and sums, products, quotients, choices of such.
    """
    return _never_negative(expression.root)


def _never_negative(node: Node) -> bool:
    if isinstance(node.range, IntRange) and node.range.low >= 0:
        return True
    match node:
        case LiteralNode(value=int() | float() as value):
            return value >= 0
        case LiteralNode(value=None):
            return True
        case Clamp() | ToFloat():
            return _never_negative(node.operand)
        case Arithmetic(operator="+" | "*" | "/" | "//"):
            return _never_negative(node.left) and _never_negative(node.right)
        case Arithmetic(operator="%"):
            return _never_negative(node.right)
        case Choose():
            return all(_never_negative(child) for child in node.operands[1:])
        case Call(function="abs"):
            return True
        case Call(function="max"):
            return _max_never_negative(node)
        case Call(function="min" | "coalesce" | "round" | "floor"):
            return all(_never_negative(child) for child in node.operands)
    return False


def _max_never_negative(node: Call) -> bool:
    certain = any(_never_negative(child) and not child.optional for child in node.operands)
    return certain or all(_never_negative(child) for child in node.operands)


def monotone_condition(expression: Expression, columns: Mapping[str, Course]) -> str | None:
    """None if the condition, once true, stays true; else the sentence that says what to write instead.

    Such are ``column >= n`` and ``> n`` for a column that rises, ``<= n`` and ``< n`` for one that falls,
    with a literal n, and ``and``/``or`` of these.
    """
    return _monotone(expression.root, columns)


def _monotone(node: Node, columns: Mapping[str, Course]) -> str | None:
    if isinstance(node, Logic):
        return next((problem for child in node.operands if (problem := _monotone(child, columns))), None)
    if isinstance(node, LiteralNode):
        return None
    parts = against_literal(node)
    if parts is None:
        return (
            "write `column >= n` for a column that only rises, `column <= n` for one that only falls, "
            "or `and`/`or` of these"
        )
    column, operator, number = parts
    course = columns.get(column, "other")
    if course == "other":
        return (
            f"`{column}` can rise and fall, so the condition could come and go: "
            "use a count, a sum of what is never negative (such as `sum(max(0, x))`), "
            "a maximum, a minimum or the best of a streak"
        )
    wanted = (">", ">=") if course == "rises" else ("<", "<=")
    if operator not in wanted:
        way = "only rises" if course == "rises" else "only falls"
        return f"`{column}` {way}, so write `{column} {wanted[1]} {number}`"
    return None


def threshold(expression: Expression) -> tuple[str, int | float, bool] | None:
    """(column, n, whether n itself is too little) of exactly ``column >= n`` or ``column > n``."""
    parts = against_literal(expression.root)
    if parts is None or parts[1] not in (">", ">="):
        return None
    return parts[0], parts[2], parts[1] == ">"


def against_literal(node: Node) -> tuple[str, str, int | float] | None:
    """(column, operator, number) of a comparison between a column and a number, whichever side it is on; else None."""
    if not isinstance(node, Compare):
        return None
    left, right, operator = _bare(node.left), _bare(node.right), str(node.operator)
    if isinstance(left, LiteralNode):
        left, right, operator = right, left, _MIRRORED[operator]
    if isinstance(left, Name) and isinstance(right, LiteralNode) and isinstance(right.value, int | float):
        return left.name, operator, right.value
    return None


def _bare(node: Node) -> Node:
    return node.operand if isinstance(node, ToFloat | Clamp) else node

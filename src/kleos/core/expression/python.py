"""Expressions as Python source: plain operators where no operand can be None, None-safe calls where one can.

Source made here needs the names of :data:`RUNTIME` as its globals and nothing else, builtins included.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from kleos.core.expression.ranges import INT64_HIGH, INT64_LOW, FloatRange, IntRange
from kleos.core.expression.tree import (
    Arithmetic,
    Attribute,
    Call,
    Choose,
    Clamp,
    Compare,
    Contains,
    Expression,
    InLiterals,
    IsNone,
    Item,
    LiteralNode,
    LiteralValue,
    Logic,
    Name,
    Negate,
    Node,
    Not,
    ToFloat,
    Truth,
)

_LOWER: Final = str.maketrans("ABCDEFGHIJKLMNOPQRSTUVWXYZ", "abcdefghijklmnopqrstuvwxyz")


def python_source(expression: Expression, names: Mapping[str, str]) -> str:
    """A Python expression in which every name of the scope is the given snippet, such as ``e.winner``.

    A snippet may be written more than once, so it must be cheap and give the same value each time. Snippets
    give what the type says: int, float (never an int), str, bool, a mapping, a sequence, an object with the
    record's fields as attributes, None only where the type is optional. Players and times are ints.
    """
    return _write(expression.root, names)


def compile_python(expression: Expression, parameters: Sequence[str]) -> Callable[..., Any]:
    """A function of the named parameters, in that order, which are names of the expression's scope."""
    source = python_source(expression, {name: name for name in parameters})
    code = compile(f"lambda {', '.join(parameters)}: {source}", "<expression>", "eval")
    function: Callable[..., Any] = eval(code, {"__builtins__": {}, **RUNTIME})
    return function


def _write(node: Node, names: Mapping[str, str]) -> str:
    parts = [_write(child, names) for child in node.children]
    match node:
        case LiteralNode():
            return _literal(node.value)
        case Name():
            return names[node.name]
        case Attribute():
            return _attribute(node, parts[0])
        case Item():
            return f"_k_item({parts[0]}, {parts[1]})" if node.left.optional else f"{parts[0]}.get({parts[1]})"
        case ToFloat():
            return f"_k_to_float_some({parts[0]})" if node.operand.optional else f"_k_to_float({parts[0]})"
        case Truth():
            return f"({parts[0]} is True)"
        case Clamp():
            return _clamp(node, parts[0])
        case Negate():
            return f"_k_negate({parts[0]})" if node.optional else f"(-{parts[0]})"
        case Not():
            return f"(not {parts[0]})"
        case IsNone():
            return f"({parts[0]} is {'not ' * node.negated}None)" if node.operand.optional else str(node.negated)
        case Logic():
            return "(" + f" {node.operator} ".join(parts) + ")"
        case Choose():
            return f"({parts[1]} if {parts[0]} else {parts[2]})"
        case Arithmetic():
            return _arithmetic(node, parts)
        case Compare():
            return _compare(node, parts)
        case InLiterals():
            return _in_literals(node, parts[0])
        case Contains():
            return _contains(node, parts)
        case Call():
            return _call(node, parts)
    raise AssertionError(node)


def _literal(value: LiteralValue) -> str:
    text = repr(value)
    return f"({text})" if text.startswith("-") else text


def _attribute(node: Attribute, operand: str) -> str:
    if not node.operand.optional:
        return f"{operand}.{node.field}"
    if isinstance(node.operand, Name):
        return f"({operand}.{node.field} if {operand} is not None else None)"
    return f"_k_attribute({operand}, {node.field!r})"


def _clamp(node: Clamp, operand: str) -> str:
    if isinstance(node.operand.range, IntRange):
        return operand if node.operand.range.fits_int64 else f"_k_int64({operand})"
    return f"_k_plain_zero({operand})" if node.optional else f"({operand} + 0.0)"


_OPERATIONS: Final = {"+": "_k_add", "-": "_k_subtract", "*": "_k_multiply", "/": "_k_divide"}


def _arithmetic(node: Arithmetic, parts: list[str]) -> str:
    left, right = parts
    is_float = isinstance(node.range, FloatRange)
    if not node.optional and (node.operator in "+-*/" or not is_float):
        return f"({left} {node.operator} {right})"
    function = _OPERATIONS.get(node.operator)
    if function is None:
        function = ("_k_floor_divide" if node.operator == "//" else "_k_modulo") + "_float" * is_float
    return f"{function}({left}, {right})"


_COMPARISONS: Final = {
    "==": "_k_equal",
    "!=": "_k_unequal",
    "<": "_k_less",
    "<=": "_k_at_most",
    ">": "_k_more",
    ">=": "_k_at_least",
}


def _compare(node: Compare, parts: list[str]) -> str:
    left, right = parts
    optional = [child for child in (node.left, node.right) if child.optional]
    plain = f"({left} {node.operator} {right})"
    if not optional or (node.operator == "==" and len(optional) == 1):
        return plain
    if all(isinstance(child, Name) for child in optional):
        guards = [
            f"{text} is not None" for text, child in zip(parts, (node.left, node.right), strict=True) if child.optional
        ]
        return f"({' and '.join(guards)} and {left} {node.operator} {right})"
    return f"{_COMPARISONS[node.operator]}({left}, {right})"


def _in_literals(node: InLiterals, operand: str) -> str:
    among = "{" + ", ".join(_literal(value) for value in node.values) + "}"
    if node.negated:
        return f"_k_not_among({operand}, {among})" if node.operand.optional else f"({operand} not in {among})"
    return f"({operand} in {among})"


def _contains(node: Contains, parts: list[str]) -> str:
    left, right = parts
    if node.left.optional or node.right.optional:
        return f"{'_k_not_in' if node.negated else '_k_in'}({left}, {right})"
    return f"({left} {'not ' * node.negated}in {right})"


def _call(node: Call, parts: list[str]) -> str:
    function: str = node.function
    if function in ("min", "max"):
        some = "_some" * any(operand.optional for operand in node.operands)
        return f"_k_{function}{some}({', '.join(parts)})"
    if function == "coalesce":
        return f"_k_coalesce({', '.join(parts)})"
    operand = node.operands[0]
    if function == "round" and node.digits is not None:
        return f"_k_round_to{'_some' * operand.optional}({parts[0]}, {10.0**node.digits!r})"
    can_be_none = operand.optional or (function in ("floor", "round") and node.optional)
    return f"_k_{function}{'_some' * can_be_none}({parts[0]})"


def _none_safe(operation: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    def safe(left: Any, right: Any) -> Any:
        return None if left is None or right is None else operation(left, right)

    return safe


def _none_safe_one(operation: Callable[[Any], Any]) -> Callable[[Any], Any]:
    def safe(operand: Any) -> Any:
        return None if operand is None else operation(operand)

    return safe


def _false_safe(operation: Callable[[Any, Any], bool]) -> Callable[[Any, Any], bool]:
    def safe(left: Any, right: Any) -> bool:
        return left is not None and right is not None and operation(left, right)

    return safe


def _divide(left: float | None, right: float | None) -> float | None:
    return left / right if left is not None and right else None


def _floor_divide(left: int | None, right: int | None) -> int | None:
    return left // right if left is not None and right else None


def _modulo(left: int | None, right: int | None) -> int | None:
    return left % right if left is not None and right else None


def _floor_divide_float(left: float | None, right: float | None) -> float | None:
    return float(math.floor(left / right)) if left is not None and right else None


def _modulo_float(left: float | None, right: float | None) -> float | None:
    return left - math.floor(left / right) * right if left is not None and right else None


def _int64(value: int | None) -> int | None:
    return value if value is not None and INT64_LOW <= value <= INT64_HIGH else None


def _floor_some(value: float | None) -> int | None:
    return None if value is None else _int64(math.floor(value))


def _round(value: float) -> int:
    return math.floor(value + 0.5)


def _round_some(value: float | None) -> int | None:
    return None if value is None else _int64(math.floor(value + 0.5))


def _round_to(value: float, scale: float) -> float:
    return math.floor(value * scale + 0.5) / scale


def _round_to_some(value: float | None, scale: float) -> float | None:
    return None if value is None else math.floor(value * scale + 0.5) / scale


def _lower(value: str) -> str:
    return value.lower() if value.isascii() else value.translate(_LOWER)


def _min_some(*values: Any) -> Any:
    return min((value for value in values if value is not None), default=None)


def _max_some(*values: Any) -> Any:
    return max((value for value in values if value is not None), default=None)


def _coalesce(*values: Any) -> Any:
    for value in values:
        if value is not None:
            return value
    return None


RUNTIME: Final[Mapping[str, Any]] = {
    "_k_add": _none_safe(lambda a, b: a + b),
    "_k_subtract": _none_safe(lambda a, b: a - b),
    "_k_multiply": _none_safe(lambda a, b: a * b),
    "_k_divide": _divide,
    "_k_floor_divide": _floor_divide,
    "_k_modulo": _modulo,
    "_k_floor_divide_float": _floor_divide_float,
    "_k_modulo_float": _modulo_float,
    "_k_negate": _none_safe_one(lambda a: -a),
    "_k_plain_zero": _none_safe_one(lambda a: a + 0.0),
    "_k_int64": _int64,
    "_k_to_float": float,
    "_k_to_float_some": _none_safe_one(float),
    "_k_equal": _false_safe(lambda a, b: a == b),
    "_k_unequal": _false_safe(lambda a, b: a != b),
    "_k_less": _false_safe(lambda a, b: a < b),
    "_k_at_most": _false_safe(lambda a, b: a <= b),
    "_k_more": _false_safe(lambda a, b: a > b),
    "_k_at_least": _false_safe(lambda a, b: a >= b),
    "_k_in": _false_safe(lambda a, b: a in b),
    "_k_not_in": _false_safe(lambda a, b: a not in b),
    "_k_not_among": _false_safe(lambda a, b: a not in b),
    "_k_item": _none_safe(lambda a, b: a.get(b)),
    "_k_attribute": _none_safe(getattr),
    "_k_min": min,
    "_k_max": max,
    "_k_min_some": _min_some,
    "_k_max_some": _max_some,
    "_k_coalesce": _coalesce,
    "_k_abs": abs,
    "_k_abs_some": _none_safe_one(abs),
    "_k_floor": math.floor,
    "_k_floor_some": _floor_some,
    "_k_round": _round,
    "_k_round_some": _round_some,
    "_k_round_to": _round_to,
    "_k_round_to_some": _round_to_some,
    "_k_len": len,
    "_k_len_some": _none_safe_one(len),
    "_k_lower": _lower,
    "_k_lower_some": _none_safe_one(_lower),
}
"""The globals that generated source needs: it uses no builtin, so a name of the scope may be that of one."""

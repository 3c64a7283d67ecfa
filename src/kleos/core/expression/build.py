"""Nodes, their type and range worked out from their operands, whose kinds were checked before."""

from kleos.core.errors import ExpressionError
from kleos.core.expression import ranges
from kleos.core.expression.ranges import FloatRange, IntRange, Range
from kleos.core.expression.tree import (
    BOOL,
    Arithmetic,
    ArithmeticOperator,
    Attribute,
    Call,
    Choose,
    Clamp,
    Compare,
    Contains,
    FunctionName,
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
from kleos.core.types import MapOf, RecordOf, Scalar, Type, with_optional


def literal(value: LiteralValue) -> LiteralNode:
    if isinstance(value, bool):
        return LiteralNode(BOOL, None, value)
    if isinstance(value, int):
        return LiteralNode(Scalar("int"), ranges.of_literal(value), value)
    if isinstance(value, float):
        return LiteralNode(Scalar("float"), ranges.of_literal(value), value + 0.0)
    return LiteralNode(Scalar("str"), None, value)


def none(type_: Type) -> LiteralNode:
    """A None that stands where a value of this type could."""
    zero: dict[str, Range] = {"int": IntRange(0, 0), "float": FloatRange(0, 0, 0)}
    return LiteralNode(with_optional(type_, True), zero.get(getattr(type_, "kind", "")), None)


def stored_range(type_: Type, ints: IntRange) -> Range | None:
    if isinstance(type_, Scalar) and type_.kind == "int":
        return ints
    return ranges.STORED_FLOAT if isinstance(type_, Scalar) and type_.kind == "float" else None


def name(name_: str, type_: Type, ints: IntRange, floats: FloatRange | None = None) -> Name:
    return Name(type_, floats or stored_range(type_, ints), name_)


def attribute(operand: Node, field: str, ints: IntRange) -> Attribute:
    assert isinstance(operand.type, RecordOf)
    type_ = operand.type.fields[field].type
    type_ = with_optional(type_, type_.optional or operand.optional)
    return Attribute(type_, stored_range(type_, ints), operand, field)


def item(map_: Node, key: Node, ints: IntRange) -> Item:
    assert isinstance(map_.type, MapOf)
    type_ = with_optional(map_.type.value, True)
    return Item(type_, stored_range(type_, ints), map_, key)


def to_float(operand: Node) -> Node:
    if operand.kind == "float":
        return operand
    if isinstance(operand, LiteralNode) and isinstance(operand.value, int):
        return literal(float(operand.value))
    assert isinstance(operand.range, IntRange)
    return ToFloat(Scalar("float", operand.optional), ranges.to_float(operand.range), operand)


def truth(operand: Node) -> Node:
    return Truth(BOOL, None, operand) if operand.optional else operand


def clamp(operand: Node) -> Node:
    """The root of an expression."""
    if operand.range is None or isinstance(operand, Name | LiteralNode | Clamp):
        return operand
    fits = isinstance(operand.range, FloatRange) or operand.range.fits_int64
    type_ = with_optional(operand.type, operand.optional or not fits)
    return Clamp(type_, ranges.clamped(operand.range), operand)


def negate(operand: Node) -> Node:
    assert operand.range is not None
    range_ = ranges.negated(operand.range)
    if isinstance(operand, LiteralNode) and isinstance(operand.value, int | float) and is_storable(range_):
        return literal(-operand.value)
    return Negate(operand.type, range_, operand)


def is_storable(range_: Range) -> bool:
    """Whether a literal of that range can be written as a bigint, where it is an int."""
    return isinstance(range_, FloatRange) or range_.fits_int64


def not_(operand: Node) -> Node:
    return Not(BOOL, None, operand)


def logic(operator: str, operands: tuple[Node, ...]) -> Node:
    return Logic(BOOL, None, operands, "and" if operator == "and" else "or")


def compare(operator: str, left: Node, right: Node) -> Node:
    assert operator in ("==", "!=", "<", "<=", ">", ">=")
    left, right = _same_kind([left, right])
    return Compare(BOOL, None, left, right, operator)  # type: ignore[arg-type]


def is_none(operand: Node, negated: bool) -> Node:
    return IsNone(BOOL, None, operand, negated)


def in_literals(operand: Node, values: tuple[LiteralValue, ...], negated: bool) -> Node:
    return InLiterals(BOOL, None, operand, values, negated)


def contains(operand: Node, container: Node, negated: bool) -> Node:
    return Contains(BOOL, None, operand, container, negated)


def arithmetic(operator: ArithmeticOperator, left: Node, right: Node, column: int = 0) -> Node:
    left, right = _same_kind([left, right])
    if operator == "/":
        left, right = to_float(left), to_float(right)
    assert left.range is not None
    assert right.range is not None
    optional = left.optional or right.optional
    if operator in ("/", "//", "%") and not is_nonzero_literal(right):
        optional = True
    if (
        operator in ("//", "%")
        and isinstance(left.range, FloatRange)
        and isinstance(right.range, FloatRange)
        and not ranges.quotient(left.range, right.range).is_safe
    ):
        raise _unsafe(column)
    range_ = ranges.arithmetic(operator, left.range, right.range)
    return _safe(
        Arithmetic(Scalar("int" if left.kind == "int" else "float", optional), range_, left, right, operator),
        column,
    )


def is_nonzero_literal(node: Node) -> bool:
    return isinstance(node, LiteralNode) and bool(node.value)


def choose(condition: Node, then: Node, otherwise: Node) -> Node:
    then, otherwise = _same_kind([then, otherwise])
    type_ = with_optional(then.type, then.optional or otherwise.optional)
    return Choose(type_, _either([then, otherwise]), (condition, then, otherwise))


def call(function: FunctionName, arguments: list[Node], digits: int | None = None, column: int = 0) -> Node:
    first = arguments[0]
    optional = first.optional
    if function in ("min", "max", "coalesce"):
        arguments = _same_kind(arguments)
        optional = all(argument.optional for argument in arguments)
        return Call(with_optional(arguments[0].type, optional), _either(arguments), tuple(arguments), function)
    if function == "len":
        return Call(Scalar("int", optional), ranges.LENGTH, (first,), function)
    if function == "lower":
        return Call(Scalar("str", optional), None, (first,), function)
    assert first.range is not None
    if function == "abs":
        return Call(first.type, ranges.absolute(first.range), (first,), function)
    if digits is not None:
        first = to_float(first)
        assert isinstance(first.range, FloatRange)
        scaled = ranges.scaled(first.range, digits)
        if not scaled.is_safe:
            raise _unsafe(column)
        return _safe(
            Call(Scalar("float", optional), ranges.rounded(first.range, digits), (first,), function, digits),
            column,
        )
    if isinstance(first.range, IntRange):
        return first
    assert isinstance(first.range, FloatRange)
    half = ranges.scaled(first.range, 0) if function == "round" else first.range
    return Call(Scalar("int", optional or not half.fits_int64), ranges.floored_to_int(half), (first,), function)


def rebuild(node: Node, children: tuple[Node, ...], ints: IntRange) -> Node:
    """The same node over other operands of the same kinds."""
    match node:
        case Attribute():
            return attribute(children[0], node.field, ints)
        case Item():
            return item(children[0], children[1], ints)
        case ToFloat():
            return to_float(children[0])
        case Truth():
            return truth(children[0])
        case Clamp():
            return clamp(children[0])
        case Negate():
            return negate(children[0])
        case Arithmetic():
            return arithmetic(node.operator, children[0], children[1])
        case Compare():
            return compare(node.operator, children[0], children[1])
        case Logic():
            return logic(node.operator, tuple(truth(child) for child in children))
        case Not():
            return not_(truth(children[0]))
        case IsNone():
            return is_none(children[0], node.negated)
        case InLiterals():
            return in_literals(children[0], node.values, node.negated)
        case Contains():
            return contains(children[0], children[1], node.negated)
        case Choose():
            return choose(truth(children[0]), children[1], children[2])
        case Call():
            return call(node.function, list(children), node.digits)
    return node


def _same_kind(nodes: list[Node]) -> list[Node]:
    """Ints beside floats become floats."""
    if any(node.kind == "float" for node in nodes):
        return [to_float(node) if node.kind == "int" else node for node in nodes]
    return nodes


def _either(nodes: list[Node]) -> Range | None:
    found = [node.range for node in nodes if node.range is not None]
    return ranges.either(found) if found else None


def _safe(node: Node, column: int) -> Node:
    if node.range is not None and not node.range.is_safe:
        raise _unsafe(column)
    return node


def _unsafe(column: int) -> ExpressionError:
    return ExpressionError(
        "a value on the way could leave the range of numbers",
        "use fewer `*` and `/` one upon another, or round(x, n) in between",
        column,
    )

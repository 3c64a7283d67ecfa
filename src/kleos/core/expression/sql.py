"""Expressions as SQL for PostgreSQL and DuckDB, giving the values that Python gives.

Ints are bigint while they cannot outgrow it, exact ``numeric`` (PostgreSQL) or HUGEINT (DuckDB) beyond.
Nothing written here can raise an error for any row: ranges were checked when the expression was read,
divisors are NULLIF'ed. All of it is immutable, without subqueries or functions of ours, so it can stand in a
stored generated column. No operand is written twice where another way exists; the length of the whole is
bounded.
"""

from collections.abc import Mapping
from typing import Final, Literal

from kleos.core.errors import ExpressionError
from kleos.core.expression.build import is_nonzero_literal
from kleos.core.expression.ranges import IntRange
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

Dialect = Literal["postgresql", "duckdb"]

LONGEST_SQL: Final = 20_000
WIDEST_HUGEINT_BITS: Final = 125

_TYPES: Final[dict[Dialect, dict[str, str]]] = {
    "postgresql": {
        "int": "bigint",
        "player": "bigint",
        "float": "float8",
        "str": "text",
        "bool": "boolean",
        "time": "timestamptz",
    },
    "duckdb": {"int": "BIGINT", "player": "BIGINT", "float": "DOUBLE", "str": "VARCHAR", "bool": "BOOLEAN"},
}


def sql_source(expression: Expression, columns: Mapping[str, str], dialect: Dialect) -> str:
    """The expression as SQL in which every name of the scope is the given snippet, such as ``"games_won"``.

    PostgreSQL: names must be scalars: int and player as bigint, float as double precision, str as text, bool as
    boolean, time as timestamptz. DuckDB: the same (time as any one type), and besides ``list[T]`` as a LIST,
    ``map[K, V]`` as a MAP, a record as a STRUCT with the record's field names. A column whose type is not optional
    holds no NULL. Where formulas are columns too, inline them first: their range is known only then.
    Raises ExpressionError where it would be longer than 20,000 characters, or where the dialect cannot do it.
    """
    writer = _DuckDB(columns) if dialect == "duckdb" else _Writer(columns)
    return writer.write(expression.root)


class _Writer:
    """The PostgreSQL dialect; what DuckDB does otherwise is overridden."""

    dialect: Dialect = "postgresql"
    wide_type = "numeric"

    def __init__(self, columns: Mapping[str, str]) -> None:
        self.columns = columns

    def write(self, node: Node) -> str:
        self.check(node)
        text = self.plain(node)
        if len(text) > LONGEST_SQL:
            raise ExpressionError(
                "the expression is too large as SQL", "split it, or use fewer `//` and `%` one upon another"
            )
        return text

    def check(self, node: Node) -> None:
        if isinstance(node, Item | Attribute | Contains) or node.kind in ("list", "map", "record"):
            raise ExpressionError(
                "a formula or a board's `where` has columns only",
                "lists, maps and records belong into the events' expressions",
            )

    def plain(self, node: Node) -> str:
        match node:
            case LiteralNode():
                return self.literal(node.value, node.kind)
            case Name():
                return self.columns[node.name]
            case ToFloat():
                return self.to_float(node)
            case Truth():
                return f"COALESCE({self.write(node.operand)}, FALSE)"
            case Clamp():
                return self.clamp(node)
            case Negate():
                operand = (
                    self.write(node.operand) if is_wide(node.operand) or not is_wide(node) else self.wide(node.operand)
                )
                return f"(-{operand})"
            case Not():
                return f"(NOT {self.write(node.operand)})"
            case IsNone():
                return f"({self.write(node.operand)} IS {'NOT ' * node.negated}NULL)"
            case Logic():
                return "(" + f" {node.operator.upper()} ".join(self.write(child) for child in node.operands) + ")"
            case Choose():
                condition, then, otherwise = (self.write(child) for child in node.operands)
                return f"(CASE WHEN {condition} THEN {then} ELSE {otherwise} END)"
            case Arithmetic():
                return self.arithmetic(node)
            case Compare():
                return self.compare(node)
            case InLiterals():
                return self.in_literals(node)
            case Contains():
                return self.contains(node)
            case Item():
                return self.item(node)
            case Attribute():
                return self.attribute(node)
            case Call():
                return self.call(node)
        raise AssertionError(node)

    def literal(self, value: LiteralValue, kind: str) -> str:
        type_ = _TYPES[self.dialect].get(kind)
        if value is None:
            return f"NULL::{type_}" if type_ else "NULL"
        if isinstance(value, bool):
            return "TRUE" if value else "FALSE"
        if isinstance(value, int):
            return f"({value})::{type_}"
        if isinstance(value, float):
            return self.float(value)
        return self.text(value)

    def float(self, value: float) -> str:
        return f"'{value!r}'::float8"

    def text(self, value: str) -> str:
        quoted = value.replace("\\", "\\\\").replace("'", "''")
        return f"E'{quoted}'::text" if "\\" in value else f"'{quoted}'::text"

    def wide(self, node: Node) -> str:
        """An int as the type that does not overflow."""
        if isinstance(node, LiteralNode) and node.value is not None:
            return f"({node.value})::{self.wide_type}"
        text = self.write(node)
        return text if is_wide(node) else f"{text}::{self.wide_type}"

    def to_float(self, node: ToFloat) -> str:
        return f"{self.write(node.operand)}::float8"

    def clamp(self, node: Clamp) -> str:
        operand = self.write(node.operand)
        if not isinstance(node.operand.range, IntRange):
            return f"({operand} + {self.float(0.0)})"
        if node.operand.range.fits_int64:
            return f"({operand})::{_TYPES[self.dialect]['int']}" if is_wide(node.operand) else operand
        return self.to_int64(operand)

    def to_int64(self, operand: str) -> str:
        """NULL outside of 64 bits. Bounded first, so that the cast cannot fail; the bounds are outside."""
        bounded = f"GREATEST(LEAST({operand}, 9223372036854775808), -9223372036854775809)"
        return f"NULLIF(NULLIF({bounded}, 9223372036854775808), -9223372036854775809)::bigint"

    def float_to_int(self, operand: str, fits: bool) -> str:
        if fits:
            return f"{operand}::bigint"
        high, low = "'9223372036854775808'::float8", "'-9223372036854777856'::float8"
        return f"NULLIF(NULLIF(GREATEST(LEAST({operand}, {high}), {low}), {high}), {low})::bigint"

    def divisor(self, node: Node, text: str) -> str:
        return text if is_nonzero_literal(node) else f"NULLIF({text}, {self.zero(node)})"

    def zero(self, node: Node) -> str:
        return "0" if node.kind == "int" else self.float(0.0)

    def arithmetic(self, node: Arithmetic) -> str:
        operator = node.operator
        if node.kind == "float":
            return self.float_arithmetic(node)
        if operator in "+-*":
            left, right = (self.wide(child) if is_wide(node) else self.write(child) for child in node.children)
            return f"({left} {operator} {right})"
        left = self.wide(node.left)
        right = self.divisor(node.right, self.wide(node.right))
        return self.floor_divide(node, left, right) if operator == "//" else self.modulo(left, right)

    def floor_divide(self, node: Arithmetic, left: str, right: str) -> str:
        # With more digits after the point than the divisor has before, rounding cannot reach the next int.
        assert isinstance(node.right.range, IntRange)
        digits = len(str(2**node.right.range.bits)) + 2
        return f"floor(round({left}, {digits}) / {right})"

    def modulo(self, left: str, right: str) -> str:
        return f"mod(mod({left}, {right}) + {right}, {right})"

    def float_arithmetic(self, node: Arithmetic) -> str:
        left, right = self.write(node.left), self.write(node.right)
        if node.operator in "+-*":
            return f"({left} {node.operator} {right})"
        divisor = self.divisor(node.right, right)
        if node.operator == "/":
            return f"({left} / {divisor})"
        if node.operator == "//":
            return f"floor({left} / {divisor})"
        return f"({left} - floor({left} / {divisor}) * {right})"

    def compare(self, node: Compare) -> str:
        operator = {"==": "=", "!=": "<>"}.get(node.operator, node.operator)
        left, right = self.write(node.left), self.write(node.right)
        text = f"{left} {operator} {right}{self.collation(node.left)}"
        return f"COALESCE({text}, FALSE)" if node.left.optional or node.right.optional else f"({text})"

    def in_literals(self, node: InLiterals) -> str:
        values = ", ".join(self.literal(value, node.operand.kind) for value in node.values)
        operand = self.write(node.operand) + self.collation(node.operand)
        text = f"{operand} {'NOT ' * node.negated}IN ({values})"
        return f"COALESCE({text}, FALSE)" if node.operand.optional else f"({text})"

    def contains(self, node: Contains) -> str:
        raise NotImplementedError

    def item(self, node: Item) -> str:
        raise NotImplementedError

    def attribute(self, node: Attribute) -> str:
        raise NotImplementedError

    def collation(self, node: Node) -> str:
        return ' COLLATE "C"' if node.kind == "str" else ""

    def call(self, node: Call) -> str:
        operand = node.operands[0]
        if node.function in ("min", "max", "coalesce"):
            function = {"min": "LEAST", "max": "GREATEST", "coalesce": "COALESCE"}[node.function]
            return f"{function}({', '.join(self.write(child) for child in node.operands)})"
        if node.function == "abs":
            wide = is_wide(node) and not is_wide(operand)
            return f"abs({self.wide(operand) if wide else self.write(operand)})"
        if node.function == "len":
            return self.len(operand)
        text = self.write(operand)
        if node.function == "lower":
            return f"translate({text}, 'ABCDEFGHIJKLMNOPQRSTUVWXYZ', 'abcdefghijklmnopqrstuvwxyz')"
        if node.digits is not None:
            scale = self.float(10.0**node.digits)
            return f"(floor({text} * {scale} + {self.float(0.5)}) / {scale})"
        rounded = f"floor({text} + {self.float(0.5)})" if node.function == "round" else f"floor({text})"
        return self.float_to_int(rounded, fits=node.optional == operand.optional and not _reaches_int64(node))

    def len(self, operand: Node) -> str:
        return f"char_length({self.write(operand)})::bigint"


class _DuckDB(_Writer):
    dialect: Dialect = "duckdb"
    wide_type = "HUGEINT"

    def check(self, node: Node) -> None:
        if isinstance(node.range, IntRange) and node.range.bits > WIDEST_HUGEINT_BITS:
            raise ExpressionError(
                "an int on the way could leave 126 bits, which DuckDB cannot hold",
                "multiply as floats: `1.0 * a * b`",
            )

    def float(self, value: float) -> str:
        text = repr(value)
        return f"({text})::DOUBLE" if "e" in text else f"({text}e0)::DOUBLE"

    def text(self, value: str) -> str:
        return "'" + value.replace("'", "''") + "'"

    def to_float(self, node: ToFloat) -> str:
        text = self.write(node.operand)
        # A HUGEINT's own cast rounds twice; its digits are read with one rounding.
        return f"{text}::VARCHAR::DOUBLE" if is_wide(node.operand) else f"{text}::DOUBLE"

    def to_int64(self, operand: str) -> str:
        return f"TRY_CAST({operand} AS BIGINT)"

    def float_to_int(self, operand: str, fits: bool) -> str:
        if fits:
            return f"{operand}::BIGINT"
        high, low = "9223372036854775808e0::DOUBLE", "(-9223372036854777856e0)::DOUBLE"
        return f"TRY_CAST(NULLIF(NULLIF(GREATEST(LEAST({operand}, {high}), {low}), {high}), {low}) AS BIGINT)"

    def floor_divide(self, node: Arithmetic, left: str, right: str) -> str:
        return f"(({left} - {self.modulo(left, right)}) // {right})"

    def modulo(self, left: str, right: str) -> str:
        return f"((({left} % {right}) + {right}) % {right})"

    def collation(self, node: Node) -> str:
        return ""

    def contains(self, node: Contains) -> str:
        left, right = self.write(node.left), self.write(node.right)
        container = f"map_keys({right})" if node.right.kind == "map" else right
        text = f"{'NOT ' * node.negated}list_contains({container}, {left})"
        guard = f"{left} IS NOT NULL AND " * node.left.optional
        optional = node.left.optional or node.right.optional
        return f"({guard}COALESCE({text}, FALSE))" if optional else f"({text})"

    def item(self, node: Item) -> str:
        return f"map_extract({self.write(node.left)}, {self.write(node.right)})[1]"

    def attribute(self, node: Attribute) -> str:
        return f"struct_extract({self.write(node.operand)}, {self.text(node.field)})"

    def len(self, operand: Node) -> str:
        function = {"str": "length", "list": "len", "map": "cardinality"}[operand.kind]
        return f"{function}({self.write(operand)})::BIGINT"


def is_wide(node: Node) -> bool:
    """Whether an int is written as numeric/HUGEINT rather than as bigint."""
    if node.kind != "int":
        return False
    assert isinstance(node.range, IntRange)
    match node:
        case Arithmetic():
            return (
                node.operator in ("//", "%")
                or not node.range.fits_int64
                or any(is_wide(child) for child in node.children)
            )
        case Negate() | Call(function="abs"):
            return is_wide(node.children[0]) or not node.range.fits_int64
        case Choose():
            return any(is_wide(child) for child in node.operands[1:])
        case Call(function="min" | "max" | "coalesce"):
            return any(is_wide(child) for child in node.operands)
    return False


def _reaches_int64(node: Node) -> bool:
    return isinstance(node.range, IntRange) and node.range.high == 2**63 - 1

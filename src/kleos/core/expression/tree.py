"""The typed tree of an expression: what parsing makes and every target is generated from.

Nodes are immutable and know their type and, for numbers, the range that their value cannot leave. The
operands of an arithmetic node or a comparison always have one kind: where the text mixes int and float there
is a :class:`ToFloat`. A None in a condition is false: where an optional bool stands in one there is a
:class:`Truth`.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from kleos.core.expression.ranges import FloatRange, Range
from kleos.core.types import ListOf, MapOf, Scalar, Type

ArithmeticOperator = Literal["+", "-", "*", "/", "//", "%"]
ComparisonOperator = Literal["==", "!=", "<", "<=", ">", ">="]
FunctionName = Literal["min", "max", "abs", "round", "floor", "len", "lower", "coalesce"]
LiteralValue = bool | int | float | str | None

BOOL = Scalar("bool")


@dataclass(frozen=True)
class Node:
    type: Type
    range: Range | None

    @property
    def children(self) -> tuple["Node", ...]:
        return ()

    @cached_property
    def size(self) -> int:
        """How many nodes a target has to write, shared ones counted each time."""
        return 1 + sum(child.size for child in self.children)

    @cached_property
    def depth(self) -> int:
        return 1 + max((child.depth for child in self.children), default=0)

    @property
    def kind(self) -> str:
        """The scalar's kind, or "list", "map", "record"."""
        if isinstance(self.type, Scalar):
            return self.type.kind
        return "list" if isinstance(self.type, ListOf) else "map" if isinstance(self.type, MapOf) else "record"

    @property
    def optional(self) -> bool:
        return self.type.optional

    def walk(self) -> Iterator["Node"]:
        yield self
        for child in self.children:
            yield from child.walk()


@dataclass(frozen=True)
class LiteralNode(Node):
    value: LiteralValue


@dataclass(frozen=True)
class Name(Node):
    name: str


@dataclass(frozen=True)
class _One(Node):
    operand: Node

    @property
    def children(self) -> tuple[Node, ...]:
        return (self.operand,)


@dataclass(frozen=True)
class Attribute(_One):
    """A record's field; None where the record is None."""

    field: str


@dataclass(frozen=True)
class ToFloat(_One):
    """An int as the nearest float."""


@dataclass(frozen=True)
class Truth(_One):
    """An optional bool as a condition: None is false."""


@dataclass(frozen=True)
class Clamp(_One):
    """The root of an expression or of an inlined formula: an int outside 64 bits is None, -0.0 is 0.0."""


@dataclass(frozen=True)
class Negate(_One):
    pass


@dataclass(frozen=True)
class Not(_One):
    pass


@dataclass(frozen=True)
class IsNone(_One):
    negated: bool


@dataclass(frozen=True)
class InLiterals(_One):
    values: tuple[LiteralValue, ...]
    negated: bool


@dataclass(frozen=True)
class _Two(Node):
    left: Node
    right: Node

    @property
    def children(self) -> tuple[Node, ...]:
        return (self.left, self.right)


@dataclass(frozen=True)
class Item(_Two):
    """``left[right]``: a map's value, None where the key is missing."""


@dataclass(frozen=True)
class Contains(_Two):
    """Whether ``left`` is an item of the list, or a key of the map, ``right``."""

    negated: bool


@dataclass(frozen=True)
class Arithmetic(_Two):
    operator: ArithmeticOperator


@dataclass(frozen=True)
class Compare(_Two):
    operator: ComparisonOperator


@dataclass(frozen=True)
class _Many(Node):
    operands: tuple[Node, ...]

    @property
    def children(self) -> tuple[Node, ...]:
        return self.operands


@dataclass(frozen=True)
class Logic(_Many):
    operator: Literal["and", "or"]


@dataclass(frozen=True)
class Choose(_Many):
    """``operands``: condition, then, otherwise."""


@dataclass(frozen=True)
class Call(_Many):
    """A function of the closed list. ``digits``: of a ``round(x, n)``, whose result is a float."""

    function: FunctionName
    digits: int | None = None


@dataclass(frozen=True)
class Expression:
    """A checked expression. ``names``: the names of the scope that it uses, sorted."""

    text: str
    root: Node

    @property
    def type(self) -> Type:
        return self.root.type

    @cached_property
    def names(self) -> tuple[str, ...]:
        return tuple(sorted({node.name for node in self.root.walk() if isinstance(node, Name)}))


Scope = Mapping[str, Type]
Floats = Mapping[str, FloatRange]
"""Of names of a scope that are floats, which ones: for those that may be others than events carry, or sums of them."""

"""Conditions and texts that no row can change, worked out when the expression is read.

PostgreSQL folds constants of a generated column before it has settled collations, and refuses a comparison of
two constant texts there. So none is left to it.
"""

from kleos.core.expression import build
from kleos.core.expression.python import compile_python
from kleos.core.expression.tree import (
    Arithmetic,
    Call,
    Choose,
    Clamp,
    Compare,
    Contains,
    Expression,
    InLiterals,
    LiteralNode,
    Logic,
    Name,
    Negate,
    Node,
    ToFloat,
)


def simplified(node: Node) -> Node:
    """The node, or a smaller one of the same kind and value; its operands are simplified already."""
    if isinstance(node, LiteralNode):
        return node
    if isinstance(node, Logic):
        decisive = node.operator == "or"
        if any(isinstance(child, LiteralNode) and child.value is decisive for child in node.operands):
            return build.literal(decisive)
    if isinstance(node, Choose) and isinstance(node.operands[0], LiteralNode):
        return node.operands[1] if node.operands[0].value else node.operands[2]
    if isinstance(node, Call) and node.function == "coalesce":
        first = node.operands[0]
        if isinstance(first, LiteralNode) and first.value is not None:
            return first
    if _is_none(node):
        return build.none(node.type)
    if isinstance(node, Compare | InLiterals | Contains) and any(_is_none(child) for child in node.children):
        return build.literal(False)
    if not any(isinstance(part, Name) for part in node.walk()):
        value = compile_python(Expression("", node), ())()
        if value is None:
            return build.none(node.type)
        if node.kind in ("bool", "str"):
            return build.literal(value)
    return node


def _is_none(node: Node) -> bool:
    """Whether it is None whatever the row: a None with something done to it, a division by zero."""
    if isinstance(node, LiteralNode):
        return node.value is None
    if isinstance(node, Arithmetic) and node.operator in ("/", "//", "%"):
        divisor = node.right
        if isinstance(divisor, LiteralNode) and not divisor.value:
            return True
    is_strict = isinstance(node, Arithmetic | Negate | ToFloat | Clamp) or (
        isinstance(node, Call) and node.function not in ("min", "max", "coalesce")
    )
    return is_strict and any(_is_none(child) for child in node.children)

"""A condition taken apart: what has to hold, each by itself, so that one can say which does not."""

import ast

from kleos.core.expression.syntax import parse_python
from kleos.core.expression.tree import Expression, Logic


def conjuncts(condition: Expression) -> tuple[Expression, ...]:
    """The parts that `and` joins, in the order of the text; the condition itself where there is no `and`."""
    root = condition.root
    if not isinstance(root, Logic) or root.operator != "and":
        return (condition,)
    tree = parse_python(condition.text)
    if not isinstance(tree, ast.BoolOp) or len(tree.values) != len(root.operands):
        return (condition,)
    return tuple(
        Expression(ast.unparse(part), operand) for part, operand in zip(tree.values, root.operands, strict=True)
    )

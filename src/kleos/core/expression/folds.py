"""The folds of a sheet's columns: ``count(player == winner)``, ``sum(score)``, ``min(score)``."""

import ast
from dataclasses import dataclass
from typing import Final, Literal, get_args

from kleos.core.errors import ExpressionError
from kleos.core.expression.check import check_root, condition_root
from kleos.core.expression.ranges import FloatRange
from kleos.core.expression.syntax import column_of, parse_python
from kleos.core.expression.tree import Expression, Scope
from kleos.core.types import Scalar, did_you_mean

FoldName = Literal["count", "sum", "min", "max", "last", "streak"]
FOLD_NAMES: Final[tuple[FoldName, ...]] = get_args(FoldName)


@dataclass(frozen=True)
class FoldCall:
    """How a column takes an event in. ``argument`` is None for ``count()`` alone.

    The argument of ``count`` and ``streak`` is a plain bool. A None argument of the others adds nothing.
    ``type`` is the column's: min, max and last are None until an event gave them a value.
    """

    text: str
    kind: FoldName
    argument: Expression | None
    type: Scalar

    @property
    def floats(self) -> FloatRange | None:
        """Which floats the column takes from here; None where it is none, or a sum, which is kept as millionths."""
        if self.argument is None or self.kind == "sum":
            return None
        range_ = self.argument.root.range
        return range_ if isinstance(range_, FloatRange) else None


def parse_fold(text: str, scope: Scope, *, int_bits: int = 53) -> FoldCall:
    """Read the fold of a column; the names are fields of events.

    Raises ExpressionError with what is wrong, at which column, and what would be right.
    """
    tree = parse_python(text)
    mend = "write count() count(condition) sum(x) min(x) max(x) last(x) or streak(condition)"
    if not isinstance(tree, ast.Call) or not isinstance(tree.func, ast.Name):
        raise ExpressionError("this is no fold", mend, column_of(tree))
    kind = next((name for name in FOLD_NAMES if name == tree.func.id), None)
    if kind is None:
        raise ExpressionError(
            f"there is no fold `{tree.func.id}`", did_you_mean(tree.func.id, FOLD_NAMES), column_of(tree)
        )
    if tree.keywords or any(isinstance(argument, ast.Starred) for argument in tree.args):
        raise ExpressionError("a fold takes one plain argument", mend, column_of(tree))
    if kind == "count" and not tree.args:
        return FoldCall(text, kind, None, Scalar("int"))
    if len(tree.args) != 1:
        raise ExpressionError(f"the fold `{kind}` has {len(tree.args)} arguments", mend, column_of(tree))
    argument = tree.args[0]
    if kind in ("count", "streak"):
        return FoldCall(text, kind, Expression(text, condition_root(argument, scope, int_bits)), Scalar("int"))
    return _over_value(text, kind, argument, Expression(text, check_root(argument, scope, int_bits)))


def _over_value(text: str, kind: FoldName, tree: ast.expr, argument: Expression) -> FoldCall:
    type_ = argument.type
    column = column_of(tree)
    if not isinstance(type_, Scalar) or type_.kind == "json":
        raise ExpressionError(f"`{kind}` of `{type_}`", "fold a scalar: int float bool str time player", column)
    if kind == "sum":
        if type_.kind not in ("int", "float"):
            mend = "write `count(…)`" if type_.kind == "bool" else "sum an int or a float"
            raise ExpressionError(f"`sum` needs a number, and this is `{type_}`", mend, column)
        return FoldCall(text, kind, argument, Scalar(type_.kind))
    if kind in ("min", "max") and type_.kind not in ("int", "float", "time"):
        raise ExpressionError(
            f"`{kind}` needs a number or a time, and this is `{type_}`",
            "use `last(…)`, or fold a number",
            column,
        )
    return FoldCall(text, kind, argument, Scalar(type_.kind, optional=True))

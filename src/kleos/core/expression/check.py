"""From Python's syntax tree to the typed tree: what an expression may say, and what it means."""

import ast
from collections.abc import Callable, Sequence
from typing import Final, NoReturn, get_args

from kleos.core.errors import ExpressionError
from kleos.core.expression import build
from kleos.core.expression.constants import simplified
from kleos.core.expression.ranges import INT53, INT64, IntRange
from kleos.core.expression.syntax import LARGEST_LITERAL_INT, column_of, parse_python
from kleos.core.expression.tree import (
    ArithmeticOperator,
    Expression,
    Floats,
    FunctionName,
    LiteralNode,
    LiteralValue,
    Node,
    Scope,
)
from kleos.core.types import ListOf, MapOf, RecordOf, Scalar, Type, did_you_mean

LARGEST_SIZE: Final = 1000
FUNCTIONS: Final[tuple[FunctionName, ...]] = get_args(FunctionName)
FOLDS: Final = ("count", "sum", "min", "max", "last", "streak")
MOST_DIGITS: Final = 6
NO_FLOATS: Final[Floats] = {}
ORDERED_KINDS: Final = ("int", "float", "str", "time")

_ARITHMETIC: Final[dict[type[ast.operator], ArithmeticOperator]] = {
    ast.Add: "+",
    ast.Sub: "-",
    ast.Mult: "*",
    ast.Div: "/",
    ast.FloorDiv: "//",
    ast.Mod: "%",
}
_COMPARISONS: Final[dict[type[ast.cmpop], str]] = {
    ast.Eq: "==",
    ast.NotEq: "!=",
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
}


def parse(text: str, scope: Scope, *, int_bits: int = 64, floats: Floats = NO_FLOATS) -> Expression:
    """Read an expression over the names of ``scope``.

    ``int_bits``: 53 where the names are fields of events (what they carry fits 53 bits), else 64, for the
    columns of a sheet; ``floats`` which floats those are. Only where the value can leave 64 bits is an int's type
    optional.
    Raises ExpressionError with what is wrong, at which column, and what would be right.
    """
    return Expression(text, check_root(parse_python(text), scope, int_bits, floats))


def parse_condition(text: str, scope: Scope, *, int_bits: int = 64, floats: Floats = NO_FLOATS) -> Expression:
    """Like :func:`parse`, for what must be true or false: the type is a plain bool, None counts as false."""
    tree = parse_python(text)
    return Expression(text, condition_root(tree, scope, int_bits, floats))


def check_root(tree: ast.expr, scope: Scope, int_bits: int, floats: Floats = NO_FLOATS) -> Node:
    return build.clamp(_Checker(scope, int_bits, floats).value(tree))


def condition_root(tree: ast.expr, scope: Scope, int_bits: int, floats: Floats = NO_FLOATS) -> Node:
    return _Checker(scope, int_bits, floats).condition(tree)


def _fail(tree: ast.expr, message: str, mend: str) -> NoReturn:
    raise ExpressionError(message, mend, column_of(tree))


class _Checker:
    def __init__(self, scope: Scope, int_bits: int, floats: Floats) -> None:
        self.scope = scope
        self.floats = floats
        self.ints: IntRange = INT53 if int_bits == 53 else INT64
        self.checked: dict[ast.expr, Node] = {}
        self.checks: dict[type[ast.expr], Callable[..., Node]] = {
            ast.Constant: self.constant,
            ast.Name: self.name,
            ast.Attribute: self.attribute,
            ast.Subscript: self.subscript,
            ast.UnaryOp: self.unary,
            ast.BinOp: self.binary,
            ast.BoolOp: self.logic,
            ast.Compare: self.comparison,
            ast.IfExp: self.choose,
            ast.Call: self.call,
        }

    def any(self, tree: ast.expr) -> Node:
        """A node that may be the None literal.

        Made once for each part of the text: the middle of a chained comparison is asked for twice.
        """
        if tree in self.checked:
            return self.checked[tree]
        check = self.checks.get(type(tree))
        if check is None:
            _fail(
                tree,
                f"{_described(tree)} cannot be used here",
                "use names, literals, operators and " + " ".join(FUNCTIONS),
            )
        node = simplified(check(tree))
        if node.size > LARGEST_SIZE:
            _fail(tree, "the expression is too large", "split it into formulas")
        self.checked[tree] = node
        return node

    def value(self, tree: ast.expr) -> Node:
        node = self.any(tree)
        if _is_none(tree):
            _fail(tree, "None is no value here", "ask with `x is None`, or write `coalesce(x, 0)`")
        return node

    def number(self, tree: ast.expr, where: str) -> Node:
        node = self.value(tree)
        if node.kind not in ("int", "float"):
            mend = "write `1 if … else 0`" if node.kind == "bool" else "use an int or a float"
            _fail(tree, f"{where} needs a number, and this is `{node.type}`", mend)
        return node

    def condition(self, tree: ast.expr) -> Node:
        node = self.value(tree)
        if node.kind != "bool":
            _fail(
                tree,
                f"a condition must be true or false, and this is `{node.type}`",
                "compare it, such as `… > 0`",
            )
        return simplified(build.truth(node))

    def constant(self, tree: ast.Constant) -> Node:
        value = tree.value
        if value is None:
            return build.none(Scalar("json"))
        if isinstance(value, int) and not isinstance(value, bool) and value >= LARGEST_LITERAL_INT:
            _fail(tree, "the number is too large", "integers fit 64 bits")
        if not isinstance(value, bool | int | float | str):
            _fail(tree, "this literal cannot be used", "use numbers, texts, True, False")
        return build.literal(value)

    def name(self, tree: ast.Name) -> Node:
        if tree.id not in self.scope:
            if tree.id in FUNCTIONS:
                _fail(tree, f"`{tree.id}` is a function", f"call it: `{tree.id}(…)`")
            _fail(tree, f"there is no `{tree.id}` here", did_you_mean(tree.id, self.scope))
        return build.name(tree.id, self.scope[tree.id], self.ints, self.floats.get(tree.id))

    def attribute(self, tree: ast.Attribute) -> Node:
        operand = self.value(tree.value)
        if not isinstance(operand.type, RecordOf):
            _fail(tree, f"`{operand.type}` has no fields, so no `.{tree.attr}`", "only records have fields")
        if tree.attr not in operand.type.fields:
            _fail(
                tree,
                f"`{operand.type.name}` has no field `{tree.attr}`",
                did_you_mean(tree.attr, operand.type.fields),
            )
        return build.attribute(operand, tree.attr, self.ints)

    def subscript(self, tree: ast.Subscript) -> Node:
        operand = self.value(tree.value)
        if not isinstance(operand.type, MapOf):
            _fail(tree, f"`{operand.type}` has no keys", "only a map can be asked as `map[key]`")
        key = self.value(tree.slice)
        if key.kind != operand.type.key.kind:
            _fail(
                tree.slice,
                f"the key is `{key.type}`, and the map's keys are `{operand.type.key}`",
                f"give a {operand.type.key}",
            )
        return build.item(operand, key, self.ints)

    def unary(self, tree: ast.UnaryOp) -> Node:
        if isinstance(tree.op, ast.Not):
            return build.not_(self.condition(tree.operand))
        if not isinstance(tree.op, ast.USub):
            _fail(tree, "a sign `+` says nothing", "leave it out")
        if isinstance(tree.operand, ast.Constant) and tree.operand.value == LARGEST_LITERAL_INT:
            return build.literal(-LARGEST_LITERAL_INT)
        return build.negate(self.number(tree.operand, "`-`"))

    def binary(self, tree: ast.BinOp) -> Node:
        operator = _ARITHMETIC.get(type(tree.op))
        if operator is None:
            _fail(tree, "this operator is not part of expressions", "use `+ - * / // %`")
        left = self.number(tree.left, f"`{operator}`")
        right = self.number(tree.right, f"`{operator}`")
        return build.arithmetic(operator, left, right, column_of(tree))

    def logic(self, tree: ast.BoolOp) -> Node:
        operator = "and" if isinstance(tree.op, ast.And) else "or"
        return build.logic(operator, tuple(self.condition(value) for value in tree.values))

    def choose(self, tree: ast.IfExp) -> Node:
        condition = self.condition(tree.test)
        then, otherwise = self.any(tree.body), self.any(tree.orelse)
        if _is_none(tree.body) and _is_none(tree.orelse):
            _fail(tree, "both branches are None", "give one a value")
        if _is_none(tree.body):
            then = build.none(otherwise.type)
        if _is_none(tree.orelse):
            otherwise = build.none(then.type)
        self.same_kind(tree.orelse, [then, otherwise], "the branches of `if … else`")
        return build.choose(condition, then, otherwise)

    def same_kind(self, tree: ast.expr, nodes: Sequence[Node], what: str) -> None:
        kinds = {node.kind for node in nodes}
        if kinds <= {"int", "float"} or (len(kinds) == 1 and kinds <= {"bool", "str", "time", "player"}):
            return
        types = " and ".join(dict.fromkeys(f"`{node.type}`" for node in nodes))
        _fail(tree, f"{what} are {types}", "give all one scalar type; int and float go together")

    def comparison(self, tree: ast.Compare) -> Node:
        parts: list[Node] = []
        left = tree.left
        for operator, right in zip(tree.ops, tree.comparators, strict=True):
            parts.append(simplified(self.one_comparison(operator, left, right)))
            left = right
        return parts[0] if len(parts) == 1 else build.logic("and", tuple(parts))

    def one_comparison(self, operator: ast.cmpop, left: ast.expr, right: ast.expr) -> Node:
        if isinstance(operator, ast.Is | ast.IsNot):
            if not (isinstance(right, ast.Constant) and right.value is None):
                _fail(right, "`is` asks for None only", "write `==`")
            return build.is_none(self.value(left), isinstance(operator, ast.IsNot))
        if isinstance(operator, ast.In | ast.NotIn):
            return self.membership(left, right, isinstance(operator, ast.NotIn))
        for side in (left, right):
            if isinstance(side, ast.Constant) and side.value is None:
                _fail(side, "a comparison with None is always false", "write `is None` or `is not None`")
        a, b = self.value(left), self.value(right)
        word = _COMPARISONS[type(operator)]
        self.comparable(left, a, b, word)
        return build.compare(word, a, b)

    def comparable(self, tree: ast.expr, a: Node, b: Node, operator: str) -> None:
        kinds = {a.kind, b.kind}
        if not (len(kinds) == 1 or kinds == {"int", "float"}):
            _fail(tree, f"`{a.type}` cannot be compared with `{b.type}`", "compare values of one type")
        if kinds & {"json", "list", "map", "record"}:
            _fail(tree, f"`{a.type}` cannot be compared", "compare a scalar: a field, an item, a len(…)")
        if operator not in ("==", "!=") and a.kind not in ORDERED_KINDS:
            _fail(tree, f"`{a.kind}` has no order, so no `{operator}`", "use `==` or `!=`")

    def membership(self, left: ast.expr, right: ast.expr, negated: bool) -> Node:
        operand = self.value(left)
        if isinstance(right, ast.Tuple | ast.List):
            return self.among_literals(left, operand, right, negated)
        container = self.value(right)
        if isinstance(container.type, ListOf):
            wanted: Type = container.type.item
        elif isinstance(container.type, MapOf):
            wanted = container.type.key
        else:
            _fail(
                right,
                f"`in` cannot look into `{container.type}`",
                "use a list, a map, or a tuple of literals: `x in (1, 2)`",
            )
        if not isinstance(wanted, Scalar) or wanted.kind == "json":
            _fail(right, f"`in` cannot look for a `{wanted}`", "look for a scalar")
        if operand.kind == "int" and wanted.kind == "float":
            operand = build.to_float(operand)
        if operand.kind != wanted.kind:
            _fail(
                left,
                f"this is `{operand.type}`, and it is looked for among `{wanted}`",
                f"give a {wanted.kind}",
            )
        return build.contains(operand, container, negated)

    def among_literals(self, left: ast.expr, operand: Node, right: ast.Tuple | ast.List, negated: bool) -> Node:
        if not right.elts:
            _fail(right, "nothing is in an empty list", "list the values: `x in (1, 2)`")
        values: list[LiteralValue] = []
        for element in right.elts:
            node = self.any(element)
            if not isinstance(node, LiteralNode):
                _fail(element, "only literals can be listed after `in`", "compare with `==`, joined by `or`")
            if node.value is None:
                _fail(element, "None is never `in`", "ask with `is None`")
            if node.kind != operand.kind and {node.kind, operand.kind} != {"int", "float"}:
                _fail(
                    element,
                    f"this is `{node.type}`, and `{operand.type}` is looked for",
                    f"list values of type {operand.kind}",
                )
            values.append(node.value)
        if operand.kind not in ("int", "float", "str", "bool"):
            _fail(left, f"there are no literals of type `{operand.kind}`", "compare with a field")
        if operand.kind == "float" or any(isinstance(value, float) for value in values):
            operand = build.to_float(operand)
            values = [float(value) + 0.0 for value in values if isinstance(value, int | float)]
        return build.in_literals(operand, tuple(dict.fromkeys(values)), negated)

    def call(self, tree: ast.Call) -> Node:
        if not isinstance(tree.func, ast.Name) or tree.func.id not in FUNCTIONS:
            self.refuse_call(tree)
        function: FunctionName = next(name for name in FUNCTIONS if name == tree.func.id)
        if tree.keywords:
            _fail(tree, "a function takes no named arguments", f"write `{function}(x)`")
        for argument in tree.args:
            if isinstance(argument, ast.Starred):
                _fail(argument, "`*` cannot spread arguments", "write the arguments out")
        if function in ("min", "max", "coalesce"):
            return self.call_of_many(tree, function)
        most = 2 if function == "round" else 1
        if not 1 <= len(tree.args) <= most:
            _fail(
                tree,
                f"`{function}` has {len(tree.args)} arguments",
                f"write `{function}(x)`" + " or `round(x, n)`" * (most == 2),
            )
        if function == "len":
            return self.len(tree)
        if function == "lower":
            node = self.value(tree.args[0])
            if node.kind != "str":
                _fail(tree.args[0], f"`lower` needs a str, and this is `{node.type}`", "use a str")
            return build.call(function, [node])
        digits = self.digits(tree.args[1]) if len(tree.args) == 2 else None
        return build.call(function, [self.number(tree.args[0], f"`{function}`")], digits, column_of(tree))

    def refuse_call(self, tree: ast.Call) -> NoReturn:
        if isinstance(tree.func, ast.Attribute):
            _fail(tree, "values have no methods", "use " + " ".join(FUNCTIONS))
        if not isinstance(tree.func, ast.Name):
            _fail(tree, "only functions can be called", "use " + " ".join(FUNCTIONS))
        name = tree.func.id
        if name in FOLDS:
            _fail(tree, f"`{name}` is a fold", "a fold stands alone, outermost, in a sheet's `on`")
        _fail(tree, f"there is no function `{name}`", did_you_mean(name, FUNCTIONS))

    def call_of_many(self, tree: ast.Call, function: FunctionName) -> Node:
        if len(tree.args) < 2:
            mend = f"write `{function}(a, b)`"
            if function != "coalesce":
                mend += f"; as a fold, `{function}(x)` stands alone in a sheet's `on`"
            _fail(tree, f"`{function}` has {len(tree.args)} argument{'s' * (len(tree.args) != 1)}", mend)
        arguments = [self.value(argument) for argument in tree.args]
        self.same_kind(tree, arguments, f"the arguments of `{function}`")
        if function != "coalesce" and arguments[0].kind not in ("int", "float", "time"):
            _fail(tree, f"`{function}` of `{arguments[0].type}`", "use numbers or times")
        return build.call(function, arguments)

    def len(self, tree: ast.Call) -> Node:
        node = self.value(tree.args[0])
        if node.kind not in ("str", "list", "map"):
            _fail(
                tree.args[0],
                f"`len` needs a list, a map or a str, and this is `{node.type}`",
                "use a list, a map or a str",
            )
        return build.call("len", [node])

    def digits(self, tree: ast.expr) -> int:
        value = tree.value if isinstance(tree, ast.Constant) else None
        if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= MOST_DIGITS:
            _fail(tree, "the digits of `round` must be written out", f"a whole number from 0 to {MOST_DIGITS}")
        return value


def _is_none(tree: ast.expr) -> bool:
    return isinstance(tree, ast.Constant) and tree.value is None


def _described(tree: ast.expr) -> str:
    words = {
        ast.Lambda: "a lambda",
        ast.JoinedStr: "an f-string",
        ast.NamedExpr: "`:=`",
        ast.Starred: "`*`",
        ast.Tuple: "a tuple",
        ast.List: "a list",
        ast.Dict: "a dict",
        ast.Set: "a set",
        ast.Slice: "a slice",
    }
    return words.get(type(tree), "this")

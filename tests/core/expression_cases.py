"""Random typed expressions and the rows that they are tried on."""

import random
from collections.abc import Callable, Sequence

from hypothesis import strategies as st

from kleos.core.types import Scalar, Type

SCALARS: dict[str, Scalar] = {
    "i": Scalar("int"),
    "j": Scalar("int"),
    "oi": Scalar("int", True),
    "f": Scalar("float"),
    "g": Scalar("float"),
    "of": Scalar("float", True),
    "s": Scalar("str"),
    "os": Scalar("str", True),
    "b": Scalar("bool"),
    "ob": Scalar("bool", True),
    "p": Scalar("player"),
    "op": Scalar("player", True),
    "t": Scalar("time"),
    "ot": Scalar("time", True),
}

INTS = [0, 1, -1, 2, -2, 3, 7, -7, 10, -10, 100, 2**31, 2**53, 2**53 + 1, 2**53 - 1, -(2**53) - 1]
INTS += [2**62, 2**63 - 1, 2**63 - 2, -(2**63), -(2**63) + 1, 10**15 + 1, 9007199254740997]
FLOATS = [0.0, 1e-6, -1e-6, 0.1, -0.1, 0.3, 0.5, -0.5, 1.5, 2.5, -2.5, 3.0, -3.0, 1e9, -1e9, 9.2e12]
FLOATS += [0.333333, 1234567.891234, -7.0, 2.675, 1.005, 999999999.999999]
TEXTS = ["", "a", "A", "b", "B", "É", "é", "ß", "\ufb00", "\U0001d4b3", "\uffee", "a b", "\u0130", "Z", "_"]
TEXTS += ["\u212a", "it's", "back\\slash", '"', "%s $1", "a\nb"]
TIMES = [0, 1, -1, 1_700_000_000_000_000, 1_700_000_000_000_001]
PLAYERS = [1, 2, 3, 2**53 + 1]
POOLS: dict[str, Sequence[object]] = {
    "int": INTS,
    "float": FLOATS,
    "str": TEXTS,
    "bool": [False, True],
    "player": PLAYERS,
    "time": TIMES,
}


def random_rows(seed: int, count: int) -> list[dict[str, object]]:
    """Rows over :data:`SCALARS`: edges for the most part, else random; a quarter of the optionals None."""
    chance = random.Random(seed)

    def value(type_: Scalar) -> object:
        if type_.optional and chance.random() < 0.25:
            return None
        if chance.random() < 0.2 and type_.kind == "int":
            return chance.randint(-(10 ** chance.randint(1, 18)), 10 ** chance.randint(1, 18))
        if chance.random() < 0.2 and type_.kind == "float":
            return round(chance.uniform(-1, 1) * 10 ** chance.randint(-5, 9), 6) + 0.0
        return chance.choice(POOLS[type_.kind])

    nothing: dict[str, object] = {
        name: None if type_.optional else POOLS[type_.kind][0] for name, type_ in SCALARS.items()
    }
    return [nothing, *({name: value(type_) for name, type_ in SCALARS.items()} for _ in range(count - 1))]


def _text_literal(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'


LITERALS: dict[str, st.SearchStrategy[str]] = {
    "int": st.sampled_from([*(str(value) for value in INTS), "3", "5", "16"]),
    "float": st.sampled_from([repr(value) for value in [*FLOATS, 1e3, 1e-9, 2.0**53, 1e18, 9.3e18]]),
    "str": st.sampled_from([_text_literal(value) for value in TEXTS]),
    "bool": st.sampled_from(["True", "False"]),
}


def names_of(kind: str, scope: dict[str, Type]) -> list[str]:
    return [name for name, type_ in scope.items() if isinstance(type_, Scalar) and type_.kind == kind]


def expressions(
    kind: str, depth: int, scope: dict[str, Type], extra: dict[str, list[str]] | None = None
) -> st.SearchStrategy[str]:
    """Texts of one kind. ``extra``: more leaves for a kind, such as items of maps."""
    known = (kind, depth, id(scope))
    if known not in _MADE:
        _MADE[known] = _expressions(kind, depth, scope, extra)
    return _MADE[known]


_MADE: dict[tuple[str, int, int], st.SearchStrategy[str]] = {}
"""Made once for each kind, depth and scope: there are many, and each refers to many."""


def _expressions(
    kind: str, depth: int, scope: dict[str, Type], extra: dict[str, list[str]] | None
) -> st.SearchStrategy[str]:
    leaves: list[st.SearchStrategy[str]] = [st.sampled_from(names_of(kind, scope))]
    if kind in LITERALS:
        leaves.append(LITERALS[kind])
    if extra and extra.get(kind):
        leaves.append(st.sampled_from(extra[kind]))
    leaf = st.one_of(*leaves)
    if depth == 0:
        return leaf

    def sub(wanted: str) -> st.SearchStrategy[str]:
        return st.deferred(lambda: expressions(wanted, depth - 1, scope, extra))

    def shape(pattern: str, *wanted: str) -> st.SearchStrategy[str]:
        return st.tuples(*(sub(item) for item in wanted)).map(lambda parts: pattern.format(*parts))

    chosen = [
        shape("({0} if {1} else {2})", kind, "bool", kind),
        shape("({0} if {1} else None)", kind, "bool"),
        shape("coalesce({0}, {1})", kind, kind),
    ]
    more: dict[str, Callable[[], list[st.SearchStrategy[str]]]] = {
        "int": lambda: [
            *(shape(f"({{0}} {operator} {{1}})", "int", "int") for operator in ("+", "-", "*", "//", "%")),
            shape("(-({0}))", "int"),
            shape("abs({0})", "int"),
            shape("min({0}, {1}, {2})", "int", "int", "int"),
            shape("max({0}, {1})", "int", "int"),
            shape("floor({0})", "float"),
            shape("round({0})", "float"),
            shape("len({0})", "str"),
        ],
        "float": lambda: [
            *(shape(f"({{0}} {operator} {{1}})", "float", "float") for operator in ("+", "-", "*", "/", "//", "%")),
            *(shape(f"({{0}} {operator} {{1}})", "int", "float") for operator in ("+", "*", "%", "-")),
            shape("({0} / {1})", "int", "int"),
            shape("(-({0}))", "float"),
            shape("abs({0})", "float"),
            shape("min({0}, {1})", "int", "float"),
            shape("max({0}, {1})", "float", "float"),
            shape("round({0}, 2)", "float"),
            shape("round({0}, 0)", "int"),
            shape("round({0}, 6)", "float"),
        ],
        "str": lambda: [shape("lower({0})", "str")],
        "time": lambda: [shape("min({0}, {1})", "time", "time"), shape("max({0}, {1})", "time", "time")],
        "player": list,
        "bool": lambda: [
            *(shape(f"({{0}} {operator} {{1}})", "int", "int") for operator in ("==", "!=", "<", "<=", ">", ">=")),
            *(shape(f"({{0}} {operator} {{1}})", "int", "float") for operator in ("==", "!=", "<", ">=")),
            *(shape(f"({{0}} {operator} {{1}})", "str", "str") for operator in ("==", "!=", "<", "<=")),
            *(shape(f"({{0}} {operator} {{1}})", "time", "time") for operator in ("==", "<", ">=")),
            *(shape(f"({{0}} {operator} {{1}})", "player", "player") for operator in ("==", "!=")),
            shape("({0} == {1})", "bool", "bool"),
            shape("({0} < {1} <= {2})", "float", "float", "float"),
            *(shape("({0} and {1})", "bool", "bool"), shape("({0} or {1})", "bool", "bool")),
            shape("(not {0})", "bool"),
            *(shape(f"({{0}} is {word})", one) for word in ("None", "not None") for one in ("int", "float", "str")),
            shape("({0} in (1, 2.5, -7, 9007199254740993))", "int"),
            shape("({0} not in (1, 2, -7, 9223372036854775807))", "int"),
            shape("({0} in (0.1, 3, -0.0))", "float"),
            shape('({0} not in ("a", "É", "it\'s", "back\\\\slash"))', "str"),
        ],
    }
    return st.one_of(leaf, *more[kind](), *chosen)


KINDS = ("int", "float", "bool", "str", "time", "player")


def any_expression(scope: dict[str, Type], extra: dict[str, list[str]] | None = None) -> st.SearchStrategy[str]:
    return st.one_of(*(expressions(kind, 3, scope, extra) for kind in KINDS))

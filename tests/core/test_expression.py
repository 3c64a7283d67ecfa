"""What an expression may say, what it means, and what each refusal says."""

import time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kleos.core.errors import ExpressionError
from kleos.core.expression import (
    Course,
    FormulaErrors,
    compile_python,
    inline,
    monotone_condition,
    never_negative,
    order_formulas,
    parse,
    parse_condition,
    parse_fold,
    parse_for,
    python_source,
    sql_source,
    threshold,
)
from kleos.core.types import Field, ListOf, MapOf, RecordOf, Scalar, Type

PLAYER, INT, FLOAT, STR, BOOL, TIME = (Scalar(kind) for kind in ("player", "int", "float", "str", "bool", "time"))
SCOPE: dict[str, Type] = {
    "player": PLAYER,
    "winner": PLAYER,
    "finisher": Scalar("player", True),
    "score": INT,
    "bonus": Scalar("int", True),
    "rate": FLOAT,
    "mode": STR,
    "note": Scalar("str", True),
    "ranked": BOOL,
    "maybe": Scalar("bool", True),
    "at": TIME,
    "extra": Scalar("json", True),
    "jacks": MapOf(PLAYER, INT),
    "cpus": ListOf(PLAYER),
    "hit": RecordOf("hit", {"damage": Field("damage", FLOAT)}),
}


def refusal(text: str) -> ExpressionError | None:
    try:
        parse(text, SCOPE)
    except ExpressionError as error:
        return error
    return None


def evaluate(text: str, **values: Any) -> Any:
    expression = parse(text, SCOPE)
    return compile_python(expression, tuple(values))(**values)


@pytest.mark.parametrize(
    "text,type_",
    [
        ("score + 1.5", "float"),
        ("score + bonus", "int?"),
        ("score / 2", "float"),
        ("score / score", "float?"),
        ("score // 2", "int"),
        ("score % score", "int?"),
        ("player == winner", "bool"),
        ("bonus > 3", "bool"),
        ("jacks[player]", "int?"),
        ("hit.damage", "float"),
        ("1 if ranked else 2.5", "float"),
        ("score if ranked else None", "int?"),
        ("max(0, bonus)", "int"),
        ("max(bonus, bonus)", "int?"),
        ("coalesce(bonus, 0)", "int"),
        ("round(rate)", "int"),
        ("round(rate, 2)", "float"),
        ("floor(rate)", "int"),
        ("len(cpus)", "int"),
        ("lower(note)", "str?"),
        ("note is None", "bool"),
        ("min(at, at)", "time"),
        ("maybe", "bool?"),
        ("maybe and ranked", "bool"),
        ("extra is not None", "bool"),
    ],
)
def test_types(text: str, type_: str) -> None:
    assert str(parse(text, SCOPE).type) == type_


def test_only_what_can_leave_64_bits_is_optional_for_it() -> None:
    assert str(parse("score + 1", SCOPE).type) == "int?"
    assert str(parse("score + 1", SCOPE, int_bits=53).type) == "int"


def test_names_are_those_that_are_used() -> None:
    assert parse("jacks[player] + score > score", SCOPE).names == ("jacks", "player", "score")


@pytest.mark.parametrize(
    "text,values,wanted",
    [
        ("score // 2", {"score": -7}, -4),
        ("score % 3", {"score": -7}, 2),
        ("score % -3", {"score": 7}, -2),
        ("score // bonus", {"score": 1, "bonus": 0}, None),
        ("score / bonus", {"score": 1, "bonus": 0}, None),
        ("rate // 0.5", {"rate": -0.75}, -2.0),
        ("rate % 1", {"rate": -0.25}, 0.75),
        ("score * score // score", {"score": 2**62}, 2**62),
        ("score * 2", {"score": 2**62}, None),
        ("score + 1", {"score": 2**63 - 1}, None),
        ("-score", {"score": -(2**63)}, None),
        ("score == 9007199254740992.0", {"score": 2**53 + 1}, True),
        ("score == 9007199254740992", {"score": 2**53 + 1}, False),
        ("-10 <= score <= 60", {"score": 60}, True),
        ("-10 <= score <= 60", {"score": 61}, False),
        ("not (bonus < 3)", {"bonus": None}, True),
        ("bonus != 3", {"bonus": None}, False),
        ("bonus not in (1, 2)", {"bonus": None}, False),
        ("finisher == player", {"finisher": None, "player": 4}, False),
        ("jacks[player] == 4", {"jacks": {}, "player": 1}, False),
        ("jacks[player] == 4", {"jacks": {1: 4}, "player": 1}, True),
        ("player not in cpus", {"player": 1, "cpus": [2]}, True),
        ("player in jacks", {"player": 1, "jacks": {1: 0}}, True),
        ("min(score, bonus)", {"score": 3, "bonus": None}, 3),
        ("bonus + 1", {"bonus": None}, None),
        ("maybe and ranked", {"maybe": None, "ranked": True}, False),
        ("not maybe", {"maybe": None}, True),
        ("1 if maybe else 2", {"maybe": None}, 2),
        ("round(rate)", {"rate": 2.5}, 3),
        ("round(rate)", {"rate": -2.5}, -2),
        ("round(rate, 2)", {"rate": 2.675}, 2.68),
        ("rate * -1.0", {"rate": 0.0}, 0.0),
        ("lower(mode)", {"mode": "AÉZ"}, "aÉz"),
        ("len(mode)", {"mode": "\U0001d4b3É"}, 2),
        ("note is None", {"note": None}, True),
        ("score is None", {"score": 1}, False),
        ("-9223372036854775808 == score", {"score": -(2**63)}, True),
    ],
)
def test_values(text: str, values: dict[str, Any], wanted: object) -> None:
    got = evaluate(text, **values)
    assert repr(got) == repr(wanted)


@pytest.mark.parametrize(
    "text,source",
    [
        ("player == winner", "(e.player == e.winner)"),
        ("score < 0", "(e.score < 0)"),
        ("player == finisher", "(e.player == e.finisher)"),
        ("-10 <= score <= 60", "(((-10) <= e.score) and (e.score <= 60))"),
        ("player not in cpus", "(e.player not in e.cpus)"),
    ],
)
def test_what_cannot_be_none_is_plain_python(text: str, source: str) -> None:
    assert python_source(parse(text, SCOPE), {name: f"e.{name}" for name in SCOPE}) == source


REFUSED = [
    ("", "empty", 0),
    ("   ", "empty", 0),
    ("scroe", "no `scroe`", 0),
    ("1 + scroe", "no `scroe`", 4),
    ("score +", "no expression", 0),
    ("score and ranked", "true or false", 0),
    ("ranked + 1", "needs a number", 0),
    ("True + 1", "needs a number", 0),
    ("at + 1", "needs a number", 0),
    ("player < winner", "no order", 0),
    ("ranked < True", "no order", 0),
    ("player == 1", "cannot be compared", 0),
    ("score == mode", "cannot be compared", 0),
    ("at > 5", "cannot be compared", 0),
    ("extra == extra", "cannot be compared", 0),
    ("cpus == cpus", "cannot be compared", 0),
    ("score == None", "always false", 9),
    ("score is 1", "None only", 9),
    ("None", "None is no value", 0),
    ("None + 1", "None is no value", 0),
    ("None if ranked else None", "both branches", 0),
    ("1 if ranked else mode", "branches", 17),
    ("1 if score else 2", "true or false", 5),
    ("cpus[0]", "no keys", 0),
    ("jacks[1]", "key is `int`", 6),
    ("jacks[1:2]", "not part", 7),
    ("mode.x", "no fields", 0),
    ("hit.damge", "no field `damge`", 0),
    ("score in cpus", "looked for among", 0),
    ("mode in 'abc'", "cannot look into", 8),
    ("score in ()", "empty list", 9),
    ("score in (1, 'a')", "is looked for", 13),
    ("score in (1, None)", "never `in`", 13),
    ("score in (1, score)", "only literals", 13),
    ("player in (1, 2)", "is looked for", 11),
    ("min(score)", "1 argument", 0),
    ("min(mode, mode)", "`min` of", 0),
    ("abs()", "0 arguments", 0),
    ("abs(1, 2)", "2 arguments", 0),
    ("abs(mode)", "needs a number", 4),
    ("len(score)", "needs a list", 4),
    ("lower(score)", "needs a str", 6),
    ("round(rate, 7)", "digits", 12),
    ("round(rate, score)", "digits", 12),
    ("round(rate, True)", "digits", 12),
    ("coalesce(1, mode)", "arguments of", 0),
    ("count()", "is a fold", 0),
    ("eval('1')", "no function `eval`", 0),
    ("open", "no `open`", 0),
    ("min", "is a function", 0),
    ("mode.lower()", "no methods", 0),
    ("(score)(1)", "no function", 0),
    ("max(*cpus)", "cannot spread", 4),
    ("max(1, k=2)", "not part", 8),
    ("mode.__class__", "underscore", 5),
    ("__import__('os')", "underscore", 0),
    ("_k_add", "underscore", 0),
    ("lambda: 1", "`lambda` is not part", 0),
    ("[x for x in cpus]", "`for` is not part", 3),
    ("(x := 1)", "`:=` is not part", 3),
    ("f'{score}'", "before a text", 0),
    ("b'x'", "before a text", 0),
    ("'abc", "does not end", 0),
    ("'\\x00'", "does not end", 0),
    ("'''a'''", "two texts", 2),
    ("'\0'", "cannot be stored", 0),
    ("'\ud800'", "cannot be stored", 0),
    ("9**9**9", "`**` is not part", 1),
    ("score & 1", "`&` is not part", 6),
    ("~score", "`~` is not part", 0),
    ("score @ score", "`@` is not part", 6),
    ("score << 70", "`<<` is not part", 6),
    ("{1}", "`{` is not part", 0),
    ("+1", "sign", 0),
    ("1, 2", "a tuple", 0),
    ("[1, 2]", "a list", 0),
    ("...", "", 0),
    ("score; score", "`;` is not part", 5),
    ("score # note", "not part", 6),
    ("é", "not part", 0),
    ("0x10", "no number", 0),
    ("1j", "no number", 0),
    ("1__0", "no number", 0),
    ("007", "no number", 0),
    ("9223372036854775808", "too large", 0),
    ("9" * 400, "too large", 0),
    ("1e400", "too large", 0),
    ("1e-300", "too small", 0),
    ("(" * 900 + "1", "too many brackets", 24),
    ("[" * 900, "too many brackets", 24),
    ("-" * 900 + "1", "too many `-`", 4),
    ("not " * 200 + "ranked", "too many `not`", 16),
    ("score + " * 120 + "score", "too deeply", 0),
    ("x" * 1001, "1001 characters", 1000),
    (" * ".join(["rate"] * 40), "range of numbers", 0),
    (" * ".join(["score"] * 17), "range of numbers", 0),
    ("yield", "not part", 0),
    ("await score", "not part", 0),
    ("score score", "no expression", 0),
]


@pytest.mark.parametrize("text,said,column", REFUSED, ids=[text[:20] for text, _, _ in REFUSED])
def test_refusals_say_what_where_and_what_instead(text: str, said: str, column: int) -> None:
    with pytest.raises(ExpressionError) as caught:
        parse(text, SCOPE)
    error = caught.value
    assert said in error.message
    assert error.mend
    assert error.column is not None
    assert 0 <= error.column <= len(text)
    if column:
        assert error.column == column


@pytest.mark.parametrize(
    "text",
    [
        "0 < (1 if " * 24 + "score" + " else 2) < 3" * 24,
        "score // (" * 24 + "score" + ")" * 24,
        "abs(" * 24 + "score" + ")" * 24,
        "((score % " * 12 + "score" + "))" * 12,
        "ranked == (" * 24 + "ranked" + ")" * 24,
    ],
)
def test_nothing_is_slow(text: str) -> None:
    start = time.perf_counter()
    for dialect in ("postgresql", "duckdb"):
        try:
            sql = sql_source(parse(text[:1000], SCOPE), {"score": "score", "ranked": "ranked"}, dialect)
        except ExpressionError:
            continue
        assert len(sql) <= 20_000
    assert time.perf_counter() - start < 2


@settings(max_examples=400, deadline=1000)
@given(st.text(alphabet="score rank not()[]{}-+*/%.,'\"\\:=<>0123456789_e\nif else\u00e9\0", max_size=60))
def test_whatever_is_written_is_read_or_refused(text: str) -> None:
    error = refusal(text)
    assert error is None or (error.mend and error.column is not None and 0 <= error.column <= len(text))


def test_conditions_are_plain_bools() -> None:
    condition = parse_condition("maybe", SCOPE)
    assert condition.type == BOOL
    assert compile_python(condition, ("maybe",))(None) is False
    with pytest.raises(ExpressionError, match="true or false"):
        parse_condition("score", SCOPE)


# Formulas

COLUMNS: dict[str, Type] = {"won": INT, "played": INT, "best": Scalar("int", True), "hours": FLOAT}


def test_formulas_are_ordered_and_inlined() -> None:
    formulas = order_formulas({"twice": "ratio * 2", "ratio": "won / played"}, COLUMNS)
    assert list(formulas) == ["ratio", "twice"]
    assert formulas["twice"].names == ("played", "won")
    assert compile_python(formulas["twice"], ("won", "played"))(1, 4) == 0.5
    assert compile_python(formulas["twice"], ("won", "played"))(1, 0) is None


def test_an_inlined_int_outside_64_bits_is_none() -> None:
    formulas = order_formulas({"large": "won * played", "back": "large // played"}, COLUMNS)
    back = compile_python(formulas["back"], ("won", "played"))
    assert back(2**62, 4) is None
    assert back(2**60, 4) == 2**60
    condition = inline(parse_condition("not (large > 3)", {**COLUMNS, "large": formulas["large"].type}), formulas)
    assert compile_python(condition, ("won", "played"))(2**62, 4) is True


def test_all_problems_of_formulas_are_reported_at_once() -> None:
    texts = {"a": "b + 1", "b": "c", "c": "a", "own": "own + 1", "bad": "wno", "broken": "1 +", "fine": "won"}
    with pytest.raises(FormulaErrors) as caught:
        order_formulas(texts, COLUMNS)
    problems = caught.value.problems
    assert set(problems) == {"a", "b", "c", "own", "bad", "broken"}
    assert "a -> b -> c -> a" in problems["a"].message
    assert "own -> own" in problems["own"].message


def test_fifteen_products_and_no_more() -> None:
    order_formulas({"x": " + ".join(["won * 2"] * 15)}, COLUMNS)
    with pytest.raises(FormulaErrors, match="at most 15"):
        order_formulas({"x": " + ".join(["won * 2"] * 16)}, COLUMNS)
    with pytest.raises(FormulaErrors, match="at most 15"):
        order_formulas({"x": " + ".join(["won * 2"] * 8), "y": "x + x"}, COLUMNS)


def test_sql_is_bounded_and_quoted() -> None:
    names = {name: f'"{name}"' for name in SCOPE}
    with pytest.raises(ExpressionError, match="too large as SQL"):
        sql_source(parse("score % (" * 12 + "score" + ")" * 12, SCOPE), names, "postgresql")
    with pytest.raises(ExpressionError, match="columns only"):
        sql_source(parse("jacks[player]", SCOPE), names, "postgresql")
    sql = sql_source(parse('mode == "it\'s \\\\"', SCOPE), names, "postgresql")
    assert sql == "(\"mode\" = E'it''s \\\\'::text COLLATE \"C\")"


# Folds, `for`, monotone


@pytest.mark.parametrize(
    "text,kind,type_",
    [
        ("count()", "count", "int"),
        ("count(score > 1)", "count", "int"),
        ("count(maybe)", "count", "int"),
        ("sum(score)", "sum", "int"),
        ("sum(score * rate)", "sum", "float"),
        ("min(score)", "min", "int?"),
        ("max(at)", "max", "time?"),
        ("last(mode)", "last", "str?"),
        ("last(player)", "last", "player?"),
        ("streak(player == winner)", "streak", "int"),
    ],
)
def test_folds(text: str, kind: str, type_: str) -> None:
    call = parse_fold(text, SCOPE)
    assert (call.kind, str(call.type)) == (kind, type_)
    assert (call.argument is None) == (text == "count()")


@pytest.mark.parametrize(
    "text,said",
    [
        ("score", "no fold"),
        ("count() + 1", "no fold"),
        ("total(score)", "no fold `total`"),
        ("sum()", "0 arguments"),
        ("sum(ranked)", "needs a number"),
        ("min(score, 1)", "2 arguments"),
        ("min(mode)", "number or a time"),
        ("last(extra)", "fold a scalar"),
        ("last(cpus)", "fold a scalar"),
        ("count(score)", "true or false"),
        ("streak()", "0 arguments"),
        ("count(*cpus)", "one plain argument"),
        ("sum(count())", "is a fold"),
    ],
)
def test_refused_folds(text: str, said: str) -> None:
    with pytest.raises(ExpressionError) as caught:
        parse_fold(text, SCOPE)
    assert said in str(caught.value)


def test_for_over_maps_and_lists() -> None:
    scope = {name: type_ for name, type_ in SCOPE.items() if name != "player"}
    each = parse_for("player, n in jacks", scope)
    assert (each.targets, each.over_map, each.source.text) == (("player", "n"), True, "jacks")
    assert each.scope["player"] == PLAYER
    assert each.scope["n"] == INT
    each = parse_for("p in cpus", scope)
    assert (each.targets, each.over_map) == (("p",), False)


@pytest.mark.parametrize(
    "text,said,column",
    [
        ("jacks", "no `for` clause", 0),
        ("p in jacks", "two names", 0),
        ("p, q in cpus", "one name", 0),
        ("p in score", "no elements", 5),
        ("p in nothing", "no `nothing`", 5),
        ("score in cpus", "a field already", 0),
        ("p, p in jacks", "stands for both", 3),
        ("p, _q in jacks", "no name", 3),
        ("class in cpus", "no name", 0),
    ],
)
def test_refused_for(text: str, said: str, column: int) -> None:
    with pytest.raises(ExpressionError) as caught:
        parse_for(text, SCOPE)
    assert said in str(caught.value)
    assert caught.value.column == column


COURSES: dict[str, Course] = {"won": "rises", "best": "falls", "hours": "rises", "played": "other"}


@pytest.mark.parametrize(
    "text",
    ["won >= 10", "won > 9", "10 <= won", "best <= 3", "3 > best", "won >= 1 and best < 2", "hours >= 10"],
)
def test_conditions_that_stay_true(text: str) -> None:
    assert monotone_condition(parse(text, COLUMNS), COURSES) is None


@pytest.mark.parametrize(
    "text,said",
    [
        ("won == 10", "won >= 10"),
        ("won < 10", "won >= 10"),
        ("best >= 10", "best <= 10"),
        ("played > 1", "rise and fall"),
        ("won > played", "column >= n"),
        ("won + 1 > 2", "column >= n"),
        ("not (won < 3)", "column >= n"),
        ("won >= 1 or played >= 2", "rise and fall"),
    ],
)
def test_conditions_that_could_come_and_go(text: str, said: str) -> None:
    problem = monotone_condition(parse(text, COLUMNS), COURSES)
    assert problem is not None
    assert said in problem


def test_threshold() -> None:
    assert threshold(parse("won >= 10", COLUMNS)) == ("won", 10, False)
    assert threshold(parse("10 < won", COLUMNS)) == ("won", 10, True)
    assert threshold(parse("hours >= 10", COLUMNS)) == ("hours", 10.0, False)
    assert threshold(parse("best <= 10", COLUMNS)) is None
    assert threshold(parse("won >= 10 and won >= 3", COLUMNS)) is None


@pytest.mark.parametrize(
    "text",
    ["3", "len(mode)", "abs(score)", "max(0, score)", "max(0, bonus)", "len(cpus) * 2 + abs(rate)", "0.5"],
)
def test_never_negative(text: str) -> None:
    assert never_negative(parse(text, SCOPE, int_bits=53))


@pytest.mark.parametrize(
    "text", ["score", "-3", "len(mode) - 1", "max(bonus, score)", "min(0, score)", "rate", "-abs(rate)"]
)
def test_perhaps_negative(text: str) -> None:
    assert not never_negative(parse(text, SCOPE, int_bits=53))

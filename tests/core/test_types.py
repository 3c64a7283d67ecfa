"""How a definition writes the types of fields."""

import pytest

from kleos.core.errors import ExpressionError
from kleos.core.types import MISSING, Field, ListOf, MapOf, RecordOf, Scalar, parse_field, parse_records

HIT = RecordOf("hit", {"damage": Field("damage", Scalar("float"))})


@pytest.mark.parametrize(
    "text,written,default",
    [
        ("int", "int", MISSING),
        ("int?", "int?", MISSING),
        ("float = 1", "float", 1.0),
        ("float = -0.0", "float", 0.0),
        ("bool = true", "bool", True),
        ("bool=False", "bool", False),
        ('str = "x = y"', "str", "x = y"),
        ("map[player, int] = {}", "map[player, int]", {}),
        ("list[ int ] = [1, 2]", "list[int]", [1, 2]),
        ("map[str, list[int?]]? = None", "map[str, list[int?]]?", None),
        ("list[hit]", "list[hit]", MISSING),
        ("hit?", "hit?", MISSING),
        ("json?", "json?", MISSING),
    ],
)
def test_fields(text: str, written: str, default: object) -> None:
    type_, found = parse_field(text, {"hit": HIT})
    assert (str(type_), repr(found)) == (written, repr(default))


@pytest.mark.parametrize(
    "text,said",
    [
        ("", "the type is missing"),
        ("itn", "did you mean `int`"),
        ("hitt", "did you mean `hit`"),
        ("map[float, int]", "cannot be `float`"),
        ("map[str?, int]", "cannot be `str?`"),
        ("map[str]", "where `,` should be"),
        ("list[int", "where `]` should be"),
        ("list", "where `[` should be"),
        ("int int", "after the type"),
        ("int!", "`!` in a type"),
        ("int??", "after the type"),
        ("int = 1.5", "is no `int`"),
        ("int = True", "is no `int`"),
        ("int = 9007199254740993", "is no `int`"),
        ("float = 1e10", "is no `float`"),
        ("float = 1e999", "is no `float`"),
        ("int = None", "is no `int`"),
        ("int = open('x')", "not a literal"),
        ("int = ", "not a literal"),
        ("int = " + "(" * 500, "not a literal"),
        ("int = " + "-" * 500 + "1", "not a literal"),
        ("list[int] = [1, 'a']", "is no `int`"),
        ("player = 'x'", "is no `player`"),
        ("list[" * 50 + "int" + "]" * 50, "nested too deeply"),
        ("x" * 2000, "too long"),
        ("str = '\\x00'", "is no `str`"),
    ],
)
def test_refused_fields(text: str, said: str) -> None:
    with pytest.raises(ExpressionError) as caught:
        parse_field(text, {"hit": HIT})
    assert said in str(caught.value)
    assert caught.value.mend
    assert caught.value.column is not None
    assert 0 <= caught.value.column <= len(text)


def test_records_may_use_each_other_in_any_order() -> None:
    records = parse_records({"team": {"members": "list[member]"}, "member": {"id": "player", "kills": "int = 0"}})
    members = records["team"].fields["members"].type
    assert members == ListOf(records["member"])
    assert records["member"].fields["kills"] == Field("kills", Scalar("int"), 0)


@pytest.mark.parametrize(
    "tables",
    [
        {"a": {"x": "a?"}},
        {"a": {"x": "list[b]"}, "b": {"y": "map[str, a]"}},
    ],
)
def test_records_that_contain_themselves_are_refused(tables: dict[str, dict[str, str]]) -> None:
    with pytest.raises(ExpressionError, match="contains itself"):
        parse_records(tables)


def test_types_are_values() -> None:
    assert parse_field("map[str, int]", {})[0] == MapOf(Scalar("str"), Scalar("int"))
    assert hash(HIT) == hash(RecordOf("hit", {}))

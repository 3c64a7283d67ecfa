"""Rank keys: their bytes are in the order of the board, and say exactly what went in."""

import math

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from kleos.boards.rankkey import RankColumn, RankKeys, Value, version_of

INTS = st.integers(-(2**63), 2**63 - 1)
FLOATS = st.floats(allow_nan=False, allow_infinity=False)
OF_KIND: dict[str, st.SearchStrategy[Value]] = {
    "int": INTS,
    "float": FLOATS,
    "bool": st.booleans(),
    "time": INTS,
}
IDS = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=12
) | st.sampled_from(["a", "ab", "a\x01", "é", "\uffff", "\U0001f3c6"])
COLUMNS = st.lists(
    st.builds(
        RankColumn,
        st.just("value"),
        st.sampled_from(["int", "float", "bool", "time"]),
        st.sampled_from(["asc", "desc"]),
    ),
    min_size=1,
    max_size=4,
)
SINCE = st.none() | st.integers(-(2**63), 2**63 - 2)
VERSIONS = st.integers(0, 2**63 - 1)


def place(columns: list[RankColumn], values: tuple[Value, ...], since: int | None, id: str) -> tuple[object, ...]:
    """The order of a board as the design has it, for Python's own comparison."""
    parts: list[object] = []
    for column, value in zip(columns, values, strict=True):
        signed = 0 if value is None else -value if column.direction == "desc" else +value
        parts += [value is None, signed]
    return (*parts, since is None, since or 0, id)


def rows(columns: list[RankColumn]) -> st.SearchStrategy[tuple[tuple[Value, ...], int | None, str, int]]:
    values = st.tuples(*[st.none() | OF_KIND[column.kind] for column in columns])
    return st.tuples(values, SINCE, IDS, VERSIONS)


@given(st.data(), COLUMNS)
def test_round_trip_is_exact(data: st.DataObject, columns: list[RankColumn]) -> None:
    values, since, id, version = data.draw(rows(columns))
    keys = RankKeys(columns)
    key = keys.encode(values, since, id, version)
    placed = keys.decode(key)
    assert placed == (values, since, id, version)
    assert [type(value) for value in placed.values] == [type(value) for value in values]
    assert version_of(key) == version


@given(st.data(), COLUMNS)
def test_bytes_are_in_the_order_of_the_board(data: st.DataObject, columns: list[RankColumn]) -> None:
    one, other = data.draw(rows(columns)), data.draw(rows(columns))
    keys = RankKeys(columns)
    first, second = (keys.encode(*row) for row in (one, other))
    by_place = [place(columns, *row[:3]) for row in (one, other)]
    if by_place[0] != by_place[1]:
        assert (first < second) == (by_place[0] < by_place[1])
    same_rank = by_place[0][: 2 * len(columns)] == by_place[1][: 2 * len(columns)]
    assert (first[: keys.prefix_bytes] == second[: keys.prefix_bytes]) == same_rank


@given(FLOATS, FLOATS, st.sampled_from(["asc", "desc"]))
@example(-0.0, 0.0, "desc")
@example(5e-324, 0.0, "asc")
@example(-1.7976931348623157e308, 1.7976931348623157e308, "desc")
def test_floats_are_in_order(one: float, other: float, direction: str) -> None:
    keys = RankKeys([RankColumn("value", "float", "asc" if direction == "asc" else "desc")])
    first, second = (keys.encode((value,), 0, "p", 1) for value in (one, other))
    assert (first == second) == (one == other)
    if one != other:
        assert (first < second) == (one < other if direction == "asc" else one > other)


def test_minus_zero_becomes_zero() -> None:
    keys = RankKeys([RankColumn("value", "float", "asc")])
    (value,) = keys.decode(keys.encode((-0.0,), None, "p", 1)).values
    assert value == 0.0
    assert math.copysign(1.0, float(value or 0.0)) == 1.0


@pytest.mark.parametrize("kind", ["float"])
@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, 10**400])
def test_what_is_no_finite_number_is_refused(kind: str, value: float) -> None:
    for direction in ("asc", "desc"):
        keys = RankKeys([RankColumn("value", "float", "asc" if direction == "asc" else "desc")])
        with pytest.raises(ValueError, match="rank"):
            keys.encode((value,), None, "p", 1)


@pytest.mark.parametrize("value", [2**63, -(2**63) - 1, 1.5])
def test_what_is_no_64_bit_integer_is_refused(value: float) -> None:
    for direction in ("asc", "desc"):
        keys = RankKeys([RankColumn("value", "int", "asc" if direction == "asc" else "desc")])
        with pytest.raises(ValueError, match="rank"):
            keys.encode((value,), None, "p", 1)

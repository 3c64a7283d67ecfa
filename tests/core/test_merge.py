"""Merging folded spans, in any grouping, is folding the facts at once."""

from collections.abc import Sequence
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from kleos.core.cells import Row
from kleos.core.merge import merge
from tests.core.six_folds import FACTS, FOLD, UNORDERED, Fact, folded


@st.composite
def cut_facts(draw: st.DrawFn) -> tuple[list[Fact], list[list[Fact]]]:
    """Facts, and the same facts cut into spans, some of them empty."""
    facts = draw(FACTS)
    cuts = sorted(draw(st.lists(st.integers(0, len(facts)), max_size=6)))
    return facts, [facts[start:end] for start, end in zip([0, *cuts], [*cuts, len(facts)], strict=True)]


def merged_in_some_grouping(rows: Sequence[Row], data: st.DataObject) -> Row:
    left = list(rows)
    while len(left) > 1:
        place = data.draw(st.integers(0, len(left) - 2))
        left[place : place + 2] = [merge(FOLD.cells, left[place], left[place + 1])]
    return left[0]


@given(cut_facts(), st.data())
def test_spans_in_event_order_merge_to_the_whole_in_any_grouping(
    cut: tuple[list[Fact], list[list[Fact]]], data: st.DataObject
) -> None:
    facts, spans = cut
    assert merged_in_some_grouping([folded(span) for span in spans], data) == folded(facts)


@given(FACTS, st.data())
def test_unordered_columns_merge_in_any_order(facts: list[Fact], data: st.DataObject) -> None:
    places = data.draw(st.lists(st.integers(0, 4), min_size=len(facts), max_size=len(facts)))
    parts = [[fact for fact, place in zip(facts, places, strict=True) if place == n] for n in range(5)]
    rows = data.draw(st.permutations([folded(part) for part in parts]))
    found, expected = merged_in_some_grouping(rows, data), folded(facts)
    for name in UNORDERED:
        at = FOLD.cells.at[name]
        assert found[at : at + 2] == expected[at : at + 2], name


@given(cut_facts())
def test_merging_changes_neither_side(cut: tuple[list[Fact], list[list[Fact]]]) -> None:
    sides: list[Any] = [folded(span) for span in cut[1][:2]] * 2
    before = [list(side) for side in sides]
    merge(FOLD.cells, sides[0], sides[1])
    assert sides == before

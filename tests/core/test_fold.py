"""The compiled folds against a reference that looks at all facts at once."""

from collections.abc import Sequence

from hypothesis import given

from kleos.core.cells import FIRST_AT
from tests.core.six_folds import FACTS, FOLD, Fact, folded, reference


@given(FACTS)
def test_all_six_folds_give_what_the_facts_say(facts: Sequence[Fact]) -> None:
    assert FOLD.cells.values(folded(facts)) == reference(facts)


@given(FACTS)
def test_a_row_knows_the_span_of_what_its_ordered_folds_have_seen(facts: Sequence[Fact]) -> None:
    ends = [facts[0].at, facts[0].id, facts[-1].at, facts[-1].id] if facts else [None] * 4
    assert folded(facts)[FIRST_AT : FIRST_AT + 4] == ends


def test_a_sum_of_floats_is_exact_and_shown_as_the_database_shows_it() -> None:
    tenths = [Fact(at, f"{at}", False, part=0.1) for at in range(10)]
    assert FOLD.cells.values(folded(tenths))["part_sum"] == 1.0
    many = 2**53 + 1
    row = folded([])
    row[FOLD.cells.at["part_sum"]] = many
    assert FOLD.cells.values(row)["part_sum"] == float(many) / 1e6

"""The contributions to a cell come to the cell, for every fold; and each is of the fact that it names."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kleos.core.completion import Happened
from kleos.core.contributions import CellHistory, Contribution
from kleos.core.definition.load import load
from kleos.core.plan import compile_plan
from tests.core.six_folds import DEFINITION, FACTS, FOLD, Fact, folded

PLAN = compile_plan(DEFINITION)
SHEET = DEFINITION.sheets["folds"]


def history(column: str, facts: Sequence[Fact]) -> tuple[CellHistory, list[Contribution]]:
    told = CellHistory(SHEET, DEFINITION.events, column, ("ann",))
    return told, [one for fact in facts for one in told.take(Happened(PLAN.events["fact"], fact))]


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(FACTS, st.sampled_from(sorted(SHEET.columns)))
def test_contributions_come_to_the_cell(facts: list[Fact], column: str) -> None:
    told, found = history(column, facts)
    cell = FOLD.cells.values(folded(facts))[column]
    assert told.value == cell
    assert told.facts == len(found)
    assert (found[-1].value if found else cell) == cell
    assert came_to(column, found) == (pytest.approx(cell, abs=1e-6) if isinstance(cell, float) else cell)
    order = [(one.event.at, one.event.id) for one in found]
    assert order == sorted(order)


def came_to(column: str, found: Sequence[Contribution]) -> Any:
    """What the contributions alone say the cell is, by a reference that knows no fold."""
    given = [one.given for one in found]
    kind = SHEET.folds[SHEET.columns[column].fold or ""].kind
    if kind in ("count", "sum"):
        return sum(given)
    if kind in ("min", "max"):
        return {"min": min, "max": max}[kind](given, default=None)
    if kind == "last":
        return given[-1] if given else None
    broken = [-1, *(place for place, went_on in enumerate(given) if not went_on), len(given)]
    runs = [end - start - 1 for start, end in pairwise(broken)]
    return max(runs) if column.endswith("_best") else runs[-1]


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(FACTS, st.sampled_from(sorted(SHEET.columns)))
def test_the_deciding_event_is_the_one_whose_time_the_row_keeps(facts: list[Fact], column: str) -> None:
    told, found = history(column, facts)
    since = FOLD.cells.values(folded(facts)).get(f"{column}_since")
    if since is not None and told.deciding is not None and column != "flag_run":
        assert told.deciding.event.at == since
    if told.deciding is not None:
        assert told.deciding.value == told.value
        assert told.deciding in found


GAME = """
title = "Places"
[types.guest]
who = "player?"
won = "int"

[events.round]
scores = "map[player, int]"
guests = "list[guest] = []"
cpus = "list[player] = []"

[sheets.career]
key = ["player"]
[[sheets.career.on]]
event = "round"
for = "player, score in scores"
where = "player not in cpus"
points = "sum(score)"
best = "max(score)"

[[sheets.career.on]]
event = "round"
for = "guest in guests"
player = "guest.who"
points = "sum(guest.won)"
"""


def test_every_position_of_an_event_is_told() -> None:
    definition = load(GAME, "places")
    plan = compile_plan(definition)
    event: Any = plan.decode_one(
        msgspec.json.encode(
            {
                "type": "round",
                "scores": {"cpu": 9, "ann": 5, "bob": 7},
                "cpus": ["cpu"],
                "guests": [
                    {"who": "ann", "won": 2},
                    {"who": None, "won": 50},
                    {"who": "bob", "won": 3},
                    {"who": "ann", "won": 0},
                    {"who": "ann", "won": 4},
                ],
            }
        )
    )
    event.id, event.match, event.at = "r1", "m1", 7
    plan.events["round"].normalise(event)
    told = CellHistory(definition.sheets["career"], definition.events, "points", ("ann",))
    found = told.take(Happened(plan.events["round"], event))
    names = list(event.scores)
    assert [(one.position, one.given, one.value) for one in found] == [
        (names.index("ann"), 5, 5),
        (0, 2, 7),
        (4, 4, 11),
    ]
    best = CellHistory(definition.sheets["career"], definition.events, "best", ("ann",))
    assert [one.given for one in best.take(Happened(plan.events["round"], event))] == [5]
    assert best.types == ("round",)

"""A sheet with all six folds, facts for it, and what they come to by a reference that knows no fold."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import floor
from pathlib import Path
from typing import Any, Final

from hypothesis import strategies as st

from kleos.core.cells import Row, RowKey
from kleos.core.definition.load import load
from kleos.core.fold import SheetFold
from kleos.core.plan import compile_plan

DEFINITION: Final = load((Path(__file__).parent / "six_folds.toml").read_text("utf-8"), "six")
FOLD: Final[SheetFold] = compile_plan(DEFINITION).events["fact"].folds["folds"]
UNORDERED: Final = [name for name, fold in DEFINITION.sheets["folds"].folds.items() if not fold.is_ordered]


@dataclass(frozen=True, slots=True)
class Fact:
    at: int
    id: str
    flag: bool
    whole: int | None = None
    part: float | None = None
    moment: int | None = None
    other: Any = None
    word: str | None = None
    player: Any = "ann"
    match: str = "m"


PARTS: Final = (-1.5, 0.0, 0.1, 0.2, 0.3, 1e-6, 1e9)

FACTS: Final = st.lists(
    st.builds(
        Fact,
        at=st.integers(0, 5),
        id=st.text("aZé\U0001f600", min_size=1, max_size=4),
        flag=st.booleans(),
        whole=st.none() | st.integers(-2, 2),
        part=st.none() | st.sampled_from(PARTS),
        moment=st.none() | st.integers(0, 3),
        other=st.none() | st.sampled_from(["bob", "eve"]),
        word=st.none() | st.sampled_from(["x", "y"]),
    ),
    max_size=30,
    unique_by=lambda fact: fact.id,
).map(lambda facts: sorted(facts, key=lambda fact: (fact.at, fact.id)))
"""In event order; many at one time."""


def folded(facts: Sequence[Fact]) -> Row:
    """The row that the compiled rule makes of facts, in the order given."""
    rows: dict[RowKey, Row] = {}
    for fact in facts:
        for rule in FOLD.rules:
            rule(fact, ("all",), rows, set())
    return rows.get(("all", "ann"), list(FOLD.cells.empty))


def reference(facts: Sequence[Fact]) -> dict[str, Any]:
    """Visible columns, their exact forms and their sinces; facts in event order."""
    values: dict[str, Any] = {}
    _total(values, "facts", [(1, fact.at) for fact in facts])
    _total(values, "flags", [(int(fact.flag), fact.at) for fact in facts])
    _total(values, "whole_sum", _present(facts, "whole"))
    millionths = [(floor(part * 1_000_000 + 0.5), at) for part, at in _present(facts, "part")]
    _total(values, "part_sum", millionths)
    values["part_sum_millionths"] = values["part_sum"]
    values["part_sum"] = values["part_sum"] / 1e6
    _extreme(values, "whole_min", _present(facts, "whole"), min)
    _extreme(values, "part_max", _present(facts, "part"), max)
    _extreme(values, "moment_min", _present(facts, "moment"), min)
    _extreme(values, "moment_max", _present(facts, "moment"), max)
    for name in ("whole", "part", "other", "word"):
        given = _present(facts, name)
        values[f"{name}_last"] = given[-1][0] if given else None
        if name in ("whole", "part"):
            values[f"{name}_last_since"] = given[-1][1] if given else None
    _run(values, facts)
    return values


def _present(facts: Sequence[Fact], name: str) -> list[tuple[Any, int]]:
    return [(value, fact.at) for fact in facts if (value := getattr(fact, name)) is not None]


def _total(values: dict[str, Any], name: str, given: Sequence[tuple[int, int]]) -> None:
    values[name] = sum(value for value, _ in given)
    values[f"{name}_since"] = max((at for value, at in given if value), default=None)


def _extreme(values: dict[str, Any], name: str, given: Sequence[tuple[Any, int]], best: Any) -> None:
    values[name] = best((value for value, _ in given), default=None)
    values[f"{name}_since"] = next((at for value, at in given if value == values[name]), None)


def _run(values: dict[str, Any], facts: Sequence[Fact]) -> None:
    """The running length after each fact; a value was taken where it last became what it is."""
    lengths: list[int] = []
    for fact in facts:
        lengths.append((lengths[-1] if lengths else 0) + 1 if fact.flag else 0)
    values["flag_run"] = lengths[-1] if lengths else 0
    values["flag_run_best"] = max(lengths, default=0)
    changes = [0, *(place for place, (one, next_one) in enumerate(pairwise(lengths), 1) if one != next_one)]
    values["flag_run_since"] = facts[changes[-1]].at if facts else None
    reached = lengths.index(values["flag_run_best"]) if facts else None
    values["flag_run_best_since"] = facts[reached].at if reached is not None else None

"""The rank index against a board that sorts everything for every question."""

import json
import math
import random
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kleos.boards.index import RankIndex
from kleos.boards.rankkey import RankColumn, RankKeys, Value
from kleos.core.definition.model import Direction, Ties
from tests.boards.model import NaiveBoard, Row


def filled(columns: list[RankColumn], ties: Ties, rows: list[Row]) -> RankIndex:
    index = RankIndex(RankKeys(columns), ties)
    for row in rows:
        assert index.put(row.id, index.codec.encode(row.values, row.since, row.id, row.version))
    return index


def compare(index: RankIndex, naive: NaiveBoard, rng: random.Random) -> None:
    """Every question, with the cuts chosen by ``rng``."""
    assert index.total == naive.total
    assert index.page(0, naive.total + 1) == naive.entries
    limit = rng.randint(1, 5)
    pages = [index.page(offset, limit) for offset in range(0, naive.total + limit, limit)]
    assert [entry for page in pages for entry in page] == naive.entries
    ids = [row.id for row in naive.rows]
    for id in [*ids, "nobody"]:
        expected = naive.standing(id)
        assert index.standing(id) == expected
        assert index.rank(id) == (expected.rank if expected is not None else None)
        span = rng.randint(0, 4)
        assert index.around(id, span) == naive.around(id, span)
    some = [*rng.sample(ids, rng.randint(0, len(ids))), "nobody"]
    assert index.lookup([*some, *some]) == naive.lookup(some)


def column(direction: Direction, kind: Any = "int") -> RankColumn:
    return RankColumn("value", kind, direction)


SMALL: st.SearchStrategy[Value] = st.none() | st.integers(-2, 2)


@given(
    st.sampled_from([["asc"], ["desc"], ["desc", "asc"], ["asc", "desc", "desc"]]),
    st.sampled_from(["competition", "ordinal"]),
    st.data(),
    st.randoms(use_true_random=False),
)
def test_any_rows_rank_as_the_model_ranks_them(
    directions: list[Direction], ties: Ties, data: st.DataObject, rng: random.Random
) -> None:
    columns = [column(direction) for direction in directions]
    ids = data.draw(st.lists(st.sampled_from("abcdefghijklmnop"), unique=True))
    rows = [
        Row(id, data.draw(st.tuples(*[SMALL] * len(columns))), data.draw(st.none() | st.integers(0, 2))) for id in ids
    ]
    naive = NaiveBoard(columns, ties, rows)
    compare(filled(columns, ties, rows), naive, rng)
    loaded = RankIndex(RankKeys(columns), ties)
    half = len(rows) // 2
    for part in (rows[:half], rows[half:]):
        keys = [loaded.codec.encode(row.values, row.since, row.id, row.version) for row in part]
        loaded.extend([row.id for row in part], keys)
    loaded.settle()
    compare(loaded, naive, rng)


def test_random_operations_keep_the_newest_version_of_every_id() -> None:
    seed = random.randrange(2**32)
    print(f"seed {seed}")
    rng = random.Random(seed)
    columns = [column("desc"), column("asc", "float")]
    index = RankIndex(RankKeys(columns))
    rows: dict[str, Row] = {}
    newest: dict[str, int] = {}
    for step in range(20_000):
        id = f"p{rng.randrange(300)}"
        version = max(1, newest.get(id, 0) + rng.choice([-3, -1, 0, 1, 1, 2, 5]))
        is_newer = version > newest.get(id, 0)
        if rng.random() < 0.25:
            index.remove(id, version)
            if version >= newest.get(id, 0):
                rows.pop(id, None)
                newest[id] = version
        else:
            row = Row(id, (rng.randrange(5), rng.choice([0.5, 1.5, -2.0, None])), rng.randrange(4), version)
            before = index.version
            if id in rows or is_newer:
                put = index.put(id, index.codec.encode(row.values, row.since, id, version))
                assert put == is_newer
                assert (index.version > before) == put
                if put:
                    rows[id], newest[id] = row, version
        if step % 2_000 == 0:
            compare(index, NaiveBoard(columns, "competition", list(rows.values())), rng)
    compare(index, NaiveBoard(columns, "competition", list(rows.values())), rng)


def test_a_stale_key_cannot_bring_back_what_was_removed() -> None:
    index = RankIndex(RankKeys([column("desc")]))
    stale, newer = (index.codec.encode((1,), None, "p", version) for version in (5, 9))
    assert index.remove("p", 7)
    assert not index.put("p", stale)
    index.bury()
    assert not index.put("p", stale)
    assert index.put("p", newer)
    assert not index.remove("p", 8)
    assert index.rank("p") == 1


def cases(shared_data: Path, source: str) -> list[dict[str, Any]]:
    text = (shared_data / "ranking" / "ranking_cases.json").read_text()
    found = [case for group in json.loads(text)["groups"] if source in group["source"] for case in group["cases"]]
    assert found, f"no cases of {source}"
    return found


def of_scores(scores: dict[str, tuple[Value, ...]], direction: Direction, ties: Ties = "competition") -> RankIndex:
    width = len(next(iter(scores.values()), (0,)))
    rows = [Row(id, values, None) for id, values in scores.items()]
    return filled([column(direction)] * width, ties, rows)


def test_scipy_ranks(shared_data: Path) -> None:
    methods: dict[str, Ties] = {"min": "competition", "ordinal": "ordinal"}
    used = [case for case in cases(shared_data, "scipy") if case["method"] in methods]
    for case in used:
        scores: dict[str, tuple[Value, ...]] = {f"{place:03}": (value,) for place, value in enumerate(case["values"])}
        index = of_scores(scores, "asc", methods[case["method"]])
        assert [index.standing(id).rank for id in scores] == case["expected"]  # type: ignore[union-attr]
    assert len(used) >= 10


def test_competition_ranks_of_other_leaderboards(shared_data: Path) -> None:
    used = cases(shared_data, "competition_ranking_leaderboard")
    for case in used:
        members: dict[str, tuple[Value, ...]] = {id: (score,) for id, score in case["members"].items()}
        for verb, id, amount in case.get("then", []):
            assert verb == "add"
            members[id] = (case["members"][id] + amount,)
        index = of_scores(members, "desc")
        for id, rank in case.get("expected", {}).items():
            assert index.rank(id) == rank
        size = case.get("page_size", 1)
        for page, ranks in case.get("pages", {}).items():
            assert [entry.rank for entry in index.page((int(page) - 1) * size, size)] == ranks
    assert any("pages" in case for case in used)


def test_subscores_break_ties(shared_data: Path) -> None:
    used = [case for case in cases(shared_data, "nakama") if "members" in case]
    for case in used:
        members = {id: tuple(scores) for id, scores in case["members"].items()}
        for _, id, scores in case.get("then", []):
            members[id] = tuple(scores)
        index = of_scores(members, case["order"])
        assert {id: index.rank(id) for id in case["expected"]} == case["expected"]
    assert used


@pytest.mark.parametrize("base", [2**53, 2**60, -(2**53), 2**63 - 2])
def test_neighbours_beyond_2_to_the_53_are_told_apart(base: int) -> None:
    index = of_scores({"low": (base,), "high": (base + 1,)}, "desc")
    assert (index.rank("high"), index.rank("low")) == (1, 2)


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_what_has_no_rank_is_refused(value: float) -> None:
    with pytest.raises(ValueError, match="rank"):
        filled([column("desc", "float")], "competition", [Row("p", (value,), None)])


@pytest.mark.parametrize("entries", [40, 4_000])
def test_many_changes_unasked_end_as_one_by_one(entries: int) -> None:
    """Beside 3,000 standings 40 entries are put singly, 4,000 are ordered anew; some stale, some twice, some gone."""
    seed = random.randrange(2**32)
    print(f"seed {seed}")
    rng = random.Random(seed)
    columns = [column("desc")]
    version = 0

    def made(id: str, older: bool) -> tuple[str, bytes]:
        nonlocal version
        version += 1
        stands_at = rng.randrange(1, version + 1) if older else version
        return id, index.codec.encode((rng.randint(-50, 50),), rng.randint(0, 9), id, stands_at)

    index, twin = RankIndex(RankKeys(columns)), RankIndex(RankKeys(columns))
    for each in [made(f"p{n}", older=False) for n in range(3_000)]:
        index.put(*each)
        twin.put(*each)
    for n in range(0, 3_000, 7):
        version += 1
        assert index.remove(f"p{n}", version) == twin.remove(f"p{n}", version)
    before = index.version
    given = [made(f"p{rng.randrange(6_000)}", older=rng.random() < 0.2) for _ in range(entries)]
    for n, each in enumerate(given):
        assert index.put(*each) == twin.put(*each)
        if n % 9 == 0:
            assert index.take(each[0]) == twin.take(each[0])
        list(twin)  # asks, so that what has changed is put in order
    assert list(index) == list(twin)
    assert index.page(0, 10_000) == twin.page(0, 10_000)
    assert (index.total, index.size_bytes) == (twin.total, twin.size_bytes)
    assert index.version > before

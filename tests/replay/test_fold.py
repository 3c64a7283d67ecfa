"""DuckDB folds a log to the rows that Python folds it to: every cell, those that nobody is shown included."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from kleos.core.definition.load import load
from kleos.core.plan import Plan, compile_plan
from kleos.core.windows import Calendar
from kleos.replay.columns import bodies_to_parquet
from kleos.replay.fold import fold_sheet
from kleos.replay.session import Duck, Sources, create_views, open_session
from kleos.replay.spans import create_spans
from tests.replay.made import (
    DAY_US,
    SEASONS,
    START_US,
    assert_same_tables,
    folded_in_duckdb,
    folded_in_python,
    history,
    insert,
    made_log,
)

ROOT: Final = Path(__file__).parents[2]
FILES: Final = [
    ROOT / "tests/laws/law_two.toml",
    ROOT / "tests/core/six_folds.toml",
    *sorted((ROOT / "src/kleos/games").glob("*.toml")),
    *sorted((ROOT / "examples").glob("*.toml")),
]
PLANS: Final = {path.stem: compile_plan(load(path.read_text(), path.stem)) for path in FILES}
PROFILE: Final = settings(
    deadline=None, max_examples=6, suppress_health_check=list(HealthCheck), report_multiple_bugs=False
)


@pytest.fixture
def duck(tmp_path: Path) -> Iterator[Duck]:
    with open_session(tmp_path / "spill") as session:
        yield session


def calendar_of(plan: Plan) -> Calendar:
    return Calendar(plan.definition.timezone, SEASONS)


def check(duck: Duck, plan: Plan, seed: int, count: int, until: int | None = None) -> None:
    log = made_log(plan, seed, count)
    insert(duck, log)
    create_views(duck, plan.definition, Sources())
    create_spans(duck, plan.definition, calendar_of(plan))
    wanted = folded_in_python(plan, calendar_of(plan), history(plan, log, until))
    for sheet in plan.definition.sheets.values():
        if sheet.name != "awards":
            fold_sheet(duck, plan.definition, sheet, until)
            got = folded_in_duckdb(duck, plan.definition, sheet.name)
            assert_same_tables(wanted[sheet.name], got, f"seed {seed}, {plan.definition.game}.{sheet.name}")


@pytest.mark.parametrize("game", sorted(PLANS))
@PROFILE
@example(0, 0)
@example(1, 1)
@given(st.integers(0, 2**32), st.integers(2, 150))
def test_rows_are_those_that_python_folds(duck: Duck, game: str, seed: int, count: int) -> None:
    check(duck, PLANS[game], seed, count)


@PROFILE
@given(st.integers(0, 2**32), st.integers(0, 12 * DAY_US))
def test_a_fold_until_a_moment_takes_what_was_before_it(duck: Duck, seed: int, after: int) -> None:
    check(duck, PLANS["law_two"], seed, 60, START_US + after)


@PROFILE
@given(st.integers(0, 2**32))
def test_files_and_rows_are_one_log(duck: Duck, tmp_path_factory: pytest.TempPathFactory, seed: int) -> None:
    plan = PLANS["law_two"]
    definition, folder = plan.definition, tmp_path_factory.mktemp("files")
    log = made_log(plan, seed, 90)
    parquet: dict[str, list[str]] = {}
    for number, part in enumerate((log[:30], log[30:60])):
        insert(duck, part)
        for type_, event in definition.events.items():
            path = str(folder / f"{type_}-{number}.parquet")
            duck.execute(
                f"COPY (SELECT {bodies_to_parquet(event)} FROM replay.rows WHERE \"type\" = '{type_}') TO '{path}'"
            )
            parquet.setdefault(type_, []).append(path)
    insert(duck, log[60:])
    create_views(duck, definition, Sources(parquet))
    create_spans(duck, definition, calendar_of(plan))
    wanted = folded_in_python(plan, calendar_of(plan), history(plan, log))
    for name in ("career", "form"):
        fold_sheet(duck, definition, definition.sheets[name])
        assert_same_tables(wanted[name], folded_in_duckdb(duck, definition, name), f"seed {seed}, {name}")

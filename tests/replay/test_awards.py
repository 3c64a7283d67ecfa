"""DuckDB decides the awards that Python decides: date, event and match."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kleos.achievements.sheet import fold_awards
from kleos.core.cells import Row, RowKey
from kleos.core.completion import Award
from kleos.core.plan import Plan, compile_plan
from kleos.core.windows import Calendar
from kleos.engine.game import Game
from kleos.replay.game import fold_game
from kleos.replay.session import Duck, Sources, create_views, open_session
from tests.core.test_completion import DEFINITION
from tests.replay.made import (
    DAY_US,
    PLAYERS,
    SEASONS,
    START_US,
    assert_same_tables,
    awarded_in_python,
    cells_of,
    folded_in_duckdb,
    history,
    insert,
    made_log,
)
from tests.replay.test_fold import PLANS as FOLDED

COMPLETION: Final = compile_plan(DEFINITION)
PLANS: Final = {name: plan for name, plan in FOLDED.items() if plan.definition.achievements} | {"done": COMPLETION}
PROFILE: Final = settings(
    deadline=None, max_examples=6, suppress_health_check=list(HealthCheck), report_multiple_bugs=False
)


@pytest.fixture
def duck(tmp_path: Path) -> Iterator[Duck]:
    with open_session(tmp_path / "spill") as session:
        yield session


def check(duck: Duck, plan: Plan, seed: int, count: int, until: int | None = None) -> int:
    """Answers how many awards there are."""
    log = made_log(plan, seed, count)
    calendar = Calendar(plan.definition.timezone, SEASONS)
    insert(duck, log)
    create_views(duck, plan.definition, Sources())
    fold_game(duck, plan, calendar, lambda *_: None, sheets=("awards",), until=until)
    rows = duck.execute('SELECT player, achievement, "at", event, "match" FROM replay.awards').fetchall()
    got = {(player, name): Award(*rest) for player, name, *rest in rows}
    wanted = awarded_in_python(plan, calendar, history(plan, log, until))
    assert len(got) == len(rows)
    assert got == wanted, f"seed {seed}, {count} events"
    game = Game(plan.definition, plan, 1, calendar, 1)
    sheet: dict[RowKey, Row] = {}
    for player in PLAYERS.values():
        sheet |= fold_awards(game, player, {name: award for (who, name), award in wanted.items() if who == player})
    assert_same_tables(cells_of(plan, "awards", sheet), folded_in_duckdb(duck, plan.definition, "awards"), "awards")
    return len(got)


@pytest.mark.parametrize("game", sorted(PLANS))
@PROFILE
@given(st.integers(0, 2**32), st.integers(0, 150))
def test_awards_are_those_that_python_decides(duck: Duck, game: str, seed: int, count: int) -> None:
    check(duck, PLANS[game], seed, count)


def test_most_achievements_are_met_by_the_logs_that_are_made(duck: Duck) -> None:
    assert check(duck, PLANS["law_two"], 3, 150) > 20
    assert check(duck, COMPLETION, 3, 150) > 20


@PROFILE
@given(st.integers(0, 2**32), st.integers(0, 12 * DAY_US))
def test_awards_until_a_moment_are_those_earned_before_it(duck: Duck, seed: int, after: int) -> None:
    check(duck, COMPLETION, seed, 60, START_US + after)


@PROFILE
@given(st.integers(0, 2**32))
def test_an_achievement_counts_from_the_day_of_its_coming(duck: Duck, seed: int) -> None:
    starts = {name: START_US + DAY_US * n for n, name in enumerate(COMPLETION.definition.achievements)}
    check(duck, compile_plan(DEFINITION, starts), seed, 80)

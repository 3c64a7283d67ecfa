"""The views leave out what is void, and count a merged player as the one who stands for him."""

import random
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kleos.core.completion import Happened
from kleos.core.windows import Calendar
from kleos.replay.game import fold_game
from kleos.replay.session import Sources, create_views, open_session
from tests.replay.made import (
    PLAYERS,
    SEASONS,
    assert_same_tables,
    awarded_in_python,
    folded_in_duckdb,
    folded_in_python,
    history,
    insert,
    made_log,
)
from tests.replay.test_fold import PLANS


@settings(deadline=None, max_examples=8, suppress_health_check=list(HealthCheck), report_multiple_bugs=False)
@given(st.integers(0, 2**32), st.sampled_from(["law_two", "moba", "golf", "battle_royale"]))
def test_corrected_logs_fold_alike(tmp_path_factory: Any, seed: int, game: str) -> None:
    rng, plan = random.Random(seed), PLANS[game]
    log = made_log(plan, seed, 70)
    voided = {row.id for row in log if rng.random() < 0.2}
    numbers = list(PLAYERS.values())
    merges = rng.choice([{}, {numbers[0]: numbers[2]}, {numbers[1]: numbers[0], numbers[3]: numbers[0]}])
    calendar = Calendar(plan.definition.timezone, SEASONS)
    events = [
        Happened(one.plan, one.plan.renamed(one.event, merges))
        for one in history(plan, [row for row in log if row.id not in voided])
    ]
    folder: Path = tmp_path_factory.mktemp("corrected")
    with open_session(folder) as duck:
        insert(duck, log)
        create_views(duck, plan.definition, Sources(voided=voided, merges=merges))
        fold_game(duck, plan, calendar, lambda *_: None)
        wanted = folded_in_python(plan, calendar, events)
        for name in plan.definition.sheets:
            if name != "awards":
                assert_same_tables(wanted[name], folded_in_duckdb(duck, plan.definition, name), f"seed {seed} {name}")
        rows = duck.execute('SELECT player, achievement, "at", event FROM replay.awards').fetchall()
    decided = awarded_in_python(plan, calendar, events)
    assert sorted(rows) == sorted((*key, award.at, award.event) for key, award in decided.items())

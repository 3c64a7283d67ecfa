"""What a definition's file becomes once loaded."""

from pathlib import Path

import pytest

from kleos.core.definition.load import load
from kleos.core.definition.model import (
    AWARD_GRANTED,
    Definition,
    EventCondition,
    Manual,
    RowCondition,
    SortColumn,
    Threshold,
)
from kleos.core.errors import DefinitionError
from kleos.core.types import Scalar

GOLF = Path(__file__).with_name("golf_example.toml").read_text(encoding="utf-8")

START = """
title = "Game"
attributes = ["clan"]

[events.won]
player = "player"
mode   = "str"
score  = "int"
bonus  = "int?"
rating = "float"
rivals = "list[player] = []"
"""


def game(more: str) -> Definition:
    return load(START + more, "game")


def sheet(name: str = "career", key: str = '["player"]', more: str = 'games = "count()"') -> str:
    return f"""
[sheets.{name}]
key = {key}
windows = ["week", "all"]
[[sheets.{name}.on]]
event = "won"
{more}
"""


@pytest.fixture(scope="module")
def golf() -> Definition:
    return load(GOLF, "golf")


def test_golf_loads_whole(golf: Definition) -> None:
    assert (golf.game, golf.timezone, golf.identities, golf.namespace) == ("golf", "UTC", "shared", "")
    assert list(golf.events) == ["round_ended", "game_ended", AWARD_GRANTED]
    assert list(golf.sheets) == ["career", "awards"]
    assert list(golf.boards) == ["wins", "avg_score", "points"]
    assert golf.source == GOLF
    assert golf.presentation.title == "Six-Card Golf"


def test_the_columns_of_a_sheet_stand_as_in_the_file_folds_first(golf: Definition) -> None:
    career = golf.sheets["career"]
    assert list(career.columns) == [
        *("rounds_played", "rounds_won", "total_points", "best_round", "worst_round", "knockouts"),
        *("perfect_rounds", "wolfpacks", "games_played", "games_won", "games_vs_humans"),
        *("games_won_vs_humans", "best_game", "win_streak", "win_streak_best", "win_rate", "avg_score"),
    ]
    assert career.columns["win_streak_best"].fold == "win_streak"
    assert career.columns["win_rate"].inputs == ("games_played", "games_won")
    assert career.columns["win_rate"].type == Scalar("float", optional=True)
    assert career.columns["best_game"].presentation.title == "Best game"


def test_columns_that_boards_rank_by_carry_their_time(golf: Definition) -> None:
    folds = golf.sheets["career"].folds.values()
    assert {fold.name for fold in folds if fold.since} == {"games_won", "games_played", "total_points", "rounds_played"}
    assert not any(fold.best_since for fold in folds)


def test_the_best_of_a_streak_has_a_time_of_its_own() -> None:
    made = game(sheet(more='run = "streak(score > 1)"') + '[boards.b]\nsheet = "career"\nby = "run_best"\n')
    fold = made.sheets["career"].folds["run"]
    assert (fold.since, fold.best_since, fold.is_ordered) == (False, True, True)


def test_boards_read_their_columns_partitions_and_ties(golf: Definition) -> None:
    wins = golf.boards["wins"]
    assert wins.by == (SortColumn("games_won", "desc"), SortColumn("win_rate", "desc"))
    assert wins.partitions == ((), ("region",))
    assert wins.where is not None
    assert wins.where.names == ("games_played",)
    assert golf.boards["avg_score"].by == (SortColumn("avg_score", "asc"),)
    assert golf.boards["avg_score"].partitions == ((),)
    assert wins.ties == "competition"


def test_achievements_on_rows_know_their_threshold(golf: Definition) -> None:
    condition = golf.achievements["win_10"].condition
    assert isinstance(condition, RowCondition)
    assert (condition.sheet, condition.window) == ("career", "all")
    assert condition.threshold == Threshold("games_won", 10.0)
    assert golf.achievements["win_10"].points == 20


def test_achievements_on_events_know_their_player(golf: Definition) -> None:
    condition = golf.achievements["negative_round"].condition
    assert isinstance(condition, EventCondition)
    assert condition.player.text == "player"
    assert condition.selector.each is not None
    assert condition.selector.where is not None


def test_a_manual_achievement_is_the_games_to_grant() -> None:
    made = game("[achievements.story]\nmanual = true\nhidden = true\ntier = 'gold'\n")
    story = made.achievements["story"]
    assert isinstance(story.condition, Manual)
    assert (story.hidden, story.tier, story.points, story.presentation.title) == (True, "gold", 0, "Story")


def test_every_game_has_awards_and_a_board_of_points() -> None:
    made = game(sheet())
    awards, points = made.sheets["awards"], made.boards["points"]
    assert awards.windows == ("all", "week")
    assert awards.rules == ()
    assert [(fold.name, fold.kind, fold.since, fold.never_falls) for fold in awards.folds.values()] == [
        ("points", "sum", True, True),
        ("unlocked", "count", False, True),
    ]
    assert (points.sheet, points.partitions, points.ties) == ("awards", ((), ("region",)), "competition")
    assert points.where is not None
    assert points.where.text == "unlocked > 0"
    assert list(made.events[AWARD_GRANTED].fields) == ["player", "achievement"]


def test_a_board_may_rank_the_awards_otherwise() -> None:
    made = game('[boards.unlocked]\nsheet = "awards"\nby = "unlocked, points"\n')
    assert made.sheets["awards"].folds["unlocked"].since


def test_windows_stand_in_one_order_and_default_to_all() -> None:
    assert game(sheet()).sheets["career"].windows == ("all", "week")
    without = sheet().replace('windows = ["week", "all"]', "")
    assert game(without).sheets["career"].windows == ("all",)


def test_a_key_is_bound_by_an_expression_or_found_by_its_name() -> None:
    rules = sheet(key='["rival", "mode", "hour"]', more='for = "rival in rivals"\nhour = "score // 60"\nn = "count()"')
    made = game(rules).sheets["career"]
    assert [(column.name, column.type.kind) for column in made.key] == [
        ("rival", "player"),
        ("mode", "str"),
        ("hour", "int"),
    ]
    assert [expression.text for expression in made.rules[0].key] == ["rival", "mode", "score // 60"]
    assert list(made.rules[0].calls) == ["n"]
    assert made.player_key == "rival"


def test_a_match_in_the_key_lets_a_sheet_hold_ordered_folds() -> None:
    made = game(sheet(key='["game"]', more='game = "match"\nlatest = "last(mode)"'))
    assert made.sheets["career"].is_ordered


@pytest.mark.parametrize(
    "fold, never_falls",
    [
        ("count(score > 3)", True),
        ("sum(max(score, 0))", True),
        ("sum(abs(rating))", True),
        ("sum(1)", True),
        ("sum(score)", False),
        ("sum(rating)", False),
        ("max(score)", False),
    ],
)
def test_the_loader_knows_which_columns_never_fall(fold: str, never_falls: bool) -> None:
    assert game(sheet(more=f'x = "{fold}"')).sheets["career"].folds["x"].never_falls == never_falls


def test_a_column_falls_where_any_of_its_rules_can_take_away() -> None:
    second = '[[sheets.career.on]]\nevent = "won"\nx = "sum(score)"\n'
    assert not game(sheet(more='x = "sum(1)"') + second).sheets["career"].folds["x"].never_falls


@pytest.mark.parametrize(
    "fold, when",
    [
        ("count()", "x >= 3"),
        ("count()", "3 <= x"),
        ("sum(max(score, 0))", "x > 3 or x >= 7"),
        ("max(rating)", "x > 1.5"),
        ("min(score)", "x < 3"),
        ("streak(score > 0)", "x_best >= 3"),
    ],
)
def test_conditions_that_only_become_true_are_accepted(fold: str, when: str) -> None:
    made = game(sheet(more=f'x = "{fold}"') + f'[achievements.a]\nsheet = "career"\nwhen = "{when}"\n')
    assert isinstance(made.achievements["a"].condition, RowCondition)


@pytest.mark.parametrize(
    "fold, when",
    [
        ("count()", "x <= 3"),
        ("count()", "x == 3"),
        ("sum(score)", "x >= 3"),
        ("min(score)", "x > 3"),
        ("last(score)", "x > 3"),
        ("streak(score > 0)", "x >= 3"),
        ("count()", "not x >= 3"),
        ("count()", "half >= 3"),
    ],
)
def test_conditions_that_come_and_go_are_refused(fold: str, when: str) -> None:
    more = '[sheets.career.formulas]\nhalf = "games / 2"\n'
    rules = sheet(more=f'games = "count()"\nx = "{fold}"') + more
    with pytest.raises(DefinitionError) as caught:
        game(rules + f'[achievements.a]\nsheet = "career"\nwhen = "{when}"\n')
    (problem,) = caught.value.problems
    assert (problem.table, problem.key) == ("achievements.a", "when")


def test_progress_towards_more_than_a_number_is_towards_the_next() -> None:
    made = game(sheet() + '[achievements.a]\nsheet = "career"\nwhen = "games > 9"\n')
    condition = made.achievements["a"].condition
    assert isinstance(condition, RowCondition)
    assert condition.threshold == Threshold("games", 10.0)


def test_progress_towards_more_than_a_number_of_a_float_is_towards_it() -> None:
    made = game(sheet(more='best = "max(rating)"') + '[achievements.a]\nsheet = "career"\nwhen = "best > 9"\n')
    condition = made.achievements["a"].condition
    assert isinstance(condition, RowCondition)
    assert condition.threshold == Threshold("best", 9.0)


def test_a_board_of_a_wider_key_is_partitioned_by_it() -> None:
    modes = sheet("modes", '["player", "mode"]')
    made = game(modes + '[boards.b]\nsheet = "modes"\nby = "games asc"\npartitions = [["mode"], ["clan", "mode"]]\n')
    assert made.boards["b"].partitions == (("mode",), ("clan", "mode"))


def test_own_identities_are_a_namespace_of_the_game() -> None:
    assert load('title = "Game"\nidentities = "own"', "game").namespace == "game"


def test_an_event_ends_matches_where_it_says_so() -> None:
    assert game('[matches]\nended_by = ["won"]\n').ended_by == {"won"}


def test_records_may_be_declared_in_any_order() -> None:
    made = load(
        'title = "G"\n[types.outer]\ninner = "list[inner]"\n[types.inner]\nn = "int = 1"\n[events.e]\no = "outer?"\n'
        '[[checks]]\nevent = "e"\nthat = "len(o.inner) > 0"\nreason = "none"\n',
        "game",
    )
    assert str(made.events["e"].fields["o"].type) == "outer?"
    assert made.checks[0].that.text == "len(o.inner) > 0"


@pytest.mark.parametrize("name", ["career_pkey", "career_player_idx", "career_player_idx1", "awards"])
def test_a_sheet_cannot_be_named_like_what_the_database_makes(name: str) -> None:
    with pytest.raises(DefinitionError) as caught:
        game(sheet(name))
    assert [problem.table for problem in caught.value.problems] == [f"sheets.{name}"]


def test_hidden_columns_cannot_be_taken() -> None:
    for column in ("games_since", "xmin", "ctid", "version", "run_length", "run_best_since", "total_millionths"):
        rules = f'games = "count()"\ntotal = "sum(rating)"\nrun = "streak(score > 1)"\n{column} = "count()"'
        with pytest.raises(DefinitionError) as caught:
            game(sheet(more=rules))
        assert [problem.key for problem in caught.value.problems] == [column]

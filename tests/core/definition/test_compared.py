"""Where a definition compares players in what is nobody's row, a merge has to look further than at who appears."""

from importlib import resources
from pathlib import Path

import pytest

from kleos.core.definition.compared import compared_players
from kleos.core.definition.load import load

EVENTS = """
title = "Compared"

[events.duel]
by     = "player"
target = "player?"
others = "list[player] = []"
scores = "map[player, int] = {}"
"""
SHIPPED = [file for file in resources.files("kleos.games").iterdir() if file.name.endswith(".toml")]
EXAMPLES = sorted((Path(__file__).parents[3] / "examples").rglob("*.toml"))


def compared(rule: str, key: str = '["player"]') -> frozenset[str]:
    return compared_players(
        load(f'{EVENTS}\n[sheets.rows]\nkey = {key}\n[[sheets.rows.on]]\nevent = "duel"\n{rule}', "duels")
    )


@pytest.mark.parametrize("file", [*SHIPPED, *EXAMPLES], ids=lambda file: file.name)
def test_games_of_ours_ask_it_of_somebody_who_appears(file: Path) -> None:
    assert compared_players(load(file.read_text("utf-8"), file.name.removesuffix(".toml").replace("-", "_"))) == set()


@pytest.mark.parametrize(
    "rule",
    [
        'player = "by"\nn = "count(by == target)"',
        'player = "by"\nwhere = "by != target and by not in others"\nn = "count()"',
        'player = "by"\nn = "sum(scores[by])"',
        'for = "who, score in scores"\nplayer = "who"\nn = "count(who == by)"',
        'for = "who in others"\nplayer = "who"\nlast = "last(target)"',
    ],
)
def test_what_is_about_the_row_s_own_player(rule: str) -> None:
    assert compared(rule) == set()


@pytest.mark.parametrize(
    "rule",
    [
        'player = "by"\nwhere = "by == target"\nn = "count()"',
        'player = "by"\nwhere = "not (by != target)"\nn = "count()"',
        'player = "by"\nwhere = "by in others"\nn = "count()"',
        'player = "by"\nn = "count(target in others)"',
        'player = "by if by == target else target"\nn = "count()"',
        'player = "by"\nn = "sum(scores[target])"',
        'player = "by"\nn = "sum(len(scores))"',
        'for = "who, score in scores"\nplayer = "by"\nn = "sum(score)"',
    ],
)
def test_what_is_about_others(rule: str) -> None:
    assert compared(rule) == {"duel"}


def test_rows_of_nobody() -> None:
    assert compared('fair = "by == target"\nn = "count()"', '["fair"]') == {"duel"}
    assert compared('fair = "by is None"\nn = "count()"', '["fair"]') == set()


def test_an_award_by_an_event() -> None:
    award = '\n[achievements.own]\nevent = "duel"\nplayer = "by"\nwhen = "{}"\n'
    assert compared_players(load(EVENTS + award.format("by == target"), "duels")) == {"duel"}
    assert compared_players(load(EVENTS + award.format("by != target"), "duels")) == set()

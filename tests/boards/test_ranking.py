"""A ranking by itself: what happens while its rows are read."""

from typing import Any

from kleos.boards.compiled import CompiledBoards
from kleos.boards.ranking import Ranking
from kleos.core.definition.load import load
from kleos.core.plan import compile_plan
from kleos.core.windows import Calendar
from kleos.engine.game import Game
from tests.boards.world import NOON, TRIAL


def row(points: int | None, version: int) -> dict[str, Any]:
    since = dict.fromkeys(("points_since", "ratio_since"), NOON)
    return {"points": points, "ratio": 0.5, **since, "present": points is not None, "version": version}


def test_a_hidden_player_whose_row_changes_while_the_ranking_warms_is_in_no_partition() -> None:
    definition = load(TRIAL, "trial")
    game = Game(definition, compile_plan(definition), 1, Calendar("UTC"), 1)
    board = CompiledBoards().of(game)["most"]
    for points in (7, None):
        hidden: set[str] = set()
        ranking = Ranking(board, game.calendar.named("all", NOON), (1, 1), hidden)
        ranking.begin()
        attributes = tuple({"clan": "red", "region": "us"}[name] for name in board.attribute_names)
        ranking.extend([("seen", 5, 0.5, NOON, 1, *attributes), ("banned", 3, 0.5, NOON, 2, *attributes)])
        hidden.add("banned")
        ranking.change(row(points, 3), "banned", attributes)
        ranking.finish()
        for given in ({}, {"region": "us"}, {"clan": "red"}, {"clan": "red", "region": "us"}):
            index = ranking.index(board.partition(given))
            assert [entry.placed.id for entry in index.page(0, 9)] == ["seen"], given
        hidden.remove("banned")
        ranking.settle("banned")
        shown = ["banned", "seen"] if points is not None else ["seen"]
        for given in ({}, {"region": "us"}, {"clan": "red"}, {"clan": "red", "region": "us"}):
            index = ranking.index(board.partition(given))
            assert [entry.placed.id for entry in index.page(0, 9)] == shown, given

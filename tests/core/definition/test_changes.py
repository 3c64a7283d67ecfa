"""What a new version of a definition changes, and what of it is refused."""

import pytest

from kleos.core.definition.changes import Changes, compare
from kleos.core.definition.load import load

BASE = """
title = "Game"
attributes = ["clan"]

[types.hit]
damage = "int"
armour = "int = 0"

[events.won]
player = "player"
score  = "int"
bonus  = "int = 1"
lives  = "int?"
mood   = "str? = 'calm'"
hits   = "list[hit] = []"

[events.lost]
player = "player"

[sheets.career]
key = ["player"]
windows = ["all", "day"]

[[sheets.career.on]]
event = "won"
where = "score > 0"
games = "count()"
total = "sum(score)"

[[sheets.career.on]]
event = "lost"
games = "count()"

[sheets.career.formulas]
mean = "total / games"

[sheets.losses]
key = ["player"]

[[sheets.losses.on]]
event = "lost"
lost = "count()"

[boards.games]
sheet = "career"
by = "games"

[achievements.ten]
sheet = "career"
when = "games >= 10"
points = 10

[achievements.high]
event = "won"
when = "score > 90"

[charts.bars]
kind = "bar"
sheet = "career"
columns = ["games"]

[[checks]]
event = "won"
that = "score < 100"
reason = "too much"
"""


def changed(old: str = "", new: str = "", more: str = "") -> Changes:
    """The changes from BASE to BASE with ``old`` replaced by ``new``, and ``more`` after it."""
    assert not old or BASE.count(old) == 1
    return compare(load(BASE, "game"), load((BASE.replace(old, new) if old else BASE) + more, "game"))


def told(changes: Changes) -> list[tuple[str, str, str]]:
    return [(change.kind, change.table, change.key) for change in changes.changes]


def test_the_same_definition_changes_nothing() -> None:
    assert changed() == Changes((), (), (), ())


@pytest.mark.parametrize(
    "old, new, table, key",
    [
        ('score  = "int"', 'score  = "int"\nmode = "str"', "events.won", "mode"),
        ('lives  = "int?"', "", "events.won", "lives"),
        ('lives  = "int?"', 'lives  = "float?"', "events.won", "lives"),
        ('lives  = "int?"', 'lives  = "int"', "events.won", "lives"),
        ('bonus  = "int = 1"', 'bonus  = "int"', "events.won", "bonus"),
        ('bonus  = "int = 1"', 'bonus  = "int? = 1"', "events.won", "bonus"),
        ('lives  = "int?"', 'lives  = "int? = 3"', "events.won", "lives"),
        ("\"str? = 'calm'\"", "\"str? = 'wild'\"", "events.won", "mood"),
        ("\"str? = 'calm'\"", '"str?"', "events.won", "mood"),
        ('armour = "int = 0"', 'armour = "int = 1"', "types.hit", "armour"),
        ('damage = "int"', 'damage = "int"\nwhere = "str"', "types.hit", "where"),
        ('damage = "int"', 'damage = "float"', "types.hit", "damage"),
        ('total = "sum(score)"', 'total = "max(score)"', "sheets.career", "total"),
        ('total = "sum(score)"', 'total = "sum(score * 1.0)"', "sheets.career", "total"),
        ('title = "Game"', 'title = "Game"\nidentities = "own"', "", "identities"),
    ],
)
def test_what_the_log_contradicts_is_refused(old: str, new: str, table: str, key: str) -> None:
    changes = changed(old, new)
    assert [(problem.table, problem.key) for problem in changes.refused] == [(table, key)]
    assert all(problem.mend and problem.file == "game.toml" for problem in changes.refused)


@pytest.mark.parametrize(
    "old, new, refused",
    [
        ("", "", []),
        ('lives  = "int?"', 'lives  = "str?"', [("events.won", "lives")]),
        ('lives  = "int?"', "", [("events.won", "lives")]),
        ('score  = "int"', 'score  = "int"\nmode = "str"', [("events.won", "mode")]),
        ('score  = "int"', 'score  = "int"\nmode = "str?"', []),
        ('damage = "int"', 'damage = "float"', [("types.hit", "damage")]),
        ('player = "player"\n\n[sheets', 'player = "player"\nwhere = "str"\n\n[sheets', []),
    ],
)
def test_what_comes_again_must_read_what_the_log_has_of_it(old: str, new: str, refused: list[tuple[str, str]]) -> None:
    before, again = load('title = "Game"', "game"), load(BASE.replace(old, new) if old else BASE, "game")
    changes = compare(before, again, earlier={"won": load(BASE, "game").events["won"]})
    assert [(problem.table, problem.key) for problem in changes.refused] == refused
    assert ("added", "events.won", "") in told(changes)
    assert compare(before, again).refused == (), "the log has nothing of it"


def test_another_key_is_refused() -> None:
    board = '[boards.games]\nsheet = "career"\nby = "games"'
    base = BASE.replace(board, "").replace(
        '[achievements.ten]\nsheet = "career"\nwhen = "games >= 10"\npoints = 10', ""
    )
    old = load(base, "game")
    new = load(base.replace('key = ["player"]\nwindows', 'key = ["player", "match"]\nwindows'), "game")
    assert [(problem.table, problem.key) for problem in compare(old, new).refused] == [("sheets.career", "key")]


def test_a_formula_cannot_become_a_fold() -> None:
    text = BASE.replace('[sheets.career.formulas]\nmean = "total / games"', "")
    new = load(text.replace('total = "sum(score)"', 'total = "sum(score)"\nmean = "max(score)"'), "game")
    assert [problem.key for problem in compare(load(BASE, "game"), new).refused] == ["mean"]


@pytest.mark.parametrize("field", ['mode = "str?"', "mode = \"str = 'any'\""])
def test_a_field_may_come_with_a_default_or_optional(field: str) -> None:
    changes = changed('score  = "int"', f'score  = "int"\n{field}')
    assert (told(changes), changes.refused, changes.refold) == ([("added", "events.won", "mode")], (), ())


@pytest.mark.parametrize("after", ["int?", "int? = 1"])
def test_a_field_that_every_event_has_may_become_optional(after: str) -> None:
    changes = changed('score  = "int"', f'score  = "{after}"')
    assert changes.refused == ()
    assert {change[1:] for change in told(changes)} == {("events.won", "score")}


def test_a_default_of_null_is_no_other_default() -> None:
    assert changed('lives  = "int?"', 'lives  = "int? = None"').refused == ()


def test_another_default_recomputes_what_the_event_feeds() -> None:
    changes = changed('bonus  = "int = 1"', 'bonus  = "int = 2"')
    assert told(changes) == [("changed", "events.won", "bonus")]
    assert changes.refold == ("career", "awards")
    assert changes.rejudge == ("ten", "high")


def test_a_new_column_recomputes_its_sheet_and_what_stands_on_it() -> None:
    changes = changed('total = "sum(score)"', 'total = "sum(score)"\nbest = "max(score)"')
    assert told(changes) == [("added", "sheets.career", "best")]
    assert changes.refused == ()
    assert "career" in changes.refold
    assert "losses" not in changes.refold
    assert changes.rejudge == ("ten",)


def test_a_column_folded_otherwise_is_told() -> None:
    changes = changed('where = "score > 0"', 'where = "score > 1"')
    assert told(changes) == [("changed", "sheets.career", "games"), ("changed", "sheets.career", "total")]
    assert "career" in changes.refold


def test_another_formula_recomputes_nothing() -> None:
    changes = changed('mean = "total / games"', 'mean = "total // games"')
    assert (told(changes), changes.refused, changes.refold) == ([("changed", "sheets.career", "mean")], (), ())


def test_a_dropped_formula_recomputes_nothing() -> None:
    changes = changed('mean = "total / games"', "")
    assert (told(changes), changes.refused, changes.refold) == ([("dropped", "sheets.career", "mean")], (), ())


def test_a_board_that_ranks_by_a_new_column_needs_its_times() -> None:
    changes = changed('by = "games"', 'by = "games, total asc"')
    assert told(changes) == [("changed", "boards.games", "")]
    assert "career" in changes.refold


def test_what_is_new_is_told_and_filled() -> None:
    more = """
[sheets.more]
key = ["player"]
[[sheets.more.on]]
event = "lost"
n = "count()"
[boards.more]
sheet = "more"
by = "n"
[achievements.more]
manual = true
"""
    changes = changed(more=more)
    assert told(changes) == [
        ("added", "sheets.more", ""),
        ("added", "boards.more", ""),
        ("added", "achievements.more", ""),
    ]
    assert changes.refold == ("more", "awards")
    assert changes.rejudge == ("more",)


def test_what_is_gone_is_told() -> None:
    changes = compare(load(BASE, "game"), load('title = "Game"', "game"))
    assert changes.refused == ()
    assert ("dropped", "sheets.career", "") in told(changes)
    assert ("dropped", "", "attributes") in told(changes)
    assert ("dropped", "checks", "") in told(changes)


def test_another_window_is_told_and_filled() -> None:
    changes = changed('windows = ["all", "day"]', 'windows = ["all", "week"]')
    assert told(changes)[:2] == [("added", "sheets.career", "windows"), ("dropped", "sheets.career", "windows")]
    assert "career" in changes.refold


def test_another_time_zone_recomputes_what_has_days() -> None:
    changes = changed('title = "Game"', 'title = "Game"\ntimezone = "Europe/Berlin"')
    assert told(changes) == [("changed", "", "timezone")]
    assert changes.refold == ("career", "awards")


def test_other_points_recompute_the_awards() -> None:
    changes = changed("points = 10", "points = 20")
    assert (told(changes), changes.refold) == ([("changed", "achievements.ten", "points")], ("awards",))


def test_what_only_looks_otherwise_recomputes_nothing() -> None:
    changes = changed('by = "games"', 'by = "games"\ntitle = "Most games"')
    assert (told(changes), changes.refused, changes.refold) == ([("changed", "boards.games", "")], (), ())

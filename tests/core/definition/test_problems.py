"""Everything that is wrong with a definition is reported at once, each once, where it is, with what would be right."""

from pathlib import Path

import pytest

from kleos.core.definition.load import load
from kleos.core.definition.problems import MOST_PROBLEMS
from kleos.core.errors import DefinitionError, Problem

FILE = Path(__file__).with_name("every_mistake.toml")

EXPECTED: list[tuple[str, str | None, str]] = [
    ("", None, "the name 'pg_game' is taken by the database"),
    ("", "tilte", "there is no key 'tilte' here"),
    ("", "identities", "'shred' is none of its options"),
    ("", "icon", "is a number"),
    ("events.round_ended", "lives", "is a number"),
    ("sheets.career", "windows", "'fortnight' is none of its options"),
    ("sheets.career", "titel", "there is no key 'titel' here"),
    ("sheets.career.on[0]", "worst", "is a number"),
    ("sheets.career.columns.points", "decimals", "is out of range"),
    ("sheets.keyless", "key", "is empty"),
    ("sheets.keyless", "on", "is empty"),
    ("boards.points", "ties", "'dense' is none of its options"),
    ("boards.best", "decimals", "is a text"),
    ("boards.nothing", "sheet", "is missing"),
    ("boards.nothing", "by", "is missing"),
    ("achievements.none", "points", "is out of range"),
    ("achievements.manual_when", "hidden", "is a text"),
    ("charts.form", "kind", "'pie' is none of its options"),
    ("charts.bars", "columns", "is empty"),
    ("charts.bars", "every", "'all' is none of its options"),
    ("checks[0]", "reason", "is missing"),
    ("checks[1]", "reason", "is empty"),
    ("", "extra", "there is no key 'extra' here"),
    ("", "title", "is missing"),
    ("", "timezone", "there is no time zone 'Europe/Atlantis'"),
    ("", "attributes", "'region' is built in"),
    ("", "attributes", "'Guild' cannot be the name of an attribute"),
    ("", "attributes", "'window' is a parameter of the HTTP API"),
    ("types.hit", "again", "makes the record 'hit' contain itself"),
    ("types.hit", "class", "'class' is a word of the expression language"),
    ("types.hit", "worst", "there is no type `whit`"),
    ("types.kill", "by", "there is no type `plyer`"),
    ("events.Round", None, "'Round' cannot be the name of an event type"),
    ("events.round_ended", "bonus", "the default `'many'` is no `int`"),
    ("events.round_ended", "at", "belongs to every event"),
    ("events.empty_field", "text", "the type is missing"),
    ("sheets.career.on[0]", "where", "a condition must be true or false, and this is `int`"),
    ("sheets.career.on[0]", "points_seen", "there is no `scor` here"),
    ("sheets.career.on[0]", "medals", "there is no fold `tally`"),
    ("sheets.career.on[0]", "Upper", "'Upper' cannot be the name of a column"),
    ("sheets.career.on[1]", "event", "there is no event type 'round_endd'"),
    ("sheets.career.on[2]", "rounds", "is a sum here and a count in an earlier rule"),
    ("sheets.career.on[2]", "points", "is float here and int in an earlier rule"),
    ("sheets.career.on[3]", "player", "nothing gives the key column 'player'"),
    ("sheets.career.on[4]", None, "folds nothing"),
    ("sheets.career", "window", "'window' is both a hidden column of every sheet and a column"),
    ("sheets.career", "best", "'best' is both a column and a formula"),
    ("sheets.career.formulas", "rate", "`round` is a function"),
    ("sheets.career.formulas", "loop_a", "the formula `loop_a` uses itself (loop_a -> loop_b -> loop_a)"),
    ("sheets.career.formulas", "loop_b", "the formula `loop_b` uses itself (loop_b -> loop_a -> loop_b)"),
    ("sheets.career.columns.poinst", None, "there is no such column in the sheet"),
    ("sheets.by_name", "key", "a key column cannot be named 'limit'"),
    ("sheets.by_name.on[1]", "name", "is int here and str in an earlier rule"),
    ("sheets.texts", "latest_since", "'latest_since' is both a column and a hidden column behind 'latest'"),
    ("sheets.texts", "key", "holds a last, which goes by the order of events"),
    ("sheets.awards", None, "the sheet 'awards' is built in, fed by the awards"),
    ("achievements.many", None, "has `sheet` and `event`"),
    ("achievements.none", None, "has none of `sheet`, `event` and `manual`"),
    ("achievements.not_monotone", "when", "could hold and then hold no more"),
    ("achievements.wrong_way", "when", "could hold and then hold no more"),
    ("achievements.no_window", "window", "the sheet 'career' has no window 'day'"),
    ("achievements.no_player", "player", "nothing in the event is called `player`"),
    ("achievements.not_a_player", "player", "is bool, not a player"),
    ("achievements.manual_when", "for", "means nothing beside `manual`"),
    ("achievements.manual_when", "when", "means nothing beside `manual`"),
    ("achievements.of_awards", "sheet", "awards cannot be awarded for awards"),
    ("achievements.not_a_player", "requires", "there is no achievement 'wrong_wya'"),
    ("achievements.manual_when", "requires", "requires itself: manual_when → manual_loop → manual_when"),
    ("boards.wins", "sheet", "there is no sheet 'carer'"),
    ("boards.points", None, "the board 'points' is built in, over the awards"),
    ("boards.points", "by", "'points down' is no column with a direction"),
    ("boards.points", "where", "`int` cannot be compared with `str`"),
    ("boards.best", "partitions", "'tribe' is no player attribute and no key column"),
    ("boards.best", "partitions", "holds the same partition twice"),
    ("boards.best", "by", "names the column 'bests' twice"),
    ("boards.best", "by", "the sheet 'career' has no column 'nothing'"),
    ("boards.latest", "partitions", "the key column 'name' of 'modes' is not in every partition"),
    ("boards.latest", "by", "cannot rank by 'text_seen', which is str?"),
    ("boards.rivals", "sheet", "the key of 'pairs' does not hold exactly one player"),
    ("charts.form", "columns", "the sheet 'career' has no column 'pionts'"),
    ("charts.form", "every", "the sheet 'career' has no window 'day'"),
    ("charts.trend", "columns", "cannot draw 'text_seen', which is str?"),
    ("charts.trend", "every", "is missing"),
    ("checks[0]", "for", "the elements of a map need two names"),
    ("checks[1]", "that", "`player` has no fields, so no `.name`"),
    ("matches", "ended_by", "there is no event type 'match_over'"),
]
"""Table, key and message, in the order found. What only follows from another mistake is not in it."""


def problems_of(text: str, game: str = "game") -> tuple[Problem, ...]:
    with pytest.raises(DefinitionError) as caught:
        load(text, game)
    return caught.value.problems


def test_every_mistake_is_reported_once_with_its_place() -> None:
    with pytest.raises(DefinitionError) as caught:
        load(FILE.read_text(encoding="utf-8"), "pg_game", FILE.name)
    found = [(p.table, p.key, p.message.partition(" (at character")[0]) for p in caught.value.problems]
    assert found == EXPECTED


def test_every_problem_names_the_file_and_says_what_would_be_right() -> None:
    with pytest.raises(DefinitionError) as caught:
        load(FILE.read_text(encoding="utf-8"), "pg_game", FILE.name)
    assert all(problem.file == FILE.name and problem.mend for problem in caught.value.problems)


def test_a_mistyped_key_is_answered_with_the_right_one() -> None:
    (problem,) = problems_of('title = "Game"\ntimezne = "UTC"\n')
    assert (problem.key, problem.mend) == ("timezne", "did you mean 'timezone'?")


@pytest.mark.parametrize(
    "game", ["public", "information_schema", "pg_catalog", "pg_", "kleos", "Golf", "", "a" * 41, "x-y"]
)
def test_a_game_cannot_have_a_name_that_is_taken_or_no_name(game: str) -> None:
    assert len(problems_of('title = "Game"', game)) == 1


@pytest.mark.parametrize("text", ["title = ", "= 1", "[a", 'title = "a"\ntitle = "b"', "title = 'a\0'", "\ud800"])
def test_what_is_no_toml_is_one_problem(text: str) -> None:
    (problem,) = problems_of(text)
    assert "is not TOML" in problem.message


def test_what_follows_from_a_mistake_is_not_reported_too() -> None:
    (problem,) = problems_of("""
title = "Game"
[events.won]
player = "player"
winner = "plyer"
[sheets.career]
key = ["player"]
[[sheets.career.on]]
event = "won"
player = "winner"
games = "count()"
total = "sum(winner)"
[sheets.career.formulas]
mean = "total / games"
twice = "mean * 2"
[boards.mean]
sheet = "career"
by = "twice"
where = "mean > 1"
[achievements.a]
sheet = "career"
when = "total > 3"
[achievements.b]
event = "won"
player = "winner"
when = "winner == player"
""")
    assert (problem.table, problem.key) == ("events.won", "winner")


def test_an_attribute_and_a_key_column_cannot_share_a_name() -> None:
    (problem,) = problems_of("""
title = "Game"
[events.won]
player = "player"
region = "str"
[sheets.regions]
key = ["player", "region"]
[[sheets.regions.on]]
event = "won"
games = "count()"
[boards.games]
sheet = "regions"
by = "games"
partitions = [["region"]]
""")
    assert (problem.table, problem.key) == ("boards.games", "partitions")


def test_a_file_wrong_throughout_is_cut_short() -> None:
    problems = problems_of('title = "Game"\n' + "".join(f"key{i} = 1\n" for i in range(1000)))
    assert len(problems) == MOST_PROBLEMS + 1
    assert "more problems" in problems[-1].message


@pytest.mark.parametrize("name", ["columns", "after", "from", "to", "every"])
def test_an_attribute_cannot_have_the_name_of_a_parameter(name: str) -> None:
    with pytest.raises(DefinitionError, match="is a parameter of the HTTP API"):
        load(f'title = "G"\nattributes = ["{name}"]\n', "g")


FLOATS = """
title = "Game"
[events.e]
player = "player"
x = "float"
[events.g]
player = "player"
x = "float"
[sheets.s]
key = ["player"]
[[sheets.s.on]]
event = "e"
peak = "max(x * x * x * x)"
low = "min(x / 1e9 / 1e9 / 1e9)"
both = "last(x)"
sum = "sum(x * x * x * x)"
[[sheets.s.on]]
event = "g"
both = "last(x * x * x * x)"
[sheets.s.formulas]
huge = "peak * peak * peak * peak * peak"
"""


@pytest.mark.parametrize(
    "more, place",
    [
        (f'f = "{" * ".join(["peak"] * 5)}"', None),
        (f'f = "{" * ".join(["peak"] * 6)}"', ("sheets.s.formulas", "f")),
        (f'f = "{" * ".join(["sum"] * 9)}"', None),
        (f'f = "{" * ".join(["low"] * 9)}"', None),
        (f'f = "{" * ".join(["low"] * 11)}"', ("sheets.s.formulas", "f")),
        (f'f = "{" * ".join(["both"] * 6)}"', ("sheets.s.formulas", "f")),
        ('f = "huge * peak"', ("sheets.s.formulas", "f")),
        ('[boards.b]\nsheet = "s"\nby = "peak"\nwhere = "huge > 1.0"', None),
        ('[boards.b]\nsheet = "s"\nby = "peak"\nwhere = "huge * huge > 1.0"', ("boards.b", "where")),
    ],
)
def test_what_is_made_of_a_column_stays_in_the_range_of_numbers(more: str, place: tuple[str, str] | None) -> None:
    """PostgreSQL answers what does not with an error, and then takes or refuses events by their order."""
    if place is None:
        load(FLOATS + more, "game")
        return
    (problem,) = problems_of(FLOATS + more)
    assert ((problem.table, problem.key), "range of numbers" in problem.message) == (place, True)
    assert "use fewer" in problem.mend

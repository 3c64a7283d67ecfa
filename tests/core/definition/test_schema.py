"""The JSON Schema accepts what the loader accepts, and knows the mistakes of structure."""

import tomllib
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from kleos.core.definition.keys import TABLES
from kleos.core.definition.load import load
from kleos.core.definition.schema import json_schema
from kleos.core.errors import DefinitionError

REPOSITORY = Path(__file__).resolve().parents[3]
FILES = [
    *sorted((REPOSITORY / "src" / "kleos" / "games").glob("*.toml")),
    *sorted((REPOSITORY / "examples").glob("*.toml")),
    Path(__file__).with_name("golf_example.toml"),
]
VALIDATOR = Draft202012Validator(json_schema())

SOUND = """
title = "Game"
[events.won]
player = "player"
[sheets.career]
key = ["player"]
[[sheets.career.on]]
event = "won"
games = "count()"
[boards.games]
sheet = "career"
by = "games"
[achievements.first]
sheet = "career"
when = "games >= 1"
[charts.bars]
kind = "bar"
sheet = "career"
columns = ["games"]
[[checks]]
event = "won"
that = "1 > 0"
reason = "none"
"""

MISTAKES = {
    "an unknown key": ('title = "Game"', 'title = "Game"\ncolour = "red"'),
    "no title": ('title = "Game"', ""),
    "a title that is a number": ('title = "Game"', "title = 4"),
    "an empty title": ('title = "Game"', 'title = ""'),
    "another identity": ('title = "Game"', 'title = "Game"\nidentities = "shred"'),
    "a field that is no text": ('player = "player"', "player = 7"),
    "an event type with a bad name": ("[events.won]", "[events.Won]"),
    "a field with a bad name": ('player = "player"', 'player = "player"\nBonus = "int"'),
    "a sheet without a key": ('key = ["player"]', ""),
    "an empty key": ('key = ["player"]', "key = []"),
    "a key twice": ('key = ["player"]', 'key = ["player", "player"]'),
    "an unknown window": ('key = ["player"]', 'key = ["player"]\nwindows = ["year"]'),
    "a rule without an event": ('event = "won"\ngames', "games"),
    "a fold that is no text": ('games = "count()"', "games = 1"),
    "a board without an order": ('by = "games"', ""),
    "other ties": ('by = "games"', 'by = "games"\nties = "dense"'),
    "a partition that is no list": ('by = "games"', 'by = "games"\npartitions = ["region"]'),
    "negative decimals": ('by = "games"', 'by = "games"\ndecimals = -1'),
    "an achievement without a condition": ('when = "games >= 1"', ""),
    "a sheet and an event": ('when = "games >= 1"', 'when = "games >= 1"\nevent = "won"'),
    "a sheet, but manual": ('when = "games >= 1"', 'when = "games >= 1"\nmanual = true'),
    "a window on an event": ('sheet = "career"\nwhen', 'event = "won"\nwindow = "all"\nwhen'),
    "negative points": ('when = "games >= 1"', 'when = "games >= 1"\npoints = -1'),
    "a flag that is a text": ('when = "games >= 1"', 'when = "games >= 1"\nhidden = "yes"'),
    "a trend of no windows": ('kind = "bar"', 'kind = "trend"'),
    "a bar for every day": ('kind = "bar"', 'kind = "bar"\nevery = "day"'),
    "no columns": ('columns = ["games"]', "columns = []"),
    "a check without a reason": ('reason = "none"', ""),
}


def errors(text: str) -> list[Any]:
    return list(VALIDATOR.iter_errors(tomllib.loads(text)))


def test_it_is_a_schema_of_its_draft() -> None:
    Draft202012Validator.check_schema(json_schema())


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_it_accepts_definitions_that_load(file: Path) -> None:
    assert errors(file.read_text(encoding="utf-8")) == []


def test_the_sound_definition_is_sound() -> None:
    assert errors(SOUND) == []
    assert load(SOUND, "game").game == "game"


@pytest.mark.parametrize("right, wrong", MISTAKES.values(), ids=MISTAKES)
def test_it_refuses_what_the_loader_refuses(right: str, wrong: str) -> None:
    assert SOUND.count(right) == 1
    text = SOUND.replace(right, wrong)
    with pytest.raises(DefinitionError):
        load(text, "game")
    assert errors(text) != []


def test_every_key_is_described() -> None:
    schema = json_schema()
    for name, form in TABLES.items():
        table = schema if name == "game" else schema["$defs"][name]
        assert table["description"] == form.meaning
        assert set(table["properties"]) == {key.name for key in form.keys}
        assert all(described["description"] for described in table["properties"].values())

"""What a form offers comes from the definition's own checks."""

from importlib import resources

import pytest

from kleos.core.definition.choices import choices
from kleos.core.definition.load import load

GAME = """
title = "Game"
[events.ran]
player = "player"
mode = "str"
level = "int?"
"""


@pytest.mark.parametrize(
    "check, expected",
    [
        ("that = \"mode == 'solo' or 'duo' == mode\"", ["solo", "duo"]),
        ("that = \"mode in ['solo', 'duo']\"", ["solo", "duo"]),
        ("that = \"mode not in ['solo', 'duo']\"", []),
        ("that = \"mode == 'solo' or level == 1\"", []),
        ("that = \"mode != 'solo'\"", []),
        ('where = "level == 1"\nthat = "mode == \'solo\'"', []),
    ],
)
def test_a_check_lists_what_a_field_may_be(check: str, expected: list[str]) -> None:
    definition = load(f"{GAME}[[checks]]\nevent = 'ran'\nreason = 'no'\n{check}\n", "game")
    assert choices(definition, "ran", "mode") == expected
    assert choices(definition, "ran", "player") == []


def test_the_shipped_arcade_lists_its_modes() -> None:
    text = resources.files("kleos.games").joinpath("arcade.toml").read_text("utf-8")
    modes = choices(load(text, "arcade"), "score_submitted", "game_mode")
    assert modes == ["classic", "ranked", "timed", "survival", "challenge"]

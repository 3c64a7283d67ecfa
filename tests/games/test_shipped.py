"""The shipped definitions and the worked examples load, and carry what their documents ask for."""

from pathlib import Path

import pytest

from kleos.core.definition.load import load
from kleos.core.definition.model import Definition, Manual

REPOSITORY = Path(__file__).resolve().parents[2]
SHIPPED = REPOSITORY / "src" / "kleos" / "games"
EXAMPLES = REPOSITORY / "examples"
FILES = [SHIPPED / f"{game}.toml" for game in ("golf", "arcade", "battle_royale", "quest")] + [
    EXAMPLES / f"{game}.toml" for game in ("chess", "moba")
]


def loaded(file: Path) -> Definition:
    return load(file.read_text(encoding="utf-8"), file.stem, str(file))


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_it_loads_and_everything_is_titled(file: Path) -> None:
    definition = loaded(file)
    assert definition.presentation.title
    assert all(board.presentation.title for board in definition.boards.values())
    assert all(achievement.presentation.icon for achievement in definition.achievements.values())
    assert file.read_text(encoding="utf-8").startswith("# ")


def test_golf_has_the_ten_achievements_in_their_order() -> None:
    achievements = loaded(SHIPPED / "golf.toml").achievements.values()
    in_order = sorted(achievements, key=lambda achievement: achievement.presentation.order)
    assert [(a.name, a.presentation.title, a.presentation.category) for a in in_order] == [
        ("first_win", "First Victory", "games"),
        ("win_10", "Rising Star", "games"),
        ("win_50", "Veteran", "games"),
        ("win_100", "Champion", "games"),
        ("perfect_round", "Perfect", "rounds"),
        ("negative_round", "Below Zero", "rounds"),
        ("knockout_10", "Closer", "special"),
        ("wolfpack", "Wolfpack", "special"),
        ("streak_5", "Hot Streak", "special"),
        ("streak_10", "Unstoppable", "special"),
    ]


def test_golf_ranks_from_five_games_on() -> None:
    boards = loaded(SHIPPED / "golf.toml").boards
    own = ("wins", "win_rate", "avg_score", "knockouts", "streak")
    assert [boards[name].where is not None for name in own] == [True] * 5
    assert boards["wins"].partitions == ((), ("region",))


def test_quest_grants_by_hand_and_by_count() -> None:
    achievements = loaded(SHIPPED / "quest.toml").achievements.values()
    by_hand = [a for a in achievements if isinstance(a.condition, Manual)]
    assert len(by_hand) == 5
    assert len(achievements) == 10
    assert all(a.points > 0 for a in achievements)

"""Which games the facades speak of."""

from dataclasses import dataclass
from typing import Final

from litestar.datastructures import State

from kleos.engine.engine import Engine
from kleos.engine.game import Game

STATE_KEY: Final = "facades"


@dataclass(frozen=True, slots=True)
class Binding:
    """``/api/stats`` is about ``stats_game``, ``/api/leaderboard`` about ``leaderboard_game``."""

    stats_game: str = "golf"
    leaderboard_game: str = "arcade"


def stats_game(state: State, engine: Engine) -> Game:
    """Raises NotFound where the server has no such game."""
    return engine.game(_binding(state).stats_game)


def leaderboard_game(state: State, engine: Engine) -> Game:
    """Raises NotFound where the server has no such game."""
    return engine.game(_binding(state).leaderboard_game)


def _binding(state: State) -> Binding:
    binding: Binding = state[STATE_KEY]
    return binding

"""What follows an engine's commits: the feed, told in commit order."""

from collections.abc import Collection
from typing import Protocol

from kleos.boards.answers import Effects
from kleos.engine.game import Game
from kleos.log.commit import Committed


class Follower(Protocol):
    """Hears of every commit, in commit order: before the ranks take it in, and after."""

    def before(self, game: Game, committed: Committed) -> Collection[str]:
        """Answers the players whose standings it wants to know."""

    def after(self, game: Game, committed: Committed, effects: Effects) -> None: ...

    def unsettled(self, games: Collection[str]) -> None:
        """What boards of these games show may be different without a commit: names, regions, windows."""

"""A second voice: what an outside document says about players, in its own words, to those who connect as one."""

from typing import Protocol

from kleos.engine.game import Game
from kleos.feed.audience import Listener
from kleos.feed.message import Events
from kleos.log.commit import Committed

Ear = Listener[Events]


class Voice(Protocol):
    """Hears of the commits that change awards, and speaks to the ears of the players who are there."""

    def join(self, player: str, ear: Ear) -> None: ...

    def leave(self, player: str, ear: Ear) -> None: ...

    def before(self, game: Game, committed: Committed) -> None:
        """Before the ranks take the commit in."""

    def after(self, game: Game, committed: Committed) -> None: ...

    def close(self) -> None: ...

"""Who may listen to what. Boards, games and players are public; a player's private topic is that player's alone, and
a private match its controllers'."""

from abc import ABC, abstractmethod

from kleos.engine.engine import Engine
from kleos.engine.game import Game
from kleos.feed.topics import MatchTopic, PlayerTopic, Topic
from kleos.matches.opening import Opening, may_see, opening_of
from kleos.server.auth.access import Access
from kleos.server.auth.caller import ANONYMOUS, Caller
from kleos.server.auth.limits import Verdict


class MayNotHear(Exception):
    """``kind`` is ``unauthorized`` where a token would help, else ``forbidden``."""

    def __init__(self, kind: str, detail: str) -> None:
        super().__init__(detail)
        self.kind = kind
        self.detail = detail


class Hearer(ABC):
    """Whoever listens as somebody, and hears only what that caller may."""

    __slots__ = ("caller",)
    caller: Caller

    @abstractmethod
    def hear_as_caller(self, topic: Topic) -> None:
        """From here on the topic, to which it listens, is for such as the caller only."""

    @abstractmethod
    def stop_hearing(self, topics: list[Topic], why: str) -> None: ...


class Holders:
    """Who holds keys and tokens. Without ``access`` there are none, and everybody is nobody."""

    def __init__(self, access: Access | None = None) -> None:
        self._access = access

    async def authenticate(self, token: str) -> Caller:
        """Raises MayNotHear for a key or token that is not good."""
        if self._access is None:
            return ANONYMOUS
        found = self._access.holder(token)
        return check_admitted(found if isinstance(found, Caller) else await found)

    def admit(self, caller: Caller, address: str, topics: int) -> Verdict | None:
        """Whether so many topics may be subscribed to; None where there is no limit."""
        return None if self._access is None else self._access.limits.subscribe(caller, address, topics)

    def still(self, caller: Caller) -> Caller:
        """Who was found good a while ago, as they are now: anonymous, with the reason, where it is over."""
        return caller if self._access is None else self._access.still(caller)


def check_admitted(caller: Caller) -> Caller:
    """The caller. Raises MayNotHear where its credential was not good."""
    if caller.refusal is not None:
        raise MayNotHear("unauthorized", caller.refusal)
    return caller


async def check_may_hear(engine: Engine, caller: Caller, topic: Topic) -> bool:
    """Whether it took who the caller is: others may not hear it.

    Raises MayNotHear, or KleosError where there is no such thing.
    """
    if isinstance(topic, MatchTopic):
        game = engine.game(topic.game)
        opening = await opening_of(engine, game, topic.match)
        _check_match(game, opening, caller, topic)
        return not may_see(opening, ANONYMOUS, game)
    if isinstance(topic, PlayerTopic) and topic.is_private:
        if caller.kind == "anonymous":
            raise MayNotHear("unauthorized", f'{topic} needs the player\'s token: send {{"token": …}} first')
        if topic.namespace or caller.player != topic.player:
            raise MayNotHear("forbidden", f"{topic} is for that player alone")
        return True
    return False


def check_still_hears(game: Game, opening: Opening | None, hearer: Hearer, topic: MatchTopic) -> None:
    """A match is public until it is opened: who listened before hears no more of it, or for as long as they may."""
    if may_see(opening, ANONYMOUS, game):
        return
    try:
        _check_match(game, opening, hearer.caller, topic)
    except MayNotHear as refusal:
        hearer.stop_hearing([topic], refusal.detail)
    else:
        hearer.hear_as_caller(topic)


def _check_match(game: Game, opening: Opening | None, caller: Caller, topic: MatchTopic) -> None:
    if not may_see(opening, caller, game):
        kind = "unauthorized" if caller.kind == "anonymous" else "forbidden"
        raise MayNotHear(kind, f"{topic} is private: only the match's controllers may listen to it")

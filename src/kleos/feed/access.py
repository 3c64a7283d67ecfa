"""Who may listen to what. Boards, games and players are public; a player's private topic is that player's alone, and
a private match its controllers'."""

from kleos.engine.engine import Engine
from kleos.feed.topics import MatchTopic, PlayerTopic, Topic
from kleos.matches.opening import may_see, opening_of
from kleos.server.auth.access import Access
from kleos.server.auth.caller import ANONYMOUS, Caller


class MayNotHear(Exception):
    """``kind`` is ``unauthorized`` where a token would help, else ``forbidden``."""

    def __init__(self, kind: str, detail: str) -> None:
        super().__init__(detail)
        self.kind = kind
        self.detail = detail


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
        if not may_see(opening, caller, game):
            kind = "unauthorized" if caller.kind == "anonymous" else "forbidden"
            raise MayNotHear(kind, f"{topic} is private: only the match's controllers may listen to it")
        return not may_see(opening, ANONYMOUS, game)
    if isinstance(topic, PlayerTopic) and topic.is_private:
        if caller.kind == "anonymous":
            raise MayNotHear("unauthorized", f'{topic} needs the player\'s token: send {{"token": …}} first')
        if topic.namespace or caller.player != topic.player:
            raise MayNotHear("forbidden", f"{topic} is for that player alone")
        return True
    return False

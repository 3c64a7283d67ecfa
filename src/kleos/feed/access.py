"""Who may listen to what. Boards, games and players are public; a player's private topic is that player's alone, and
a private match its controllers'."""

from collections.abc import Awaitable, Callable

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


Authenticate = Callable[[str], Awaitable[Caller]]
"""The caller who holds a key or token. Raises MayNotHear for one that is not good."""


def holders(access: Access) -> Authenticate:
    async def authenticate(token: str) -> Caller:
        found = access.holder(token)
        return check_admitted(found if isinstance(found, Caller) else await found)

    return authenticate


def check_admitted(caller: Caller) -> Caller:
    """The caller. Raises MayNotHear where its credential was not good."""
    if caller.refusal is not None:
        raise MayNotHear("unauthorized", caller.refusal)
    return caller


async def nobody(token: str) -> Caller:
    """Where there are no keys and no tokens."""
    return ANONYMOUS


async def check_may_hear(engine: Engine, caller: Caller, topic: Topic) -> None:
    """Raises MayNotHear, or KleosError where there is no such thing."""
    if isinstance(topic, MatchTopic):
        game = engine.game(topic.game)
        if not may_see(await opening_of(engine, game, topic.match), caller, game):
            kind = "unauthorized" if caller.kind == "anonymous" else "forbidden"
            raise MayNotHear(kind, f"{topic} is private: only the match's controllers may listen to it")
    if isinstance(topic, PlayerTopic) and topic.is_private:
        if caller.kind == "anonymous":
            raise MayNotHear("unauthorized", f'{topic} needs the player\'s token: send {{"token": …}} first')
        if topic.namespace or caller.player != topic.player:
            raise MayNotHear("forbidden", f"{topic} is for that player alone")

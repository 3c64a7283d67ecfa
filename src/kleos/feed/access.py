"""Who may listen to what. Boards, games and players are public; a player's private topic is that player's alone."""

from collections.abc import Awaitable, Callable

from kleos.feed.topics import PlayerTopic, Topic
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


def check_may_hear(caller: Caller, topic: Topic) -> None:
    """Raises MayNotHear."""
    if isinstance(topic, PlayerTopic) and topic.is_private:
        if caller.kind == "anonymous":
            raise MayNotHear("unauthorized", f'{topic} needs the player\'s token: send {{"token": …}} first')
        if topic.namespace or caller.player != topic.player:
            raise MayNotHear("forbidden", f"{topic} is for that player alone")

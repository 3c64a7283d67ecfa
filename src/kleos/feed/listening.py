"""One connection that listens: what it asks for, and what it is told, whichever protocol it speaks."""

from typing import Any, Final, Protocol

import msgspec

from kleos.core.errors import BadInput, KleosError, NotFound
from kleos.feed.access import MayNotHear, check_admitted, check_may_hear
from kleos.feed.feed import Feed
from kleos.feed.message import Message
from kleos.feed.topics import Topic, parse_topic
from kleos.server.auth.caller import ANONYMOUS, Caller

MOST_SUBSCRIPTIONS: Final = 1_000
FORM: Final = '{"subscribe": [topic, …], "last": {topic: n}}, {"unsubscribe": [topic, …]} or {"token": …}'


class Asked(msgspec.Struct, forbid_unknown_fields=True):
    """What a client asks. Done in this order: ``token``, ``unsubscribe``, ``subscribe``."""

    token: str | None = None
    unsubscribe: list[str] = []
    subscribe: list[str] = []
    last: dict[str, int] = {}


class Wire(Protocol):
    """The way to the other end."""

    def write(self, message: Message) -> bool:
        """False where the other end does not keep up; then nothing is written."""

    def tell(self, kind: str, told: dict[str, Any]) -> None:
        """Something about the connection itself; lost where the other end does not keep up."""

    async def when_drained(self) -> None: ...


class Listening:
    """While the other end does not keep up it is skipped, and then told which topics to ask for again."""

    __slots__ = ("_feed", "_missed", "_wire", "caller", "topics")

    def __init__(self, feed: Feed, wire: Wire) -> None:
        self.caller: Caller = ANONYMOUS
        self.topics: dict[Topic, None] = {}
        self._feed = feed
        self._wire = wire
        self._missed: dict[str, None] = {}

    def deliver(self, message: Message) -> None:
        if not self._wire.write(message):
            self._missed[message.topic] = None
            self._feed.dropped += 1

    def resync(self) -> None:
        """The other end keeps up again: it learns of which topics it missed something."""
        missed, self._missed = self._missed, {}
        if missed:
            self._tell("resync", topics=list(missed))

    def admit(self, caller: Caller) -> None:
        """Who connected, by the request's own header; a credential there that is not good is told."""
        try:
            self.caller = check_admitted(caller)
        except MayNotHear as refusal:
            self._tell("error", code=refusal.kind, detail=refusal.detail)

    async def hear(self, asked: Asked) -> None:
        if asked.token is not None:
            await self._authenticate(asked.token)
        for name in asked.unsubscribe:
            self._unsubscribe(name)
        if not self._exceeds(asked.subscribe):
            for name in asked.subscribe:
                await self._subscribe(name, asked.last.get(name))

    def refuse(self, detail: str, code: str = "bad-input") -> None:
        self._tell("error", code=code, detail=detail)

    def leave(self) -> None:
        for topic in self.topics:
            self._feed.hub.unsubscribe(self, topic)
        self.topics.clear()

    async def authenticate(self, token: str) -> None:
        """Raises MayNotHear."""
        self.caller = await self._feed.authenticate(token)

    def _tell(self, kind: str, **told: Any) -> None:
        self._wire.tell(kind, told)

    def _exceeds(self, names: list[str]) -> bool:
        if len(names) + len(self.topics) <= MOST_SUBSCRIPTIONS:
            return False
        count = len({str(topic) for topic in self.topics} | set(names))
        if count <= MOST_SUBSCRIPTIONS:
            return False
        detail = f"a connection has {MOST_SUBSCRIPTIONS} topics at most; with these it would be {count}: none was added"
        self.refuse(detail, "too-many-subscriptions")
        return True

    async def _subscribe(self, name: str, last: int | None) -> None:
        await self._wire.when_drained()
        try:
            topic = parse_topic(name)
            await check_may_hear(self._feed.engine, self.caller, topic)
            if str(topic) != name:
                self._tell("subscribed", topic=str(topic), asked=name)
            self._missed.pop(str(topic), None)
            await self._feed.hub.subscribe(self, topic, last, self._wire.when_drained)
            self.topics[topic] = None
        except MayNotHear as refusal:
            self._tell("error", code=refusal.kind, detail=refusal.detail, topic=name)
        except KleosError as error:
            self._tell("error", code=code_of(error), detail=str(error), topic=name)

    def _unsubscribe(self, name: str) -> None:
        try:
            topic = parse_topic(name)
        except BadInput as error:
            self._tell("error", code="bad-input", detail=str(error), topic=name)
            return
        if topic in self.topics:
            del self.topics[topic]
            self._missed.pop(str(topic), None)
            self._feed.hub.unsubscribe(self, topic)
        self._tell("unsubscribed", topic=str(topic))

    async def _authenticate(self, token: str) -> None:
        try:
            await self.authenticate(token)
        except MayNotHear as refusal:
            self._tell("error", code=refusal.kind, detail=refusal.detail)
        else:
            self._tell("welcome", player=self.caller.player)


def code_of(error: KleosError) -> str:
    if isinstance(error, NotFound):
        return "not-found"
    return "bad-input" if isinstance(error, BadInput) else "unavailable"

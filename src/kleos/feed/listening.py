"""One connection that listens: what it asks for, and what it is told, whichever protocol it speaks.

What only a credential opens is heard for as long as that holds. Then the connection is told, and may send a new one.
"""

from typing import Any, Final, Protocol

import msgspec

from kleos.core.errors import BadInput, KleosError, NotFound
from kleos.core.windows import iso
from kleos.feed.access import Hearer, MayNotHear, check_admitted, check_may_hear
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

    def tell(self, kind: str, told: dict[str, Any]) -> bool:
        """Something about the connection itself; False where the other end does not keep up, and it is lost."""

    async def when_drained(self) -> None: ...


class Listening(Hearer):
    """While the other end does not keep up it is skipped, and then told which topics to ask for again.

    ``address`` is where it comes from: topics are limited by that.
    """

    __slots__ = ("_address", "_feed", "_is_gone", "_missed", "_private", "_wire", "topics")

    def __init__(self, feed: Feed, wire: Wire, address: str) -> None:
        self.caller = ANONYMOUS
        self._address = address
        self.topics: dict[Topic, None] = {}
        self._feed = feed
        self._wire = wire
        self._missed: dict[str, None] = {}
        self._private: dict[Topic, None] | None = None
        self._is_gone = False

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
            self.be(check_admitted(caller))
        except MayNotHear as refusal:
            self._tell("error", code=refusal.kind, detail=refusal.detail)

    async def hear(self, asked: Asked) -> None:
        if asked.token is not None:
            await self._authenticate(asked.token)
        for name in dict.fromkeys(asked.unsubscribe):
            self._unsubscribe(name)
        names = list(dict.fromkeys(asked.subscribe))
        if names and not self._exceeds(names) and self._is_admitted(names):
            for name in names:
                await self._subscribe(name, asked.last.get(name))

    def refuse(self, detail: str, code: str = "bad-input") -> None:
        self._tell("error", code=code, detail=detail)

    def leave(self) -> None:
        """The connection is no more; what is still being asked for it comes to nothing."""
        self._is_gone = True
        for topic in self.topics:
            self._feed.hub.unsubscribe(self, topic)
        self.topics.clear()
        self._private = None
        self.be(ANONYMOUS)
        self._feed.tenures.drop(self)

    async def authenticate(self, token: str) -> None:
        """Raises MayNotHear; then all stays as it was."""
        self.be(await self._feed.holders.authenticate(token))

    def end(self, caller: Caller) -> None:
        """The credential is worth nothing any more; ``caller`` says why."""
        self.be(caller)
        self._feed.tenures.drop(self)
        self.stop_hearing(list(self._private or ()), caller.refusal or "")

    def be(self, caller: Caller) -> None:
        """From here on this is who listens; nobody, once the connection is no more."""
        self.caller = ANONYMOUS if self._is_gone else caller

    def hear_as_caller(self, topic: Topic) -> None:
        if topic not in (self._private or ()):
            self._private = {**(self._private or {}), topic: None}
            self._hold()

    def _hold(self) -> None:
        """From here on it is looked at whether the credential holds."""
        self._feed.tenures.hold(self)

    def stop_hearing(self, topics: list[Topic], why: str) -> None:
        for topic in topics:
            self._forget(topic)
        names = [str(topic) for topic in topics]
        if not self._wire.tell("ended", {"topics": names, "detail": why}):
            self._missed |= dict.fromkeys(names)  # told to ask again, it learns that it may not

    def _forget(self, topic: Topic) -> None:
        self.topics.pop(topic, None)
        self._missed.pop(str(topic), None)
        if self._private is not None:
            self._private.pop(topic, None)
        self._feed.hub.unsubscribe(self, topic)

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

    def _is_admitted(self, names: list[str]) -> bool:
        verdict = self._feed.holders.admit(self.caller, self._address, len(names))
        if verdict is None or not verdict.retry_after_s:
            return True
        retry_after_s, quota = verdict.retry_after_s, verdict.policy.quota
        detail = f"more than {quota} topics a minute from this address; come back in {retry_after_s} s: none was added"
        self._tell("error", code="too-many", detail=detail, retry_after_s=retry_after_s)
        return False

    async def _subscribe(self, name: str, last: int | None) -> None:
        await self._wire.when_drained()
        try:
            topic = parse_topic(name)
            caller = self.caller
            is_private = await check_may_hear(self._feed.engine, caller, topic)
            if str(topic) != name:
                self._tell("subscribed", topic=str(topic), asked=name)
            self._missed.pop(str(topic), None)
            await self._feed.hub.subscribe(self, topic, last, self._wire.when_drained)
            self.topics[topic] = None
            if is_private:
                self.hear_as_caller(topic)
            if self._is_gone:
                self.leave()
            elif is_private and self.caller is not caller:
                await self._stop_what_is_not_for(self.caller)
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
            self._forget(topic)
        self._tell("unsubscribed", topic=str(topic))

    async def _authenticate(self, token: str) -> None:
        try:
            await self.authenticate(token)
        except MayNotHear as refusal:
            self._tell("error", code=refusal.kind, detail=refusal.detail)
        else:
            expires_at = self.caller.expires_at
            at = iso(expires_at) if expires_at is not None else None
            self._tell("welcome", player=self.caller.player, expires_at=at)
            await self._stop_what_is_not_for(self.caller)

    async def _stop_what_is_not_for(self, caller: Caller) -> None:
        """The new credential may be another's."""
        for topic in list(self._private or ()):
            try:
                await check_may_hear(self._feed.engine, caller, topic)
            except (MayNotHear, KleosError) as refusal:
                self.stop_hearing([topic], str(refusal))


def code_of(error: KleosError) -> str:
    if isinstance(error, NotFound):
        return "not-found"
    return "bad-input" if isinstance(error, BadInput) else "unavailable"

"""Plain WebSocket at ``/v1/feed``: JSON in, prepared frames out.

    {"token": …}   {"unsubscribe": [topic, …]}   {"subscribe": [topic, …], "last": {topic: n}}

may come together, and are done in this order. A fault is answered with ``{"type": "error", "code", "detail"}`` and
ends nothing.
"""

import asyncio
import logging
from collections.abc import Callable
from typing import Any, Final, Protocol

import msgspec

from kleos.core.errors import BadInput, KleosError, NotFound
from kleos.feed.access import MayNotHear, check_admitted, check_may_hear
from kleos.feed.feed import Feed
from kleos.feed.message import Message, text_frame
from kleos.feed.topics import Topic, parse_topic
from kleos.server.auth.caller import ANONYMOUS, CALLER_KEY, Caller

MOST_SUBSCRIPTIONS: Final = 1_000
SOCKET_KEY: Final = "kleos.socket"
"""Where a connection's scope holds the socket, among its extensions."""

logger = logging.getLogger(__name__)
_encode: Final = msgspec.json.Encoder().encode


class Socket(Protocol):
    """A WebSocket to which whole frames are written past the application, in the order of the calls."""

    is_congested: bool
    drained: Callable[[], None] | None

    def write_frame(self, frame: bytes) -> None: ...
    async def when_drained(self) -> None: ...
    def release(self) -> None: ...


class Asked(msgspec.Struct, forbid_unknown_fields=True):
    """What a client sends."""

    token: str | None = None
    unsubscribe: list[str] = []
    subscribe: list[str] = []
    last: dict[str, int] = {}


_decode: Final = msgspec.json.Decoder(Asked).decode


class SocketListener:
    """One connection. While its other end does not keep up it is skipped, then told what to ask for again."""

    __slots__ = ("_feed", "_frame", "_missed", "_socket", "caller", "topics")

    def __init__(self, feed: Feed, socket: Socket) -> None:
        self.caller: Caller = ANONYMOUS
        self.topics: dict[Topic, None] = {}
        self._feed = feed
        self._socket = socket
        self._missed: dict[str, None] = {}
        socket.drained = self._resync

    def deliver(self, message: Message) -> None:
        if self._socket.is_congested:
            self._missed[message.topic] = None
        else:
            self._socket.write_frame(message.text_frame)

    def tell(self, kind: str, **told: Any) -> None:
        """Something about the connection itself."""
        if not self._socket.is_congested:
            self._socket.write_frame(text_frame(_encode({"type": kind, **told})))

    async def hear(self, text: str | bytes) -> None:
        try:
            asked = _decode(text)
        except msgspec.MsgspecError as error:
            form = '{"subscribe": [topic, …], "last": {topic: n}}, {"unsubscribe": [topic, …]} or {"token": …}'
            self.tell("error", code="bad-input", detail=f"{error}; send {form}")
            return
        if asked.token is not None:
            await self._authenticate(asked.token)
        for name in asked.unsubscribe:
            self._unsubscribe(name)
        new = len(asked.subscribe) + len(self.topics)
        if new > MOST_SUBSCRIPTIONS and self._exceeds(asked.subscribe):
            return
        for name in asked.subscribe:
            await self._subscribe(name, asked.last.get(name))

    def admit(self, caller: Caller) -> None:
        """Who connected, by the request's own header; a credential there that is not good is told."""
        try:
            self.caller = check_admitted(caller)
        except MayNotHear as refusal:
            self.tell("error", code=refusal.kind, detail=refusal.detail)

    def leave(self) -> None:
        for topic in self.topics:
            self._feed.hub.unsubscribe(self, topic)
        self.topics.clear()
        self._socket.drained = None

    def _exceeds(self, names: list[str]) -> bool:
        known = {str(topic) for topic in self.topics}
        count = len(known | set(names))
        if count <= MOST_SUBSCRIPTIONS:
            return False
        detail = f"a socket listens to at most {MOST_SUBSCRIPTIONS} topics, and this would be {count}; none was added"
        self.tell("error", code="too-many-subscriptions", detail=detail, most=MOST_SUBSCRIPTIONS)
        return True

    async def _subscribe(self, name: str, last: int | None) -> None:
        await self._socket.when_drained()
        try:
            topic = parse_topic(name)
            check_may_hear(self.caller, topic)
            if str(topic) != name:
                self.tell("subscribed", topic=str(topic), asked=name)
            self._missed.pop(str(topic), None)
            await self._feed.hub.subscribe(self, topic, last, self._socket.when_drained)
            self.topics[topic] = None
        except MayNotHear as refusal:
            self.tell("error", code=refusal.kind, detail=refusal.detail, topic=name)
        except KleosError as error:
            self.tell("error", code=code_of(error), detail=str(error), topic=name)

    def _unsubscribe(self, name: str) -> None:
        try:
            topic = parse_topic(name)
        except BadInput as error:
            self.tell("error", code="bad-input", detail=str(error), topic=name)
            return
        if topic in self.topics:
            del self.topics[topic]
            self._missed.pop(str(topic), None)
            self._feed.hub.unsubscribe(self, topic)
        self.tell("unsubscribed", topic=str(topic))

    async def _authenticate(self, token: str) -> None:
        try:
            self.caller = await self._feed.authenticate(token)
        except MayNotHear as refusal:
            self.tell("error", code=refusal.kind, detail=refusal.detail)
        else:
            self.tell("welcome", player=self.caller.player)

    def _resync(self) -> None:
        """The other end keeps up again: it learns where the topics are of which it missed something."""
        missed, self._missed = self._missed, {}
        if missed:
            self.tell("resync", topics=list(missed))


def code_of(error: KleosError) -> str:
    if isinstance(error, NotFound):
        return "not-found"
    return "bad-input" if isinstance(error, BadInput) else "unavailable"


async def serve_socket(feed: Feed, scope: Any, receive: Any, send: Any) -> None:
    """The ASGI application of one connection."""
    await receive()
    await send({"type": "websocket.accept"})
    listener = SocketListener(feed, scope["extensions"][SOCKET_KEY])
    try:
        listener.admit(scope.get(CALLER_KEY) or ANONYMOUS)
        while (event := await receive())["type"] == "websocket.receive":
            text = event.get("text")
            await listener.hear(text if text is not None else event.get("bytes") or b"")
    except asyncio.CancelledError:
        raise
    except Exception:
        logger.exception("a connection to the feed failed")
        await send({"type": "websocket.close", "code": 1011, "reason": "something went wrong here"})
    finally:
        listener.leave()

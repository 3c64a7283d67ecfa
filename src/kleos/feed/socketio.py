"""Socket.IO at ``/socket.io``: the topics of the feed, by python-socketio, each message as one event ``feed``.

Clients emit ``subscribe`` (a list of topics, and by topic the last numbers they have), ``unsubscribe`` (topics) and
``token``. Who connects with a player's token (``auth: {token}``, or the header) hears that player's topics unasked,
and what the feed's voice says.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from functools import partial
from typing import Any, Final

import msgspec
import socketio
from engineio.packet import MESSAGE, Packet
from socketio.exceptions import ConnectionRefusedError

from kleos.feed.access import MayNotHear, check_admitted
from kleos.feed.engineio import PolledQueue, Transport, WritingQueue, ping_by_timer
from kleos.feed.feed import Feed
from kleos.feed.listening import Asked, Listening
from kleos.feed.message import Events, Message, socketio_event, text_frame
from kleos.feed.topics import PlayerTopic
from kleos.server.auth.addresses import UNKNOWN
from kleos.server.auth.caller import ADDRESS_KEY, ANONYMOUS, CALLER_KEY, Caller

MOST_WAITING: Final = 100
"""A polling client for whom more packets wait does not keep up."""
LARGEST_MESSAGE_BYTES: Final = 1024 * 1024
PING_EVERY_S: Final = 20
HANDSHAKE_WITHIN_S: Final = 10.0
FORM: Final = "subscribe ([topic, …], {topic: n}), unsubscribe ([topic, …]) or token (text)"
ARGUMENTS: Final = {"subscribe": 2, "unsubscribe": 1, "token": 1}
"""What a client may emit, and with how much."""
_NOTHING: Final[dict[str, Any]] = {}
_encode: Final = msgspec.json.Encoder().encode


class SocketIOWire:
    """To one Socket.IO connection: straight to its WebSocket, or by the queue from which it polls."""

    __slots__ = ("_socket",)

    def __init__(self, socket: Any) -> None:
        self._socket = socket

    def write(self, message: Message) -> bool:
        queue = self._socket.queue
        if type(queue) is WritingQueue:
            return queue.protocol.write_frame(message.socketio_frame)
        return _put(queue, (socketio_event(message.json),))

    def deliver(self, message: Events) -> None:
        """Events that others document; lost where the other end does not keep up."""
        queue = self._socket.queue
        if type(queue) is WritingQueue:
            queue.protocol.write_frame(message.socketio_frames)
        else:
            _put(queue, message.packets)

    def tell(self, kind: str, told: dict[str, Any]) -> bool:
        packet, queue = socketio_event(_encode({"type": kind, **told})), self._socket.queue
        if type(queue) is WritingQueue:
            return queue.protocol.write_frame(text_frame(packet))
        return _put(queue, (packet,))

    async def when_drained(self) -> None:
        queue = self._socket.queue
        if isinstance(queue, WritingQueue):
            await queue.protocol.when_drained()


def _put(queue: Any, packets: Iterable[bytes]) -> bool:
    """For who polls."""
    if queue.qsize() >= MOST_WAITING:
        return False
    for packet in packets:
        queue.put_nowait(Packet(MESSAGE, packet[1:].decode()))
    return True


class Connection(Listening):
    """A listening connection that a player's token also makes an ear of the voice of the feed."""

    __slots__ = ("_ear",)

    def __init__(self, feed: Feed, wire: SocketIOWire, address: str) -> None:
        super().__init__(feed, wire, address)
        self._ear: SocketIOWire = wire

    def be(self, caller: Caller) -> None:
        voice, before = self._feed.voice, self.caller.player
        super().be(caller)
        player = self.caller.player
        if voice is None or player == before:
            return
        if before is not None:
            voice.leave(before, self._ear)
        if player is not None:
            voice.join(player, self._ear)
            self._hold()


class SocketIO:
    """The server of every Socket.IO connection. ``feed`` is asked for when somebody connects.

    A WebSocket that does not connect to the namespace within ``handshake_within_s`` is closed.
    """

    def __init__(self, feed: Callable[[], Feed], handshake_within_s: float = HANDSHAKE_WITHIN_S) -> None:
        self._feed = feed
        self._handshake_within_s = handshake_within_s
        self._listening: dict[str, Listening] = {}
        self.server = socketio.AsyncServer(
            async_mode="asgi",
            cors_allowed_origins=[],  # the edge decides
            async_handlers=False,  # one after the other, as they came
            ping_interval=PING_EVERY_S,
            ping_timeout=PING_EVERY_S,
            max_http_buffer_size=LARGEST_MESSAGE_BYTES,
            logger=False,
        )
        engine = self.server.eio
        engine._async = {**engine._async, "websocket": partial(Transport, self._taken_over)}
        engine.create_queue = PolledQueue
        ping_by_timer(engine)
        self._pass_on = self.server._handle_event
        self.server._handle_event = self._emitted
        self.server.on("connect", self._connect)
        self.server.on("disconnect", self._disconnect)
        self.server.on("subscribe", self._subscribe)
        self.server.on("unsubscribe", self._unsubscribe)
        self.server.on("token", self._token)

    def __call__(self, scope: Any, receive: Any, send: Any) -> Awaitable[None]:
        answer: Awaitable[None] = self.server.handle_request(scope, receive, send)
        return answer

    async def close(self) -> None:
        await self.server.shutdown()

    async def _connect(self, sid: str, environ: dict[str, Any], auth: Any = None) -> None:
        eio_sid = self.server.manager.eio_sid_from_sid(sid, "/")
        scope = environ["asgi.scope"]
        wire = SocketIOWire(self.server.eio.sockets[eio_sid])
        listening = Connection(self._feed(), wire, scope.get(ADDRESS_KEY, UNKNOWN))
        token = auth.get("token") if isinstance(auth, dict) else None
        try:
            if isinstance(token, str):
                await listening.authenticate(token)
            else:
                listening.be(check_admitted(scope.get(CALLER_KEY) or ANONYMOUS))
        except MayNotHear as refusal:
            raise ConnectionRefusedError(refusal.detail, {"code": refusal.kind}) from None
        self.server.environ[eio_sid] = _NOTHING
        self._listening[eio_sid] = listening
        self._taken_over(eio_sid)
        if listening.caller.player is not None:
            # After this has returned, and the client has been told that it is connected.
            self.server.start_background_task(listening.hear, _topics_of(listening.caller.player))

    async def _disconnect(self, sid: str, reason: str) -> None:
        listening = self._listening.pop(self.server.manager.eio_sid_from_sid(sid, "/"), None)
        if listening is not None:
            listening.leave()

    async def _emitted(self, eio_sid: str, namespace: str | None, id: int | None, data: Any) -> None:
        """The library would take a `connect` or a `disconnect` that a client emits for an event of its own."""
        name = data[0] if isinstance(data, list) and data else None
        if isinstance(name, str) and name in ARGUMENTS and len(data) <= 1 + ARGUMENTS[name]:
            await self._pass_on(eio_sid, namespace, id, data)
        elif (listening := self._listening.get(eio_sid)) is not None:
            listening.refuse(f"emit {FORM}")

    async def _subscribe(self, sid: str, topics: Any = None, last: Any = None) -> None:
        await self._hear(sid, {"subscribe": [topics] if isinstance(topics, str) else topics, "last": last or {}})

    async def _unsubscribe(self, sid: str, topics: Any = None) -> None:
        await self._hear(sid, {"unsubscribe": [topics] if isinstance(topics, str) else topics})

    async def _token(self, sid: str, token: Any = None) -> None:
        await self._hear(sid, {"token": token})

    async def _hear(self, sid: str, given: dict[str, Any]) -> None:
        listening = self._listening[self.server.manager.eio_sid_from_sid(sid, "/")]
        try:
            asked = msgspec.convert(given, Asked)
        except msgspec.ValidationError as error:
            listening.refuse(f"{error}; emit {FORM}")
        else:
            await listening.hear(asked)

    def _taken_over(self, eio_sid: str) -> None:
        """A connection has begun to listen, or a WebSocket is its transport now."""
        listening, socket = self._listening.get(eio_sid), self.server.eio.sockets.get(eio_sid)
        if listening is None:
            asyncio.get_running_loop().call_later(self._handshake_within_s, self._expect, eio_sid)
        elif socket is not None and isinstance(socket.queue, WritingQueue):
            protocol = socket.queue.protocol
            protocol.drained = listening.resync
            if not protocol.is_congested:
                listening.resync()  # of what was missed while it polled
        elif socket is not None:
            socket.queue.drained = listening.resync

    def _expect(self, eio_sid: str) -> None:
        socket = self.server.eio.sockets.get(eio_sid)
        if eio_sid not in self._listening and socket is not None and isinstance(socket.queue, WritingQueue):
            socket.queue.protocol.transport.close()


def _topics_of(player: str) -> Asked:
    return Asked(subscribe=[str(PlayerTopic(player)), str(PlayerTopic(player, is_private=True))])

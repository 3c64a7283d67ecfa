"""Engine.IO's WebSocket transport, without its queue and writer: what it sends goes straight to the socket, in order.

The library keeps a queue and a task that writes from it for every socket, which is needed for long polling alone. While
a WebSocket is open, a queue that writes at once stands in for it: half the memory, and prepared frames may be written
between the library's own packets.
"""

import asyncio
import time
from collections.abc import Callable
from typing import Any

from engineio import AsyncServer, exceptions
from engineio.async_socket import AsyncSocket
from engineio.packet import NOOP, PING, PONG, UPGRADE, Packet

from kleos.feed.message import binary_frame, text_frame
from kleos.feed.protocol import FeedProtocol, protocol_of


class PolledQueue(asyncio.Queue[Packet | None]):
    """What waits for the next poll; ``drained`` is called when a poll has taken all of it, and may put in more."""

    drained: Callable[[], None] | None = None

    def get_nowait(self) -> Packet | None:
        packet = super().get_nowait()
        if self.drained is not None and self.empty():
            self.drained()
        return packet


class WritingQueue:
    """Takes packets as :class:`asyncio.Queue` does, and has written them when it returns."""

    __slots__ = ("protocol",)

    def __init__(self, protocol: FeedProtocol) -> None:
        self.protocol = protocol

    def put_nowait(self, packet: Packet | None) -> None:
        if packet is not None:
            self.protocol.write_frame(_frame(packet))

    async def put(self, packet: Packet | None) -> None:
        self.put_nowait(packet)

    async def join(self) -> None:
        """Nothing is ever waiting here."""


class Transport:
    """One WebSocket of one Engine.IO socket, new or upgraded from polling; made by the library for each.

    ``taken_over`` hears the id of the socket when this WebSocket is its transport.
    """

    def __init__(self, taken_over: Callable[[str], None], handler: Any, server: Any) -> None:
        self._taken_over = taken_over
        self._socket = handler.__self__
        self._receive: Any = None

    async def __call__(self, environ: dict[str, Any]) -> str:
        scope, send = environ["asgi.scope"], environ["asgi.send"]
        self._receive = environ["asgi.receive"]
        protocol = protocol_of(scope)
        environ.clear()  # the library holds it for the life of the connection
        environ["asgi.scope"] = scope
        await send({"type": "websocket.accept"})
        protocol.forget_handshake()
        try:
            if not self._socket.connected or await self._upgrade(protocol):
                self._take_over(protocol)
                await self._listen()
        finally:
            if isinstance(self._socket.queue, WritingQueue) and self._socket.queue.protocol is protocol:
                await self._socket.close(wait=False, abort=True, reason=self._socket.server.reason.TRANSPORT_CLOSE)
        return ""

    async def _upgrade(self, protocol: FeedProtocol) -> bool:
        """From polling to this WebSocket; False where the client did not go through with it."""
        socket = self._socket
        socket.upgrading = True
        try:
            probe = await self._packet()
            if probe is None or probe.packet_type != PING or probe.data != "probe":
                return False
            WritingQueue(protocol).put_nowait(Packet(PONG, data="probe"))
            await socket.queue.put(Packet(NOOP))  # ends the poll under way
            last = await self._packet()
            return last is not None and last.packet_type == UPGRADE
        finally:
            socket.upgrading = False

    def _take_over(self, protocol: FeedProtocol) -> None:
        socket = self._socket
        waiting, socket.queue = socket.queue, WritingQueue(protocol)
        waiting.drained = None
        packets = [waiting.get_nowait() for _ in range(waiting.qsize())]
        # At once: of several writes the later ones would be lost where the first is more than the other end takes.
        protocol.write_frame(b"".join(_frame(packet) for packet in packets if packet is not None))
        socket.connected = socket.upgraded = True
        self._taken_over(socket.sid)

    async def _listen(self) -> None:
        while (packet := await self._packet()) is not None:
            try:
                await self._socket.receive(packet)
            except exceptions.UnknownPacketError:
                continue
            except exceptions.SocketIsClosedError:
                return
            if self._socket.closed:
                return

    async def _packet(self) -> Packet | None:
        event = await self._receive()
        if event["type"] != "websocket.receive":
            return None
        text = event.get("text")
        try:
            return Packet(encoded_packet=text if text is not None else event.get("bytes"))
        except (ValueError, IndexError, KeyError, TypeError):
            return None  # no packet at all: the connection ends


def _frame(packet: Packet) -> bytes:
    encoded = packet.encode()
    return binary_frame(encoded) if isinstance(encoded, bytes) else text_frame(encoded.encode())


def ping_by_timer(engine: AsyncServer) -> None:
    """Between two pings a socket has a timer, where the library has a task that sleeps: two kilobytes less for each."""
    start = engine.start_background_task

    def start_or_wait(target: Callable[..., Any], *args: Any, **named: Any) -> Any:
        if getattr(target, "__func__", None) is not AsyncSocket._send_ping:
            return start(target, *args, **named)
        loop = asyncio.get_running_loop()
        return loop.call_later(engine.ping_interval, _ping, target.__self__)  # type: ignore[attr-defined]

    engine.start_background_task = start_or_wait


def _ping(socket: Any) -> None:
    if not socket.closing and not socket.closed:
        socket.last_ping = time.time()
        socket.queue.put_nowait(Packet(PING))

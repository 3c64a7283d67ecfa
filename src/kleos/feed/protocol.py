"""The WebSocket protocol of the server: uvicorn's, with a way to write prepared frames straight to the transport."""

import asyncio
import os
import random
from collections.abc import Callable
from typing import Any, Final

import msgspec
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.http11 import Request
from websockets.protocol import Protocol

from kleos.feed.waiting import Gate, Inbox

_SOCKET_KEY: Final = "kleos.socket"
CONGESTED_FROM_BYTES: Final = 256 * 1024
"""With so much unsent, the other end is not keeping up."""
STUCK_S: Final = 30.0
"""A socket that takes nothing for so long is given up."""
RESTARTING: Final = 1012
SOONEST_RETRY_MS: Final = 500
LATEST_RETRY_MS: Final = 5_000
"""Clients are told different times to come back, so that they do not all come at once."""


class FeedProtocol(WebSocketsSansIOProtocol):
    """Found by :func:`protocol_of` from a connection's scope.

    Frames of servers are not masked, and messages are not compressed one by one: so the same bytes do for every socket.
    """

    is_congested = False
    drained: Callable[[], None] | None = None
    left: Callable[[], None] | None = None
    """Called when the connection is no more."""
    _file_number = -1
    _stuck: asyncio.TimerHandle | None = None
    _owed_pong: bytes | None = None

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self.queue: Any = Inbox()
        self.writable: Any = Gate()
        self.writable.set()

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        self.transport.set_write_buffer_limits(high=CONGESTED_FROM_BYTES)
        if self.scheme == "ws":
            self._file_number = transport.get_extra_info("socket").fileno()

    def handle_connect(self, event: Request) -> None:
        super().handle_connect(event)
        if self.response.status_code == 101:
            extensions: dict[str, Any] = self.scope["extensions"]
            extensions[_SOCKET_KEY] = self

    def forget_handshake(self) -> None:
        """Lets go of what only the handshake needed; to be called once the connection is accepted."""
        self.scope["headers"] = []
        del self.request, self.response
        # The parser that read the request keeps it; a new one goes on where it was: between two frames.
        self.conn.parser = Protocol.parse(self.conn)
        next(self.conn.parser)

    def write_frame(self, frame: bytes) -> bool:
        """False where the other end does not keep up; then nothing is written.

        What the kernel takes at once never enters the transport's buffer.
        """
        transport = self.transport
        if self.is_congested:
            return False
        if self.close_sent or transport.is_closing():
            return True  # nobody is there who could miss it
        if self._file_number >= 0 and not transport.get_write_buffer_size():
            try:
                sent = os.write(self._file_number, frame)
            except BlockingIOError:
                sent = 0
            except OSError:
                return True  # the transport is about to find out
            if sent < len(frame):
                transport.write(frame[sent:])
        else:
            transport.write(frame)
        return True

    def handle_ping(self) -> None:
        """Who does not take its pongs gets the last of them, once it does."""
        pongs = self.conn.data_to_send()
        if not self.is_congested:
            self.transport.write(b"".join(pongs))
        elif pongs:
            self._owed_pong = pongs[-1]

    async def when_drained(self) -> None:
        await self.writable.wait()

    def pause_writing(self) -> None:
        super().pause_writing()
        self.is_congested = True
        self._stuck = self.loop.call_later(STUCK_S, self._give_up)

    def resume_writing(self) -> None:
        super().resume_writing()
        self._keep()
        self.is_congested = False
        if self._owed_pong is not None:
            self.transport.write(self._owed_pong)
            self._owed_pong = None
        if self.drained is not None:
            self.drained()

    def connection_lost(self, exc: Exception | None) -> None:
        self._keep()
        if self.left is not None:
            self.left()
        super().connection_lost(exc)

    def keepalive_timeout(self) -> None:
        super().keepalive_timeout()
        if self.close_sent:
            self.transport.abort()  # nobody is there to read what is left

    def shutdown(self) -> None:
        """The server stops: clients learn when to come back."""
        if self.handshake_complete and not self.close_sent:
            self.stop_keepalive()
            retry_after_ms = random.randint(SOONEST_RETRY_MS, LATEST_RETRY_MS)
            reason = msgspec.json.encode({"retry_after_ms": retry_after_ms}).decode()
            self.queue.put_nowait({"type": "websocket.disconnect", "code": RESTARTING, "reason": reason})
            self.conn.send_close(RESTARTING, reason)
            self.transport.write(b"".join(self.conn.data_to_send()))
            self.close_sent = True
            if self.is_congested:
                self.transport.abort()
            self.transport.close()
            return
        super().shutdown()

    def _keep(self) -> None:
        if self._stuck is not None:
            self._stuck.cancel()
            self._stuck = None

    def _give_up(self) -> None:
        self._stuck = None
        self.transport.abort()


def protocol_of(scope: Any) -> FeedProtocol:
    found: FeedProtocol = scope["extensions"][_SOCKET_KEY]
    return found

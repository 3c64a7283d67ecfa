"""Plain WebSocket at ``/v1/feed``: JSON in, prepared frames out.

    {"token": …}   {"unsubscribe": [topic, …]}   {"subscribe": [topic, …], "last": {topic: n}}

may come together, and are done in this order. A fault is answered with ``{"type": "error", "code", "detail"}`` and
ends nothing.
"""

import logging
from typing import Any, Final

import msgspec

from kleos.feed.feed import Feed
from kleos.feed.listening import FORM, Asked, Listening
from kleos.feed.message import Message, text_frame
from kleos.feed.protocol import FeedProtocol, protocol_of
from kleos.server.auth.addresses import UNKNOWN
from kleos.server.auth.caller import ADDRESS_KEY, ANONYMOUS, CALLER_KEY

logger = logging.getLogger(__name__)
_encode: Final = msgspec.json.Encoder().encode
_decode: Final = msgspec.json.Decoder(Asked).decode


class SocketWire:
    __slots__ = ("_protocol", "when_drained")

    def __init__(self, protocol: FeedProtocol) -> None:
        self._protocol = protocol
        self.when_drained = protocol.when_drained

    def write(self, message: Message) -> bool:
        return self._protocol.write_frame(message.text_frame)

    def tell(self, kind: str, told: dict[str, Any]) -> bool:
        return self._protocol.write_frame(text_frame(_encode({"type": kind, **told})))


async def serve_socket(feed: Feed, scope: Any, receive: Any, send: Any) -> None:
    """The ASGI application of one connection."""
    await receive()
    await send({"type": "websocket.accept"})
    protocol = protocol_of(scope)
    protocol.forget_handshake()
    listening = Listening(feed, SocketWire(protocol), scope.get(ADDRESS_KEY, UNKNOWN))
    protocol.drained = listening.resync
    try:
        listening.admit(scope.get(CALLER_KEY) or ANONYMOUS)
        while (event := await receive())["type"] == "websocket.receive":
            await _hear(listening, event)
    except Exception:
        logger.exception("a connection to the feed failed")
        await send({"type": "websocket.close", "code": 1011, "reason": "something went wrong here"})
    finally:
        protocol.drained = None
        listening.leave()


async def _hear(listening: Listening, event: Any) -> None:
    text = event.get("text")
    try:
        asked = _decode(text if text is not None else event.get("bytes") or b"")
    except (msgspec.MsgspecError, UnicodeError) as error:
        listening.refuse(f"{error}; send {FORM}")
    else:
        await listening.hear(asked)

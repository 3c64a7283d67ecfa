"""The protocols of the feed, as a client speaks them on the wire."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import msgspec

Step = tuple[bytes, bytes]
"""What to wait for, and what to send then."""


@dataclass(frozen=True, slots=True)
class Protocol:
    title: str
    path: str
    steps: Callable[[str], Sequence[Step]]
    """From a topic to the steps that subscribe to it."""


def _websocket(topic: str) -> Sequence[Step]:
    return [(b"\r\n\r\n", msgspec.json.encode({"subscribe": [topic]})), (b'"snapshot"', b"")]


def _socketio(topic: str) -> Sequence[Step]:
    subscribe = b"42" + msgspec.json.encode(["subscribe", [topic]])
    return [(b'0{"sid"', b"40"), (b'40{"sid"', subscribe), (b'"snapshot"', b"")]


def _leaderboard(topic: str) -> Sequence[Step]:
    return [(b'"snapshot"', b"")]


PROTOCOLS: Final = {
    "websocket": Protocol("WebSocket", "/v1/feed", _websocket),
    "socketio": Protocol("Socket.IO", "/socket.io/?EIO=4&transport=websocket", _socketio),
    "leaderboard": Protocol("/ws/leaderboard", "/ws/leaderboard/1", _leaderboard),
}

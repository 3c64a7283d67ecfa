"""A message: serialised once, and framed once for each protocol, however many listen."""

from collections.abc import Iterable
from typing import Any, Final

import msgspec

_encoder: Final = msgspec.json.Encoder()
_TEXT: Final = b"\x81"
_BINARY: Final = b"\x82"
_SHORT: Final = 126
_MEDIUM: Final = 1 << 16


class Message:
    """``n`` is the topic's number of it. ``kind`` is what it tells, ``told`` the rest as it was before it became text.

    As JSON: ``{"topic", "n", "type", …told}``. Immutable but for the frames, which are made when first asked for.
    """

    __slots__ = ("_socketio", "_text", "json", "kind", "n", "told", "topic")

    def __init__(self, topic: str, n: int, kind: str, told: Any) -> None:
        self.topic = topic
        self.n = n
        self.kind = kind
        self.told = told
        head = _encoder.encode({"topic": topic, "n": n, "type": kind})
        rest = _encoder.encode(told)
        self.json: bytes = head[:-1] + b"," + rest[1:] if len(rest) > 2 else head
        self._text: bytes | None = None
        self._socketio: bytes | None = None

    @property
    def text_frame(self) -> bytes:
        """A whole WebSocket text frame, as servers send it: unmasked."""
        frame = self._text
        if frame is None:
            frame = self._text = text_frame(self.json)
        return frame

    @property
    def socketio_frame(self) -> bytes:
        """The same as a Socket.IO event, in a WebSocket text frame."""
        frame = self._socketio
        if frame is None:
            frame = self._socketio = text_frame(socketio_event(self.json))
        return frame

    @property
    def size_bytes(self) -> int:
        return len(self.json) + len(self._text or b"") + len(self._socketio or b"")


class Events:
    """Socket.IO events under names of their own, each ready to be sent; all of them together are one write."""

    __slots__ = ("_frames", "packets")

    def __init__(self, named: Iterable[tuple[str, Any]]) -> None:
        self.packets = tuple(b"42" + _encoder.encode(event) for event in named)
        self._frames: bytes | None = None

    @property
    def socketio_frames(self) -> bytes:
        frames = self._frames
        if frames is None:
            frames = self._frames = b"".join(map(text_frame, self.packets))
        return frames


def text_frame(payload: bytes) -> bytes:
    return _frame(_TEXT, payload)


def binary_frame(payload: bytes) -> bytes:
    return _frame(_BINARY, payload)


def socketio_event(data: bytes) -> bytes:
    """An Engine.IO message with a Socket.IO event, in the default namespace.

    Events that others document have names of their own, so that none is taken for another.
    """
    return b'42["feed",' + data + b"]"


def _frame(kind: bytes, payload: bytes) -> bytes:
    size = len(payload)
    if size < _SHORT:
        return kind + bytes((size,)) + payload
    if size < _MEDIUM:
        return kind + b"\x7e" + size.to_bytes(2, "big") + payload
    return kind + b"\x7f" + size.to_bytes(8, "big") + payload

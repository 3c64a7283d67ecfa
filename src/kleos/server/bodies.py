"""Reading a request's body within bounds: 16 MiB as sent and 16 MiB inflated, whatever its headers claim."""

import asyncio
import io
import zlib
from collections.abc import Callable, Mapping
from typing import Any, Final

import zstandard
from litestar import Request

from kleos.core.errors import BadInput
from kleos.server.errors import Refused

MAX_BODY_BYTES: Final = 16 * 1024 * 1024
_GZIP_WBITS: Final = 31
_INFLATE_IN_THREAD_FROM_BYTES: Final = 64 * 1024
_INFLATED_AT_ONCE_BYTES: Final = 4 * 1024
"""So much is given to an inflater: what it leaves is copied, and a body may hold a million streams."""


async def read_body(request: Request[Any, Any, Any], limit: int = MAX_BODY_BYTES) -> bytes:
    """The body, inflated. Raises Refused (413, 415) or BadInput for a broken stream."""
    inflate = _inflater(request.headers.get("content-encoding", ""))
    sent = await _receive(request, limit)
    if inflate is None:
        return sent
    if len(sent) < _INFLATE_IN_THREAD_FROM_BYTES:
        return inflate(sent, limit)
    return await asyncio.to_thread(inflate, sent, limit)


async def _receive(request: Request[Any, Any, Any], limit: int) -> bytes:
    declared = request.headers.get("content-length")
    if declared is not None and declared.isdecimal() and int(declared) > limit:
        raise _too_large("the body", limit)
    parts: list[bytes] = []
    size = 0
    while True:
        message = await request.receive()
        if message["type"] == "http.disconnect":
            raise BadInput("the connection ended before the body did")
        part: bytes = message.get("body", b"")  # type: ignore[assignment]
        size += len(part)
        if size > limit:
            raise _too_large("the body", limit)
        parts.append(part)
        if not message.get("more_body", False):
            return parts[0] if len(parts) == 1 else b"".join(parts)


def gunzip(sent: bytes, limit: int) -> bytes:
    """Inflate gzip, of one member or several. Never holds more than ``limit`` + 1 bytes of output."""
    whole = bytearray()
    pieces = memoryview(sent)
    at = 0
    while True:
        member = zlib.decompressobj(_GZIP_WBITS)
        while not member.eof:
            piece = pieces[at : at + _INFLATED_AT_ONCE_BYTES]
            if not piece:
                raise BadInput("the gzip stream ends too early", "Content-Encoding")
            try:
                whole += member.decompress(piece, limit + 1 - len(whole))
            except zlib.error:
                raise BadInput("the body is not valid gzip", "Content-Encoding") from None
            if len(whole) > limit:
                raise _too_large("the inflated body", limit)
            at += len(piece) - len(member.unused_data)
        if at == len(sent):
            return bytes(whole)


def unzstd(sent: bytes, limit: int) -> bytes:
    """Inflate Zstandard, of one frame or several. Never holds more than ``limit`` + 1 bytes of output."""
    decompressor = zstandard.ZstdDecompressor(max_window_size=MAX_BODY_BYTES)
    try:
        if zstandard.frame_content_size(sent) > limit:
            raise _too_large("the inflated body", limit)
        # Twice: this reader alone has a bound, and the other alone tells that a stream was cut short.
        with decompressor.stream_reader(io.BytesIO(sent), read_across_frames=True) as reader:
            if len(reader.read(limit + 1)) > limit:
                raise _too_large("the inflated body", limit)
        return _unzstd_whole(decompressor, sent)
    except zstandard.ZstdError:
        raise BadInput("the body is not valid zstd", "Content-Encoding") from None


def _unzstd_whole(decompressor: zstandard.ZstdDecompressor, sent: bytes) -> bytes:
    inflated: list[bytes] = []
    pieces = memoryview(sent)
    at = 0
    while at < len(sent):
        frame = decompressor.decompressobj()
        while not frame.eof:
            piece = pieces[at : at + _INFLATED_AT_ONCE_BYTES]
            if not piece:
                raise BadInput("the zstd stream ends too early", "Content-Encoding")
            inflated.append(frame.decompress(piece))
            at += len(piece) - len(frame.unused_data)
    return b"".join(inflated)


_INFLATERS: Final[Mapping[str, Callable[[bytes, int], bytes] | None]] = {
    "": None,
    "identity": None,
    "gzip": gunzip,
    "x-gzip": gunzip,
    "zstd": unzstd,
}


def _inflater(encoding: str) -> Callable[[bytes, int], bytes] | None:
    name = encoding.strip().lower()
    if name not in _INFLATERS:
        detail = f"the encoding {encoding!r} is not understood: send gzip, zstd or no Content-Encoding at all"
        raise Refused(415, "unsupported-encoding", detail, {"Accept-Encoding": "gzip, zstd, identity"})
    return _INFLATERS[name]


def _too_large(what: str, limit: int) -> Refused:
    return Refused(413, "too-large", f"{what} is larger than {limit} bytes: send it in parts")

"""Lines of events from files: batches to send, each event with an id, so that sending it again counts nothing twice."""

import gzip
import hashlib
import io
import sys
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, Final, cast

import msgspec
import zstandard

from kleos.cli.output import Failed

STDIN: Final = "-"
MAX_LINE_BYTES: Final = 8 * 1024 * 1024
MAX_BATCH_BYTES: Final = 4 * 1024 * 1024
_ID_BYTES: Final = 12
_CHUNK_BYTES: Final = 1024 * 1024
_BOM: Final = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class Place:
    """Between two lines: how many there were before, and a digest of all of them."""

    line: int = 0
    digest: str = ""


@dataclass(slots=True)
class Batch:
    """Events to send together as NDJSON, and the line of each. ``end`` is the place after the last.

    ``too_long`` are lines that are not sent; ``read_bytes`` how much of the file, packed as it may be, was read.
    """

    body: bytes = b""
    lines: list[int] = field(default_factory=list)
    too_long: list[int] = field(default_factory=list)
    end: Place = field(default_factory=Place)
    read_bytes: int = 0


class _Envelope(msgspec.Struct):
    id: Any = msgspec.UNSET


_envelope: Final = msgspec.json.Decoder(_Envelope)


@contextmanager
def opened(name: str) -> Iterator["Lines"]:
    """The lines of a file, unpacked where its name ends in .gz or .zst, or of stdin."""
    if name == STDIN:
        yield Lines(sys.stdin.buffer, sys.stdin.buffer, name)
        return
    with Path(name).open("rb") as raw:
        if name.endswith(".gz"):
            yield Lines(cast(BinaryIO, gzip.GzipFile(fileobj=raw)), raw, name)
        elif name.endswith(".zst"):
            reader = zstandard.ZstdDecompressor().stream_reader(raw, read_across_frames=True)
            unpacked = io.BufferedReader(cast(io.RawIOBase, reader), _CHUNK_BYTES)
            yield Lines(cast(BinaryIO, unpacked), raw, name)
        else:
            yield Lines(raw, raw, name)


class Lines:
    """Reads forward only.

    An event without an id gets one made of its line's number and a digest of everything up to it: the same whenever and
    from wherever the same content comes, packed or not, and also when the file has grown since.
    """

    def __init__(self, stream: BinaryIO, raw: BinaryIO, name: str) -> None:
        self._stream = stream
        self._raw = raw
        self._name = name
        self._line = 0
        self._so_far = hashlib.blake2b(digest_size=_ID_BYTES)

    @property
    def place(self) -> Place:
        return Place(self._line, self._so_far.hexdigest())

    def reach(self, place: Place) -> bool:
        """Pass over the lines before a place; False where they are not those that were there."""
        while self._line < place.line:
            if self._next() is None:
                return False
        return self.place == place

    def batches(self, most_events: int) -> Iterator[Batch]:
        """From here to the end, in batches of up to ``most_events``. Empty lines are passed over."""
        batch, bodies, size = Batch(), list[bytes](), 0
        while (text := self._next()) is not None:
            if len(text) > MAX_LINE_BYTES:
                batch.too_long.append(self._line)
            elif stripped := text.strip():
                bodies.append(self._with_id(stripped))
                batch.lines.append(self._line)
                size += len(stripped)
            if len(bodies) >= most_events or size >= MAX_BATCH_BYTES:
                yield self._closed(batch, bodies)
                batch, bodies, size = Batch(), [], 0
        if bodies or batch.too_long:
            yield self._closed(batch, bodies)

    def _closed(self, batch: Batch, bodies: list[bytes]) -> Batch:
        batch.body = b"\n".join(bodies)
        batch.end = self.place
        batch.read_bytes = self._raw.tell() if self._raw.seekable() else 0
        return batch

    def _next(self) -> bytes | None:
        """The next line, cut where it is longer than an event can be; raises Failed where reading goes wrong."""
        try:
            text = self._stream.readline(MAX_LINE_BYTES + 1)
            if not text:
                return None
            if len(text) > MAX_LINE_BYTES:
                rest = text
                while rest and not rest.endswith(b"\n"):
                    rest = self._stream.readline(_CHUNK_BYTES)
        except (EOFError, zlib.error, zstandard.ZstdError, OSError) as error:
            raise Failed(f"kleos: {self._name} cannot be read after line {self._line:,}: {error}") from None
        self._line += 1
        if self._line == 1:
            text = text.removeprefix(_BOM)
        # Without its end: the last line of a file that grows gets one later.
        self._so_far.update(text.rstrip(b"\r\n") + b"\n")
        return text

    def _with_id(self, line: bytes) -> bytes:
        """What is no event at all is left for the server to refuse."""
        try:
            given = _envelope.decode(line).id
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return line
        if given is not msgspec.UNSET and given is not None:
            return line
        made = f"{self._so_far.hexdigest()}-{self._line}"
        if given is None:
            return msgspec.json.encode({**msgspec.json.decode(line), "id": made})
        rest = line[1:].lstrip()
        comma = b"" if rest.startswith(b"}") else b","
        return b'{"id":"' + made.encode() + b'"' + comma + rest

"""Lines of events from files: batches to send, each event with an id, so that sending it again counts nothing twice."""

import gzip
import hashlib
import io
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Final, cast

import msgspec
import zstandard

from kleos.cli.output import Failed

STDIN: Final = "-"
MAX_LINE_BYTES: Final = 8 * 1024 * 1024
MAX_BATCH_BYTES: Final = 4 * 1024 * 1024
_ID_BYTES: Final = 12
_BOM: Final = b"\xef\xbb\xbf"
_CHUNK_BYTES: Final = 1024 * 1024


@dataclass(slots=True)
class Batch:
    """Events to send together: NDJSON, and the line of each. ``end`` is the place in the stream after the last."""

    body: bytes
    lines: list[int]
    end: int
    end_line: int
    read_bytes: int
    too_long: list[int]
    made_ids: bool


class _Envelope(msgspec.Struct):
    id: Any = msgspec.UNSET


_envelope: Final = msgspec.json.Decoder(_Envelope)


@dataclass(frozen=True, slots=True)
class Identity:
    """What a file was when it was first seen: ``digest`` of its first ``size_bytes``. A file that grew is the same."""

    digest: str
    size_bytes: int

    @classmethod
    def of(cls, path: Path) -> "Identity":
        size_bytes = path.stat().st_size
        return cls(_digest(path, size_bytes), size_bytes)

    def is_of(self, path: Path) -> bool:
        return path.stat().st_size >= self.size_bytes and _digest(path, self.size_bytes) == self.digest


def _digest(path: Path, size_bytes: int) -> str:
    hash, left = hashlib.blake2b(digest_size=_ID_BYTES), size_bytes
    with path.open("rb") as file:
        while left and (chunk := file.read(min(_CHUNK_BYTES, left))):
            hash.update(chunk)
            left -= len(chunk)
    return hash.hexdigest()


class EventIds:
    """Ids for lines that have none. In a file: its digest and the line's number; in a pipe, whose end nobody knows, a
    digest of everything up to the line.
    """

    def __init__(self, identity: Identity | None) -> None:
        self._identity = identity
        self._so_far = hashlib.blake2b(digest_size=_ID_BYTES)

    def see(self, line: bytes) -> None:
        if self._identity is None:
            self._so_far.update(line)

    def of_line(self, number: int) -> str:
        if self._identity is not None:
            return f"{self._identity.digest}-{number}"
        return f"{self._so_far.copy().hexdigest()}-{number}"


@contextmanager
def opened(name: str) -> Iterator[tuple[BinaryIO, BinaryIO]]:
    """The stream of lines, and the file behind it, which is compressed where the name ends in .gz or .zst."""
    if name == STDIN:
        yield sys.stdin.buffer, sys.stdin.buffer
        return
    with Path(name).open("rb") as raw:
        if name.endswith(".gz"):
            yield cast(BinaryIO, gzip.GzipFile(fileobj=raw)), raw
        elif name.endswith(".zst"):
            reader = zstandard.ZstdDecompressor().stream_reader(raw, read_across_frames=True)
            yield cast(BinaryIO, io.BufferedReader(cast(io.RawIOBase, reader), _CHUNK_BYTES)), raw
        else:
            yield raw, raw


def skip(stream: BinaryIO, count: int) -> None:
    """Pass over what was sent before."""
    left = count
    while left and (chunk := stream.read(min(_CHUNK_BYTES, left))):
        left -= len(chunk)


def batches(
    stream: BinaryIO, raw: BinaryIO, ids: EventIds, batch_events: int, end: int = 0, line: int = 0
) -> Iterator[Batch]:
    """Batches of up to ``batch_events``, from place ``end`` on, which is after ``line``. Empty lines are passed over.

    Raises Failed where the file cannot be unpacked.
    """
    batch = Batch(b"", [], end, line, 0, [], False)
    bodies: list[bytes] = []
    size = 0
    for number, text, read in _lines(stream, line):
        batch.end += read
        batch.end_line = number
        if len(text) > MAX_LINE_BYTES:
            batch.too_long.append(number)
        elif stripped := (text.removeprefix(_BOM) if number == 1 else text).strip():
            ids.see(text)
            identified, was_made = with_id(stripped, ids, number)
            batch.made_ids = batch.made_ids or was_made
            bodies.append(identified)
            batch.lines.append(number)
            size += len(identified)
        if len(bodies) >= batch_events or size >= MAX_BATCH_BYTES:
            yield _closed(batch, bodies, raw)
            batch = Batch(b"", [], batch.end, batch.end_line, 0, [], batch.made_ids)
            bodies, size = [], 0
    if bodies or batch.too_long:
        yield _closed(batch, bodies, raw)


def _closed(batch: Batch, bodies: list[bytes], raw: BinaryIO) -> Batch:
    batch.body = b"\n".join(bodies)
    batch.read_bytes = raw.tell() if raw.seekable() else batch.end
    return batch


def _lines(stream: BinaryIO, line: int) -> Iterator[tuple[int, bytes, int]]:
    """``(number, text, bytes)``; of a line that is too long only a part of the text."""
    number = line
    try:
        while text := stream.readline(MAX_LINE_BYTES + 1):
            number += 1
            read = len(text)
            if read > MAX_LINE_BYTES and not text.endswith(b"\n"):
                while more := stream.readline(_CHUNK_BYTES):
                    read += len(more)
                    if more.endswith(b"\n"):
                        break
            yield number, text, read
    except (EOFError, gzip.BadGzipFile, zstandard.ZstdError, OSError) as error:
        raise Failed(f"kleos: the file cannot be read after line {number}: {error}") from None


def with_id(line: bytes, ids: EventIds, number: int) -> tuple[bytes, bool]:
    """The event with an id, and whether it had none. What is no event at all is left for the server to refuse."""
    try:
        given = _envelope.decode(line).id
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return line, False
    if given is not msgspec.UNSET and given is not None:
        return line, False
    if given is None:
        event = msgspec.json.decode(line)
        return msgspec.json.encode({**event, "id": ids.of_line(number)}), True
    rest = line[1:].lstrip()
    comma = b"" if rest.startswith(b"}") else b","
    return b'{"id":"' + ids.of_line(number).encode() + b'"' + comma + rest, True

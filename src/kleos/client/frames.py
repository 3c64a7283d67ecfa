"""How events lie in a file of the spool: a line each, with its length, its time and a checksum over all of it.

``checksum length time payload`` and a newline; the first three are hexadecimal and of fixed width. A payload is JSON
without raw newlines, so behind a damaged line the next one is found at a newline.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final
from zlib import crc32

_CHECKSUM: Final = slice(0, 8)
_SUMMED_FROM: Final = 9
_LENGTH: Final = slice(9, 17)
_TIME: Final = slice(18, 34)
HEADER_BYTES: Final = 35
FRAME_BYTES: Final = HEADER_BYTES + 1
"""What a frame adds to its payload."""


@dataclass(frozen=True, slots=True)
class Record:
    """An event as it was spooled: its JSON, and when it was recorded (µs)."""

    payload: bytes
    recorded_at_us: int
    end: int


@dataclass(frozen=True, slots=True)
class Damage:
    """Bytes that are no record. ``is_torn``: the last line, cut short when its process ended."""

    start: int
    end: int
    is_torn: bool


def frame(payload: bytes, recorded_at_us: int) -> bytes:
    summed = b"%08x %016x %b" % (len(payload), recorded_at_us, payload)
    return b"%08x %b\n" % (crc32(summed), summed)


def read_frames(data: bytes) -> Iterator[Record | Damage]:
    """The records of these bytes, and what lies between them that is none. Positions are within ``data``."""
    position = 0
    while position < len(data):
        record = _record_at(data, position)
        if record is None:
            newline = data.find(b"\n", position)
            end = newline + 1 if newline >= 0 else len(data)
            yield Damage(position, end, is_torn=newline < 0)
        else:
            end = record.end
            yield record
        position = end


def _record_at(data: bytes, start: int) -> Record | None:
    header = data[start : start + HEADER_BYTES]
    if len(header) < HEADER_BYTES:
        return None
    try:
        checksum, length, time_us = int(header[_CHECKSUM], 16), int(header[_LENGTH], 16), int(header[_TIME], 16)
    except ValueError:
        return None
    payload_start = start + HEADER_BYTES
    end = payload_start + length
    if length < 0 or end > len(data) or crc32(data[start + _SUMMED_FROM : end]) != checksum:
        return None
    return Record(data[payload_start:end], time_us, min(end + 1, len(data)))

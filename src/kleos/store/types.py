"""How values travel: times as int microseconds since the Unix epoch, JSON as its own text in bytes."""

from __future__ import annotations

from typing import Any, Final

import asyncpg
import asyncpg.protocol.protocol

POSTGRES_EPOCH_US: Final = 946_684_800_000_000  # 2000-01-01T00:00:00Z
INFINITY: Final = 2**63 - 1
MINUS_INFINITY: Final = -(2**63)
JSONB_VERSION: Final = b"\x01"

_ARRAYS: Final[tuple[type, ...]] = (list, tuple, set, frozenset, type({}.keys()), type({}.values()))
# asyncpg asks of every element of an array whether it is an array too, and asks abstract classes, which takes longer
# than to write the element. What we hand over is one of these or a scalar.
asyncpg.protocol.protocol.IterableABC = _ARRAYS  # type: ignore[attr-defined]


def encode_time(at_us: int) -> tuple[int]:
    """Microseconds since the Unix epoch, as PostgreSQL's own count since 2000."""
    since_2000 = at_us - POSTGRES_EPOCH_US
    if not MINUS_INFINITY < since_2000 < INFINITY:
        raise OverflowError(f"{at_us} is not a time that PostgreSQL can keep")
    return (since_2000,)


def decode_time(value: tuple[int]) -> int:
    """The inverse of `encode_time`; refuses PostgreSQL's infinities, which are no moment."""
    since_2000 = value[0]
    if since_2000 in (INFINITY, MINUS_INFINITY):
        raise ValueError("an infinite time is no moment: no column of Kleos holds one")
    return since_2000 + POSTGRES_EPOCH_US


def encode_jsonb(text: bytes | str) -> bytes:
    """JSON text, in jsonb's binary form."""
    return JSONB_VERSION + (text.encode() if isinstance(text, str) else text)


def decode_jsonb(value: bytes) -> bytes:
    """JSON text, as UTF-8."""
    return bytes(value[1:])


def encode_json(text: bytes | str) -> bytes:
    return text.encode() if isinstance(text, str) else bytes(text)


async def set_types(connection: asyncpg.Connection[Any]) -> None:
    """Make `connection` send and return times and JSON in the forms of this module, in arrays too."""
    await connection.set_type_codec(
        "timestamptz", schema="pg_catalog", encoder=encode_time, decoder=decode_time, format="tuple"
    )
    await connection.set_type_codec(
        "jsonb", schema="pg_catalog", encoder=encode_jsonb, decoder=decode_jsonb, format="binary"
    )
    await connection.set_type_codec("json", schema="pg_catalog", encoder=encode_json, decoder=bytes, format="binary")

"""Rank keys: a standing's place on a board as bytes, whose order is the order of the board.

A key is, for each column that the board ranks by, one null byte and 8 order-preserving bytes (inverted for ``desc``);
then 8 bytes of ``since``; then the player's external id in UTF-8, a zero byte, and 8 bytes of the row's version. UTF-8
sorts by code point, as the database does under ``COLLATE "C"``. Ids never contain NUL, so no id's key can run into
another's.
"""

import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal, NamedTuple, cast

from kleos.core.definition.model import Board, Direction, Sheet

RankKind = Literal["int", "float", "bool", "time"]
RANK_KINDS: Final[frozenset[str]] = frozenset({"int", "float", "bool", "time"})

Value = int | float | bool | None
Encode = Callable[[Sequence[Value], int | None, str, int], bytes]
Decode = Callable[[bytes], "Placed"]

COLUMN_BYTES: Final = 9
VERSION_BYTES: Final = 8
_TAIL_BYTES: Final = VERSION_BYTES + 1
_BIAS: Final = 1 << 63
_INT_MAX: Final = _BIAS - 1
_ALL_ONES: Final = (1 << 64) - 1
_signed = struct.Struct(">q")
_unsigned = struct.Struct(">Q")
_double = struct.Struct(">d")


class Placed(NamedTuple):
    """What a rank key says. ``values`` are those of the ranked columns; ``since`` is in microseconds."""

    values: tuple[Value, ...]
    since: int | None
    id: str
    version: int


@dataclass(frozen=True, slots=True)
class RankColumn:
    name: str
    kind: RankKind
    direction: Direction


class RankKeys:
    """Encodes and decodes the keys of one board.

    ``encode(values, since, id, version)`` raises ValueError for NaN, an infinity, an integer outside 64 bits and a
    value of a wrong type. -0.0 becomes 0.0. ``since`` may be any 64-bit integer but the greatest, which is None.
    """

    __slots__ = ("_head", "columns", "decode", "encode", "prefix_bytes")

    def __init__(self, columns: Sequence[RankColumn]) -> None:
        self.columns = tuple(columns)
        self.prefix_bytes = COLUMN_BYTES * len(self.columns)
        self._head = struct.Struct(">" + "BQ" * len(self.columns) + "Q")
        self.encode: Encode = _compile_encode(self.columns, self._head)
        self.decode: Decode = _compile_decode(self.columns, self._head)

    def id_of(self, key: bytes) -> str:
        return key[self._head.size : -_TAIL_BYTES].decode()


def keys_of(board: Board, sheet: Sheet) -> RankKeys:
    """The codec of a board. Raises ValueError where a column is of a kind that has no rank."""
    columns = []
    for sort in board.by:
        kind = sheet.columns[sort.column].type.kind
        if kind not in RANK_KINDS:
            raise ValueError(f"board {board.name}: column {sort.column} of type {kind} cannot be ranked by")
        columns.append(RankColumn(sort.column, cast("RankKind", kind), sort.direction))
    return RankKeys(columns)


def version_of(key: bytes) -> int:
    version: int = _unsigned.unpack(key[-VERSION_BYTES:])[0]
    return version


def version_bytes(version: int) -> bytes:
    return _unsigned.pack(version)


def _lowered(column: RankColumn, lifted: str) -> str:
    """An expression for the value that :func:`_lift_source` has lifted."""
    is_descending = column.direction == "desc"
    if column.kind == "float":
        return f"to_double(ALL_ONES - {lifted})" if is_descending else f"to_double({lifted})"
    number = f"INT_MAX - {lifted}" if is_descending else f"{lifted} - BIAS"
    return f"bool({number})" if column.kind == "bool" else number


def _to_double(lifted: int) -> float:
    number: float = _double.unpack(_signed.pack(lifted - _BIAS if lifted >= _BIAS else ~lifted))[0]
    return number


def _lift_source(column: RankColumn, place: int) -> str:
    """Python that turns ``v<place>`` into ``u<place>``, an unsigned integer in the order of the column."""
    v, u = f"v{place}", f"u{place}"
    if column.kind != "float":
        return f"{u} = {v} + BIAS" if column.direction == "asc" else f"{u} = INT_MAX - {v}"
    lines = [
        f"if {v} - {v} != 0.0: raise ValueError(f'{{{v}!r}} has no rank')",
        f"bits = to_bits(from_double({v} + 0.0))[0]",
        f"{u} = bits + BIAS if bits >= 0 else ~bits",
    ]
    if column.direction == "desc":
        lines.append(f"{u} = ALL_ONES - {u}")
    return "\n            ".join(lines)


def _compile_encode(columns: Sequence[RankColumn], head: struct.Struct) -> Encode:
    """A function made for the board: a tenth of a microsecond matters a million times in a warm-up."""
    places = range(len(columns))
    lifts = "".join(
        f"""
        if v{place} is None:
            n{place} = 1; u{place} = 0
        else:
            n{place} = 0
            {_lift_source(columns[place], place)}"""
        for place in places
    )
    heads = "".join(f"n{place}, u{place}, " for place in places)
    source = f"""
def encode(values, since, id, version):
    try:
        {"".join(f"v{place}, " for place in places)}= values{lifts}
        lifted_since = ALL_ONES if since is None else since + BIAS
        return pack({heads}lifted_since) + id.encode() + ZERO + pack_version(version)
    except (PackError, OverflowError, TypeError) as error:
        raise ValueError(f"no rank for {{values!r}}: {{error}}") from None
"""
    names: dict[str, Any] = {
        "BIAS": _BIAS,
        "INT_MAX": _INT_MAX,
        "ALL_ONES": _ALL_ONES,
        "ZERO": b"\0",
        "PackError": struct.error,
        "from_double": _double.pack,
        "to_bits": _signed.unpack,
        "pack": head.pack,
        "pack_version": _unsigned.pack,
    }
    exec(compile(source, "<rank key>", "exec"), names)
    return cast("Encode", names["encode"])


def _compile_decode(columns: Sequence[RankColumn], head: struct.Struct) -> Decode:
    """The inverse; a page decodes a hundred keys."""
    heads = "".join(f"n{place}, u{place}, " for place in range(len(columns)))
    values = "".join(f"None if n{place} else {_lowered(column, f'u{place}')}, " for place, column in enumerate(columns))
    source = f"""
def decode(key):
    {heads}since = unpack_head(key)
    return Placed(
        ({values}), None if since == ALL_ONES else since - BIAS,
        key[{head.size}:-{_TAIL_BYTES}].decode(), unpack_version(key, len(key) - {VERSION_BYTES})[0],
    )
"""
    names: dict[str, Any] = {
        "BIAS": _BIAS,
        "INT_MAX": _INT_MAX,
        "ALL_ONES": _ALL_ONES,
        "Placed": Placed,
        "to_double": _to_double,
        "unpack_head": head.unpack_from,
        "unpack_version": _unsigned.unpack_from,
    }
    exec(compile(source, "<rank key>", "exec"), names)
    return cast("Decode", names["decode"])

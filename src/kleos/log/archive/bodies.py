"""Rows of Parquet back to the log's own form: id, match, type, time, and the body as JSON."""

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import msgspec
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from kleos.core.definition.model import EventType
from kleos.core.types import MISSING, Field, ListOf, MapOf, RecordOf, Scalar, Type, holds_player
from kleos.core.windows import from_datetime
from kleos.replay.columns import RECEIVED_AT, REST, SEQ

Between = tuple[int | None, int | None]
_ENVELOPE: Final = (SEQ, "id", "match", "at", RECEIVED_AT)
_Convert = Callable[[Any], Any]


@dataclass(frozen=True, slots=True)
class LoggedRow:
    """An event as the log has it; times in microseconds, players in the body as numbers."""

    seq: int
    id: str
    match: str
    type: str
    at: int
    received_at: int
    body: bytes

    def __getitem__(self, name: str) -> Any:
        return getattr(self, name)


def read_rows(
    content: bytes, type_: str, event: EventType | None, matches: Collection[str] | None, span: Between
) -> list[LoggedRow]:
    """The rows of one file, of these matches only if given, in event order. ``event`` is what the definition makes of
    the type now."""
    condition: Any = None if matches is None else pc.field("match").isin(pa.array(sorted(matches), pa.string()))
    table = pq.read_table(pa.BufferReader(content), filters=condition)
    columns = {name: table.column(name) for name in table.column_names}
    at = _micros(columns["at"])
    received_at = _micros(columns[RECEIVED_AT])
    seqs, ids, in_match = (columns[name].to_pylist() for name in (SEQ, "id", "match"))
    bodies = _bodies({name: column for name, column in columns.items() if name not in _ENVELOPE}, event)
    start, end = span
    rows = [
        LoggedRow(seqs[n], ids[n], in_match[n], type_, at[n], received_at[n], body)
        for n, body in enumerate(bodies)
        if (start is None or at[n] >= start) and (end is None or at[n] < end)
    ]
    rows.sort(key=lambda row: (row.at, row.id))
    return rows


def match_in_file(file: Path, id: str) -> str | None:
    """The match of one event; None where the file does not hold it."""
    found = pq.read_table(file, columns=["match"], filters=pc.field("id") == id).column("match").to_pylist()
    match: str | None = found[0] if found else None
    return match


def _micros(column: Any) -> list[Any]:
    cast: list[Any] = column.cast(pa.timestamp("us", "UTC")).cast(pa.int64()).to_pylist()
    return cast


def _bodies(columns: Mapping[str, Any], event: EventType | None) -> Iterator[bytes]:
    """A null stands for itself only where leaving it out would read as another default."""
    rest = columns[REST].to_pylist()
    known = {} if event is None else event.fields
    fields = [
        (name, column.to_pylist(), *_of_field(known.get(name), column.type))
        for name, column in columns.items()
        if name != REST
    ]
    for n, more in enumerate(rest):
        body: dict[str, Any] = {}
        for name, values, convert, keeps_null in fields:
            value = values[n]
            if value is not None:
                body[name] = convert(value)
            elif keeps_null:
                body[name] = None
        if more is not None:
            body.update(msgspec.json.decode(more, type=dict[str, msgspec.Raw]))
        yield msgspec.json.encode(body)


def _of_field(field: Field | None, arrow: pa.DataType) -> tuple[_Convert, bool]:
    if field is None:
        return _by_arrow(arrow), False
    return _by_type(field.type), field.type.optional and field.default not in (None, MISSING)


def _by_type(type_: Type) -> _Convert:
    if isinstance(type_, Scalar):
        if type_.kind == "json":
            return lambda value: msgspec.Raw(value.encode())
        return from_datetime if type_.kind == "time" else _same
    if isinstance(type_, ListOf):
        item = _optional(_by_type(type_.item))
        return lambda values: [item(value) for value in values]
    if isinstance(type_, MapOf):
        value_of = _optional(_by_type(type_.value))
        if type_.key.kind == "player":
            return lambda pairs: [(key, value_of(value)) for key, value in pairs]
        return lambda pairs: {key: value_of(value) for key, value in pairs}
    return _record(type_)


def _record(type_: RecordOf) -> _Convert:
    parts = {name: _optional(_by_type(field.type)) for name, field in type_.fields.items()}
    leaves_out = holds_player(type_)
    return lambda record: {
        name: convert(record[name])
        for name, convert in parts.items()
        if name in record and (record[name] is not None or not leaves_out)
    }


def _by_arrow(arrow: pa.DataType) -> _Convert:
    """Of a field that the definition no longer declares: by what the file says. Numbers as keys are players."""
    if pa.types.is_timestamp(arrow):
        return from_datetime
    if pa.types.is_map(arrow):
        value_of = _optional(_by_arrow(arrow.item_type))
        if pa.types.is_integer(arrow.key_type):
            return lambda pairs: [(key, value_of(value)) for key, value in pairs]
        return lambda pairs: {key: value_of(value) for key, value in pairs}
    if pa.types.is_list(arrow):
        item = _optional(_by_arrow(arrow.value_type))
        return lambda values: [item(value) for value in values]
    if pa.types.is_struct(arrow):
        parts = {arrow.field(n).name: _optional(_by_arrow(arrow.field(n).type)) for n in range(arrow.num_fields)}
        return lambda record: {name: convert(record[name]) for name, convert in parts.items()}
    return _same


def _optional(convert: _Convert) -> _Convert:
    return lambda value: None if value is None else convert(value)


def _same(value: Any) -> Any:
    return value

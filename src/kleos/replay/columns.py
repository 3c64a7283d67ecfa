"""Event types as columns: how the events of one type lie in Parquet and in the views that replay folds.

Three forms of one event, and SELECT lists from one to the next:

- *log rows*: ``_seq BIGINT, id VARCHAR, match VARCHAR, at BIGINT, _received_at BIGINT, body JSON`` (times in µs);
- *Parquet*: the same without the body, its fields in typed columns, every time a ``TIMESTAMPTZ``;
- *views*: what expressions read, every time a ``BIGINT`` of µs, defaults filled in.

The names that are ours begin with ``_``, as no field's can. In Parquet a field is NULL where the body has none or a
null; a default is filled in when the view is read, as it is when the log is read in Python, so that a default that
changes later holds for old events too. Only a field that may be None *and* has another default gets it when it is
written. What a body holds beside the declared fields is kept as JSON in ``_rest``, and read from there once it is
declared. Text is kept to the code point, ints to 64 bits, floats to the bit.
"""

from collections.abc import Callable, Collection, Mapping
from typing import Final

from kleos.core.definition.model import EventType
from kleos.core.types import MISSING, Field, ListOf, MapOf, RecordOf, Scalar, Type

SEQ: Final = "_seq"
RECEIVED_AT: Final = "_received_at"
REST: Final = "_rest"
LOG_ROW: Final[Mapping[str, str]] = {
    SEQ: "BIGINT",
    "id": "VARCHAR",
    "match": "VARCHAR",
    "at": "BIGINT",
    RECEIVED_AT: "BIGINT",
}
"""The columns of a log row beside its ``body``, with their DuckDB types in log rows and views."""

MOMENTS: Final = ("at", RECEIVED_AT)
_SCALARS: Final[Mapping[str, str]] = {
    "player": "BIGINT",
    "str": "VARCHAR",
    "int": "BIGINT",
    "float": "DOUBLE",
    "bool": "BOOLEAN",
    "time": "BIGINT",
    "json": "VARCHAR",
}
_EMPTY_RECORD: Final = 'STRUCT("_" BOOLEAN)'
"""DuckDB knows no record without fields."""


def view_type(type_: Type) -> str:
    """The DuckDB type of a value in the views: a map is a MAP in the log's order, a record a STRUCT, json its text."""
    return typed(type_, "BIGINT")


def view_columns(event: EventType) -> dict[str, str]:
    """Name and DuckDB type of every column of an event type's view, in order."""
    return {**LOG_ROW, **{field.name: view_type(field.type) for field in event.fields.values()}}


def parquet_columns(event: EventType | None) -> dict[str, str]:
    """Name and DuckDB type of every column in Parquet, in order. None: a type that no definition declares."""
    envelope = {name: "TIMESTAMPTZ" if name in MOMENTS else type_ for name, type_ in LOG_ROW.items()}
    fields = {} if event is None else {f.name: typed(f.type, "TIMESTAMPTZ") for f in event.fields.values()}
    return {**envelope, **fields, REST: "VARCHAR"}


def bodies_to_parquet(event: EventType | None) -> str:
    """The SELECT list that makes Parquet's columns of log rows."""
    chosen = [f"{_moment(name) if name in MOMENTS else quoted(name)} AS {quoted(name)}" for name in LOG_ROW]
    fields = () if event is None else tuple(event.fields.values())
    for field in fields:
        value = _read(field.type, _of_body("body", field))
        if field.type.optional and field.default not in (None, MISSING):
            value = _absent_filled("body", field, value)
        chosen.append(f"{_to_moments(field.type, value)} AS {quoted(field.name)}")
    return ",\n    ".join([*chosen, f"{_rest(fields)} AS {REST}"])


def bodies_to_view(event: EventType) -> str:
    """The SELECT list that makes a view's columns of log rows."""
    fields = [f"{of_json('body', field)} AS {quoted(field.name)}" for field in event.fields.values()]
    return ",\n    ".join([*(quoted(name) for name in LOG_ROW), *fields])


def unreadable(event: EventType) -> str:
    """A condition on a row of the view or of Parquet: it lacks a field that every event of its type must have."""
    required = [f"{quoted(field.name)} IS NULL" for field in event.fields.values() if field.required]
    return " OR ".join(required) or "FALSE"


def literal(value: object, type_: Type) -> str:
    """A default, or any value of the Python form that a definition's default has, as SQL of the view's type."""
    return f"CAST({_literal(value, type_)} AS {view_type(type_)})"


def quoted(name: str) -> str:
    """A name as SQL."""
    return f'"{name}"'


def typed(type_: Type, time: str) -> str:
    """The DuckDB type of a value, whose times are of the type ``time``."""
    if isinstance(type_, Scalar):
        return time if type_.kind == "time" else _SCALARS[type_.kind]
    if isinstance(type_, ListOf):
        return f"{typed(type_.item, time)}[]"
    if isinstance(type_, MapOf):
        return f"MAP({_SCALARS[type_.key.kind]}, {typed(type_.value, time)})"
    fields = ", ".join(f"{quoted(field.name)} {typed(field.type, time)}" for field in type_.fields.values())
    return f"STRUCT({fields})" if fields else _EMPTY_RECORD


def _moment(name: str) -> str:
    return f"make_timestamptz({quoted(name)})"


# From JSON ------------------------------------------------------------------------------------------------------------


def of_json(source: str, field: Field, depth: int = 0) -> str:
    """A field of the view, read from the JSON ``source``, its default filled in."""
    value = _read(field.type, _of_body(source, field), depth)
    if field.type.optional and field.default not in (None, MISSING):
        return _absent_filled(source, field, value)
    return filled(field, value)


def _of_body(source: str, field: Field) -> str:
    structure = f'{{"{field.name}":{_structure(field.type)}}}'
    return f"json_transform({source}, '{structure}').{quoted(field.name)}"


def _absent_filled(source: str, field: Field, value: str) -> str:
    absent = f"{source} IS NULL OR NOT json_exists({source}, '$.\"{field.name}\"')"
    return f"CASE WHEN {absent} THEN {literal(field.default, field.type)} ELSE {value} END"


def filled(field: Field, value: str) -> str:
    """The value, or the default where it is NULL."""
    if field.default in (None, MISSING):
        return value
    return f"COALESCE({value}, {literal(field.default, field.type)})"


def _structure(type_: Type) -> str:
    """The raw type as json_transform takes it."""
    return '"' + _raw_type(type_).replace('"', '\\"') + '"'


def _raw_type(type_: Type) -> str:
    """The type that JSON is parsed to first: maps of players are arrays of pairs, json stays JSON."""
    if isinstance(type_, Scalar):
        return "JSON" if type_.kind == "json" else _SCALARS[type_.kind]
    if isinstance(type_, ListOf):
        return f"{_raw_type(type_.item)}[]"
    if isinstance(type_, MapOf):
        return (
            "JSON[][]" if type_.key.kind == "player" else f"MAP({_SCALARS[type_.key.kind]}, {_raw_type(type_.value)})"
        )
    if _tells_null_from_absent(type_):
        return "JSON"
    fields = ", ".join(f"{quoted(field.name)} {_raw_type(field.type)}" for field in type_.fields.values())
    return f"STRUCT({fields})" if fields else _EMPTY_RECORD


def _tells_null_from_absent(type_: RecordOf) -> bool:
    """Whether a field may be None and has another default, so that a null and no value are two things."""
    return any(field.type.optional and field.default not in (None, MISSING) for field in type_.fields.values())


def _read(type_: Type, raw: str, depth: int = 0) -> str:
    """The view's value of a raw one."""
    if isinstance(type_, Scalar):
        return f"CAST({raw} AS VARCHAR)" if type_.kind == "json" else raw
    if isinstance(type_, ListOf):
        return each(raw, depth, lambda item: _read(type_.item, item, depth + 1))
    if isinstance(type_, MapOf):
        return _read_map(type_, raw, depth)
    if _tells_null_from_absent(type_):
        parts = ", ".join(f"'{field.name}': {of_json(raw, field, depth)}" for field in type_.fields.values())
        return f"CASE WHEN {raw} IS NULL THEN NULL ELSE {{{parts}}} END"
    return in_record(type_, raw, lambda field, value: filled(field, _read(field.type, value, depth)))


def _read_map(type_: MapOf, raw: str, depth: int) -> str:
    pair = f"v{depth}"
    if type_.key.kind == "player":
        key, value = f"CAST({pair}[1] AS BIGINT)", _read_json(type_.value, f"{pair}[2]", depth + 1)
        return f"map_from_entries(list_transform({raw}, lambda {pair}: {{'k': {key}, 'v': {value}}}))"
    entries = f"list_sort(map_entries({raw}))"
    value = _read(type_.value, f"{pair}.value", depth + 1)
    if value != f"{pair}.value":
        entries = f"list_transform({entries}, lambda {pair}: {{'k': {pair}.key, 'v': {value}}})"
    return f"map_from_entries({entries})"


def _read_json(type_: Type, json: str, depth: int) -> str:
    """The view's value of a JSON value."""
    if isinstance(type_, Scalar):
        if type_.kind == "json":
            return f"CAST({json} AS VARCHAR)"
        return f"({json}->>'$')" if type_.kind == "str" else f"CAST({json} AS {_SCALARS[type_.kind]})"
    return _read(type_, f"json_transform({json}, '{_structure(type_)}')", depth)


def each(values: str, depth: int, change: Callable[[str], str]) -> str:
    """The list with every item changed."""
    item = f"v{depth}"
    changed = change(item)
    return values if changed == item else f"list_transform({values}, lambda {item}: {changed})"


def in_record(type_: RecordOf, record: str, change: Callable[[Field, str], str]) -> str:
    """The record with every field changed."""
    values = {field.name: f"({record}).{quoted(field.name)}" for field in type_.fields.values()}
    changed = {field.name: change(field, values[field.name]) for field in type_.fields.values()}
    if changed == values:
        return record
    parts = ", ".join(f"'{name}': {value}" for name, value in changed.items())
    return f"CASE WHEN {record} IS NULL THEN NULL ELSE {{{parts}}} END"


def _rest(fields: Collection[Field]) -> str:
    """What the body holds beside these fields, or NULL."""
    if not fields:
        return "CASE WHEN json_keys(body) = [] THEN NULL ELSE CAST(body AS VARCHAR) END"
    names = ", ".join(f"'{field.name}'" for field in fields)
    without = "{" + ", ".join(f'"{field.name}":null' for field in fields) + "}"
    rest = f"CAST(json_merge_patch(body, '{without}') AS VARCHAR)"
    return f"CASE WHEN list_has_all([{names}], json_keys(body)) THEN NULL ELSE {rest} END"


# Times in Parquet -----------------------------------------------------------------------------------------------------


def _to_moments(type_: Type, value: str, depth: int = 0) -> str:
    """The value with every time in it as Parquet has it."""
    if isinstance(type_, Scalar):
        return f"make_timestamptz({value})" if type_.kind == "time" else value
    if isinstance(type_, ListOf):
        return each(value, depth, lambda item: _to_moments(type_.item, item, depth + 1))
    if isinstance(type_, MapOf):
        pair = f"v{depth}"
        changed = _to_moments(type_.value, f"{pair}.value", depth + 1)
        if changed == f"{pair}.value":
            return value
        entries = f"list_transform(map_entries({value}), lambda {pair}: {{'k': {pair}.key, 'v': {changed}}})"
        return f"map_from_entries({entries})"
    return in_record(type_, value, lambda field, inner: _to_moments(field.type, inner, depth))


# Defaults -------------------------------------------------------------------------------------------------------------


def _literal(value: object, type_: Type) -> str:
    if value is None:
        return "NULL"
    if isinstance(type_, ListOf) and isinstance(value, list):
        return "[" + ", ".join(_literal(item, type_.item) for item in value) + "]"
    if isinstance(type_, MapOf) and isinstance(value, dict):
        keys = ", ".join(_literal(key, type_.key) for key in sorted(value))
        values = ", ".join(_literal(value[key], type_.value) for key in sorted(value))
        return f"MAP([{keys}], [{values}])"
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float):
        return f"CAST('{value!r}' AS DOUBLE)"
    if isinstance(value, int):
        return f"CAST({value} AS BIGINT)"
    return "'" + str(value).replace("'", "''") + "'"

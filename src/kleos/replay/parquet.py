"""Reading Parquet files back as a view's columns, whatever the definition was when they were written."""

from collections.abc import Mapping
from typing import Any, Final

import duckdb

from kleos.core.definition.model import EventType
from kleos.core.types import MISSING, ListOf, MapOf, RecordOf, Scalar, Type
from kleos.replay.columns import LOG_ROW, MOMENTS, REST, each, filled, in_record, literal, of_json, quoted, typed

_MOMENT: Final = "TIMESTAMPTZ"


def parquet_to_view(event: EventType, present: Mapping[str, str]) -> str:
    """The SELECT list that makes a view's columns of Parquet files with the columns ``present``, by name their types.

    A field that the files lack was declared after they were written: it is read from the rest, or has its default. So
    does a field that their records lack.
    """
    chosen = [f"{_micros(name) if name in MOMENTS else quoted(name)} AS {quoted(name)}" for name in LOG_ROW]
    for field in event.fields.values():
        if field.name in present:
            whole = f"CAST({quoted(field.name)} AS {typed(field.type, _MOMENT)})"
            read = _restored(field.type, whole, duckdb.sqltype(present[field.name]), 0)
            value = read if field.type.optional else filled(field, read)
        else:
            value = of_json(REST, field)
        chosen.append(f"{value} AS {quoted(field.name)}")
    return ",\n    ".join(chosen)


def _micros(name: str) -> str:
    return f"epoch_us({quoted(name)})"


def _restored(type_: Type, value: str, stored: Any, depth: int) -> str:
    """A value of the file as the view has it; ``stored`` is its type in the file."""
    if isinstance(type_, Scalar):
        return f"epoch_us({value})" if type_.kind == "time" else value
    parts = dict(stored.children)
    if isinstance(type_, ListOf):
        return each(value, depth, lambda item: _restored(type_.item, item, parts["child"], depth + 1))
    if isinstance(type_, MapOf):
        pair = f"v{depth}"
        changed = _restored(type_.value, f"{pair}.value", parts["value"], depth + 1)
        if changed == f"{pair}.value":
            return value
        entries = f"list_transform(map_entries({value}), lambda {pair}: {{'k': {pair}.key, 'v': {changed}}})"
        return f"map_from_entries({entries})"
    return _restored_record(type_, value, parts, depth)


def _restored_record(type_: RecordOf, value: str, parts: Mapping[str, Any], depth: int) -> str:
    values = {}
    for field in type_.fields.values():
        inner = f"({value}).{quoted(field.name)}"
        if field.name in parts:
            read = _restored(field.type, inner, parts[field.name], depth)
            values[field.name] = read if field.type.optional else filled(field, read)
        else:
            values[field.name] = inner if field.default in (None, MISSING) else literal(field.default, field.type)
    return in_record(type_, value, lambda field, _: values[field.name])

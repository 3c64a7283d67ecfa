"""What an event carries from a game into the log and back: its players, its body with players as numbers.

A map of players lies in the log as an array of pairs, in code-point order of the ids that it came with.
"""

from collections.abc import Callable, Mapping
from typing import Any, cast

import msgspec

from kleos.core.definition.model import Definition, EventType
from kleos.core.events import Convert, Event, each, field_converts, in_record, log_struct, optional
from kleos.core.types import MISSING, Field, ListOf, MapOf, RecordOf, Scalar, Type

Finder = Callable[[Any, set[str]], None]


def player_finder(event: EventType) -> Callable[[Any], set[str]]:
    """All external ids of players that an event names, wherever they stand in it."""
    finders = [(field.name, find) for field in event.fields.values() if (find := _finder(field.type))]

    def players(wire: Any) -> set[str]:
        found: set[str] = set()
        for name, find in finders:
            value = getattr(wire, name)
            if value is not None:
                find(value, found)
        return found

    return players


def _finder(type_: Type) -> Finder | None:
    if isinstance(type_, Scalar):
        return (lambda value, found: found.add(value)) if type_.kind == "player" else None
    if isinstance(type_, ListOf):
        return _find_in_list(type_)
    if isinstance(type_, MapOf):
        return _find_in_map(type_)
    return _find_in_record(type_)


def _find_in_list(type_: ListOf) -> Finder | None:
    inner = _finder(type_.item)
    if inner is None:
        return None

    def find(values: Any, found: set[str]) -> None:
        for value in values:
            if value is not None:
                inner(value, found)

    return find


def _find_in_map(type_: MapOf) -> Finder | None:
    inner = _finder(type_.value)
    keys = type_.key.kind == "player"
    if inner is None and not keys:
        return None

    def find(values: Any, found: set[str]) -> None:
        if keys:
            found.update(values)
        if inner is not None:
            for value in values.values():
                if value is not None:
                    inner(value, found)

    return find


def _find_in_record(type_: RecordOf) -> Finder | None:
    finders = [(field.name, one) for field in type_.fields.values() if (one := _finder(field.type))]
    if not finders:
        return None

    def find(record: Any, found: set[str]) -> None:
        for name, inner in finders:
            value = getattr(record, name)
            if value is not None:
                inner(value, found)

    return find


_BODY = msgspec.json.Encoder()


def body_writer(event: EventType) -> Callable[[Any, Mapping[str, int]], bytes]:
    """Writes a wire event as the log keeps it: JSON of the declared fields, players as numbers.

    A None is left out where reading gives it back.
    """
    fields = [(field.name, _numbered(field.type), _is_none_by_default(field)) for field in event.fields.values()]

    def write(wire: Any, numbers: Mapping[str, int]) -> bytes:
        body: dict[str, Any] = {}
        for name, convert, leave_out in fields:
            value = getattr(wire, name)
            if value is None:
                if not leave_out:
                    body[name] = None
            else:
                body[name] = value if convert is None else convert(value, numbers)
        return _BODY.encode(body)

    return write


def _is_none_by_default(field: Field) -> bool:
    return field.default is MISSING or field.default is None


Numbered = Callable[[Any, Mapping[str, int]], Any]


def _numbered(type_: Type) -> Numbered | None:
    if isinstance(type_, Scalar):
        return (lambda value, numbers: numbers[value]) if type_.kind == "player" else None
    if isinstance(type_, ListOf):
        return _numbered_list(type_)
    if isinstance(type_, MapOf):
        return _numbered_map(type_)
    return _numbered_record(type_)


def _numbered_list(type_: ListOf) -> Numbered | None:
    inner = _numbered(type_.item)
    if inner is None:
        return None
    return lambda values, numbers: [None if value is None else inner(value, numbers) for value in values]


def _numbered_map(type_: MapOf) -> Numbered | None:
    inner = _numbered(type_.value)
    if type_.key.kind == "player":
        if inner is None:
            return lambda values, numbers: [(numbers[key], value) for key, value in values.items()]
        return lambda values, numbers: [
            (numbers[key], None if value is None else inner(value, numbers)) for key, value in values.items()
        ]
    if inner is None:
        return None
    return lambda values, numbers: {
        key: None if value is None else inner(value, numbers) for key, value in values.items()
    }


def _numbered_record(type_: RecordOf) -> Numbered | None:
    inner = {field.name: one for field in type_.fields.values() if (one := _numbered(field.type))}
    if not inner:
        return None
    left_out = {field.name: _is_none_by_default(field) for field in type_.fields.values()}

    def convert(record: Any, numbers: Mapping[str, int]) -> Any:
        values = {name: getattr(record, name) for name in left_out}
        return {
            name: inner[name](value, numbers) if name in inner and value is not None else value
            for name, value in values.items()
            if value is not None or not left_out[name]
        }

    return convert


def log_reader(event: EventType, definition: Definition) -> Callable[[str, str, int, bytes | str], Event]:
    """Reads an event back from the log: ``(id, match, at, body)`` to the log form."""
    decode = msgspec.json.Decoder(log_struct(event, definition)).decode
    converts = field_converts(event, _restored)

    def read(id: str, match: str, at: int, body: bytes | str) -> Event:
        logged: Any = decode(body)
        logged.id, logged.match, logged.at = id, match, at
        for name, convert in converts:
            value = getattr(logged, name)
            if value is not None:
                setattr(logged, name, convert(value))
        return cast(Event, logged)

    return read


def _restored(type_: Type) -> Convert | None:
    if isinstance(type_, Scalar):
        return None
    if isinstance(type_, ListOf):
        return each(_restored(type_.item))
    if isinstance(type_, MapOf):
        inner = _restored(type_.value)
        item = optional(inner) if inner is not None else None
        if type_.key.kind == "player":
            return lambda pairs: {key: item(value) if item else value for key, value in pairs}
        return lambda values: {key: item(value) if item else value for key, value in sorted(values.items())}
    return in_record(type_, _restored)


Renamed = Callable[[Any, Mapping[Any, Any]], Any]


def player_renamer(event: EventType) -> Callable[[Any, Mapping[Any, Any]], Any]:
    """From an event, in either form, to what it is when some of its players count as others; it is not changed itself.

    Where a map then names a player twice, the later entry stands.
    """
    find = player_finder(event)
    renames = [(field.name, rename) for field in event.fields.values() if (rename := _renamer(field.type))]

    def renamed(happened: Any, others: Mapping[Any, Any]) -> Any:
        if others.keys().isdisjoint(find(happened)):
            return happened
        return _with_renamed(happened, renames, others)

    return renamed


def _with_renamed(struct: Any, renames: list[tuple[str, Renamed]], others: Mapping[Any, Any]) -> Any:
    changes = {name: rename(value, others) for name, rename in renames if (value := getattr(struct, name)) is not None}
    return msgspec.structs.replace(struct, **changes)


def _renamer(type_: Type) -> Renamed | None:
    if isinstance(type_, Scalar):
        return (lambda player, others: others.get(player, player)) if type_.kind == "player" else None
    if isinstance(type_, ListOf):
        inner = _renamer(type_.item)
        if inner is None:
            return None
        return lambda values, others: [None if value is None else inner(value, others) for value in values]
    if isinstance(type_, MapOf):
        return _map_renamer(type_)
    renames = [(field.name, one) for field in type_.fields.values() if (one := _renamer(field.type))]
    return (lambda record, others: _with_renamed(record, renames, others)) if renames else None


def _map_renamer(type_: MapOf) -> Renamed | None:
    inner = _renamer(type_.value)
    keys = type_.key.kind == "player"
    if inner is None and not keys:
        return None

    def rename(values: dict[Any, Any], others: Mapping[Any, Any]) -> dict[Any, Any]:
        found: dict[Any, Any] = {}
        for key, value in values.items():
            if keys:
                key = others.get(key, key)
                found.pop(key, None)
            found[key] = value if inner is None or value is None else inner(value, others)
        return found

    return rename

"""Events as typed structs, built from a definition.

Two forms of one event share their attribute names, so that a fold reads either:

- the *wire* form, decoded from a game's JSON: players are external ids;
- the *log* form, decoded from the log: players are numbers.

Both carry ``id``, ``match`` and ``at`` (microseconds) beside the declared fields. Maps are in code-point order of their
(external) keys in both, which is why the log keeps a map of players as an array of pairs: numbers know no such order.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Annotated, Any, Final, Protocol, cast

import msgspec

from kleos.core.definition.model import Definition, EventType
from kleos.core.errors import BadInput
from kleos.core.types import MISSING, Field, ListOf, MapOf, RecordOf, Scalar, Type
from kleos.core.windows import EARLIEST_AT, LATEST_AT, from_datetime, iso

MAX_ID_CHARACTERS: Final = 128
MAX_TEXT_CHARACTERS: Final = 2_000
MAX_INT: Final = 2**53
MAX_FLOAT: Final = 1e9
MAX_ITEMS: Final = 10_000
MAX_DEPTH: Final = 64
"""How deep json may be nested: far from where any reader of it gives up."""

Convert = Callable[[Any], Any]

_ID = Annotated[str, msgspec.Meta(min_length=1, max_length=MAX_ID_CHARACTERS)]
_MOMENT = Annotated[datetime, msgspec.Meta(tz=True)]
_WIRE_SCALARS: Final[Mapping[str, Any]] = {
    "player": _ID,
    "str": Annotated[str, msgspec.Meta(max_length=MAX_TEXT_CHARACTERS)],
    "int": Annotated[int, msgspec.Meta(ge=-MAX_INT, le=MAX_INT)],
    "float": Annotated[float, msgspec.Meta(ge=-MAX_FLOAT, le=MAX_FLOAT)],
    "bool": bool,
    "time": _MOMENT,
    "json": Any,
}
_LOG_SCALARS: Final[Mapping[str, Any]] = {**_WIRE_SCALARS, "player": int, "str": str, "time": int}


class Event(Protocol):
    """What every struct built here has; the declared fields come beside these."""

    id: str
    match: str
    at: int


def wire_struct(event: EventType, definition: Definition) -> type[msgspec.Struct]:
    """The struct that decodes this event type from a game's JSON; unknown fields are refused."""
    envelope: list[Any] = [
        ("id", _ID | None, None),
        ("match", _ID | None, None),
        ("at", _MOMENT | None, None),
    ]
    return _struct(event.name, event.fields, envelope, _Wire(), tag=event.name)


def log_struct(event: EventType, definition: Definition) -> type[msgspec.Struct]:
    """The struct that decodes this event type's body from the log, to be completed by :func:`from_log`."""
    envelope: list[Any] = [("id", str, ""), ("match", str, ""), ("at", int, 0)]
    return _struct(event.name, event.fields, envelope, _Log(), tag=None)


class _Wire:
    def scalar(self, kind: str) -> Any:
        return _WIRE_SCALARS[kind]

    def map(self, key: Scalar, value: Any) -> Any:
        keys: Any = _WIRE_SCALARS[key.kind]
        return Annotated[dict[keys, value], msgspec.Meta(max_length=MAX_ITEMS)]

    def list(self, item: Any) -> Any:
        return Annotated[list[item], msgspec.Meta(max_length=MAX_ITEMS)]


class _Log:
    def scalar(self, kind: str) -> Any:
        return _LOG_SCALARS[kind]

    def map(self, key: Scalar, value: Any) -> Any:
        if key.kind == "player":
            return list[tuple[int, value]]
        keys: Any = _LOG_SCALARS[key.kind]
        return dict[keys, value]

    def list(self, item: Any) -> Any:
        return list[item]


def _struct(
    name: str, fields: Mapping[str, Field], envelope: list[Any], form: _Wire | _Log, tag: str | None
) -> type[msgspec.Struct]:
    declared = [_declared(field, form) for field in fields.values()]
    wire = isinstance(form, _Wire)
    return msgspec.defstruct(
        name.replace(".", "_"),
        [*envelope, *declared],
        kw_only=True,
        forbid_unknown_fields=wire,
        gc=False,
        tag=tag,
        tag_field=None if tag is None else "type",
    )


def _declared(field: Field, form: _Wire | _Log) -> tuple[Any, ...]:
    annotation = _annotation(field.type, form)
    if field.default is MISSING:
        return (field.name, annotation, None) if field.type.optional else (field.name, annotation)
    default = field.default
    if isinstance(form, _Log) and isinstance(default, dict) and isinstance(field.type, MapOf):
        default = list(default.items()) if field.type.key.kind == "player" else default
    if isinstance(default, (list, dict)):
        return (field.name, annotation, msgspec.field(default_factory=lambda: default.copy()))
    return (field.name, annotation, default)


def _annotation(type_: Type, form: _Wire | _Log) -> Any:
    plain: Any
    if isinstance(type_, Scalar):
        plain = form.scalar(type_.kind)
    elif isinstance(type_, ListOf):
        plain = form.list(_annotation(type_.item, form))
    elif isinstance(type_, MapOf):
        plain = form.map(type_.key, _annotation(type_.value, form))
    else:
        plain = _struct(type_.name, type_.fields, [], form, tag=None)
    return plain | None if type_.optional else plain


def normaliser(event: EventType) -> Callable[[Any], None]:
    """Brings a decoded wire event, in place, to the values that count: floats to 6 decimals, times to
    microseconds, maps to code-point order of their keys.

    It raises BadInput, naming the field, for a time that no calendar has, and for json that is nested too deep.
    """
    converts = _field_converts(event, _normal)

    def normalise(wire: Any) -> None:
        for name, convert in converts:
            value = getattr(wire, name)
            if value is not None:
                try:
                    setattr(wire, name, convert(value))
                except BadInput as error:
                    raise BadInput(str(error), name) from None

    return normalise


def _field_converts(event: EventType, of: Callable[[Type], Convert | None]) -> list[tuple[str, Convert]]:
    return [(field.name, convert) for field in event.fields.values() if (convert := of(field.type)) is not None]


def six_decimals(value: float) -> float:
    return round(value, 6) + 0.0


def _moment(value: datetime) -> int:
    at = from_datetime(value)
    if not EARLIEST_AT <= at < LATEST_AT:
        raise BadInput(f"a time lies between {iso(EARLIEST_AT)} and {iso(LATEST_AT)}")
    return at


def _shallow(value: Any) -> Any:
    level = [value]
    for _ in range(MAX_DEPTH + 1):
        level = [
            item
            for one in level
            if isinstance(one, (dict, list))
            for item in (one.values() if isinstance(one, dict) else one)
        ]
        if not level:
            return value
    raise BadInput(f"its brackets are nested more than {MAX_DEPTH} levels deep")


def _normal(type_: Type) -> Convert | None:
    if isinstance(type_, Scalar):
        if type_.kind == "float":
            return six_decimals
        if type_.kind == "json":
            return _shallow
        return _moment if type_.kind == "time" else None
    if isinstance(type_, ListOf):
        return _each(_normal(type_.item))
    if isinstance(type_, MapOf):
        return _sorted_map(_normal(type_.value))
    return _in_record(type_, _normal)


def _optional(convert: Convert) -> Convert:
    return lambda value: None if value is None else convert(value)


def _each(convert: Convert | None) -> Convert | None:
    if convert is None:
        return None
    item = _optional(convert)
    return lambda values: [item(value) for value in values]


def _sorted_map(convert: Convert | None) -> Convert:
    if convert is None:
        return lambda values: dict(sorted(values.items()))
    item = _optional(convert)
    return lambda values: {key: item(value) for key, value in sorted(values.items())}


def _in_record(type_: RecordOf, of: Callable[[Type], Convert | None]) -> Convert | None:
    converts = [(field.name, convert) for field in type_.fields.values() if (convert := of(field.type)) is not None]
    if not converts:
        return None

    def in_place(record: Any) -> Any:
        for name, convert in converts:
            value = getattr(record, name)
            if value is not None:
                setattr(record, name, convert(value))
        return record

    return in_place


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
    converts = _field_converts(event, _restored)

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
        return _each(_restored(type_.item))
    if isinstance(type_, MapOf):
        inner = _restored(type_.value)
        item = _optional(inner) if inner is not None else None
        if type_.key.kind == "player":
            return lambda pairs: {key: item(value) if item else value for key, value in pairs}
        return lambda values: {key: item(value) if item else value for key, value in sorted(values.items())}
    return _in_record(type_, _restored)


def has_nul(value: Any) -> bool:
    """Whether any string inside a decoded event has a NUL character, which PostgreSQL cannot keep."""
    waiting = [value]
    while waiting:
        one = waiting.pop()
        if isinstance(one, str):
            if "\0" in one:
                return True
        elif isinstance(one, msgspec.Struct):
            waiting.extend(getattr(one, name) for name in one.__struct_fields__)
        elif isinstance(one, dict):
            waiting.extend(one)
            waiting.extend(one.values())
        elif isinstance(one, list):
            waiting.extend(one)
    return False

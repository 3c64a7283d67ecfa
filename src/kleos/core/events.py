"""Events as typed structs, built from a definition.

Two forms of one event share their attribute names, so that a fold reads either:

- the *wire* form, decoded from a game's JSON: players are external ids;
- the *log* form, decoded from the log: players are numbers.

Both carry ``id``, ``match`` and ``at`` (microseconds) beside the declared fields. Maps are in code-point order of their
(external) keys in both, which is why the log keeps a map of players as an array of pairs: numbers know no such order.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Annotated, Any, Final, Protocol

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
MAX_WIDE_NUMBERS: Final = 10_000
"""So many numbers of json may be shorter in JSON than in PostgreSQL, which writes 1e300 as 301 digits."""

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

    It raises BadInput, naming the field, for a time that no calendar has, and for json that is nested too deep or
    has too many numbers of very many digits.
    """
    converts = field_converts(event, _normal)

    def normalise(wire: Any) -> None:
        for name, convert in converts:
            value = getattr(wire, name)
            if value is not None:
                try:
                    setattr(wire, name, convert(value))
                except BadInput as error:
                    raise BadInput(str(error), name) from None

    return normalise


def field_converts(event: EventType, of: Callable[[Type], Convert | None]) -> list[tuple[str, Convert]]:
    return [(field.name, convert) for field in event.fields.values() if (convert := of(field.type)) is not None]


def six_decimals(value: float) -> float:
    return round(value, 6) + 0.0


def _moment(value: datetime) -> int:
    at = from_datetime(value)
    if not EARLIEST_AT <= at < LATEST_AT:
        raise BadInput(f"a time lies between {iso(EARLIEST_AT)} and {iso(LATEST_AT)}")
    return at


def _bounded(value: Any) -> Any:
    level, wide = [value], 0
    for _ in range(MAX_DEPTH + 1):
        level = [
            item
            for one in level
            if isinstance(one, (dict, list))
            for item in (one.values() if isinstance(one, dict) else one)
        ]
        wide += sum(type(item) is float and item != 0 and not 1e-9 <= abs(item) <= 1e18 for item in level)
        if wide > MAX_WIDE_NUMBERS:
            raise BadInput(f"it has more than {MAX_WIDE_NUMBERS:,} numbers over 1e18 or under 1e-9")
        if not level:
            return value
    raise BadInput(f"its brackets are nested more than {MAX_DEPTH} levels deep")


def _normal(type_: Type) -> Convert | None:
    if isinstance(type_, Scalar):
        if type_.kind == "float":
            return six_decimals
        if type_.kind == "json":
            return _bounded
        return _moment if type_.kind == "time" else None
    if isinstance(type_, ListOf):
        return each(_normal(type_.item))
    if isinstance(type_, MapOf):
        return _sorted_map(_normal(type_.value))
    return in_record(type_, _normal)


def optional(convert: Convert) -> Convert:
    return lambda value: None if value is None else convert(value)


def each(convert: Convert | None) -> Convert | None:
    if convert is None:
        return None
    item = optional(convert)
    return lambda values: [item(value) for value in values]


def _sorted_map(convert: Convert | None) -> Convert:
    if convert is None:
        return lambda values: dict(sorted(values.items()))
    item = optional(convert)
    return lambda values: {key: item(value) for key, value in sorted(values.items())}


def in_record(type_: RecordOf, of: Callable[[Type], Convert | None]) -> Convert | None:
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

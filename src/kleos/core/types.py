"""The types of fields, columns and expressions, and how a definition writes them.

``parse_field`` reads ``"map[player, int] = {}"``; ``str(type)`` writes the type back in the same notation.
"""

import ast
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from typing import Final, Literal, get_args

from kleos.core.errors import ExpressionError

Kind = Literal["player", "str", "int", "float", "bool", "time", "json"]
KINDS: Final[tuple[Kind, ...]] = get_args(Kind)
MAP_KEY_KINDS: Final = ("player", "str", "int")
LARGEST_INT: Final = 2**53
LARGEST_FLOAT: Final = 1e9
LONGEST_FIELD_TEXT: Final = 1000
DEEPEST_TYPE: Final = 8


@dataclass(frozen=True)
class Scalar:
    kind: Kind
    optional: bool = False

    def __str__(self) -> str:
        return self.kind + "?" * self.optional


@dataclass(frozen=True)
class ListOf:
    item: "Type"
    optional: bool = False

    def __str__(self) -> str:
        return f"list[{self.item}]" + "?" * self.optional


@dataclass(frozen=True)
class MapOf:
    """``key`` is never optional, and a player, a str or an int."""

    key: Scalar
    value: "Type"
    optional: bool = False

    def __str__(self) -> str:
        return f"map[{self.key}, {self.value}]" + "?" * self.optional


@dataclass(frozen=True)
class RecordOf:
    name: str
    fields: Mapping[str, "Field"] = field(hash=False)
    optional: bool = False

    def __str__(self) -> str:
        return self.name + "?" * self.optional


Type = Scalar | ListOf | MapOf | RecordOf


def holds_player(type_: Type) -> bool:
    """Whether a value of the type may name a player."""
    if isinstance(type_, Scalar):
        return type_.kind == "player"
    if isinstance(type_, ListOf):
        return holds_player(type_.item)
    if isinstance(type_, MapOf):
        return type_.key.kind == "player" or holds_player(type_.value)
    return any(holds_player(field.type) for field in type_.fields.values())


class Missing:
    """The type of :data:`MISSING`: the field has no default; an event carries it, or it is optional."""

    def __repr__(self) -> str:
        return "MISSING"


MISSING: Final = Missing()


@dataclass(frozen=True)
class Field:
    name: str
    type: Type
    default: object = MISSING

    @property
    def required(self) -> bool:
        return isinstance(self.default, Missing) and not self.type.optional


def with_optional(type_: Type, optional: bool) -> Type:
    return type_ if type_.optional == optional else replace(type_, optional=optional)


def did_you_mean(name: str, known: Mapping[str, object] | tuple[str, ...] | list[str]) -> str:
    """The end of a mend: the nearest known name, else all of them."""
    near = get_close_matches(name, list(known), n=1)
    if near:
        return f"did you mean `{near[0]}`?"
    return "use one of " + ", ".join(sorted(known)) if known else "there is none to use here"


_TOKEN = re.compile(r"\s*([A-Za-z_][A-Za-z0-9_]*|[\[\],?])")


def parse_field(text: str, records: Mapping[str, RecordOf]) -> tuple[Type, object]:
    """Read a field's type and default; the default is :data:`MISSING` where none is given.

    Raises ExpressionError, which says what is wrong, at which column, and what would be right.
    """
    if len(text) > LONGEST_FIELD_TEXT:
        raise ExpressionError("the type is too long", f"at most {LONGEST_FIELD_TEXT} characters", 0)
    written, equals, default_text = text.partition("=")
    reader = _TypeReader(written, records)
    type_ = reader.read_whole()
    if not equals:
        return type_, MISSING
    column = len(written) + 1
    return type_, _default(default_text.strip(), type_, column)


class _TypeReader:
    def __init__(self, text: str, records: Mapping[str, RecordOf]) -> None:
        self.text = text
        self.records = records
        self.position = 0

    def read_whole(self) -> Type:
        type_ = self.read(depth=0)
        token, column = self.next()
        if token:
            raise ExpressionError(
                f"`{token}` after the type `{type_}`", "write `type`, `type?` or `type = default`", column
            )
        return type_

    def next(self) -> tuple[str, int]:
        rest = self.text[self.position :]
        start = self.position + len(rest) - len(rest.lstrip())
        match = _TOKEN.match(self.text, self.position)
        if match is None:
            if rest.strip():
                raise ExpressionError(
                    f"`{rest.strip()[0]}` in a type",
                    "types look like `int`, `list[str]`, `map[player, int]?`",
                    start,
                )
            return "", len(self.text)
        self.position = match.end()
        return match[1], start

    def peek(self) -> str:
        here = self.position
        token, _ = self.next()
        self.position = here
        return token

    def expect(self, wanted: str, example: str) -> None:
        token, column = self.next()
        if token != wanted:
            found = f"`{token}`" if token else "the end"
            raise ExpressionError(f"{found} where `{wanted}` should be", f"write {example}", column)

    def read(self, depth: int) -> Type:
        token, column = self.next()
        if depth > DEEPEST_TYPE:
            raise ExpressionError("the type is nested too deeply", f"at most {DEEPEST_TYPE} levels", column)
        type_: Type
        if token == "list":
            self.expect("[", "`list[T]`")
            type_ = ListOf(self.read(depth + 1))
            self.expect("]", "`list[T]`")
        elif token == "map":
            type_ = self.read_map(depth)
        elif token in KINDS:
            type_ = Scalar(token)
        elif token in self.records:
            type_ = self.records[token]
        else:
            known = (*KINDS, "list", "map", *self.records)
            raise ExpressionError(
                f"there is no type `{token}`" if token else "the type is missing",
                did_you_mean(token, known),
                column,
            )
        if self.peek() == "?":
            self.next()
            type_ = with_optional(type_, True)
        return type_

    def read_map(self, depth: int) -> MapOf:
        self.expect("[", "`map[K, V]`")
        column = self.position
        key = self.read(depth + 1)
        if not isinstance(key, Scalar) or key.kind not in MAP_KEY_KINDS or key.optional:
            raise ExpressionError(f"a map's key cannot be `{key}`", "use `player`, `str` or `int`", column)
        self.expect(",", "`map[K, V]`")
        value = self.read(depth + 1)
        self.expect("]", "`map[K, V]`")
        return MapOf(key, value)


def parse_records(tables: Mapping[str, Mapping[str, str]]) -> dict[str, RecordOf]:
    """Read all named records (``[types.X]``), in whatever order they are written.

    Raises ExpressionError for the first problem; a record that contains itself is refused.
    """
    done: dict[str, RecordOf] = {}

    def read(name: str, trail: tuple[str, ...]) -> RecordOf:
        if name in trail:
            cycle = " -> ".join((*trail[trail.index(name) :], name))
            raise ExpressionError(
                f"the record `{name}` contains itself ({cycle})", "let the inner one carry an id instead", 0
            )
        if name not in done:
            if len(trail) >= DEEPEST_TYPE:
                raise ExpressionError("records are nested too deeply", f"at most {DEEPEST_TYPE} levels", 0)
            fields = {}
            for key, text in tables[name].items():
                used = [
                    word for word in re.findall(r"[A-Za-z_][A-Za-z0-9_]*", text.partition("=")[0]) if word in tables
                ]
                known = {word: read(word, (*trail, name)) for word in used}
                type_, default = parse_field(text, {**{other: RecordOf(other, {}) for other in tables}, **known})
                fields[key] = Field(key, type_, default)
            done[name] = RecordOf(name, fields)
        return done[name]

    return {name: read(name, ()) for name in tables}


def _default(text: str, type_: Type, column: int) -> object:
    words = {"true": "True", "false": "False", "null": "None"}
    try:
        if re.search(r"[\[({]{20}|[-+~]{4}", text):
            raise ValueError
        value = ast.literal_eval(words.get(text, text))
    except (ValueError, SyntaxError, RecursionError, MemoryError, TypeError):
        raise ExpressionError(
            f"the default `{text}` is not a literal",
            f"write a literal of type `{type_}`, such as {_example(type_)}",
            column,
        ) from None
    return _fit(value, type_, text, column)


def _fit(value: object, type_: Type, text: str, column: int) -> object:
    """The value as the type keeps it (an int for a float becomes one), or an ExpressionError."""
    if value is None and type_.optional:
        return None
    if isinstance(type_, ListOf) and isinstance(value, list):
        return [_fit(item, type_.item, text, column) for item in value]
    if isinstance(type_, MapOf) and isinstance(value, dict):
        return {
            _fit(key, type_.key, text, column): _fit(item, type_.value, text, column) for key, item in value.items()
        }
    if isinstance(type_, Scalar):
        fitted = _fit_scalar(value, type_.kind)
        if fitted is not None:
            return fitted
    raise ExpressionError(f"the default `{text}` is no `{type_}`", f"write a literal such as {_example(type_)}", column)


def _fit_scalar(value: object, kind: Kind) -> object:
    if kind == "bool":
        return value if isinstance(value, bool) else None
    if kind == "str" and isinstance(value, str):
        return None if "\0" in value or any("\ud800" <= char <= "\udfff" for char in value) else value
    if isinstance(value, bool):
        return None
    if kind == "int" and isinstance(value, int):
        return value if abs(value) <= LARGEST_INT else None
    if kind == "float" and isinstance(value, int | float):
        number = round(float(value), 6) if abs(value) <= LARGEST_FLOAT else math.nan
        return None if math.isnan(number) else number + 0.0
    return None


def _example(type_: Type) -> str:
    if type_.optional:
        return "`None`"
    if isinstance(type_, ListOf):
        return "`[]`"
    if isinstance(type_, MapOf):
        return "`{}`"
    if isinstance(type_, RecordOf) or type_.kind in ("player", "time", "json"):
        return f"none at all, or make it optional: `{type_}?`"
    return {"str": '`""`', "int": "`0`", "float": "`1.0`", "bool": "`False`"}[type_.kind]

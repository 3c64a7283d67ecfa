"""What a decoder says of input that does not fit, in words for those who sent it."""

import re
from collections.abc import Callable, Mapping
from typing import Final

A_TIME: Final = "a time in ISO 8601 with its offset, such as 2026-02-14T20:00:00Z"

_NAMES: Final[Mapping[str, str]] = {
    "int": "an integer",
    "float": "a number",
    "bool": "true or false",
    "str": "text",
    "null": "null",
    "object": "an object",
    "array": "an array",
    "datetime": A_TIME,
    "uuid": "a UUID",
}
_COUNTED: Final[Mapping[str, tuple[str, str]]] = {"str": ("character", "characters"), "array": ("entry", "entries")}


def worded(said: str, *, tells_what_came: bool = True) -> str:
    """A message of the decoder, without the place, in our words; one that is not known stays as it is.

    ``tells_what_came`` is false where everything comes as text, as in a query.
    """
    for pattern, reworded in _FORMS:
        found = pattern.fullmatch(said)
        if found is not None:
            text = reworded(found)
            return text if tells_what_came else text.partition(", and is ")[0]
    return said


def _wrong_type(found: re.Match[str]) -> str:
    return f"it must be {_named(found[1])}, and is {_named(found[2])}"


def _named(types: str) -> str:
    return " or ".join(_NAMES.get(name, name) for name in types.split(" | "))


def _bound(found: re.Match[str]) -> str:
    return f"it must be {found[2]} or {_SIDES[found[1]]}"


def _length(found: re.Match[str]) -> str:
    one, many = _COUNTED.get(found[1], ("entry", "entries"))
    return f"it must have {found[3]} {one if found[3] == '1' else many} or {_SIDES[found[2]]}"


_SIDES: Final = {">=": "more", "<=": "less"}
_FORMS: Final[tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], str]], ...]] = (
    (re.compile(r"Expected `([^`]+)`, got `([^`]+)`"), _wrong_type),
    (re.compile(r"Expected `([^`]+)`"), lambda found: f"it must be {_named(found[1])}"),
    (re.compile(r"Expected `\w+` (>=|<=) (\S+)"), _bound),
    (re.compile(r"Expected `(\w+)` of length (>=|<=) (\d+)"), _length),
    (re.compile(r"Expected `datetime` with a timezone component"), lambda found: f"it must be {A_TIME}"),
    (re.compile(r"Invalid RFC3339 encoded datetime"), lambda found: f"it must be {A_TIME}"),
    (re.compile(r"Invalid enum value (.+)"), lambda found: f"{found[1]} is none of its values"),
    (re.compile(r"Object contains unknown field `(.+)`"), lambda found: f"there is no field {found[1]!r}"),
    (re.compile(r"Object missing required field `(.+)`"), lambda found: f"the field {found[1]!r} is missing"),
    (re.compile(r"Input data was truncated"), lambda found: "the body is no JSON: it ends too early"),
    (re.compile(r"JSON is malformed: (.+)"), lambda found: f"the body is no JSON: {found[1]}"),
)

"""What is wrong with the parameters and the body of a request, in words that say what would be right."""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

import msgspec
from litestar.exceptions import ValidationException
from litestar.handlers import BaseRouteHandler
from msgspec import inspect

from kleos.core.wording import worded

_BODY: Final = "data"
_MISSING: Final = re.compile(r"Missing required \w+ parameter '(.+)' for path")
_UNKNOWN_FIELD: Final = re.compile(r"Object contains unknown field `(.+)`")
_MISSING_FIELD: Final = re.compile(r"Object missing required field `(.+)`")
_NO_CHOICE: Final = re.compile(r"Invalid enum value (.+)")
_STEP: Final = re.compile(r"[^.\[\]]+")


class Mistake(msgspec.Struct):
    """``key`` is the parameter, or the path to a field of the body; ``source`` says which (`query`, `path`, `body`)."""

    message: str
    key: str
    source: str

    def __str__(self) -> str:
        return f"{self.key}: {self.message}" if self.key else self.message


def mistakes(handler: BaseRouteHandler, error: ValidationException) -> list[Mistake]:
    """Empty where the exception tells nothing but its text."""
    missing = _MISSING.match(error.detail)
    if missing is not None:
        return [Mistake("it is missing", missing[1], "query")]
    told = error.extra if isinstance(error.extra, list) else []
    return [_mistake(handler, each) for each in told]


def _mistake(handler: BaseRouteHandler, told: Mapping[str, Any]) -> Mistake:
    said, key, source = str(told["message"]), str(told.get("key", "")), str(told.get("source", "query"))
    source = getattr(told.get("source"), "value", source)
    if source != "body":
        return _of_parameter(handler, said, key, source)
    if said == f"'{_BODY}'":
        return Mistake("the request has no body; it takes JSON", "", source)
    key = "" if key == _BODY else key
    found = _UNKNOWN_FIELD.fullmatch(said)
    if found is not None:
        known = ", ".join(field.encode_name for field in _fields(_type_at(handler, key)))
        return Mistake(f"there is no such field; there is {known}", _joined(key, found[1]), source)
    found = _MISSING_FIELD.fullmatch(said)
    if found is not None:
        return Mistake("it is missing", _joined(key, found[1]), source)
    found = _NO_CHOICE.fullmatch(said)
    if found is not None:
        return Mistake(_no_choice(found[1], _type_at(handler, key)), key, source)
    return Mistake(worded(said), key, source)


def _of_parameter(handler: BaseRouteHandler, said: str, key: str, source: str) -> Mistake:
    """Named as the request has it, which may be another name than the handler's."""
    field = handler.parsed_fn_signature.parameters.get(key)
    if field is None:
        return Mistake(worded(said, tells_what_came=False), key, source)
    kwarg: Any = field.kwarg_definition
    name = next((str(each) for each in (getattr(kwarg, "name", None), getattr(kwarg, "query", None)) if each), key)
    least, most = getattr(kwarg, "ge", None), getattr(kwarg, "le", None)
    found = _NO_CHOICE.fullmatch(said)
    if found is not None:
        message = _no_choice(found[1], inspect.type_info(field.annotation))
    elif " `int` " in said and least is not None and most is not None:
        message = f"it must be between {least} and {most}"
    else:
        message = worded(said, tells_what_came=False)
    return Mistake(message, name, source)


def _no_choice(given: str, declared: inspect.Type) -> str:
    return f"{given} is none of {', '.join(sorted(set(_choices(declared))))}"


def _choices(declared: inspect.Type) -> Iterator[str]:
    for one in _alternatives(declared):
        if isinstance(one, inspect.LiteralType):
            yield from map(str, one.values)


def _type_at(handler: BaseRouteHandler, key: str) -> inspect.Type:
    """The declared type at a place such as `scopes[0]` of the body."""
    declared = inspect.type_info(handler.parsed_fn_signature.parameters[_BODY].annotation)
    for step in _STEP.findall(key):
        declared = next(_inside(declared, step), inspect.AnyType())
    return declared


def _inside(declared: inspect.Type, step: str) -> Iterator[inspect.Type]:
    for one in _alternatives(declared):
        if isinstance(one, inspect.ListType):
            yield one.item_type
        elif isinstance(one, inspect.DictType):
            yield one.value_type
        else:
            yield from (field.type for field in _fields(one) if field.encode_name == step)


def _fields(declared: inspect.Type) -> tuple[inspect.Field, ...]:
    return next((one.fields for one in _alternatives(declared) if isinstance(one, inspect.StructType)), ())


def _alternatives(declared: inspect.Type) -> Iterator[inspect.Type]:
    if isinstance(declared, inspect.Metadata):
        yield from _alternatives(declared.type)
    elif isinstance(declared, inspect.UnionType):
        for one in declared.types:
            yield from _alternatives(one)
    else:
        yield declared


def _joined(key: str, field: str) -> str:
    return f"{key}.{field}" if key else field

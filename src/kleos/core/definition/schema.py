"""A JSON Schema of a definition's file, with which editors complete and check it while it is written.

It knows the structure; what expressions mean, and whether names resolve, only :mod:`kleos.core.definition.load` tells.
"""

from typing import Any, Final

from kleos.core.definition.keys import LONGEST_TEXT, TABLES, Entries, Key, TableForm
from kleos.core.definition.names import NAME_PATTERN

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"

_NAMES: Final = {"pattern": f"^{NAME_PATTERN}$"}


def json_schema() -> dict[str, Any]:
    """The schema, draft 2020-12."""
    return {
        "$schema": DIALECT,
        "title": "A game, as Kleos is told of it",
        **_table("game"),
        "$defs": {name: _table(name) for name in TABLES if name != "game"},
    }


def _table(name: str) -> dict[str, Any]:
    form = TABLES[name]
    schema: dict[str, Any] = {
        "description": form.meaning,
        "type": "object",
        "properties": {key.name: _key(key) for key in form.keys},
        "additionalProperties": False if form.entries is None else _entry(form.entries),
    }
    required = [key.name for key in form.keys if key.required]
    if required:
        schema["required"] = required
    if form.entries is not None:
        schema["propertyNames"] = {"anyOf": [{"pattern": f"^{form.entries.pattern}$"}, {"enum": _own(form)}]}
        schema["maxProperties"] = form.entries.most + len(form.keys)
    return {**schema, **_EXTRA.get(name, {})}


def _own(form: TableForm) -> list[str]:
    return [key.name for key in form.keys]


def _entry(entries: Entries) -> dict[str, Any]:
    return {"description": entries.meaning, "type": "string", "minLength": 1, "maxLength": LONGEST_TEXT}


def _key(key: Key) -> dict[str, Any]:
    schema: dict[str, Any] = {"description": key.meaning, **_value(key)}
    if isinstance(key.default, bool | int) or (isinstance(key.default, str) and key.default in key.options):
        schema["default"] = key.default
    return schema


def _value(key: Key) -> dict[str, Any]:
    match key.form:
        case "text":
            return _text(key)
        case "flag":
            return {"type": "boolean"}
        case "whole":
            return {"type": "integer", "minimum": key.least, "maximum": key.most}
        case "table":
            return {"$ref": f"#/$defs/{key.of}"}
        case "tables":
            tables = {"$ref": f"#/$defs/{key.of}"}
            return {
                "type": "object",
                "propertyNames": _NAMES,
                "additionalProperties": tables,
                "maxProperties": key.most,
            }
        case "list":
            return _array({"$ref": f"#/$defs/{key.of}"}, key, unique=False)
        case "texts":
            return _array({"enum": list(key.options)} if key.options else _NAME_TEXT, key)
        case "partitions":
            return _array({"type": "array", "items": _NAME_TEXT, "uniqueItems": True, "maxItems": 6}, key)


def _text(key: Key) -> dict[str, Any]:
    if key.options:
        return {"enum": list(key.options)}
    return {"type": "string", "maxLength": LONGEST_TEXT, **({"minLength": 1} if key.required else {})}


def _array(items: dict[str, Any], key: Key, unique: bool = True) -> dict[str, Any]:
    schema = {"type": "array", "items": items, "minItems": key.least, "maxItems": key.most}
    return {**schema, "uniqueItems": True} if unique else schema


_NAME_TEXT: Final = {"type": "string", "maxLength": LONGEST_TEXT}


def _only(way: str, required: list[str], without: list[str]) -> dict[str, Any]:
    absent = {"anyOf": [{"required": [key]} for key in without]}
    given = {"properties": {"manual": {"const": way == "manual"}}}
    return {"required": required, "not": absent, **given}


_EXTRA: Final[dict[str, dict[str, Any]]] = {
    "achievement": {
        "oneOf": [
            _only("sheet", ["sheet", "when"], ["event", "for", "where", "player"]),
            _only("event", ["event", "when"], ["sheet", "window"]),
            _only("manual", ["manual"], ["sheet", "event", "when", "window", "for", "where", "player"]),
        ]
    },
    "chart": {
        "if": {"properties": {"kind": {"const": "trend"}}, "required": ["kind"]},
        "then": {"required": ["every"]},
        "else": {"not": {"required": ["every"]}},
    },
}
"""What the keys of a table demand of each other."""

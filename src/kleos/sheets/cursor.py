"""Where a page of a sheet's rows ended, and what comes after it: the way far down that costs no more than the top."""

import base64
import binascii
from collections.abc import Sequence
from typing import Any, Final

import msgspec

from kleos.core.definition.model import Sheet
from kleos.core.errors import BadInput
from kleos.core.ids import check_text
from kleos.sheets.layout import quoted

Sorted = Sequence[tuple[str, bool]]
"""Columns that order the rows without ties, each with whether it falls; what has no value comes last."""

_LONGEST: Final = 8_000


class _End(msgspec.Struct, array_like=True, forbid_unknown_fields=True):
    window: str
    order: list[tuple[str, bool]]
    values: list[Any]


def cursor_of(window: str, order: Sorted, values: Sequence[Any]) -> str:
    """``values`` of the last row, in the order's columns, as they go out."""
    body = msgspec.json.encode(_End(window, list(order), list(values)))
    return base64.urlsafe_b64encode(body).decode().rstrip("=")


def parse_cursor(cursor: str, window: str, order: Sorted) -> list[Any]:
    """The values again. Raises BadInput for what is no cursor, and for one of another window or order."""
    check_text(cursor, "after")
    try:
        padded = cursor[:_LONGEST] + "=" * (-len(cursor[:_LONGEST]) % 4)
        end = msgspec.json.decode(base64.urlsafe_b64decode(padded), type=_End)
    except (binascii.Error, ValueError, RecursionError):
        raise BadInput("this is not the `next` of another page", "after") from None
    if (end.window, end.order) != (window, list(order)) or len(end.values) != len(order):
        raise BadInput("this is the `next` of a page of another window or order", "after")
    return end.values


def after_condition(sheet: Sheet, order: Sorted, values: Sequence[Any], bound: list[Any]) -> str:
    """The condition for what comes after a row with these values, whose arguments are added to ``bound``."""
    keys = {column.name for column in sheet.key}
    alternatives: list[str] = []
    same: list[str] = []
    for (name, falls), value in zip(order, values, strict=True):
        column = quoted(name)
        if value is None:  # nothing of this column comes after it
            same.append(f"{column} IS NULL")
            continue
        bound.append(value)
        later = f"{column} {'<' if falls else '>'} ${len(bound)}"
        if name not in keys:
            later = f"({later} OR {column} IS NULL)"
        alternatives.append(" AND ".join([*same, later]))
        same.append(f"{column} = ${len(bound)}")
    return f" AND ({' OR '.join(alternatives)})"

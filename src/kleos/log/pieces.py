"""A request's body taken apart: the bytes of each event, where the body as a whole cannot be decoded.

Whatever an event holds that cannot be (NaN, half a surrogate pair, bytes that are no text, endless brackets), it ends
where its brackets end, so that only this one is refused. The time it takes is in proportion to the body, and no more
events are looked for than a request may hold.
"""

import json
import re
from collections.abc import Sequence
from itertools import islice
from typing import Final

from kleos.core.errors import BadInput, TooLarge

MAX_EVENTS: Final = 10_000
_MAX_BRACKETS_OPEN: Final = 100_000

_SPACE = re.compile(r"[ \t\r\n]*")
_LINE = re.compile(rb"\S[^\n]*")
_TEXT_OR_BRACKET = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"?|[\[\]{}]', re.DOTALL)


def _as_written(text: str) -> str:
    return text


# It reads what strict JSON does not have; numbers, which may be of any length, it need not understand.
_READER = json.JSONDecoder(strict=False, parse_int=_as_written, parse_float=_as_written, parse_constant=_as_written)


def lines_of(body: bytes) -> list[bytes]:
    """The lines that hold something, without the space before. Raises TooLarge for more than MAX_EVENTS."""
    pieces = [found[0] for found in islice(_LINE.finditer(body), MAX_EVENTS + 1)]
    if len(pieces) > MAX_EVENTS:
        raise TooLarge(f"a request holds up to {MAX_EVENTS:,} events, and this one has more; split it")
    return pieces


def are_whole(lines: Sequence[bytes], values: int) -> bool:
    """Whether each of these lines is one of so many JSON objects. That they are such, with space between, is known.

    Inside an object a comma stands between `}` and `{`: where no comma is beside a line's end, an object ends there.
    """
    return len(lines) == values and all(line[:1] == b"{" and line.rstrip()[-1:] == b"}" for line in lines)


def elements_of(body: bytes) -> list[bytes]:
    """The elements of an array, or the one value that the body is.

    Raises BadInput where the body is no JSON, TooLarge for more than MAX_EVENTS elements.
    """
    text = body.decode("utf-8", "surrogateescape")
    at = _after_space(text, 0)
    if text[at : at + 1] != "[":
        return [_piece(text, at, _end_of_last(text, _end_of_value(text, at)))]
    at = _after_space(text, at + 1)
    if text[at : at + 1] == "]":
        _end_of_last(text, at + 1)
        return []
    pieces: list[bytes] = []
    while True:
        end = _end_of_value(text, at)
        if len(pieces) == MAX_EVENTS:
            raise TooLarge(f"a request holds up to {MAX_EVENTS:,} events, and this one has more; split it")
        pieces.append(_piece(text, at, end))
        at = _after_space(text, end)
        if text[at : at + 1] == "]":
            _end_of_last(text, at + 1)
            return pieces
        if text[at : at + 1] != ",":
            raise _no_json("',' or ']' should follow", at)
        at = _after_space(text, at + 1)


def _piece(text: str, start: int, end: int) -> bytes:
    return text[start:end].encode("utf-8", "surrogateescape")


def _after_space(text: str, at: int) -> int:
    found = _SPACE.match(text, at)
    return at if found is None else found.end()


def _end_of_last(text: str, end: int) -> int:
    rest = _after_space(text, end)
    if rest != len(text):
        raise _no_json("something follows its end", rest)
    return end


def _end_of_value(text: str, at: int) -> int:
    try:
        end: int = _READER.raw_decode(text, at)[1]
    except json.JSONDecodeError as error:
        raise _no_json(error.msg, error.pos) from None
    except RecursionError:
        return _end_of_brackets(text, at)
    return end


def _end_of_brackets(text: str, at: int) -> int:
    """Where what opens at ``at`` is closed again, by counting alone."""
    depth = 0
    for found in _TEXT_OR_BRACKET.finditer(text, at):
        mark = text[found.start()]
        if mark in "[{":
            depth += 1
            if depth > _MAX_BRACKETS_OPEN:
                raise _no_json("too many brackets are open", found.start())
        elif mark in "]}":
            depth -= 1
            if depth == 0:
                return found.end()
    raise _no_json("it ends too early", len(text))


def _no_json(what: str, at: int) -> BadInput:
    return BadInput(f"the body is not JSON: {what} (character {at})", "body")

"""Topics: what can be listened to, and how each is written.

    board:{game}/{board}[/{window}][?{attribute}={value}&…]      player:{player}[/private][?namespace={game}]
    match:{game}/{match}                                         game:{game}

Ids and values are percent-encoded where they hold one of ``/ ? & = % #``.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Final
from urllib.parse import quote, unquote

from kleos.core.errors import BadInput
from kleos.core.ids import check_external_id, check_text

LONGEST_TOPIC: Final = 2_000
_RESERVED: Final = "/?&=%#"
_SAFE: Final = "".join(chr(code) for code in range(32, 127) if chr(code) not in _RESERVED)
FORMS: Final = {
    "board": "board:{game}/{board}[/{window}][?{attribute}={value}]",
    "player": "player:{player}[/private][?namespace={game}]",
    "match": "match:{game}/{match}",
    "game": "game:{game}",
}
_PRIVATE: Final = "private"


@dataclass(frozen=True, slots=True)
class BoardTopic:
    """``window`` is a kind (the one open now) or a name; ``partition`` is sorted by name."""

    game: str
    board: str
    window: str | None = None
    partition: tuple[tuple[str, str], ...] = ()

    def __str__(self) -> str:
        return f"board:{_path(self.game, self.board, self.window)}{_query(self.partition)}"


@dataclass(frozen=True, slots=True)
class PlayerTopic:
    """``is_private`` is what only the player hears."""

    player: str
    namespace: str = ""
    is_private: bool = False

    def __str__(self) -> str:
        named = (("namespace", self.namespace),) if self.namespace else ()
        return f"player:{_path(self.player, _PRIVATE if self.is_private else None)}{_query(named)}"


@dataclass(frozen=True, slots=True)
class MatchTopic:
    game: str
    match: str

    def __str__(self) -> str:
        return f"match:{_path(self.game, self.match)}"


@dataclass(frozen=True, slots=True)
class GameTopic:
    game: str

    def __str__(self) -> str:
        return f"game:{_path(self.game)}"


Topic = BoardTopic | PlayerTopic | MatchTopic | GameTopic


def parse_topic(text: str) -> Topic:
    """Raises BadInput, which says what would be right."""
    if len(text) > LONGEST_TOPIC:
        raise BadInput(f"a topic has at most {LONGEST_TOPIC} characters", "topic")
    kind, colon, rest = text.partition(":")
    read = _READERS.get(kind)
    if not colon or read is None:
        near = get_close_matches(kind, _READERS, n=1)
        forms = FORMS[near[0]] if near else ", ".join(FORMS.values())
        raise BadInput(f"{text!r} is no topic; there is {forms}", "topic")
    path, mark, query = rest.partition("?")
    segments = [unquote(segment) for segment in path.split("/")]
    if not all(segments):
        raise _not_of_form(text, kind)
    for segment in segments:
        check_text(segment, "topic")
    return read(text, segments, _pairs(text, kind, query) if mark else {})


def _board(text: str, segments: list[str], query: Mapping[str, str]) -> Topic:
    if len(segments) not in (2, 3):
        raise _not_of_form(text, "board")
    return BoardTopic(
        segments[0], segments[1], segments[2] if len(segments) == 3 else None, tuple(sorted(query.items()))
    )


def _player(text: str, segments: list[str], query: Mapping[str, str]) -> Topic:
    if query.keys() - {"namespace"} or len(segments) > 2 or (len(segments) == 2 and segments[1] != _PRIVATE):
        raise _not_of_form(text, "player")
    return PlayerTopic(check_external_id(segments[0]), query.get("namespace", ""), len(segments) == 2)


def _match(text: str, segments: list[str], query: Mapping[str, str]) -> Topic:
    if query or len(segments) != 2:
        raise _not_of_form(text, "match")
    return MatchTopic(segments[0], check_external_id(segments[1], "match"))


def _game(text: str, segments: list[str], query: Mapping[str, str]) -> Topic:
    if query or len(segments) != 1:
        raise _not_of_form(text, "game")
    return GameTopic(segments[0])


_READERS: Final[Mapping[str, Callable[[str, list[str], Mapping[str, str]], Topic]]] = {
    "board": _board,
    "player": _player,
    "match": _match,
    "game": _game,
}


def _pairs(text: str, kind: str, query: str) -> dict[str, str]:
    pairs: dict[str, str] = {}
    for part in query.split("&"):
        name, equals, value = part.partition("=")
        if not name or not equals or unquote(name) in pairs:
            raise _not_of_form(text, kind)
        check_text(unquote(value), "topic")
        pairs[unquote(name)] = unquote(value)
    return pairs


def _not_of_form(text: str, kind: str) -> BadInput:
    return BadInput(f"{text!r} is not of the form {FORMS[kind]}; ids are percent-encoded", "topic")


def _path(*segments: str | None) -> str:
    return "/".join(quote(segment, safe=_SAFE) for segment in segments if segment is not None)


def _query(pairs: tuple[tuple[str, str], ...]) -> str:
    return (
        "?" + "&".join(f"{quote(name, safe=_SAFE)}={quote(value, safe=_SAFE)}" for name, value in pairs)
        if pairs
        else ""
    )

"""Bodies of events as they go out: the log's numbers of players become the ids that games use, its times ISO 8601."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

import msgspec

from kleos.core.definition.model import EventType
from kleos.core.types import Field, ListOf, MapOf, RecordOf, Scalar, Type
from kleos.core.windows import iso
from kleos.players.directory import Card, Directory

FORGOTTEN: Final = "forgotten"
"""Stands, with the number, for a player whose identity is deleted."""


async def outward_bodies(
    directory: Directory, namespace: str, events: list[tuple[EventType | None, bytes]]
) -> list[dict[str, Any]]:
    """The bodies of these events; those of a type that the definition no longer has stay as the log has them."""
    bodies = [msgspec.json.decode(body, type=dict[str, Any]) for _, body in events]
    numbers = {
        number
        for (type_, _), body in zip(events, bodies, strict=True)
        if type_ is not None
        for number in _players_of_fields(type_.fields, body)
    }
    cards = await directory.by_number(namespace, sorted(numbers))
    return [
        _fields(type_.fields, body, cards) if type_ is not None else body
        for (type_, _), body in zip(events, bodies, strict=True)
    ]


def _players_of_fields(fields: Mapping[str, Field], body: Mapping[str, Any]) -> Iterator[int]:
    for name, value in body.items():
        if name in fields and value is not None:
            yield from _players_of(fields[name].type, value)


def _players_of(type_: Type, value: Any) -> Iterator[int]:
    if value is None:
        return
    if isinstance(type_, Scalar):
        if type_.kind == "player":
            yield value
    elif isinstance(type_, ListOf):
        for item in value:
            yield from _players_of(type_.item, item)
    elif isinstance(type_, RecordOf):
        yield from _players_of_fields(type_.fields, value)
    elif type_.key.kind == "player":
        for number, item in value:
            yield number
            yield from _players_of(type_.value, item)
    else:
        for item in value.values():
            yield from _players_of(type_.value, item)


def _fields(fields: Mapping[str, Field], body: Mapping[str, Any], cards: Mapping[int, Card]) -> dict[str, Any]:
    return {name: _shown(fields[name].type, value, cards) if name in fields else value for name, value in body.items()}


def _shown(type_: Type, value: Any, cards: Mapping[int, Card]) -> Any:
    if value is None:
        return None
    if isinstance(type_, Scalar):
        return shown_value(type_.kind, value, cards)
    if isinstance(type_, ListOf):
        return [_shown(type_.item, item, cards) for item in value]
    if isinstance(type_, RecordOf):
        return _fields(type_.fields, value, cards)
    return _shown_map(type_, value, cards)


def _shown_map(type_: MapOf, value: Any, cards: Mapping[int, Card]) -> dict[str, Any]:
    if type_.key.kind == "player":
        return {shown_player(number, cards): _shown(type_.value, item, cards) for number, item in value}
    return {key: _shown(type_.value, item, cards) for key, item in value.items()}


def shown_value(kind: str, value: Any, cards: Mapping[int, Card]) -> Any:
    """A scalar of this kind as it goes out."""
    if value is None:
        return None
    if kind == "player":
        return shown_player(value, cards)
    return iso(value) if kind == "time" else value


def shown_player(number: int, cards: Mapping[int, Card]) -> str:
    card = cards.get(number)
    return card.id if card is not None else f"{FORGOTTEN}-{number}"

"""Are the profiles what the facts about them say? And who is meant by a number, for people to read."""

from collections.abc import Sequence
from typing import Any

import msgspec

from kleos.engine.game import Game
from kleos.players import sql
from kleos.players.directory import Card
from kleos.players.profiles import PROFILE_FACT, SERVER_LOG, ProfileChange, changed
from kleos.sheets.differences import Difference, Differences
from kleos.store.pool import Connection


class _Fact(msgspec.Struct):
    player: int
    change: ProfileChange


async def verify_profiles(connection: Connection, found: Differences) -> int:
    """Folds the facts about profiles anew; compares profiles in force and those of the past. Answers how many facts."""
    cards: dict[int, Card] = {}
    past: dict[tuple[int, int], dict[str, Any]] = {}
    facts = await connection.fetch(sql.PROFILE_FACTS, SERVER_LOG, PROFILE_FACT)
    for row in facts:
        fact = msgspec.json.decode(row["body"], type=_Fact)
        card = changed(cards.get(fact.player, Card(fact.player, "", True)), fact.change)
        cards[fact.player] = card
        past[(fact.player, row["at"])] = _profile(card)
    stored_past = set()
    async for row in connection.cursor(sql.ALL_PROFILES):
        key = {"player": row["player"], "at": row["at"]}
        place = (row["player"], row["at"])
        stored_past.add(place)
        if place in past:
            found.compare("profiles", key, _stored(row), past[place])
        else:
            found.extra("profiles", key)
    for player, at in sorted(past.keys() - stored_past):
        found.missing("profiles", {"player": player, "at": at})
    await _compare_players(connection, cards, found)
    return len(facts)


async def _compare_players(connection: Connection, cards: dict[int, Card], found: Differences) -> None:
    seen = set()
    async for row in connection.cursor(sql.ALL_PLAYERS):
        player = row["player"]
        seen.add(player)
        card = cards.get(player)
        if card is None and not row["appeared"]:
            found.extra("players", {"player": player})
        else:
            found.compare("players", {"player": player}, _stored(row), _profile(card or Card(player, "", True)))
    for player in sorted(cards.keys() - seen):
        found.missing("players", {"player": player})


def _profile(card: Card) -> dict[str, Any]:
    return {
        "name": card.name,
        "region": card.region,
        "avatar": card.avatar,
        "attributes": dict(card.attributes),
    }


def _stored(row: Any) -> dict[str, Any]:
    return {**dict(row), "attributes": msgspec.json.decode(row["attributes"])}


async def name_players(
    connection: Connection, game: Game | None, differences: Sequence[Difference]
) -> list[Difference]:
    """The same differences with players' own ids in their keys, where a number has one."""
    places = _player_places(game)
    numbers = {
        value
        for one in differences
        for name, value in one.key.items()
        if name in places.get(one.table, ("player",)) and isinstance(value, int)
    }
    namespace = None if game is None else game.namespace
    rows = await connection.fetch(sql.IDS_OF, sorted(numbers), namespace)
    ids = {row["player"]: row["id"] for row in rows}
    named = []
    for one in differences:
        columns = places.get(one.table, ("player",))
        key = {name: ids.get(value, value) if name in columns else value for name, value in one.key.items()}
        named.append(msgspec.structs.replace(one, key=key))
    return named


def _player_places(game: Game | None) -> dict[str, tuple[str, ...]]:
    """By sheet, the key columns that are players."""
    if game is None:
        return {}
    return {
        f"{game.name}.{sheet.name}": tuple(column.name for column in sheet.key if column.type.kind == "player")
        for sheet in game.definition.sheets.values()
    }

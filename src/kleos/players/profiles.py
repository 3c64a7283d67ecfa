"""Profiles: what is known of a player now, and what was known at any time before. Each change is a fact in the log."""

from dataclasses import replace
from typing import Final

import msgspec

from kleos.core.errors import BadInput
from kleos.core.events import MAX_ID_CHARACTERS
from kleos.players import sql
from kleos.players.directory import Card, card_of
from kleos.players.identities import add_identity
from kleos.store.pool import Connection

PROFILE_FACT: Final = "player.profile"
SERVER_LOG: Final = ""
"""The game under whose name facts about the whole server stand in the log."""
MAX_ATTRIBUTES: Final = 32
MAX_ADDRESS_CHARACTERS: Final = 2_000


class ProfileChange(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """What to change of a profile: what is left out stays, null clears; an attribute that is null goes."""

    name: str | msgspec.UnsetType | None = msgspec.UNSET
    region: str | msgspec.UnsetType | None = msgspec.UNSET
    avatar: str | msgspec.UnsetType | None = msgspec.UNSET
    attributes: dict[str, str | None] | msgspec.UnsetType = msgspec.UNSET


def check_change(change: ProfileChange) -> None:
    """Raises BadInput, naming the field, for what no profile can hold."""
    for name, limit in (("name", MAX_ID_CHARACTERS), ("region", MAX_ID_CHARACTERS), ("avatar", MAX_ADDRESS_CHARACTERS)):
        value = getattr(change, name)
        if isinstance(value, str):
            _check_text(value, name, limit)
    if isinstance(change.attributes, dict):
        if len(change.attributes) > MAX_ATTRIBUTES:
            raise BadInput(f"a profile has up to {MAX_ATTRIBUTES} attributes", "attributes")
        for name, value in change.attributes.items():
            _check_text(name, "attributes", MAX_ID_CHARACTERS)
            if value is not None:
                _check_text(value, f"attributes.{name}", MAX_ID_CHARACTERS)


def _check_text(value: str, where: str, limit: int) -> None:
    if not value.strip():
        raise BadInput("must not be empty; send null to clear it", where)
    if len(value) > limit:
        raise BadInput(f"has {len(value)} characters, at most {limit} are allowed", where)
    if "\0" in value:
        raise BadInput("must not contain the NUL character", where)


def changed(card: Card, change: ProfileChange) -> Card:
    """The card after a change."""
    attributes = dict(card.attributes)
    if isinstance(change.attributes, dict):
        for name, value in change.attributes.items():
            if value is None:
                attributes.pop(name, None)
            else:
                attributes[name] = value
    return replace(
        card,
        exists=True,
        name=card.name if change.name is msgspec.UNSET else change.name,
        region=card.region if change.region is msgspec.UNSET else change.region,
        avatar=card.avatar if change.avatar is msgspec.UNSET else change.avatar,
        attributes=attributes,
    )


async def read_profile(connection: Connection, namespace: str, id: str) -> Card | None:
    """The card in force once every change of it that is under way has ended."""
    async with connection.transaction():
        row = await connection.fetchrow(sql.LOCK_PROFILE, namespace, id)
        return card_of(row) if row is not None else None


async def write_profile(
    connection: Connection, namespace: str, id: str, change: ProfileChange, at: int
) -> tuple[Card, Card]:
    """Adds the fact to the log and brings the profile up to it; answers the card before and after. One transaction."""
    async with connection.transaction():
        player, is_new = await add_identity(connection, namespace, id)
        row = await connection.fetchrow(sql.LOCK_PROFILE, namespace, id)
        assert row is not None, "the identity was just made"
        before = card_of(row)
        after = changed(before, change)
        if after == before and not is_new:  # a player made by a profile without content is a fact as well
            return before, after
        body = msgspec.json.encode({"player": player, "change": change})
        attributes = msgspec.json.encode(after.attributes)
        at = max(at, (row["latest_at"] or at - 1) + 1)
        seq = await connection.fetchval(sql.ADD_PROFILE_FACT, SERVER_LOG, f"{player}:{at}", PROFILE_FACT, at, body)
        values = (after.name, after.region, after.avatar, attributes)
        await connection.execute(sql.ADD_PROFILE, player, at, seq, *values)
        await connection.execute(sql.WRITE_PLAYER, player, *values)
        return before, after

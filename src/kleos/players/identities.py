"""Numbers for the external ids of a batch, made where there are none yet, inside the batch's transaction."""

from collections.abc import Iterable

from kleos.players import sql
from kleos.players.directory import Card, Directory, card_of
from kleos.store.pool import Connection


async def numbers_of(
    connection: Connection, directory: Directory, namespace: str, ids: Iterable[str]
) -> dict[str, Card]:
    """The card of every id. What is new here must go to the directory only after the commit."""
    cards: dict[str, Card] = {}
    missing = []
    for id in ids:
        card = directory.cached(namespace, id)
        if card is None:
            missing.append(id)
        else:
            cards[id] = card
    directory.found += len(cards)
    directory.asked += len(missing)
    if missing:
        missing.sort()
        await _read(connection, namespace, missing, cards)
        unknown = [id for id in missing if id not in cards]
        if unknown:
            await connection.execute(sql.ADD_IDENTITIES, namespace, unknown)
            await _read(connection, namespace, unknown, cards)
    return cards


async def _read(connection: Connection, namespace: str, ids: list[str], cards: dict[str, Card]) -> None:
    for row in await connection.fetch(sql.CARDS_BY_ID, namespace, ids):
        card = card_of(row)
        cards[card.id] = card


async def add_identity(connection: Connection, namespace: str, id: str) -> tuple[int, bool]:
    """The number of one id, and a player for it; both are made where there are none. Also whether the player is new."""
    await connection.execute(sql.ADD_IDENTITIES, namespace, [id])
    cards: dict[str, Card] = {}
    await _read(connection, namespace, [id], cards)
    player = cards[id].player
    made = await connection.execute(sql.ADD_PLAYERS, [player])
    return player, made == "INSERT 0 1"

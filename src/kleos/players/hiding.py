"""Players whom nobody sees: off every board, sheet, list and lookup, until they come back, or for good.

That somebody was hidden, shown or deleted is a fact in the log, in which players are numbers.
"""

from typing import Final, Literal

import msgspec

from kleos.core.errors import NotFound
from kleos.players import sql
from kleos.players.profiles import PROFILE_FACT, SERVER_LOG
from kleos.store.pool import Connection

Fact = Literal["player.hidden", "player.shown", "player.deleted"]
_FACT_OF: Final[dict[bool, Fact]] = {True: "player.hidden", False: "player.shown"}


async def write_hidden(connection: Connection, namespace: str, id: str, hidden: bool, at: int) -> bool:
    """Hides a player or shows them again; False where nothing was to be done. Raises NotFound. One transaction."""
    async with connection.transaction():
        player = await _lock(connection, namespace, id)
        if hidden:
            done = await connection.fetchval(sql.HIDE, player, at)
        else:
            done = await connection.fetchval(sql.SHOW, player)
        if done is None:
            return False
        await _add_fact(connection, _FACT_OF[hidden], player, at)
        return True


async def delete_player(connection: Connection, namespace: str, id: str, at: int) -> int:
    """Drops whatever says who a player is; the log keeps a number that nobody knows. Raises NotFound.

    No commit may run that knows the player. One transaction; the account goes in the same one.
    """
    async with connection.transaction():
        player = await _lock(connection, namespace, id)
        await connection.execute(sql.HIDE, player, at)
        await connection.execute(sql.DROP_ACCOUNT_OF, player, at)
        for statement in (sql.DROP_IDENTITIES, sql.DROP_PROFILES, sql.DROP_PLAYER):
            await connection.execute(statement, player)
        await connection.execute(sql.DROP_PROFILE_FACTS, SERVER_LOG, PROFILE_FACT, player)
        await _add_fact(connection, "player.deleted", player, at)
        return player


async def _lock(connection: Connection, namespace: str, id: str) -> int:
    row = await connection.fetchrow(sql.LOCK_PROFILE, namespace, id)
    if row is None:
        raise NotFound("player", id)
    player: int = row["player"]
    return player


async def _add_fact(connection: Connection, fact: Fact, player: int, at: int) -> None:
    body = msgspec.json.encode({"player": player})
    await connection.fetchval(sql.ADD_PROFILE_FACT, SERVER_LOG, f"{player}:{at}", fact, at, body)

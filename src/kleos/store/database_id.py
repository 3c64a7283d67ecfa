"""Which database this is, for what lies outside it: an archive, an import's bookmark. A copy of it has the same."""

from typing import Final

from kleos.store.pool import Connection

ID: Final = "SELECT id FROM kleos.database_id"


async def database_id(connection: Connection) -> str:
    found: str = await connection.fetchval(ID)
    return found

"""Whose an archive is: a small file in it names the database. By it a worker knows that its folder is the server's and
not one of the same name on another disk, and a database that the place is not another's."""

import asyncio
from typing import Final

import msgspec

from kleos.core.errors import Conflict
from kleos.log.archive.location import ArchiveDamaged, Location
from kleos.store.database_id import database_id
from kleos.store.pool import Connection

OWNER_PATH: Final = "kleos-archive.json"


class Owner(msgspec.Struct, frozen=True):
    database: str


async def check_owner(connection: Connection, location: Location) -> None:
    """Raises Conflict where the place is not the archive of this database. Before anything is written there, or leaves
    PostgreSQL for what lies there."""
    await asyncio.to_thread(refuse_stranger, location, await database_id(connection))


def refuse_stranger(location: Location, database: str) -> None:
    """Blocks. As :func:`check_owner`."""
    owner = owner_of(location)
    if owner is None:
        raise Conflict(
            f"{location.shown} is not where the server has its archive: there is no {OWNER_PATH} in it. "
            "Server and workers need one folder that all of them reach, or a bucket; name it by KLEOS_ARCHIVE. "
            "If it was moved, copy all of it, and start the server again"
        )
    if owner != database:
        raise Conflict(
            f"{location.shown} is the archive of another database, says {OWNER_PATH} in it. "
            "Give this one a place of its own by KLEOS_ARCHIVE, and start the server again"
        )


def owner_of(location: Location) -> str | None:
    """Blocks. The database that a place belongs to; None where it is nobody's."""
    try:
        return msgspec.json.decode(location.read(OWNER_PATH), type=Owner).database
    except ArchiveDamaged:
        return None
    except msgspec.DecodeError as error:
        raise Conflict(f"{location.shown}/{OWNER_PATH} does not say whose the archive is: {error}") from None


def make_owner(location: Location, database: str) -> None:
    """Blocks."""
    location.write(OWNER_PATH, msgspec.json.encode(Owner(database)) + b"\n")

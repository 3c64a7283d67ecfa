"""Who may write: the holders of a key, sent as ``Authorization: Bearer …``. Only hashes are kept."""

import hashlib
import secrets
from collections.abc import Callable, Iterable
from typing import Any, Final

import asyncpg
from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler

from kleos.server import sql
from kleos.server.errors import Refused

PREFIX: Final = "kleos_"
_KEY_BYTES: Final = 32
_CHALLENGE: Final = 'Bearer realm="kleos"'


def new_key() -> str:
    return PREFIX + secrets.token_urlsafe(_KEY_BYTES)


def hash_of(key: str) -> bytes:
    return hashlib.sha256(key.encode("utf-8", "surrogateescape")).digest()


class Keys:
    """The keys that may write, by their hashes, in memory.

    They are looked up by SHA-256, so how long a lookup takes tells nothing about any key.
    """

    def __init__(self, hashes: Iterable[bytes]) -> None:
        self._hashes = frozenset(hashes)

    def admit(self, key: str) -> bool:
        return hash_of(key) in self._hashes


async def open_keys(pool: asyncpg.Pool, admin_key: str | None, announce: Callable[[str], None]) -> Keys:
    """The keys in force: ``admin_key`` where one is set, and those in the database.

    Where there is none at all, one is made, stored hashed, and given once to ``announce``.
    """
    stored = [bytes(row["hash"]) for row in await pool.fetch(sql.KEYS)]
    if admin_key:
        return Keys([*stored, hash_of(admin_key)])
    if not stored:
        key = new_key()
        await pool.execute(sql.ADD_KEY, hash_of(key), "made at the first start")
        stored = [hash_of(key)]
        announce(key)
    return Keys(stored)


async def needs_key(connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler) -> None:
    """The guard of every route that writes."""
    header = connection.headers.get("authorization")
    if header is None:
        detail = "writing needs a key: send the header `Authorization: Bearer <key>`"
        raise Refused(401, "unauthorized", detail, {"WWW-Authenticate": _CHALLENGE})
    scheme, _, key = header.partition(" ")
    if scheme.lower() != "bearer" or not key.strip():
        detail = "the Authorization header is not of the form `Bearer <key>`"
        raise Refused(401, "unauthorized", detail, {"WWW-Authenticate": f'{_CHALLENGE}, error="invalid_request"'})
    keys: Keys = connection.app.state.writing_keys
    if not keys.admit(key.strip()):
        detail = "this key is not one of this server's"
        raise Refused(401, "unauthorized", detail, {"WWW-Authenticate": f'{_CHALLENGE}, error="invalid_token"'})

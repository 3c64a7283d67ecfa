"""API keys: for game servers, and the ones that may do everything. Only their hashes are kept."""

import asyncio
import hashlib
import secrets
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Final

import asyncpg

from kleos.core.errors import NotFound
from kleos.server.auth import sql
from kleos.server.auth.caller import ADMIN, Caller, Scope, key_caller

PREFIX: Final = "kleos_"
_KEY_BYTES: Final = 32
_ID_BYTES: Final = 6


def new_key() -> str:
    return PREFIX + secrets.token_urlsafe(_KEY_BYTES)


def hash_of(key: str) -> bytes:
    return hashlib.sha256(key.encode("utf-8", "surrogateescape")).digest()


@dataclass(frozen=True, slots=True)
class Key:
    """What is known of a key besides its hash. ``games`` is None where it is for all of them; times in µs."""

    id: str
    label: str
    games: Sequence[str] | None
    scopes: Sequence[str]
    per_minute: int | None
    made_by: str
    created_at: int
    last_used_at: int | None
    revoked_at: int | None


class Keys:
    """The keys in force, by their hashes, in memory; the database is asked only when one is made or revoked.

    They are looked up by SHA-256, so how long a lookup takes tells nothing about any key.
    """

    def __init__(self, pool: asyncpg.Pool, clock: Callable[[], int], admin_key: str | None) -> None:
        self._pool = pool
        self._clock = clock
        self._admin = {hash_of(admin_key): ADMIN} if admin_key else {}
        self._callers: dict[bytes, tuple[str, Caller]] = {}
        self._names: frozenset[str] = frozenset()
        self._used: dict[str, int] = {}
        self._reading = asyncio.Lock()

    @classmethod
    async def open(
        cls, pool: asyncpg.Pool, clock: Callable[[], int], admin_key: str | None, announce: Callable[[str], None]
    ) -> "Keys":
        """The keys in force: ``admin_key`` where one is set, and those in the database.

        Where there is none at all, one is made that may do everything, stored hashed, and given once to ``announce``.
        """
        keys = cls(pool, clock, admin_key)
        await keys._read()
        if not keys._callers and not admin_key:
            key = new_key()
            await keys._add(key, "made at the first start", None, ["admin"], None, "the server")
            announce(key)
        return keys

    def caller(self, key: str) -> Caller | None:
        """Who sends this key; None for none of ours."""
        hashed = hash_of(key)
        found = self._callers.get(hashed)
        if found is None:
            return self._admin.get(hashed)
        self._used[found[0]] = self._clock()
        return found[1]

    def still(self, caller: Caller) -> Caller | None:
        """The same while its key is in force."""
        is_in_force = caller.name in self._names or caller in self._admin.values()
        return caller if is_in_force else None

    async def make(
        self, label: str, games: Collection[str] | None, scopes: Collection[Scope], per_minute: int | None, by: str
    ) -> tuple[str, str]:
        """A new key: its id, and the key itself, which is kept nowhere."""
        key = new_key()
        return await self._add(key, label, games, scopes, per_minute, by), key

    async def games_of(self, id: str) -> Sequence[str] | None:
        """Raises NotFound for a key that is not in force."""
        row = await self._pool.fetchrow(sql.GAMES_OF_KEY, id)
        if row is None:
            raise NotFound("key", id)
        games: Sequence[str] | None = row["games"]
        return games

    async def revoke(self, id: str) -> None:
        if await self._pool.fetchrow(sql.REVOKE_KEY, id, self._clock()) is None:
            raise NotFound("key", id)
        await self._read()

    async def all(self) -> list[Key]:
        """Every key there ever was, oldest first."""
        await self.flush()
        return [Key(**dict(row)) for row in await self._pool.fetch(sql.ALL_KEYS)]

    async def flush(self) -> None:
        """Writes when keys were last used; to be called about once a minute."""
        if self._used:
            used, self._used = self._used, {}
            ids = sorted(used)
            await self._pool.execute(sql.NOTE_USE_OF_KEYS, ids, [used[id] for id in ids])

    async def _read(self) -> None:
        """One at a time: an older answer that came after a newer one would bring back a key that was revoked."""
        async with self._reading:
            rows = await self._pool.fetch(sql.KEYS_IN_FORCE)
            self._callers = {
                bytes(row["hash"]): (
                    row["id"],
                    key_caller(row["id"], row["games"], row["scopes"], row["per_minute"]),
                )
                for row in rows
            }
            self._names = frozenset(caller.name for _, caller in self._callers.values())

    async def _add(
        self,
        key: str,
        label: str,
        games: Collection[str] | None,
        scopes: Collection[str],
        per_minute: int | None,
        by: str,
    ) -> str:
        id = secrets.token_hex(_ID_BYTES)
        listed = sorted(games) if games is not None else None
        await self._pool.execute(
            sql.ADD_KEY, hash_of(key), id, label, listed, sorted(scopes), per_minute, by, self._clock()
        )
        await self._read()
        return id

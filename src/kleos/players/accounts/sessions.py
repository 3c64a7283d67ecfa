"""Sessions: families of refresh tokens. Each token is good once; whoever shows an old one ends the family."""

import hashlib
import hmac
import secrets
from collections.abc import Callable
from typing import Final

import asyncpg

from kleos.players.accounts import sql
from kleos.store.pool import Connection

LIFETIME_US: Final = 30 * 24 * 3600 * 1_000_000
_NAME_BYTES: Final = 16
_SECRET_BYTES: Final = 32
_LONGEST: Final = 200


class Refused(Exception):
    """A refresh token that is not good. ``reused`` names the session and account that ended because of it."""

    def __init__(self, reused: tuple[str, int] | None = None) -> None:
        super().__init__("this refresh token is not good")
        self.reused = reused


class Sessions:
    """A refresh token is the session's name and a secret of 256 bits, of which only the newest's hash is kept."""

    def __init__(self, pool: asyncpg.Pool, clock: Callable[[], int]) -> None:
        self._pool = pool
        self._clock = clock

    async def start(self, connection: Connection, account: int) -> tuple[str, str]:
        """A new session: its name, and its first refresh token. To be called in a transaction."""
        session, now = secrets.token_urlsafe(_NAME_BYTES), self._clock()
        token, hashed = _new_token(session)
        await connection.execute(sql.ADD_SESSION, session, account, hashed, now, now + LIFETIME_US)
        return session, token

    async def renew(self, token: str) -> tuple[str, int, str]:
        """The session, its account, and the token that takes the place of this one. Raises Refused.

        The name of a session is known to nobody but who was given one of its tokens, so a wrong secret is an old one:
        somebody has a copy.
        """
        session, _, secret = token.partition(".")
        if not secret or len(token) > _LONGEST or "\0" in token:
            raise Refused
        async with self._pool.acquire() as connection:
            renewed = await self._renew(connection, session, secret)
        if renewed is None:
            raise Refused
        account, fresh = renewed
        if fresh is None:
            raise Refused((session, account))
        return session, account, fresh

    async def _renew(self, connection: Connection, session: str, secret: str) -> tuple[int, str | None] | None:
        now = self._clock()
        async with connection.transaction():
            row = await connection.fetchrow(sql.LOCK_SESSION, session)
            if row is None or row["ended_at"] is not None or row["expires_at"] <= now:
                return None
            if not hmac.compare_digest(bytes(row["token"]), _hash_of(secret)):
                await connection.execute(sql.END_SESSION, session, now)
                return row["account"], None
            token, hashed = _new_token(session)
            await connection.execute(sql.RENEW_SESSION, session, hashed, now, now + LIFETIME_US)
            return row["account"], token

    async def end(self, session: str) -> None:
        await self._pool.execute(sql.END_SESSION, session, self._clock())

    async def end_all(self, account: int) -> list[str]:
        """Gives the names of those that this has ended."""
        return [row["session"] for row in await self._pool.fetch(sql.END_SESSIONS_OF, account, self._clock())]

    async def drop_expired(self) -> None:
        await self._pool.execute(sql.DROP_EXPIRED, self._clock())

    async def ended_since(self, at: int) -> list[str]:
        return [row["session"] for row in await self._pool.fetch(sql.ENDED_SINCE, at)]


def _new_token(session: str) -> tuple[str, bytes]:
    secret = secrets.token_urlsafe(_SECRET_BYTES)
    return f"{session}.{secret}", _hash_of(secret)


def _hash_of(secret: str) -> bytes:
    return hashlib.sha256(secret.encode("utf-8", "surrogateescape")).digest()

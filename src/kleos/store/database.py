"""The database of a server: embedded or by URL, checked, migrated, with its pool."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import asyncpg

from kleos.core.errors import KleosError
from kleos.store.embedded import EmbeddedPostgres
from kleos.store.migrate import migrate
from kleos.store.pool import ANSWER_TIMEOUT_S, DATABASE_ERRORS, open_connection, open_pool, unavailable
from kleos.store.statements import SLOW_STATEMENT_S, Statements

logger = logging.getLogger(__name__)

OLDEST_VERSION: Final = 15
TRY_AGAIN_S: Final = 0.25
SPARE_CONNECTIONS: Final = 20  # for an analyst, a backup and PostgreSQL itself


@dataclass(frozen=True, slots=True)
class Database:
    """A migrated database, ready for use. `embedded` is None for one by URL; `timeout_s` bounds each answer."""

    dsn: str
    pool: asyncpg.Pool[asyncpg.Record]
    embedded: EmbeddedPostgres | None = None
    timeout_s: float = ANSWER_TIMEOUT_S
    statements: Statements = field(default_factory=Statements)

    @classmethod
    @asynccontextmanager
    async def open(
        cls,
        *,
        data_dir: Path | None = None,
        url: str | None = None,
        pool_size: int = 10,
        wait_s: float = 30.0,
        timeout_s: float = ANSWER_TIMEOUT_S,
        slow_statement_s: float = SLOW_STATEMENT_S,
    ) -> AsyncIterator[Database]:
        """The database at `url`, or else the embedded one in `data_dir`, for as long as the block runs.

        A database that does not answer yet is waited for, `wait_s` seconds at most. Raises `Unavailable` after that,
        `KleosError` when it cannot be used (too old, not UTF-8, made by a newer Kleos), `Conflict` when another Kleos
        uses `data_dir`.
        """
        if url is None and data_dir is None:
            raise ValueError("a database needs a url or a data_dir")
        embedded = None
        if url is None and data_dir is not None:
            connections = max(50, pool_size + SPARE_CONNECTIONS)
            embedded = EmbeddedPostgres(data_dir, {"max_connections": str(connections)})
        dsn = await embedded.start() if embedded is not None else str(url)
        try:
            await _prepare(dsn, wait_s)
            statements = Statements(slow_statement_s)
            pool = await open_pool(
                dsn, min_size=min(2, pool_size), max_size=pool_size, timeout_s=timeout_s, statements=statements
            )
            try:
                yield cls(dsn, pool, embedded, timeout_s, statements)
            finally:
                await close_pool(pool)
        finally:
            if embedded is not None:
                await embedded.stop()

    async def is_reachable(self, *, timeout_s: float = 2.0) -> bool:
        """Whether the database answers a question now."""
        return await self.trouble(timeout_s=timeout_s) is None

    async def trouble(self, *, timeout_s: float = 2.0) -> str | None:
        """Why the database does not answer a question now; None when it does."""
        try:
            async with asyncio.timeout(timeout_s), self.pool.acquire() as connection:
                await connection.fetchval("SELECT true")
        except Exception as error:
            away = unavailable(error)
            if away is None:
                logger.warning("asking the database failed: %s", error)
            return str(away or error)
        return None


async def _prepare(dsn: str, wait_s: float) -> None:
    connection = await _connect(dsn, wait_s)
    try:
        refuse_old(connection.get_server_version().major)
        encoding = await connection.fetchval("SHOW server_encoding")
        if encoding != "UTF8":
            raise KleosError(
                f"the database is encoded in {encoding}: Kleos needs UTF8 (CREATE DATABASE … ENCODING 'UTF8')"
            )
        for version in await migrate(connection):
            logger.info("applied migration %04d", version)
    finally:
        await connection.close()


async def _connect(dsn: str, wait_s: float) -> asyncpg.Connection[Any]:
    loop = asyncio.get_running_loop()
    deadline = loop.time() + wait_s
    while True:
        try:
            return await open_connection(dsn)
        except (*DATABASE_ERRORS, ValueError) as error:
            reason = unavailable(error)
            if reason is None:
                raise KleosError(f"cannot use the database at {place_of(dsn)}: {error}") from error
            if loop.time() >= deadline:
                reason = type(reason)(f"{reason.message} at {place_of(dsn)}: {error}", reason.retry_after_s)
                raise reason from error
        await asyncio.sleep(TRY_AGAIN_S)


async def close_pool(pool: asyncpg.Pool[asyncpg.Record]) -> None:
    try:
        await asyncio.wait_for(pool.close(), 10.0)
    except DATABASE_ERRORS:
        pool.terminate()


def refuse_old(major: int) -> None:
    """Raise `KleosError` for a PostgreSQL older than Kleos can use."""
    if major < OLDEST_VERSION:
        raise KleosError(f"the database is PostgreSQL {major}: Kleos needs {OLDEST_VERSION} or later")


def place_of(dsn: str) -> str:
    """Where `dsn` points, without the password."""
    parts = urlsplit(dsn)
    host = parts.netloc.rpartition("@")[2] or "the local socket"
    return f"{host}/{parts.path.lstrip('/')}"

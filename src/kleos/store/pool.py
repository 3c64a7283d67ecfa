"""Connections to PostgreSQL, all alike; and which of their failures mean "not now"."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, TypeAlias

import asyncpg

from kleos.core.errors import Unavailable
from kleos.store.statements import Statements
from kleos.store.types import set_types

Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record] | asyncpg.pool.PoolConnectionProxy[asyncpg.Record]"
"""A connection, be it of a pool or on its own."""

if TYPE_CHECKING:
    _Pool: TypeAlias = asyncpg.Pool[asyncpg.Record]
else:
    _Pool = asyncpg.Pool

SESSION: Final = {
    "application_name": "kleos",
    "timezone": "UTC",
    "jit": "off",
    "client_connection_check_interval": "5s",  # a statement whose caller is gone holds its locks no longer than this
}
CONNECT_TIMEOUT_S: Final = 10.0
ANSWER_TIMEOUT_S: Final = 15.0
STATEMENTS_KEPT: Final = 1000

# The database's error class or code, what to tell, and when to come back.
REASONS: Final[tuple[tuple[type[BaseException], str, float], ...]] = (
    (asyncpg.DiskFullError, "the database's disk is full", 5.0),
    (asyncpg.TooManyConnectionsError, "the database has no connection free", 1.0),
    (asyncpg.OutOfMemoryError, "the database is out of memory", 5.0),
    (asyncpg.InsufficientResourcesError, "the database is short of resources", 5.0),
    (asyncpg.CannotConnectNowError, "the database is starting up or shutting down", 1.0),
    (asyncpg.AdminShutdownError, "the database was shut down", 1.0),
    (asyncpg.CrashShutdownError, "the database is recovering from a crash", 1.0),
    (asyncpg.QueryCanceledError, "the database took too long and the statement was cancelled", 1.0),
    (asyncpg.LockNotAvailableError, "rows or tables are locked by others", 1.0),
    (asyncpg.OperatorInterventionError, "the database was interrupted", 1.0),
    (asyncpg.InvalidCatalogNameError, "the database does not exist", 5.0),
    (asyncpg.InvalidAuthorizationSpecificationError, "the database does not let Kleos in", 5.0),
    (asyncpg.ReadOnlySQLTransactionError, "the database is read-only", 5.0),
    (asyncpg.PostgresSystemError, "the database cannot read or write its disk", 5.0),
    (asyncpg.PostgresConnectionError, "the connection to the database was lost", 1.0),
    (TimeoutError, "the database did not answer in time", 1.0),
    (OSError, "the database is not reachable", 1.0),
)

DATABASE_ERRORS: Final = (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError)
"""What a call to the database may raise, other than by a mistake of ours."""

CLOSED: Final = (
    "connection is closed",
    "connection was closed",
    "pool is clos",
    "connection has been released",
)


class Pool(_Pool):
    """Waits only so long for a free connection, as its connections wait only so long for an answer."""

    def __init__(self, dsn: str, *, timeout_s: float, **options: Any) -> None:
        super().__init__(
            dsn,
            connection_class=asyncpg.Connection,
            record_class=asyncpg.Record,
            loop=None,
            command_timeout=timeout_s,
            timeout=min(timeout_s, CONNECT_TIMEOUT_S),
            **options,
        )
        self._timeout_s = timeout_s

    def acquire(self, *, timeout: float | None = None) -> asyncpg.pool.PoolAcquireContext[asyncpg.Record]:
        return super().acquire(timeout=self._timeout_s if timeout is None else timeout)


async def open_connection(
    dsn: str, *, timeout_s: float = CONNECT_TIMEOUT_S, answer_timeout_s: float | None = None
) -> asyncpg.Connection[Any]:
    """One connection outside any pool, set up as those of a pool are; its work may take any time if none is given."""
    connection: asyncpg.Connection[Any] = await asyncpg.connect(
        dsn, timeout=timeout_s, command_timeout=answer_timeout_s, server_settings=SESSION
    )
    await set_types(connection)
    return connection


async def open_pool(
    dsn: str,
    *,
    min_size: int = 2,
    max_size: int = 10,
    timeout_s: float = ANSWER_TIMEOUT_S,
    statements: Statements | None = None,
) -> asyncpg.Pool[asyncpg.Record]:
    """A pool of connections with our types, whose statements are noted in `statements`.

    A connection goes back without a round trip to reset it: do not `SET`, `LISTEN` or take session-wide advisory
    locks on one (`SET LOCAL` and `pg_advisory_xact_lock` are fine). An open transaction is rolled back. A statement
    that has no answer after `timeout_s` seconds is cancelled and raises TimeoutError; so does waiting for a connection.
    """

    async def prepare(connection: asyncpg.Connection[Any]) -> None:
        await set_types(connection)
        if statements is not None:
            connection.add_query_logger(statements.note)

    return await Pool(
        dsn,
        timeout_s=timeout_s,
        min_size=min_size,
        max_size=max_size,
        init=prepare,
        reset=_leave_as_it_is,
        server_settings=SESSION,
        statement_cache_size=STATEMENTS_KEPT,
        max_cached_statement_lifetime=0,
        max_inactive_connection_lifetime=0,
        max_queries=2**31,
    )


async def _leave_as_it_is(connection: asyncpg.Connection[Any]) -> None:
    """Sessions hold no state; see `open_pool`."""


def unavailable(error: BaseException) -> Unavailable | None:
    """What to tell the caller when `error`, raised by a database call, means that the database cannot serve now.

    None when it means something else: a mistake of ours, or data that cannot be.
    """
    if isinstance(error, Unavailable):
        return error
    if isinstance(error, asyncpg.InternalClientError):
        # asyncpg loses its thread when a connection dies between two messages of one statement.
        lost = "cannot switch to state" in str(error)
        return Unavailable("the connection to the database was lost") if lost else None
    if isinstance(error, asyncpg.InterfaceError):
        lost = any(words in str(error) for words in CLOSED)
        return Unavailable("the connection to the database was lost") if lost else None
    for kind, message, retry_after_s in REASONS:
        if isinstance(error, kind):
            return Unavailable(message, retry_after_s)
    return None

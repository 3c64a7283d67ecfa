"""A database is embedded or given by URL; either way it is checked, migrated and reachable, or refused in words."""

from __future__ import annotations

import asyncio
import os
import signal
from pathlib import Path

import asyncpg
import pytest

from kleos.core.errors import KleosError, Unavailable
from kleos.store.database import Database, place_of, refuse_old
from kleos.store.embedded import EmbeddedPostgres
from kleos.store.pool import unavailable


async def test_embedded_in_a_data_directory(data_dir: Path) -> None:
    async with Database.open(data_dir=data_dir) as database:
        assert database.embedded is not None
        assert await database.is_reachable()
        await database.pool.execute("CREATE TABLE kept (n integer); INSERT INTO kept VALUES (7)")
    async with Database.open(data_dir=data_dir) as database:
        assert await database.pool.fetchval("SELECT n FROM kept") == 7


async def test_a_second_postgres_by_url(postgres: EmbeddedPostgres, data_dir: Path) -> None:
    other = EmbeddedPostgres(data_dir)
    url = await other.start()
    assert url != postgres.dsn
    async with Database.open(url=url) as database:
        assert database.embedded is None
        assert await database.is_reachable()
        assert await database.pool.fetchval("SELECT count(*) FROM kleos.migrations") >= 1
    await other.stop()


async def test_sessions_are_set_up(database: Database) -> None:
    shown = [await database.pool.fetchval(f"SHOW {name}") for name in ("application_name", "timezone", "jit")]
    assert shown == ["kleos", "UTC", "off"]


async def test_a_transaction_left_open_is_rolled_back(database: Database) -> None:
    for _ in range(2):  # the same connection comes back
        async with database.pool.acquire() as connection:
            assert await connection.fetchval("SELECT to_regclass('left_over')") is None
            transaction = connection.transaction()
            await transaction.start()
            await connection.execute("CREATE TABLE left_over ()")
            await transaction.rollback()


async def test_a_lost_server_is_unavailable_and_comes_back(data_dir: Path) -> None:
    async with Database.open(data_dir=data_dir) as database:
        assert database.embedded is not None
        killed = database.embedded.pid
        assert killed is not None
        async with database.pool.acquire() as connection:
            asking = asyncio.create_task(connection.fetchval("SELECT pg_sleep(60)"))
            async with asyncio.timeout(10):
                while not await database.pool.fetchval(
                    "SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%pg_sleep(60)' AND state = 'active'"
                ):
                    pass
            os.kill(killed, signal.SIGKILL)
            with pytest.raises((OSError, asyncpg.PostgresError, asyncpg.InterfaceError)) as caught:
                await asking
        assert unavailable(caught.value) is not None
        async with asyncio.timeout(20):
            while not await database.is_reachable(timeout_s=1.0):
                await asyncio.sleep(0.01)
        assert database.embedded.pid not in (None, killed)
        assert await database.pool.fetchval("SELECT count(*) FROM kleos.migrations") >= 1


async def test_nobody_at_the_url(data_dir: Path) -> None:
    with pytest.raises(Unavailable, match="not reachable at the local socket/kleos"):
        async with Database.open(url=f"postgresql://kleos@/kleos?host={data_dir}", wait_s=0):
            pass


async def test_a_database_that_is_not_there(postgres: EmbeddedPostgres) -> None:
    with pytest.raises(KleosError, match="nowhere"):
        async with Database.open(url=postgres.dsn.replace("/kleos?", "/nowhere?"), wait_s=0):
            pass


async def test_another_encoding_is_refused(postgres: EmbeddedPostgres, database: Database) -> None:
    create = "CREATE DATABASE latin ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0"
    await database.pool.execute(create)
    with pytest.raises(KleosError, match="LATIN1: Kleos needs UTF8"):
        async with Database.open(url=postgres.dsn.replace("/kleos?", "/latin?")):
            pass
    await database.pool.execute("DROP DATABASE latin WITH (FORCE)")


def test_an_old_version_is_refused() -> None:
    with pytest.raises(KleosError, match="PostgreSQL 14: Kleos needs 15"):
        refuse_old(14)
    refuse_old(15)


def test_a_password_is_never_told() -> None:
    assert place_of("postgresql://me:secret@db.example:5433/game") == "db.example:5433/game"


async def test_an_unreachable_database_says_so(data_dir: Path) -> None:
    server = EmbeddedPostgres(data_dir)
    url = await server.start()
    async with Database.open(url=url) as database:
        assert await database.is_reachable()
        await server.stop()
        assert not await database.is_reachable()
        with pytest.raises((OSError, asyncpg.PostgresError, asyncpg.InterfaceError)) as caught:
            await database.pool.fetchval("SELECT 1")
        told = unavailable(caught.value)
        assert told is not None
        assert told.message == "the database is not reachable"


async def test_read_only_is_unavailable(database: Database) -> None:
    async with database.pool.acquire() as connection:
        with pytest.raises(asyncpg.ReadOnlySQLTransactionError) as caught:
            async with connection.transaction(readonly=True):
                await connection.execute("CREATE TABLE t ()")
    told = unavailable(caught.value)
    assert told is not None
    assert told.message == "the database is read-only"


async def test_too_many_connections_is_unavailable(data_dir: Path) -> None:
    server = EmbeddedPostgres(data_dir, {"max_connections": "5", "superuser_reserved_connections": "0"})
    url = await server.start()
    connections: list[asyncpg.Connection[asyncpg.Record]] = []
    user = url.replace("//kleos@", "//guest@")
    first = await asyncpg.connect(url)
    await first.execute("CREATE ROLE guest LOGIN")
    for _ in range(4):
        connections.append(await asyncpg.connect(user))  # noqa: PERF401
    with pytest.raises(asyncpg.TooManyConnectionsError) as caught:
        await asyncpg.connect(user)
    told = unavailable(caught.value)
    assert told is not None
    assert told.message == "the database has no connection free"
    for connection in (first, *connections):
        await connection.close()
    await server.stop()


def test_a_full_disk_is_told_apart() -> None:
    told = unavailable(asyncpg.DiskFullError("could not extend file"))
    assert told is not None
    assert told.message == "the database's disk is full"


async def test_a_mistake_of_ours_is_not_unavailable(database: Database) -> None:
    with pytest.raises(asyncpg.UndefinedTableError) as caught:
        await database.pool.execute("SELECT * FROM nonsense")
    assert unavailable(caught.value) is None

"""Migrations are applied once, in order, whole or not at all; a database made otherwise is refused."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from kleos.core.errors import KleosError
from kleos.store.database import Database
from kleos.store.migrate import Migration, migrate, read_migrations
from kleos.store.pool import open_connection

SHIPPED = read_migrations()
NEXT = len(SHIPPED) + 1


async def test_a_fresh_database_has_every_migration(database: Database) -> None:
    rows = await database.pool.fetch("SELECT version, name FROM kleos.migrations ORDER BY version")
    assert [(row["version"], row["name"]) for row in rows] == [(step.version, step.name) for step in SHIPPED]
    assert await database.pool.fetchval("SELECT nextval('kleos.version_seq')") == 1


async def test_what_is_applied_is_not_applied_again(database_url: str) -> None:
    connection = await open_connection(database_url)
    steps = (*SHIPPED, Migration(NEXT, "more", "CREATE TABLE kleos.more (n integer)"))
    assert await migrate(connection, steps) == (NEXT,)
    assert await migrate(connection, steps) == ()
    await connection.close()


async def test_nodes_that_start_together_apply_each_step_once(database_url: str) -> None:
    steps = (*SHIPPED, Migration(NEXT, "more", "CREATE TABLE kleos.more (n integer)"))
    connections = [await open_connection(database_url) for _ in range(4)]
    applied = await asyncio.gather(*(migrate(connection, steps) for connection in connections))
    assert sorted(applied) == [(), (), (), (NEXT,)]
    for connection in connections:
        await connection.close()


async def test_a_step_that_fails_leaves_nothing_behind(database_url: str) -> None:
    connection = await open_connection(database_url)
    broken = Migration(NEXT, "broken", "CREATE TABLE kleos.half (n integer); SELECT nonsense;")
    with pytest.raises(KleosError, match=f"{NEXT:04}_broken failed"):
        await migrate(connection, (*SHIPPED, broken))
    assert await connection.fetchval("SELECT to_regclass('kleos.half')") is None
    assert await connection.fetchval("SELECT max(version) FROM kleos.migrations") == len(SHIPPED)
    assert await migrate(connection, SHIPPED) == ()
    await connection.close()


async def test_a_changed_step_is_refused(database_url: str) -> None:
    connection = await open_connection(database_url)
    changed = replace(SHIPPED[0], sql=SHIPPED[0].sql + "\n-- changed")
    with pytest.raises(KleosError, match="0001_start differs"):
        await migrate(connection, (changed, *SHIPPED[1:]))
    await connection.close()


async def test_a_database_of_a_newer_kleos_is_refused(database_url: str) -> None:
    connection = await open_connection(database_url)
    await migrate(connection, (*SHIPPED, Migration(NEXT, "newer", "SELECT 1")))
    with pytest.raises(KleosError, match=f"at migration {NEXT} and this Kleos knows {NEXT - 1}"):
        await migrate(connection, SHIPPED)
    await connection.close()


@pytest.mark.parametrize("names", [("0002_b.sql",), ("0001_a.sql", "0001_b.sql"), ("first.sql",)])
def test_files_out_of_order_are_refused(tmp_path: Path, names: tuple[str, ...]) -> None:
    for name in names:
        (tmp_path / name).write_text("SELECT 1")
    with pytest.raises(KleosError, match="migration"):
        read_migrations(tmp_path)


def test_files_are_read_in_order(tmp_path: Path) -> None:
    for name in ("0002_b.sql", "0001_a.sql"):
        (tmp_path / name).write_text(f"SELECT '{name}'")
    assert [step.name for step in read_migrations(tmp_path)] == ["a", "b"]

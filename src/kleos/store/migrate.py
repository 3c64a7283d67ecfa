"""Brings a database's fixed tables up to date, one numbered SQL file after another."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import resources
from importlib.resources.abc import Traversable
from typing import Any, Final

import asyncpg

from kleos.core.errors import KleosError

LOCK: Final = int.from_bytes(b"kleos-mg", "big")
FILE_NAME: Final = re.compile(r"(\d{4})_([a-z0-9_]+)\.sql")

LEDGER_EXISTS: Final = "SELECT to_regclass('kleos.migrations') IS NOT NULL"
CREATE_LEDGER: Final = """
CREATE SCHEMA IF NOT EXISTS kleos;
CREATE TABLE kleos.migrations (
    version     integer PRIMARY KEY,
    name        text NOT NULL,
    checksum    text NOT NULL,
    applied_at  timestamptz NOT NULL DEFAULT now()
);
"""
APPLIED: Final = "SELECT version, name, checksum FROM kleos.migrations ORDER BY version"
RECORD: Final = "INSERT INTO kleos.migrations (version, name, checksum) VALUES ($1, $2, $3)"


@dataclass(frozen=True, slots=True)
class Migration:
    """One step: its number from 1 on, its name, and the SQL."""

    version: int
    name: str
    sql: str

    @property
    def checksum(self) -> str:
        return hashlib.sha256(self.sql.encode()).hexdigest()


def read_migrations(folder: Traversable | None = None) -> tuple[Migration, ...]:
    """The steps in `folder` (by default those shipped), in order; their numbers run from 1 without a gap."""
    place = folder if folder is not None else resources.files("kleos.store") / "migrations"
    found = []
    for file in place.iterdir():
        if not file.name.endswith(".sql"):
            continue
        match = FILE_NAME.fullmatch(file.name)
        if match is None:
            raise KleosError(f"migration {file.name!r} is not named like 0001_start.sql")
        found.append(Migration(int(match[1]), match[2], file.read_text(encoding="utf-8")))
    found.sort(key=lambda migration: migration.version)
    if [migration.version for migration in found] != list(range(1, len(found) + 1)):
        raise KleosError("migrations must be numbered from 0001 on, without a gap or a repeat")
    return tuple(found)


async def migrate(
    connection: asyncpg.Connection[Any], migrations: Sequence[Migration] | None = None
) -> tuple[int, ...]:
    """Apply what is missing, each step in a transaction of its own; returns the versions applied now.

    Several nodes may call this at once: one works, the others wait. Raises `KleosError` when the database was made
    by a newer Kleos, or with other migrations than these. `connection` is one outside any pool.
    """
    steps = migrations if migrations is not None else read_migrations()
    await connection.execute("SELECT pg_advisory_lock($1)", LOCK)
    try:
        if not await connection.fetchval(LEDGER_EXISTS):
            async with connection.transaction():
                await connection.execute(CREATE_LEDGER)
        applied = {row["version"]: row for row in await connection.fetch(APPLIED)}
        _refuse_strangers(applied, steps)
        missing = [step for step in steps if step.version not in applied]
        for step in missing:
            await _apply(connection, step)
        return tuple(step.version for step in missing)
    finally:
        if not connection.is_closed():
            await connection.execute("SELECT pg_advisory_unlock($1)", LOCK)


async def _apply(connection: asyncpg.Connection[Any], step: Migration) -> None:
    try:
        async with connection.transaction():
            await connection.execute(step.sql)
            await connection.execute(RECORD, step.version, step.name, step.checksum)
    except asyncpg.SyntaxOrAccessError as error:
        raise KleosError(f"migration {step.version:04}_{step.name} failed: {error}") from error


def _refuse_strangers(applied: dict[int, asyncpg.Record], steps: Sequence[Migration]) -> None:
    newest = len(steps)
    if applied and max(applied) > newest:
        raise KleosError(
            f"the database is at migration {max(applied)} and this Kleos knows {newest}: a newer Kleos made it; "
            "start that version, or restore a backup made before"
        )
    for step in steps:
        row = applied.get(step.version)
        if row is not None and row["checksum"] != step.checksum:
            raise KleosError(
                f"migration {step.version:04}_{step.name} differs from the one that made this database: "
                "a released migration is never changed; undo the change, or start with a new data directory"
            )

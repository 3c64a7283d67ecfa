"""The PostgreSQL that every benchmark writes to: embedded, durable, one for a run, in a folder that goes with it."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from uuid import uuid4

from kleos.store.embedded import EmbeddedPostgres
from kleos.store.migrate import migrate
from kleos.store.pool import open_connection


@asynccontextmanager
async def cluster() -> AsyncIterator[EmbeddedPostgres]:
    """A server with the settings that Kleos gives its own: fsync, full_page_writes and synchronous_commit are on."""
    folder = Path(tempfile.mkdtemp(prefix="kleos-bench-"))
    folder.chmod(0o755)  # PostgreSQL runs under another account where we are root
    server = EmbeddedPostgres(folder, {"max_connections": "150"})
    try:
        await server.start()
        yield server
    finally:
        await server.stop()
        shutil.rmtree(folder, ignore_errors=True)


@asynccontextmanager
async def database(server: EmbeddedPostgres) -> AsyncIterator[str]:
    """The URL of a migrated database with nothing in it, dropped afterwards."""
    name = f"bench_{uuid4().hex[:8]}"
    await _administer(server, f'CREATE DATABASE "{name}"')
    dsn = server.dsn.replace("/kleos?", f"/{name}?", 1)
    try:
        connection = await open_connection(dsn)
        try:
            await migrate(connection)
        finally:
            await connection.close()
        yield dsn
    finally:
        await _administer(server, f'DROP DATABASE "{name}" WITH (FORCE)')


async def _administer(server: EmbeddedPostgres, statement: str) -> None:
    connection = await open_connection(server.dsn)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()

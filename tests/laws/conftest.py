"""One engine for all laws that need no other, on a real PostgreSQL, with a clock that stands where a test puts it."""

from collections.abc import AsyncIterator
from uuid import uuid4

import pytest

from kleos.engine.engine import Engine
from kleos.store.database import Database
from kleos.store.embedded import EmbeddedPostgres
from kleos.store.pool import open_connection, open_pool
from tests.laws.world import NOW, Clock, World


@pytest.fixture(scope="session")
async def world(postgres: EmbeddedPostgres, template: str) -> AsyncIterator[World]:
    """Shared by the session: tests make games of their own in it."""
    name = f"laws_{uuid4().hex[:12]}"
    admin = await open_connection(postgres.dsn)
    await admin.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}" STRATEGY FILE_COPY')
    await admin.close()
    dsn = postgres.dsn.replace("/kleos?", f"/{name}?", 1)
    pool = await open_pool(dsn, min_size=1, max_size=8)
    clock = Clock(NOW)
    async with Engine.open(Database(dsn, pool), clock=clock) as engine:
        yield World(engine, clock)
    pool.terminate()

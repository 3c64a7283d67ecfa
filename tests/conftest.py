"""Fixtures for every test: a real PostgreSQL, and the real-world data beside the checkout."""

from __future__ import annotations

import os
import shutil
import signal
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from kleos.store.database import Database
from kleos.store.embedded import EmbeddedPostgres
from kleos.store.migrate import migrate
from kleos.store.pool import open_connection, open_pool

REPOSITORY = Path(__file__).resolve().parent.parent

# Commands that are started are interrupted as at a terminal, also where the tests run in the background of a shell,
# which has them ignore it.
signal.signal(signal.SIGINT, signal.default_int_handler)


def find_shared() -> Path | None:
    """The folder of shared data: what `KLEOS_SHARED` names, else `../shared/data` beside the checkout."""
    named = os.environ.get("KLEOS_SHARED")
    candidates = [Path(named), Path(named) / "data"] if named else [REPOSITORY.parent / "shared" / "data"]
    return next((folder for folder in reversed(candidates) if folder.is_dir()), None)


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of shared real-world data. Skips where it is absent; fails with `KLEOS_REQUIRE_SHARED=1`."""
    folder = find_shared()
    if folder is None:
        reason = "needs the shared data: put it at ../shared/data beside the checkout, or set KLEOS_SHARED"
        if os.environ.get("KLEOS_REQUIRE_SHARED"):
            pytest.fail(reason)
        pytest.skip(reason)
    return folder


@pytest.fixture(scope="session")
def reachable_dir() -> Iterator[Path]:
    """A short folder for the session that other accounts can enter: PostgreSQL does not run as root."""
    folder = Path(tempfile.mkdtemp(prefix="kleos-test-", dir="/tmp"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def data_dir(reachable_dir: Path) -> Iterator[Path]:
    """An empty data directory of the test's own, for a server that it starts and kills as it likes."""
    folder = Path(tempfile.mkdtemp(dir=reachable_dir))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
async def postgres(reachable_dir: Path) -> AsyncIterator[EmbeddedPostgres]:
    """One PostgreSQL for the session, shared: tests that stop or kill a server start their own in `data_dir`.

    It does not wait for the disk, which no test of the shared server is about.
    """
    server = EmbeddedPostgres(
        reachable_dir / "shared",
        {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "shared_buffers": "64MB"},
    )
    await server.start()
    yield server
    await server.stop()


@pytest.fixture(scope="session")
async def template(postgres: EmbeddedPostgres) -> str:
    """The name of a migrated database to copy."""
    await _administer(postgres, 'CREATE DATABASE "template"')
    connection = await open_connection(_dsn(postgres, "template"))
    await migrate(connection)
    await connection.close()
    return "template"


@pytest.fixture
async def database_url(postgres: EmbeddedPostgres, template: str) -> AsyncIterator[str]:
    """The URL of a migrated database of the test's own, with nothing in it."""
    name = f"test_{uuid4().hex[:12]}"
    await _administer(postgres, f'CREATE DATABASE "{name}" TEMPLATE "{template}" STRATEGY FILE_COPY')
    yield _dsn(postgres, name)
    await _administer(postgres, f'DROP DATABASE "{name}" WITH (FORCE)')


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """A migrated database of the test's own, with nothing in it, and its pool."""
    pool = await open_pool(database_url, min_size=1, max_size=8)
    yield Database(database_url, pool)
    pool.terminate()


def _dsn(server: EmbeddedPostgres, name: str) -> str:
    return server.dsn.replace("/kleos?", f"/{name}?", 1)


async def _administer(server: EmbeddedPostgres, statement: str) -> None:
    connection = await open_connection(server.dsn)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()

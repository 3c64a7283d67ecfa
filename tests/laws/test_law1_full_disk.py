"""Law 1 on a full disk: clear refusals, nothing half done, and all is well once there is room, without a restart."""

import asyncio
import os
import random
import subprocess
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final

import asyncpg
import httpx
import pytest

from kleos.engine.engine import Engine
from kleos.server.app import create_app
from kleos.server.serving import listen, running
from kleos.store.database import Database
from kleos.store.pool import open_connection
from tests.laws.load import (
    KEY,
    LOOK_AGAIN_S,
    Ledger,
    check_everything,
    check_ranks,
    detail_of_503,
    loading,
    until,
    until_ready,
)

DISK: Final = "size=320m"
SPARE_BYTES: Final = 64 * 1024


@pytest.fixture
def small_disk() -> Iterator[Path]:
    """A file system of the test's own. Skips where it may not be mounted."""
    folder = Path(tempfile.mkdtemp(prefix="kleos-disk-", dir="/tmp"))
    folder.chmod(0o755)
    options = f"{DISK},mode=0755"
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", folder], capture_output=True, text=True)
    if mounted.returncode != 0:
        folder.rmdir()
        pytest.skip(f"needs the right to mount a small tmpfs: {mounted.stderr.strip()}")
    yield folder
    subprocess.run(["umount", "--lazy", folder], check=True)
    folder.rmdir()


def fill(disk: Path) -> Path:
    """Leaves next to nothing free."""
    ballast = disk / "ballast"
    with ballast.open("ab") as file:
        while (free := os.statvfs(disk).f_bavail * os.statvfs(disk).f_frsize) > SPARE_BYTES:
            os.posix_fallocate(file.fileno(), file.seek(0, os.SEEK_END), free - SPARE_BYTES // 2)
            file.seek(0, os.SEEK_END)
    return ballast


@pytest.fixture
async def server(small_disk: Path) -> AsyncIterator[tuple[str, Database, Engine]]:
    async with Database.open(data_dir=small_disk / "data", timeout_s=5.0) as database:
        app = create_app(lambda: Engine.open(database), KEY)
        async with running(app, listen("127.0.0.1", 0)) as url:
            yield url, database, app.state.engine


async def test_no_room_for_events(small_disk: Path, server: tuple[str, Database, Engine]) -> None:
    url, database, _ = server
    ledger = Ledger(random.Random(21))
    async with loading(url, ledger), httpx.AsyncClient(base_url=url) as http:
        await until(lambda: ledger.answered > 200, "acknowledgements")
        await until_ready(http)
        ballast = fill(small_disk)
        await until(lambda: any("disk is full" in detail for detail in ledger.refused), "a refusal for the disk's sake")
        board = await http.get("/v1/games/golf/boards/wins")
        assert board.status_code == 200, "what is in memory is still answered"
        ballast.unlink()
        before = ledger.answered
        await until(lambda: ledger.answered > before + 100, "events taken again")
    await check_everything(url, database.dsn, ledger)


async def test_no_room_for_the_database_itself(small_disk: Path, server: tuple[str, Database, Engine]) -> None:
    """With no room for its log, PostgreSQL falls, and cannot stand up before there is some."""
    url, database, _ = server
    assert database.embedded is not None
    ledger = Ledger(random.Random(22))
    postmaster = database.embedded.pid
    async with httpx.AsyncClient(base_url=url, timeout=30) as http:
        for game in ("golf", "arcade", "golf", "arcade"):
            assert await ledger.send(http, game, ledger.batch(game)) is not None, ledger.refused
        await check_ranks(url, database.dsn)
        ballast = fill(small_disk)
        await fell(database)
        async with asyncio.timeout(30):
            while database.embedded.pid == postmaster:
                await asyncio.sleep(LOOK_AGAIN_S)
        batch = ledger.batch("golf")
        assert await ledger.send(http, "golf", batch) is None
        assert detail_of_503(await http.get("/v1/games/golf/sheets/career"))
        assert (await http.get("/v1/games/golf/boards/wins")).status_code == 200
        assert (await http.get("/ready")).json()["trouble"]
        ballast.unlink()
        async with asyncio.timeout(60):
            while await ledger.send(http, "golf", batch) is None:
                await asyncio.sleep(LOOK_AGAIN_S)
    await check_everything(url, database.dsn, ledger)


async def fell(database: Database) -> None:
    """Writes PostgreSQL's log full, until that costs it its life."""
    connection = await open_connection(database.dsn)
    try:
        async with asyncio.timeout(60):
            while not connection.is_closed():
                with suppress(asyncpg.PostgresError, OSError):
                    await connection.execute("SELECT pg_logical_emit_message(false, 'full', repeat('x', 1000000))")
    finally:
        connection.terminate()

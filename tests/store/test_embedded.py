"""The embedded PostgreSQL starts, comes back whatever kills it, and never runs twice on one data directory."""

from __future__ import annotations

import asyncio
import logging
import os
import shutil
import signal
import stat
import subprocess
import sys
import textwrap
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg
import pytest

from kleos.core.errors import Conflict, KleosError
from kleos.store import binaries
from kleos.store.account import Account, account_for
from kleos.store.embedded import EmbeddedPostgres
from kleos.store.leftovers import SOCKET_LOCK, processes_on

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="needs root, to run PostgreSQL as somebody else")

# A Kleos in a process of its own: starts on the folder it is given, writes a row, says so, and stays.
KLEOS = textwrap.dedent("""
    import asyncio, sys
    from pathlib import Path
    import asyncpg
    from kleos.store.embedded import EmbeddedPostgres

    async def main():
        server = EmbeddedPostgres(Path(sys.argv[1]))
        connection = await asyncpg.connect(await server.start())
        await connection.execute("CREATE TABLE kept AS SELECT 7 AS n")
        print(server.pid, flush=True)
        await asyncio.Event().wait()

    asyncio.run(main())
""")


@asynccontextmanager
async def running(data_dir: Path) -> AsyncIterator[EmbeddedPostgres]:
    server = EmbeddedPostgres(data_dir)
    await server.start()
    try:
        yield server
    finally:
        await server.stop()


@asynccontextmanager
async def kleos_in_another_process(data_dir: Path) -> AsyncIterator[tuple[asyncio.subprocess.Process, int]]:
    """That process, and the process id of its postmaster."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", KLEOS, str(data_dir), stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    try:
        yield process, int(await process.stdout.readline())
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def ask(server: EmbeddedPostgres, question: str) -> object:
    connection = await asyncpg.connect(server.dsn)
    try:
        return await connection.fetchval(question)
    finally:
        await connection.close()


async def until(condition: Callable[[], bool], within_s: float = 20.0) -> None:
    async with asyncio.timeout(within_s):
        while not condition():
            await asyncio.sleep(0.005)


async def until_answers(server: EmbeddedPostgres, question: str) -> object:
    async with asyncio.timeout(20):
        while True:
            try:
                return await ask(server, question)
            except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
                await asyncio.sleep(0.005)


async def test_it_listens_on_a_private_socket_only(data_dir: Path) -> None:
    async with running(data_dir) as server:
        assert await ask(server, "SHOW listen_addresses") == ""
        assert stat.S_IMODE((data_dir / "socket").stat().st_mode) == 0o700
        assert stat.S_IMODE(server.cluster.stat().st_mode) == 0o700


async def test_it_keeps_data_safe_and_sorts_by_code_point(data_dir: Path) -> None:
    expected = {
        "fsync": "on",
        "synchronous_commit": "on",
        "full_page_writes": "on",
        "data_checksums": "on",
        "server_encoding": "UTF8",
        "max_wal_size": "2GB",
    }
    async with running(data_dir) as server:
        assert {name: await ask(server, f"SHOW {name}") for name in expected} == expected
        assert await ask(server, "SELECT datcollate FROM pg_database WHERE datname = 'kleos'") == "C"


async def test_it_never_runs_as_root(data_dir: Path) -> None:
    async with running(data_dir) as server:
        assert Path(f"/proc/{server.pid}").stat().st_uid != 0


async def test_stopped_is_gone(data_dir: Path) -> None:
    async with running(data_dir) as server:
        assert processes_on(server.cluster)
    assert processes_on(server.cluster) == ()
    assert server.pid is None
    assert not (server.cluster / "postmaster.pid").exists()


async def test_it_comes_back_each_time_it_is_killed(data_dir: Path) -> None:
    async with running(data_dir) as server:
        await ask(server, "CREATE TABLE kept (n integer)")
        for n in range(3):
            await until_answers(server, f"INSERT INTO kept VALUES ({n})")
            killed = server.pid
            assert killed is not None
            os.kill(killed, signal.SIGKILL)
            await until(lambda killed=killed: server.pid not in (None, killed))  # type: ignore[misc]
        assert await until_answers(server, "SELECT array_agg(n ORDER BY n) FROM kept") == [0, 1, 2]


async def test_it_comes_back_after_a_crash_of_one_backend(data_dir: Path) -> None:
    async with running(data_dir) as server:
        connection = await asyncpg.connect(server.dsn)
        backend = await connection.fetchval("SELECT pg_backend_pid()")
        os.kill(backend, signal.SIGKILL)
        await until(connection.is_closed)
        assert await until_answers(server, "SELECT 1") == 1


async def test_it_tries_until_it_can(data_dir: Path, caplog: pytest.LogCaptureFixture) -> None:
    async with running(data_dir) as server:
        settings = server.cluster / "postgresql.conf"
        hidden = settings.rename(settings.with_suffix(".hidden"))
        assert server.pid is not None
        os.kill(server.pid, signal.SIGKILL)
        await until(lambda: caplog.text.count("did not start; it said") >= 2)
        hidden.rename(settings)
        assert await until_answers(server, "SELECT 1") == 1


async def test_a_second_one_is_refused(data_dir: Path) -> None:
    async with running(data_dir) as server:
        with pytest.raises(Conflict, match=rf"in use by another Kleos \(process {os.getpid()}\)"):
            await EmbeddedPostgres(data_dir).start()
        assert await ask(server, "SELECT 1") == 1


async def test_another_process_is_refused_until_the_first_is_gone(data_dir: Path) -> None:
    async with kleos_in_another_process(data_dir) as (process, _):
        with pytest.raises(Conflict, match=f"process {process.pid}"):
            await EmbeddedPostgres(data_dir).start()
    async with running(data_dir) as server:
        assert await ask(server, "SELECT n FROM kept") == 7


async def test_it_dies_with_kleos(data_dir: Path) -> None:
    cluster = data_dir / "postgres"
    async with kleos_in_another_process(data_dir) as (process, _):
        process.kill()
        await until(lambda: processes_on(cluster) == ())


async def test_a_postmaster_left_behind_is_ended_first(data_dir: Path) -> None:
    cluster = data_dir / "postgres"
    async with kleos_in_another_process(data_dir) as (process, postmaster):
        os.kill(postmaster, signal.SIGSTOP)  # so that it outlives its Kleos
        process.kill()
        await process.wait()
    assert postmaster in processes_on(cluster)
    server = EmbeddedPostgres(data_dir)
    starting = asyncio.create_task(server.start())
    await until((data_dir / "lock").exists)
    os.kill(postmaster, signal.SIGCONT)
    await starting
    assert postmaster not in processes_on(cluster)
    assert await ask(server, "SELECT n FROM kept") == 7
    await server.stop()


async def test_stale_lock_files_with_a_living_number(data_dir: Path) -> None:
    async with running(data_dir) as server:
        account = account_for(server.cluster)
    uid, gid = (account.uid, account.gid) if account.switch else (None, None)
    innocent = await asyncio.create_subprocess_exec("sleep", "60", user=uid, group=gid)
    sockets = data_dir / "socket"
    for lock in (server.cluster / "postmaster.pid", sockets / SOCKET_LOCK):
        lock.write_text(f"{innocent.pid}\n{server.cluster}\n0\n5432\n{sockets}\n")
    async with running(data_dir) as server:
        assert await ask(server, "SELECT 1") == 1
    assert innocent.returncode is None
    innocent.kill()
    await innocent.wait()


async def test_a_first_start_that_was_interrupted(data_dir: Path) -> None:
    (data_dir / "postgres.unfinished" / "base").mkdir(parents=True)
    async with running(data_dir) as server:
        assert await ask(server, "SELECT 1") == 1
    assert not (data_dir / "postgres.unfinished").exists()


async def test_a_long_path_has_its_socket_elsewhere(data_dir: Path) -> None:
    async with running(data_dir / ("d" * 100)) as server:
        assert await ask(server, "SELECT 1") == 1
        elsewhere = Path(server.dsn.partition("host=")[2])
        assert stat.S_IMODE(elsewhere.stat().st_mode) == 0o700
    shutil.rmtree(elsewhere)


async def test_odd_characters_in_the_path(data_dir: Path) -> None:
    async with running(data_dir / "a b?c#d%20é&e") as server:
        assert await ask(server, "SELECT 1") == 1


@needs_root
async def test_a_folder_closed_to_the_account(data_dir: Path) -> None:
    closed = data_dir / "closed"
    closed.mkdir(mode=0o700)
    async with running(closed / "data") as server:
        assert not account_for(server.cluster).can_enter(server.cluster)
        await ask(server, "CREATE TABLE kept AS SELECT 7 AS n")
        assert server.pid is not None
        os.kill(server.pid, signal.SIGKILL)
        assert await until_answers(server, "SELECT n FROM kept") == 7
    async with running(closed / "data") as server:
        assert await ask(server, "SELECT n FROM kept") == 7
    shutil.rmtree(server.dsn.partition("host=")[2])


@needs_root
def test_programs_closed_to_the_account_are_copied(data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    closed = data_dir / "closed"
    closed.mkdir(mode=0o700)
    shutil.copytree(binaries.installed(), closed / "pg", ignore=shutil.ignore_patterns("include"))
    monkeypatch.setattr(binaries, "installed", lambda: closed / "pg")
    account = account_for(data_dir / "postgres")
    copy = binaries.usable_by(account)
    assert copy != closed / "pg"
    assert binaries.usable_by(account) == copy
    told = subprocess.run(
        [copy / "bin" / "postgres", "--version"],
        user=account.uid,
        group=account.gid,
        capture_output=True,
        text=True,
        check=True,
    )
    assert f"PostgreSQL) {binaries.MAJOR_VERSION}." in told.stdout
    shutil.rmtree(copy)


def test_an_account_enters_what_its_bits_allow(data_dir: Path) -> None:
    (data_dir / "a").mkdir(mode=0o750)
    status = (data_dir / "a").stat()
    inside = data_dir / "a" / "b"
    assert Account(status.st_uid, 0, switch=True).can_enter(inside)
    assert Account(status.st_uid + 1, status.st_gid, switch=True).can_enter(inside)
    assert not Account(status.st_uid + 1, status.st_gid + 1, switch=True).can_enter(inside)


async def test_a_setting_that_postgres_refuses_is_told(data_dir: Path) -> None:
    server = EmbeddedPostgres(data_dir, {"shared_buffers": "plenty"})
    with pytest.raises(KleosError, match="shared_buffers"):
        await server.start()
    async with running(data_dir) as server:  # nothing is held by the one that failed
        assert await ask(server, "SELECT 1") == 1


@pytest.mark.parametrize("version, told", [("17", "made by PostgreSQL 17"), (None, "has no PG_VERSION")])
async def test_files_of_something_else_are_refused(data_dir: Path, version: str | None, told: str) -> None:
    cluster = data_dir / "postgres"
    cluster.mkdir()
    if version is not None:
        (cluster / "PG_VERSION").write_text(version)
    with pytest.raises(KleosError, match=told):
        await EmbeddedPostgres(data_dir).start()


async def test_a_data_directory_that_is_a_file(data_dir: Path) -> None:
    (data_dir / "file").write_text("")
    with pytest.raises(KleosError, match="cannot be used"):
        await EmbeddedPostgres(data_dir / "file").start()


async def test_an_unexpected_end_is_logged(data_dir: Path, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        async with running(data_dir) as server:
            assert server.pid is not None
            os.kill(server.pid, signal.SIGKILL)
            await until_answers(server, "SELECT 1")
            await until(lambda: "runs again" in caplog.text)
    assert "ended (status -9)" in caplog.text

"""An embedded PostgreSQL: started, watched, restarted and stopped by us, reachable by a Unix socket alone."""

from __future__ import annotations

import asyncio
import fcntl
import hashlib
import logging
import os
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Final
from urllib.parse import quote

import asyncpg

from kleos.core.errors import Conflict, KleosError
from kleos.store import launch, leftovers
from kleos.store.account import account_for
from kleos.store.binaries import MAJOR_VERSION, usable_by

logger = logging.getLogger(__name__)

SUPERUSER: Final = "kleos"
DATABASE: Final = "kleos"
LONGEST_SOCKET_DIRECTORY: Final = 107 - len(f"/{leftovers.SOCKET_LOCK}")
LOOK_AGAIN_S: Final = 0.01
STOP_S: Final = 30.0
SHORTEST_PAUSE_S: Final = 0.1
LONGEST_PAUSE_S: Final = 5.0
STEADY_S: Final = 10.0
LOG_SIZE_BYTES: Final = 16 * 1024 * 1024

SETTINGS: Final[Mapping[str, str]] = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "50",
    "shared_buffers": "256MB",
    "fsync": "on",
    "full_page_writes": "on",
    "synchronous_commit": "on",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_wal_size": "2GB",
    "checkpoint_timeout": "15min",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_min_messages": "warning",
    "log_checkpoints": "off",
    "log_line_prefix": "%m [%p] ",
}


class EmbeddedPostgres:
    """PostgreSQL on `data_dir/postgres`, one for each data directory.

    `settings` are server settings laid over `SETTINGS`. After `start()` the server is kept running, whatever kills it,
    until `stop()`. It stops by itself when this process dies (on Linux).
    """

    def __init__(self, data_dir: Path, settings: Mapping[str, str] | None = None) -> None:
        self.data_dir = data_dir.absolute()
        self.cluster = self.data_dir / "postgres"
        self.log_file = self.data_dir / "postgres.log"
        self._settings = {**SETTINGS, **(settings or {})}
        self._lock: int | None = None
        self._server: subprocess.Popen[bytes] | None = None
        self._exited = asyncio.Event()
        self._watch: asyncio.Task[None] | None = None
        self._dsn = ""

    @property
    def dsn(self) -> str:
        """Where to connect, as a URL for asyncpg. Stays the same while the server is kept running."""
        return self._dsn

    @property
    def pid(self) -> int | None:
        """The postmaster's process id; None while there is none."""
        server = self._server
        return server.pid if server is not None and server.poll() is None else None

    async def start(self) -> str:
        """Start the server, making its files the first time; returns the dsn.

        Raises `Conflict` when another Kleos uses the data directory, `KleosError` when PostgreSQL does not start; its
        message then ends with what PostgreSQL said.
        """
        if self._watch is not None:
            return self._dsn
        try:
            self.data_dir.mkdir(parents=True, exist_ok=True)
            self._take_lock()
        except OSError as error:
            raise KleosError(f"the data directory {self.data_dir} cannot be used: {error.strerror}") from error
        try:
            self._account = account_for(self.cluster)
            self._programs = usable_by(self._account)
            self._sockets = self._socket_directory()
            self._dsn = dsn_at(self._sockets)
            self._log_from = self._trimmed_log_size()
            if not self.cluster.exists():
                await self._make_cluster()
            self._check_version()
            ended = await leftovers.clear(self.cluster, self._sockets)
            if ended:
                logger.warning("ended %d PostgreSQL processes that an earlier Kleos left behind", ended)
            await self._run()
            await self._make_database()
        except BaseException:
            await self._end_server()
            self._release_lock()
            raise
        self._watch = asyncio.create_task(self._keep_running(), name="embedded PostgreSQL")
        return self._dsn

    async def stop(self) -> None:
        """Stop the server cleanly and wait until it is gone. Does nothing when it is not running."""
        if self._watch is not None:
            self._watch.cancel()
            await asyncio.gather(self._watch, return_exceptions=True)
            self._watch = None
        await self._end_server()
        self._release_lock()

    # -- one Kleos to a data directory ----------------------------------------------------------------------

    def _take_lock(self) -> None:
        descriptor = os.open(self.data_dir / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.read(descriptor, 32).decode("ascii", "replace").strip() or "unknown"
            os.close(descriptor)
            raise Conflict(
                f"the data directory {self.data_dir} is in use by another Kleos (process {holder}): stop it, or choose "
                "another data directory"
            ) from None
        os.ftruncate(descriptor, 0)
        os.write(descriptor, f"{os.getpid()}\n".encode())
        self._lock = descriptor

    def _release_lock(self) -> None:
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    # -- files ----------------------------------------------------------------------------------------------

    def _socket_directory(self) -> Path:
        beside = self.data_dir / "socket"
        short = len(os.fsencode(beside)) <= LONGEST_SOCKET_DIRECTORY
        if short and "," not in str(beside) and self._account.can_enter(beside):
            beside.mkdir(mode=0o700, exist_ok=True)
            self._hand_over(beside)
            return beside
        name = hashlib.sha256(os.fsencode(self.cluster)).hexdigest()[:12]
        elsewhere = Path("/tmp") / f"kleos-{self._account.uid}-{name}"
        try:
            elsewhere.mkdir(mode=0o700)
            self._hand_over(elsewhere)
        except FileExistsError:
            status = elsewhere.lstat()
            private = stat.S_ISDIR(status.st_mode) and stat.S_IMODE(status.st_mode) == 0o700
            if not private or status.st_uid != self._account.uid:  # a stranger holds the name
                elsewhere = Path(tempfile.mkdtemp(prefix="kleos-", dir="/tmp"))
                self._hand_over(elsewhere)
        return elsewhere

    def _hand_over(self, folder: Path) -> None:
        folder.chmod(0o700)
        if self._account.switch:
            os.chown(folder, self._account.uid, self._account.gid)

    def _trimmed_log_size(self) -> int:
        size_bytes = self.log_file.stat().st_size if self.log_file.exists() else 0
        if size_bytes < LOG_SIZE_BYTES:
            return size_bytes
        self.log_file.replace(self.log_file.with_suffix(".log.old"))
        return 0

    def _check_version(self) -> None:
        try:
            version = (self.cluster / "PG_VERSION").read_text().strip()
        except FileNotFoundError:
            raise KleosError(f"{self.cluster} is not a PostgreSQL data directory: it has no PG_VERSION") from None
        if version != str(MAJOR_VERSION):
            raise KleosError(
                f"{self.cluster} was made by PostgreSQL {version} and this Kleos runs PostgreSQL {MAJOR_VERSION}: "
                "dump it with the old version and restore it into a new data directory"
            )

    async def _make_cluster(self) -> None:
        # Made beside its place and renamed when whole: a start that is interrupted leaves nothing half made.
        unfinished = self.data_dir / "postgres.unfinished"
        if unfinished.exists():
            await asyncio.to_thread(shutil.rmtree, unfinished)
        unfinished.mkdir(mode=0o700)
        self._hand_over(unfinished)
        initdb = str(self._programs / "bin" / "initdb")
        options = [
            "--no-instructions",
            "--encoding=UTF8",
            "--locale=C",
            "--auth-local=trust",
            "--auth-host=reject",
        ]
        server = self._launch(unfinished, [initdb, "-U", SUPERUSER, *options])
        if await _ended(server) != 0:
            raise KleosError(f"the embedded PostgreSQL could not make its files in {self.data_dir}{self._last_words()}")
        unfinished.rename(self.cluster)

    # -- the process ----------------------------------------------------------------------------------------

    def _launch(self, cluster: Path, command: list[str]) -> subprocess.Popen[bytes]:
        account = self._account
        ids = [str(account.uid), str(account.gid)] if account.switch else ["-", "-"]
        handed_down = f"/proc/self/fd/{launch.DIRECTORY_DESCRIPTOR}"
        directory = str(cluster) if account.can_enter(cluster) else handed_down
        program = [sys.executable, "-I", "-S", launch.__file__, str(os.getpid()), *ids, str(cluster)]
        with self.log_file.open("ab") as log:
            return subprocess.Popen(
                [*program, *command, "-D", directory],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env={"LC_ALL": "C", "TZ": "UTC", "PATH": "/usr/bin:/bin"},
                start_new_session=True,  # Ctrl-C in a terminal is for Kleos, which stops PostgreSQL last
            )

    async def _run(self) -> None:
        """Start the postmaster and wait until it takes connections, as long as it lives: recovery takes its time."""
        command = [str(self._programs / "bin" / "postgres"), "-k", str(self._sockets)]
        for name, value in self._settings.items():
            command += ["-c", f"{name}={value}"]
        self._exited = asyncio.Event()
        self._server = self._launch(self.cluster, command)
        _tell_when_ended(self._server, self._exited)
        while not self._is_ready(self._server.pid):
            if self._exited.is_set():
                raise KleosError(f"the embedded PostgreSQL did not start{self._last_words()}")
            await asyncio.sleep(LOOK_AGAIN_S)

    def _is_ready(self, pid: int) -> bool:
        try:
            lines = (self.cluster / "postmaster.pid").read_text().splitlines()
        except OSError:
            return False
        return len(lines) > 7 and lines[0] == str(pid) and lines[7].strip() == "ready"

    async def _make_database(self) -> None:
        template = self._dsn.replace(f"/{DATABASE}?", "/template1?", 1)
        connection = await asyncpg.connect(template)
        try:
            if not await connection.fetchval("SELECT 1 FROM pg_database WHERE datname = $1", DATABASE):
                await connection.execute(f'CREATE DATABASE "{DATABASE}"')
        finally:
            await connection.close()

    async def _end_server(self) -> None:
        server = self._server
        if server is None:
            return
        for number in (signal.SIGINT, signal.SIGQUIT):
            if server.poll() is None:
                server.send_signal(number)
                try:
                    await asyncio.wait_for(self._exited.wait(), STOP_S)
                except TimeoutError:
                    logger.warning("PostgreSQL did not stop within %g s of %s", STOP_S, number.name)
        if server.poll() is None:
            server.kill()
            await self._exited.wait()
            await leftovers.clear(self.cluster, self._sockets)
        self._server = None

    async def _keep_running(self) -> None:
        pause_s = 0.0
        while True:
            began = asyncio.get_running_loop().time()
            await self._exited.wait()
            if asyncio.get_running_loop().time() - began > STEADY_S:
                pause_s = 0.0
            status = self._server.returncode if self._server is not None else None
            logger.error("the embedded PostgreSQL ended (status %s); starting it again in %g s", status, pause_s)
            await asyncio.sleep(pause_s)
            pause_s = min(max(2 * pause_s, SHORTEST_PAUSE_S), LONGEST_PAUSE_S)
            try:
                await leftovers.clear(self.cluster, self._sockets)
                await self._run()
            except Exception as error:  # whatever it is, a server without its database is worth another try
                logger.error("%s", error)
                self._exited.set()
            else:
                logger.warning("the embedded PostgreSQL runs again")

    def _last_words(self) -> str:
        said = self.log_file.read_bytes()[self._log_from :].decode(errors="replace").splitlines()[-8:]
        return "; it said:\n  " + "\n  ".join(said) if said else ""


def dsn_at(sockets: Path) -> str:
    """Where to connect to the server that listens in this folder, as a URL for asyncpg."""
    return f"postgresql://{SUPERUSER}@/{DATABASE}?host={quote(str(sockets), safe='/')}"


def running_dsn(data_dir: Path) -> str | None:
    """Where to connect to the server that some Kleos runs on `data_dir` now; None where none is ready there."""
    cluster = data_dir.absolute() / "postgres"
    try:
        lines = (cluster / "postmaster.pid").read_text().splitlines()
    except OSError:
        return None
    is_ready = len(lines) > 7 and lines[7].strip() == "ready"
    return dsn_at(Path(lines[4])) if is_ready and leftovers.processes_on(cluster) else None


def _tell_when_ended(process: subprocess.Popen[bytes], exited: asyncio.Event) -> None:
    """Set `exited` when the process has ended. A thread waits: it works on every event loop, and at once."""
    loop = asyncio.get_running_loop()

    def wait() -> None:
        process.wait()
        if not loop.is_closed():
            loop.call_soon_threadsafe(exited.set)

    threading.Thread(target=wait, name="waits for PostgreSQL", daemon=True).start()


async def _ended(process: subprocess.Popen[bytes]) -> int:
    exited = asyncio.Event()
    _tell_when_ended(process, exited)
    try:
        await exited.wait()
    except asyncio.CancelledError:
        process.terminate()
        raise
    return process.wait()

"""A PostgreSQL that is not ours: nobody watches it, and tests stop, freeze and start it as they like."""

import asyncio
import os
import signal
import subprocess
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any, Final

import asyncpg

from kleos.store.account import account_for
from kleos.store.binaries import usable_by
from kleos.store.leftovers import processes_on
from tests.laws.load import LOOK_AGAIN_S

FAST: Final = signal.SIGINT
IMMEDIATE: Final = signal.SIGQUIT


class Cluster:
    """Made in `folder`, which other accounts must be able to enter; of the programs in `programs`, by default ours."""

    def __init__(self, folder: Path, programs: Path | None = None) -> None:
        self.files = folder / "cluster"
        self.sockets = folder / "sockets"
        self._log = folder / "cluster.log"
        self._account = account_for(self.files)
        self._programs = programs or usable_by(self._account) / "bin"
        self._server: subprocess.Popen[bytes] | None = None
        for made in (self.files, self.sockets):
            made.mkdir(mode=0o700)
            os.chown(made, self._account.uid, self._account.gid)

    @property
    def url(self) -> str:
        return f"postgresql://kleos@/kleos?host={self.sockets}"

    def _run(self, program: str, *options: str) -> subprocess.Popen[bytes]:
        account: dict[str, Any] = {}
        if self._account.switch:
            account = {"user": self._account.uid, "group": self._account.gid, "extra_groups": []}
        with self._log.open("ab") as log:
            command = [str(self._programs / program), "-D", str(self.files), *options]
            return subprocess.Popen(command, stdout=log, stderr=log, cwd="/", **account)

    async def make(self) -> None:
        made = self._run("initdb", "-U", "kleos", "--encoding=UTF8", "--locale=C", "--auth=trust")
        assert await asyncio.to_thread(made.wait) == 0, self._log.read_text()
        await self.start()
        connection = await asyncpg.connect(self.url.replace("/kleos?", "/postgres?", 1))
        await connection.execute("CREATE DATABASE kleos")
        await connection.close()

    async def start(self) -> None:
        self._server = self._run("postgres", "-k", str(self.sockets), "-c", "listen_addresses=")
        while not self._is_ready():
            assert self._server.poll() is None, self._log.read_text()
            await asyncio.sleep(LOOK_AGAIN_S)

    def _is_ready(self) -> bool:
        try:
            lines = (self.files / "postmaster.pid").read_text().splitlines()
        except FileNotFoundError:
            return False
        assert self._server is not None
        return len(lines) > 7 and lines[0] == str(self._server.pid) and lines[7].strip() == "ready"

    async def stop(self, how: signal.Signals = FAST) -> None:
        if self._server is not None:
            self._server.send_signal(how)
            await asyncio.to_thread(self._server.wait)
            self._server = None

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """Inside, connections stand and nothing answers, as with a machine that hangs."""
        frozen = processes_on(self.files)
        assert frozen
        for pid in frozen:
            os.kill(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            for pid in frozen:
                os.kill(pid, signal.SIGCONT)


@asynccontextmanager
async def cluster(folder: Path, programs: Path | None = None) -> AsyncIterator[Cluster]:
    made = Cluster(folder, programs)
    try:
        await made.make()
        yield made
    finally:
        await made.stop(IMMEDIATE)

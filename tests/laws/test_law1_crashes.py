"""Law 1 under SIGKILL: whatever of server and database is killed under load, what was acknowledged is counted once."""

import asyncio
import os
import random
import re
import signal
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

import httpx
import pytest

from tests.laws.load import KEY, Ledger, check_everything, check_log, loading, until, until_ready

ROUNDS: Final = int(os.environ.get("KLEOS_CRASHES", "2"))
"""How often each is killed."""


class Server:
    """`kleos serve` in a process of its own, on a port that stays the same from one start to the next."""

    def __init__(self, data: Path) -> None:
        self.data = data
        self.dsn = f"postgresql://kleos@/kleos?host={data / 'socket'}"
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = data / "server.log"
        self.process: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        environment = {**os.environ, "KLEOS_ADMIN_KEY": KEY, "KLEOS_DATABASE_TIMEOUT_S": "5"}
        command = (sys.executable, "-m", "kleos", "serve", "--data", str(self.data), "--port", str(self.port))
        with self.log.open("ab") as log:
            self.process = await asyncio.create_subprocess_exec(*command, stdout=log, stderr=log, env=environment)
        async with httpx.AsyncClient(base_url=self.url) as http:
            ready = asyncio.create_task(until_ready(http))
            ended = asyncio.create_task(self.process.wait())
            await asyncio.wait((ready, ended), return_when=asyncio.FIRST_COMPLETED)
            ended.cancel()
            ready.cancel() if not ready.done() else ready.result()
            assert self.is_running(), self.log.read_text()[-2000:]

    def is_running(self) -> bool:
        return self.process is not None and self.process.returncode is None

    def postmaster(self) -> int:
        return int((self.data / "postgres" / "postmaster.pid").read_text().split("\n", 1)[0])

    async def kill(self) -> None:
        assert self.process is not None
        if self.process.returncode is None:
            self.process.kill()
        await self.process.wait()

    async def stop(self) -> None:
        assert self.process is not None
        self.process.terminate()
        assert await asyncio.wait_for(self.process.wait(), 30) == 0, self.log.read_text()[-2000:]


@asynccontextmanager
async def serving(data: Path) -> AsyncIterator[Server]:
    server = Server(data)
    try:
        await server.start()
        yield server
        await server.stop()
    except BaseException:
        print("\n".join(server.log.read_text().splitlines()[-400:]))
        raise
    finally:
        await server.kill()


@pytest.mark.parametrize("killed", ["server", "database", "both"])
async def test_killed_under_load(killed: str, data_dir: Path) -> None:
    seed = random.SystemRandom().getrandbits(32)
    print(f"seed {seed}")
    rng = random.Random(seed)
    ledger = Ledger(rng)
    async with serving(data_dir) as server:
        for _ in range(ROUNDS):
            async with loading(server.url, ledger):
                goal = ledger.answered + rng.randint(10, 80)
                await until(lambda goal=goal: ledger.answered >= goal, "acknowledgements")  # type: ignore[misc]
                await asyncio.sleep(rng.uniform(0, 0.01))  # anywhere within a commit
                postmaster, process = server.postmaster(), server.process
                if killed != "server":
                    os.kill(postmaster, signal.SIGKILL)
                if killed != "database":
                    await server.kill()
                    await server.start()
                before = ledger.answered
                await until(lambda before=before: ledger.answered > before + 20, "events taken again")  # type: ignore[misc]
                assert server.is_running()
                assert server.postmaster() != postmaster
                assert (server.process is process) == (killed == "database")
            await check_log(server.dsn, ledger)
        assert ledger.cut_off + len(ledger.refused) > 0, "nothing was hit"
        await check_everything(server.url, server.dsn, ledger)


async def test_a_killed_backend_is_a_hiccup(data_dir: Path) -> None:
    """PostgreSQL restarts all of itself when one backend is killed; the server and its postmaster stay."""
    ledger = Ledger(random.Random(11))
    async with serving(data_dir) as server:
        async with loading(server.url, ledger):
            await until(lambda: ledger.answered > 50, "acknowledgements")
            postmaster = server.postmaster()
            children = Path(f"/proc/{postmaster}/task/{postmaster}/children").read_text().split()
            backends = [
                pid for pid in children if re.search(rb"kleos kleos", Path(f"/proc/{pid}/cmdline").read_bytes())
            ]
            os.kill(int(backends[0]), signal.SIGKILL)
            await until(lambda: ledger.refused != [], "a refusal")
            before = ledger.answered
            await until(lambda: ledger.answered > before + 50, "events taken again")
            assert server.postmaster() == postmaster
        await check_everything(server.url, server.dsn, ledger)

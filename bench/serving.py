"""Kleos in a process of its own, as it is served to games; the benchmark speaks HTTP to it and nothing else."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

from bench.connection import Connection

KEY: Final = "kleos_bench_key_of_no_worth"
GAMES: Final = Path(__file__).parent / "games"
START_S: Final = 120.0
STOP_S: Final = 30.0


@asynccontextmanager
async def kleos(dsn: str, jobs: str = "worker") -> AsyncIterator[str]:
    """Serves the benchmark's games from this database; gives ``host:port`` once every board is warm. With ``jobs``
    "server" it runs jobs itself."""
    environment = {
        **os.environ,
        "KLEOS_DATABASE_URL": dsn,
        "KLEOS_ADMIN_KEY": KEY,
        "KLEOS_GAMES": str(GAMES),
        "KLEOS_JOBS": jobs,
    }
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bench.served"),
        env=environment,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        address = await asyncio.wait_for(_address(process), START_S)
        await _ready(address)
        yield address
    finally:
        if process.returncode is None:
            process.send_signal(signal.SIGTERM)
            try:
                await asyncio.wait_for(process.wait(), STOP_S)
            except TimeoutError:
                process.kill()
                await process.wait()


async def _address(process: asyncio.subprocess.Process) -> str:
    assert process.stdout is not None
    async for line in process.stdout:
        found = re.search(rb"listens on http://(\S+)", line)
        if found is not None:
            return found[1].decode()
    raise RuntimeError(f"the server ended with {await process.wait()} before it listened")


async def _ready(address: str) -> None:
    deadline = asyncio.get_running_loop().time() + START_S
    connection = await Connection.open(address)
    try:
        while (await connection.get("/ready"))[0] != 200:
            if asyncio.get_running_loop().time() > deadline:
                raise TimeoutError(f"the server at {address} was not ready within {START_S:g} s")
            await asyncio.sleep(0.05)
    finally:
        connection.close()

"""wrk, the load generator: many connections, as fast as they get answers."""

from __future__ import annotations

import asyncio
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import msgspec

CONNECTIONS: Final = 64
SCRIPTS: Final = Path(__file__).parent / "lua"
ABSENT: Final = "wrk is not installed here (Debian and Ubuntu: apt-get install wrk)"


@dataclass(frozen=True, slots=True)
class Load:
    """What wrk saw; latencies in milliseconds, of a closed loop."""

    requests: int
    seconds: float
    failed: int
    p50_ms: float
    p99_ms: float

    @property
    def rate(self) -> float:
        return self.requests / self.seconds


def is_there() -> bool:
    return shutil.which("wrk") is not None


async def load(address: str, script: str, seconds: float, *arguments: str) -> Load:
    """Runs a script of ``bench/lua``; raises RuntimeError where any request failed."""
    process = await asyncio.create_subprocess_exec(
        "wrk", "--threads", "1", "--connections", str(CONNECTIONS), "--duration", f"{max(1, round(seconds))}s",
        "--timeout", "10s", "--script", str(SCRIPTS / script), f"http://{address}", "--", *arguments,
        stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    assert process.stdout is not None
    said = (await process.communicate())[0].decode()
    if process.returncode != 0:
        raise RuntimeError(f"wrk ended with {process.returncode}: {said}")
    found = msgspec.json.decode(said.strip().splitlines()[-1], type=Load)
    if found.failed or not found.requests:
        raise RuntimeError(f"{found.failed} of {found.requests} requests of {script} failed")
    return found

"""What the numbers were measured on."""

from __future__ import annotations

import os
import platform
import timeit
from pathlib import Path

from kleos.store.binaries import MAJOR_VERSION


def machine() -> str:
    cores = len(os.sched_getaffinity(0))
    memory_gib = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 2**30
    return (
        f"{cores} cores ({_processor()}), {memory_gib:.0f} GiB, {platform.system()}, "
        f"Python {platform.python_version()}, PostgreSQL {MAJOR_VERSION} (embedded; fsync, full_page_writes and "
        f"synchronous_commit on); {_loop_ms():.0f} ms for a loop of a million additions"
    )


def _loop_ms() -> float:
    """The best of a few: how fast the machine is by itself at this time."""
    return 1000 * min(timeit.repeat(lambda: sum(range(1_000_000)), number=1, repeat=9))


def _processor() -> str:
    try:
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    except OSError:
        pass
    return platform.machine()

"""What the numbers were measured on."""

from __future__ import annotations

import os
import platform
from pathlib import Path

from kleos.store.binaries import MAJOR_VERSION


def machine() -> str:
    cores = len(os.sched_getaffinity(0))
    memory_gib = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 2**30
    return (
        f"{cores} cores ({_processor()}), {memory_gib:.0f} GiB, {platform.system()}, "
        f"Python {platform.python_version()}, PostgreSQL {MAJOR_VERSION} (embedded; fsync, full_page_writes and "
        "synchronous_commit on)"
    )


def _processor() -> str:
    try:
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    except OSError:
        pass
    return platform.machine()

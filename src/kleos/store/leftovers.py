"""Processes that an earlier PostgreSQL, or an earlier Kleos, left on a data directory.

A Kleos killed with SIGKILL leaves a postmaster that is about to stop; a postmaster killed so leaves backends that
notice only when they next look. Both hold the data: nobody else may start on it before they are gone.
"""

from __future__ import annotations

import asyncio
import os
import signal
from pathlib import Path

FAST_STOP_S = 30.0
IMMEDIATE_STOP_S = 10.0
LOOK_AGAIN_S = 0.02
SOCKET_LOCK = ".s.PGSQL.5432.lock"


def processes_on(cluster: Path) -> tuple[int, ...]:
    """Process ids of every PostgreSQL process that works in the folder `cluster`. Empty where /proc does not tell."""
    try:
        wanted = cluster.stat()
        numbers = [int(name) for name in os.listdir("/proc") if name.isdigit()]
    except OSError:
        return ()
    found = []
    for pid in numbers:
        try:
            directory = os.stat(f"/proc/{pid}/cwd")
            program = os.readlink(f"/proc/{pid}/exe")
        except OSError:  # gone, or not ours to look at
            continue
        is_postgres = os.path.basename(program).removesuffix(" (deleted)") == "postgres"
        if is_postgres and (directory.st_dev, directory.st_ino) == (wanted.st_dev, wanted.st_ino):
            found.append(pid)
    return tuple(found)


async def clear(cluster: Path, sockets: Path) -> int:
    """End what is left on `cluster`, gently first, and drop stale lock files: its own, and that of its socket in the
    folder `sockets`. Returns how many processes there were.

    The caller holds the data directory's lock, so that nothing ended here can belong to a living Kleos.
    """
    left = processes_on(cluster)
    postmaster = _postmaster_of(cluster)
    if left:
        if postmaster in left:
            _signal((postmaster,), signal.SIGINT)
        else:
            _signal(left, signal.SIGQUIT)
        if not await _gone(cluster, FAST_STOP_S):
            _signal(processes_on(cluster), signal.SIGQUIT)
            if not await _gone(cluster, IMMEDIATE_STOP_S):
                _signal(processes_on(cluster), signal.SIGKILL)
                await _gone(cluster, IMMEDIATE_STOP_S)
    if os.path.isdir("/proc/self") and not processes_on(cluster):
        # PostgreSQL itself would take any living process with the same number, in a new container say, for its own,
        # and a dead one that nobody has buried yet for a living one.
        (cluster / "postmaster.pid").unlink(missing_ok=True)
        (sockets / SOCKET_LOCK).unlink(missing_ok=True)
    return len(left)


def _postmaster_of(cluster: Path) -> int:
    try:
        return int((cluster / "postmaster.pid").read_text().split("\n", 1)[0])
    except (OSError, ValueError):
        return 0


def _signal(pids: tuple[int, ...], number: signal.Signals) -> None:
    for pid in pids:
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            continue


async def _gone(cluster: Path, within_s: float) -> bool:
    loop = asyncio.get_running_loop()
    deadline = loop.time() + within_s
    while processes_on(cluster):
        if loop.time() > deadline:
            return False
        await asyncio.sleep(LOOK_AGAIN_S)
    return True

"""Becomes another program: gives up root for a given account, and asks to be stopped when its parent dies.

Run as a script by an isolated interpreter, never imported by the server: the process that serves has threads, and a
fork that runs Python code in between is not safe there.

    python -I -S launch.py PARENT UID GID DIRECTORY COMMAND...

UID and GID are "-" to stay who we are. DIRECTORY is handed down as file descriptor 9: through `/proc/self/fd/9` the
program can reach its own directory even where the way to it (`/root`, say) is closed to its account.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys

DIRECTORY_DESCRIPTOR = 9
PR_SET_PDEATHSIG = 1


def become(parent: int, uid: str, gid: str, directory: str, command: list[str]) -> None:
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    os.dup2(descriptor, DIRECTORY_DESCRIPTOR, inheritable=True)
    os.umask(0o077)
    if uid != "-":
        os.chdir("/")
        os.setgroups([])
        os.setgid(int(gid))
        os.setuid(int(uid))
    if sys.platform == "linux":
        # After the change of account, which would clear it. SIGINT asks PostgreSQL for a fast, clean shutdown.
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGINT)
        if os.getppid() != parent:
            sys.exit("the parent is gone")
    os.execv(command[0], command)


if __name__ == "__main__":
    become(int(sys.argv[1]), sys.argv[2], sys.argv[3], sys.argv[4], sys.argv[5:])

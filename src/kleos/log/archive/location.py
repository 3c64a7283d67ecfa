"""Where archived files are: a folder, or whatever fsspec can reach. What is there under its name is there whole."""

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit
from uuid import uuid4

import fsspec
from fsspec.implementations.local import LocalFileSystem

from kleos.core.errors import BadInput, KleosError

_TEMPORARY: Final = ".part"
_CHUNK_BYTES: Final = 4 * 1024 * 1024
_FOUND_RIGHT: Final[dict[str, tuple[str, int, int, int, int]]] = {}
"""By path, the files that were found to be what was written: checksum, and size, times and number as they were then.
The time of the last change of anything about it cannot be set back, as that of its content can."""


class ArchiveDamaged(KleosError):
    """A file of the archive is missing, or is not what was written. The text names it; ``told`` does so for those who
    need not know where the archive is."""

    def __init__(self, message: str, told: str | None = None) -> None:
        self.told = told if told is not None else message
        super().__init__(message)


@dataclass(frozen=True, slots=True)
class Location:
    """Made by :meth:`at`. Paths are relative to it, with `/` between their parts. All calls block."""

    url: str
    system: Any
    root: str

    @classmethod
    def at(cls, place: str) -> "Location":
        """``place`` is an absolute path or an URL of fsspec's, such as ``s3://bucket/kleos``. Raises BadInput."""
        try:
            system, root = fsspec.core.url_to_fs(place)
        except (ValueError, ImportError) as error:
            raise BadInput(f"{place!r} is no place for an archive: {error}", "archive") from None
        return cls(place, system, root.rstrip("/"))

    @property
    def is_local(self) -> bool:
        return isinstance(self.system, LocalFileSystem)

    @property
    def shown(self) -> str:
        """Without what may be secret in an URL."""
        parts = urlsplit(self.url)
        return self.url if parts.password is None else self.url.replace(f"{parts.username}:{parts.password}@", "")

    def full(self, path: str) -> str:
        return f"{self.root}/{path}"

    def put(self, local: Path, path: str) -> None:
        """Copies a file to its place: under another name first, so that nobody sees half of it."""
        target, part = self._names(path)
        self.system.put_file(str(local), part)
        self._arrive(part, target)

    def write(self, path: str, content: bytes) -> None:
        target, part = self._names(path)
        self.system.pipe_file(part, content)
        self._arrive(part, target)

    def exists(self, path: str) -> bool:
        self.system.invalidate_cache()  # others write there too
        found: bool = self.system.exists(self.full(path))
        return found

    def read(self, path: str) -> bytes:
        """Raises ArchiveDamaged where it is missing."""
        try:
            content: bytes = self.system.cat_file(self.full(path))
        except FileNotFoundError:
            raise self._missing(path) from None
        return content

    def local(self, path: str, folder: Path) -> Path:
        """The file on this machine: itself, or a copy below ``folder``. Raises ArchiveDamaged where it is missing."""
        if self.is_local:
            return Path(self.full(path))
        copy = folder / path
        copy.parent.mkdir(parents=True, exist_ok=True)
        try:
            self.system.get_file(self.full(path), str(copy))
        except FileNotFoundError:
            raise self._missing(path) from None
        return copy

    def check(self, path: str, size_bytes: int, sha256: str, local: Path | None = None) -> None:
        """Raises ArchiveDamaged where the file (or the ``local`` copy of it) is missing, or is not what was written."""
        try:
            with self.system.open(self.full(path), "rb") if local is None else local.open("rb") as file:
                found = checksum(file)
        except FileNotFoundError:
            raise self._missing(path) from None
        if found != (size_bytes, sha256):
            raise self.damaged(path)

    def checked(self, path: str, size_bytes: int, sha256: str, folder: Path) -> Path:
        """The file on this machine, as :meth:`local`, found to be what was written. One of ours is read for that once,
        for as long as nobody touches it. Raises ArchiveDamaged."""
        local = self.local(path, folder)
        try:
            state = os.stat(local)
        except FileNotFoundError:
            raise self._missing(path) from None
        mark = (sha256, state.st_size, state.st_mtime_ns, state.st_ctime_ns, state.st_ino)
        if not self.is_local or _FOUND_RIGHT.get(str(local)) != mark:
            self.check(path, size_bytes, sha256, local)
            if self.is_local:
                _FOUND_RIGHT[str(local)] = mark
        return local

    def damaged(self, path: str) -> ArchiveDamaged:
        return self._amiss(path, "is not the one that was written: its checksum differs")

    def _missing(self, path: str) -> ArchiveDamaged:
        return self._amiss(path, "is missing")

    def _amiss(self, path: str, what: str) -> ArchiveDamaged:
        return ArchiveDamaged(f"the archive's file {self.full(path)} {what}", f"the archive's file {path} {what}")

    def clear(self, folder: str) -> None:
        """Removes what writers that were killed have left below a folder."""
        below = self.full(folder)
        if self.system.exists(below):
            for name in self.system.find(below):
                if name.endswith(_TEMPORARY):
                    self.system.rm_file(name)

    def _names(self, path: str) -> tuple[str, str]:
        target = self.full(path)
        self.system.makedirs(target.rpartition("/")[0], exist_ok=True)
        return target, f"{target}.{uuid4().hex[:8]}{_TEMPORARY}"

    def _arrive(self, part: str, target: str) -> None:
        if self.is_local:
            _sync(part)
            os.replace(part, target)
            _sync(target.rpartition("/")[0])
        else:
            self.system.mv(part, target)


def checksum(file: Any) -> tuple[int, str]:
    """Size in bytes and SHA-256 of what an open file holds."""
    digest, size = hashlib.sha256(), 0
    while chunk := file.read(_CHUNK_BYTES):
        digest.update(chunk)
        size += len(chunk)
    return size, digest.hexdigest()


def checksum_of(content: bytes) -> tuple[int, str]:
    return len(content), hashlib.sha256(content).hexdigest()


def _sync(path: str) -> None:
    """What is removed from PostgreSQL afterwards must outlive a fall of the machine."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)

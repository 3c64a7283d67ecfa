"""How far an import has come: a small file, so that one that was stopped goes on where the server has everything."""

import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

import msgspec

from kleos.cli.lines import Identity

SUFFIX: Final = ".kleos-import"


@dataclass(frozen=True, slots=True)
class Bookmark:
    """Of one file into one game of one server. Everything before ``end`` (a place in the unpacked stream) is there.

    ``is_complete``: the import came to its end; a later one begins anew, with the same ids, and counts nothing twice.
    """

    game: str
    into: str
    digest: str
    size_bytes: int
    end: int = 0
    line: int = 0
    is_complete: bool = False

    @property
    def identity(self) -> Identity:
        return Identity(self.digest, self.size_bytes)


class Bookmarks:
    """Where the bookmark of a file lies: beside it, or in ``folder``."""

    def __init__(self, game: str, into: str, folder: Path | None) -> None:
        self._game, self._into, self._folder = game, into, folder

    def place(self, file: Path) -> Path:
        return (self._folder or file.parent) / f"{file.name}{SUFFIX}"

    def open(self, file: Path, from_start: bool) -> Bookmark:
        """The bookmark left by an earlier import of this file into the same game and place, or a new one."""
        found = self._read(file)
        if found is None or not found.identity.is_of(file):
            identity = Identity.of(file)
            return Bookmark(self._game, self._into, identity.digest, identity.size_bytes)
        if from_start or found.is_complete:
            return Bookmark(self._game, self._into, found.digest, found.size_bytes)
        return found

    def write(self, file: Path, bookmark: Bookmark) -> None:
        """Replaced in one step; raises OSError where it cannot be written."""
        place = self.place(file)
        fresh = place.with_name(f"{place.name}.new")
        fresh.write_bytes(msgspec.json.encode(asdict(bookmark)) + b"\n")
        os.replace(fresh, place)

    def drop(self, file: Path) -> None:
        self.place(file).unlink(missing_ok=True)

    def _read(self, file: Path) -> Bookmark | None:
        try:
            found = msgspec.json.decode(self.place(file).read_bytes(), type=Bookmark)
        except (OSError, msgspec.DecodeError):
            return None
        return found if (found.game, found.into) == (self._game, self._into) else None

"""How far an import has come: a small file, so that one that was stopped goes on where the server has everything."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import msgspec

from kleos.cli.lines import Place

SUFFIX: Final = ".kleos-import"


@dataclass(frozen=True, slots=True)
class _Bookmark:
    """Of one file into one game of one server: everything before the place is there, in that database."""

    game: str
    into: str
    database: str
    place: Place


class Bookmarks:
    """Where the bookmark of a file lies: beside it, or in ``folder``. An import that comes to its end leaves none.

    ``database`` is the id of the one into which is imported; "" where the server does not tell it, being older.
    """

    def __init__(self, game: str, into: str, folder: Path | None) -> None:
        self._game, self._into, self._folder = game, into, folder
        self.database = ""

    def file_of(self, file: Path) -> Path:
        return (self._folder or file.parent) / f"{file.name}{SUFFIX}"

    def read(self, file: Path) -> Place:
        """Where an import of this file into the same game and database stopped; the beginning where none did."""
        try:
            found = msgspec.json.decode(self.file_of(file).read_bytes(), type=_Bookmark)
        except (OSError, msgspec.DecodeError):
            return Place()
        is_there = self.database != "" and found.database == self.database
        return found.place if is_there and (found.game, found.into) == (self._game, self._into) else Place()

    def write(self, file: Path, place: Place) -> None:
        """Replaces it in one step; raises OSError where it cannot be written."""
        target = self.file_of(file)
        fresh = target.with_name(f"{target.name}.new")
        fresh.write_bytes(msgspec.json.encode(_Bookmark(self._game, self._into, self.database, place)) + b"\n")
        os.replace(fresh, target)

    def drop(self, file: Path) -> None:
        self.file_of(file).unlink(missing_ok=True)

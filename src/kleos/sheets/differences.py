"""What `verify` finds: cells that are not what the log makes of them, counted, the first of them kept to be named."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import msgspec

from kleos.core.cells import Values

Kind = Literal["cell", "missing row", "extra row"]


class Difference(msgspec.Struct, frozen=True):
    """One cell, or one row, that is not as the log has it. ``column`` is empty where it is about the whole row."""

    kind: Kind
    table: str
    key: dict[str, Any]
    column: str
    stored: Any
    expected: Any


@dataclass(slots=True)
class Differences:
    """Counts everything, keeps the first ``keep`` differences."""

    keep: int
    kept: list[Difference] = field(default_factory=list)
    count: int = 0
    rows: int = 0
    cells: int = 0

    def compare(self, table: str, key: Mapping[str, Any], stored: Values, expected: Mapping[str, Any]) -> None:
        """One row against what it should hold. Floats must be equal to the bit, but for the sign of zero."""
        self.rows += 1
        self.cells += len(expected)
        for column, value in expected.items():
            if stored[column] != value:
                self.add(Difference("cell", table, dict(key), column, stored[column], value))

    def missing(self, table: str, key: Mapping[str, Any]) -> None:
        """The log makes a row that is not there."""
        self.rows += 1
        self.add(missing_row(table, key))

    def extra(self, table: str, key: Mapping[str, Any]) -> None:
        """There is a row that the log does not make."""
        self.rows += 1
        self.add(extra_row(table, key))

    def add(self, difference: Difference) -> None:
        self.count += 1
        self.keep_one(difference)

    def tally(self, rows: int, cells: int, different: int) -> None:
        """What was compared elsewhere; of the different ones those to be named come by :meth:`keep_one`."""
        self.rows += rows
        self.cells += cells
        self.count += different

    @property
    def room(self) -> int:
        """How many more are kept."""
        return self.keep - len(self.kept)

    def keep_one(self, difference: Difference) -> None:
        if self.room > 0:
            self.kept.append(difference)


def missing_row(table: str, key: Mapping[str, Any]) -> Difference:
    return Difference("missing row", table, dict(key), "", None, "a row")


def extra_row(table: str, key: Mapping[str, Any]) -> Difference:
    return Difference("extra row", table, dict(key), "", "a row", None)

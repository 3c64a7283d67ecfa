"""What `verify` finds: cells that are not what the log makes of them, counted, the first of them kept to be named."""

from collections.abc import Iterable, Mapping
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
        self.add(Difference("missing row", table, dict(key), "", None, "a row"))

    def extra(self, table: str, key: Mapping[str, Any]) -> None:
        """There is a row that the log does not make."""
        self.rows += 1
        self.add(Difference("extra row", table, dict(key), "", "a row", None))

    def compare_sets(self, table: str, names: Iterable[str], stored: set[Any], expected: set[Any]) -> None:
        """Rows that are all key; each element is a tuple of the values of ``names``."""
        columns = tuple(names)
        self.rows += len(stored & expected)
        self.cells += len(stored & expected)
        for key in sorted(expected - stored):
            self.missing(table, dict(zip(columns, key, strict=True)))
        for key in sorted(stored - expected):
            self.extra(table, dict(zip(columns, key, strict=True)))

    def add(self, difference: Difference) -> None:
        self.count += 1
        if len(self.kept) < self.keep:
            self.kept.append(difference)

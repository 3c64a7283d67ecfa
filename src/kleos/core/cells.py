"""The cells of a sheet's row while it is folded: where each column's state lies in the row's flat list.

A row under the fold is a plain list, because a batch touches many rows and most columns are a number or two:

    count, sum   total, since                     (a sum of floats in millionths)
    min, max     value, since
    last         value, since
    streak       length, prefix, suffix, best, prefix_at, since, best_since

``length`` is how many facts the streak has seen, ``prefix`` how many it began with without a break, ``suffix`` how many
it ends with (the visible column), ``prefix_at`` when the last of the prefix came. A sheet with ordered folds begins its
rows with the first and the last place in event order that those folds have seen.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Protocol

from kleos.core.definition.model import Fold, Sheet


class Values(Protocol):
    """What gives values by name: a mapping, or a row of the database."""

    def __getitem__(self, name: str, /) -> Any: ...


Row = list[Any]
RowKey = tuple[Any, ...]
"""The window's name, then the key's values in the sheet's order. Where a batch lies in the same windows as a whole, the
names of all of them in place of one: the row is then the delta of each."""

MILLION: Final = 1_000_000
FIRST_AT, FIRST_ID, LAST_AT, LAST_ID = range(4)

_EMPTY: Final[Mapping[str, tuple[Any, ...]]] = {
    "count": (0, None),
    "sum": (0, None),
    "min": (None, None),
    "max": (None, None),
    "last": (None, None),
    "streak": (0, 0, 0, 0, None, None, None),
}


@dataclass(frozen=True, slots=True)
class Cells:
    """``at[name]`` is where the fold's state begins; ``empty`` the row before any fact."""

    sheet: Sheet
    at: Mapping[str, int]
    empty: tuple[Any, ...]

    @classmethod
    def of(cls, sheet: Sheet) -> "Cells":
        empty: list[Any] = [None] * 4 if sheet.is_ordered else []
        at = {}
        for fold in sheet.folds.values():
            at[fold.name] = len(empty)
            empty.extend(_EMPTY[fold.kind])
        return cls(sheet, at, tuple(empty))

    def values(self, row: Row) -> dict[str, Any]:
        """The folded columns as they are shown and stored, with a ``<column>_since`` for each that the sheet keeps."""
        values: dict[str, Any] = {}
        for fold in self.sheet.folds.values():
            values.update(_values(fold, row, self.at[fold.name]))
        return values


def _values(fold: Fold, row: Row, at: int) -> dict[str, Any]:
    if fold.kind == "streak":
        found = {fold.name: row[at + 2], f"{fold.name}_best": row[at + 3]}
        if fold.since:
            found[f"{fold.name}_since"] = row[at + 5]
        if fold.best_since:
            found[f"{fold.name}_best_since"] = row[at + 6]
        return found
    is_millionths = fold.kind == "sum" and fold.type.kind == "float"
    found = {fold.name: float(row[at]) / MILLION if is_millionths else row[at]}
    if is_millionths:
        found[f"{fold.name}_millionths"] = row[at]
    if fold.since:
        found[f"{fold.name}_since"] = row[at + 1]
    return found

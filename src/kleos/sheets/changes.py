"""What a commit changed in sheets, as boards and the feed take it in."""

from dataclasses import dataclass

from kleos.core.cells import Values


@dataclass(frozen=True, slots=True)
class RowChange:
    """A row as it is now: key columns (players as numbers), what boards need, ``present`` and ``version``."""

    sheet: str
    window: str
    row: Values

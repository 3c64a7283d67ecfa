"""What a commit changed in sheets, as boards and the feed take it in."""

from typing import NamedTuple

from kleos.core.cells import Values


class RowChange(NamedTuple):
    """A row as it is now: key columns (players as numbers), what boards need, ``present`` and ``version``."""

    sheet: str
    window: str
    row: Values

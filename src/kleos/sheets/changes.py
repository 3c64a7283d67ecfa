"""What a commit changed in sheets, as boards and the feed take it in."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class RowChange:
    """A row as it is now: ``row`` has the key columns (players as numbers), what boards need of it, ``present``, ``version``."""

    sheet: str
    window: str
    row: Mapping[str, Any]

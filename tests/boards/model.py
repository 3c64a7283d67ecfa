"""A naive board: sorts everything for every question. What the index and the statements are held against."""

from dataclasses import dataclass

from kleos.boards.index import Entry
from kleos.boards.rankkey import Placed, RankColumn, Value
from kleos.core.definition.model import Ties


@dataclass(frozen=True)
class Row:
    id: str
    values: tuple[Value, ...]
    since: int | None
    version: int = 1


class NaiveBoard:
    def __init__(self, columns: list[RankColumn], ties: Ties, rows: list[Row]) -> None:
        self.columns = columns
        self.rows = sorted(rows, key=lambda row: (*self.sort_key(row), row.since is None, row.since or 0, row.id))
        self.entries = [
            Entry(
                place if ties == "ordinal" else 1 + sum(self.is_better(other, row) for other in self.rows),
                place,
                Placed(row.values, row.since, row.id, row.version),
            )
            for place, row in enumerate(self.rows, 1)
        ]

    def sort_key(self, row: Row) -> tuple[tuple[bool, float], ...]:
        return tuple(
            (value is None, 0 if value is None else -value if column.direction == "desc" else value)
            for column, value in zip(self.columns, row.values, strict=True)
        )

    def is_better(self, row: Row, than: Row) -> bool:
        return self.sort_key(row) < self.sort_key(than)

    @property
    def total(self) -> int:
        return len(self.rows)

    def page(self, offset: int, limit: int) -> list[Entry]:
        return self.entries[offset : offset + limit]

    def standing(self, id: str) -> Entry | None:
        return next((entry for entry in self.entries if entry.placed.id == id), None)

    def around(self, id: str, span: int) -> list[Entry]:
        me = self.standing(id)
        return [] if me is None else [entry for entry in self.entries if abs(entry.place - me.place) <= span]

    def lookup(self, ids: list[str]) -> list[Entry]:
        return [entry for entry in self.entries if entry.placed.id in ids]

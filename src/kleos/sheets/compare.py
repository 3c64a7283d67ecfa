"""Two tables in DuckDB compared, cell by cell: what the log makes, and what PostgreSQL holds, copied in."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from kleos.replay.session import Duck, in_thread
from kleos.replay.tail import copy_query
from kleos.sheets.differences import Difference, Differences, extra_row, missing_row
from kleos.store.pool import Connection

_EXPECTED: Final = "replay.expected"
_STORED: Final = "replay.stored"
_COUNTS: Final = """
SELECT count(*), count(*) FILTER (WHERE e._there AND s._there),
       COALESCE(sum(CASE WHEN e._there AND s._there THEN {unlike} ELSE 1 END), 0)::BIGINT
FROM {joined}
"""
_UNLIKE: Final = """
SELECT e._there, s._there, {chosen} FROM {joined}
WHERE e._there IS NULL OR s._there IS NULL OR {unlike} > 0 ORDER BY {keys} LIMIT {limit}
"""


@dataclass(frozen=True, slots=True)
class Compared:
    """One table, as its differences call it. ``columns``: name and DuckDB type of every cell that is compared.

    ``left_out`` are rows that are not compared, by their values of some of the ``keys``.
    """

    name: str
    keys: Mapping[str, str]
    columns: Mapping[str, str]
    left_out: "LeftOut | None" = None


@dataclass(frozen=True, slots=True)
class LeftOut:
    by: Sequence[str]
    values: Collection[tuple[Any, ...]]


@dataclass(frozen=True, slots=True)
class Comparison:
    """Compares inside the connection's snapshot; what is found goes to ``found``."""

    connection: Connection
    duck: Duck
    folder: Path
    found: Differences

    async def compare(self, table: Compared, expected: str, stored: str, *arguments: Any) -> None:
        """``expected`` is a query of DuckDB, ``stored`` one of PostgreSQL whose columns are keys, then cells, times as
        ``bigint`` microseconds."""
        types = {**table.keys, **table.columns}
        declared = ", ".join(f'"{name}" {type_}' for name, type_ in types.items())
        await in_thread(self.duck, Duck.execute, f"CREATE OR REPLACE TABLE {_STORED} ({declared})")
        await copy_query(self.connection, self.duck, self.folder, stored, arguments, types, _STORED)
        chosen = ", ".join(f'"{name}"::{type_} AS "{name}"' for name, type_ in types.items())
        await in_thread(
            self.duck, Duck.execute, f"CREATE OR REPLACE TABLE {_EXPECTED} AS SELECT {chosen} FROM ({expected})"
        )
        await in_thread(self.duck, _leave_out, table)
        await in_thread(self.duck, self._look, table)
        for one in (_STORED, _EXPECTED):
            await in_thread(self.duck, Duck.execute, f"DROP TABLE {one}")

    def _look(self, duck: Duck, table: Compared) -> None:
        keys = ", ".join(f'"{name}"' for name in table.keys)
        joined = (
            f"(SELECT *, TRUE AS _there FROM {_EXPECTED}) AS e "
            f"FULL JOIN (SELECT *, TRUE AS _there FROM {_STORED}) AS s USING ({keys})"
        )
        unlike = " + ".join(f'(e."{n}" IS DISTINCT FROM s."{n}")::BIGINT' for n in table.columns) or "0"
        ((rows, common, differences),) = duck.execute(_COUNTS.format(joined=joined, unlike=unlike)).fetchall()
        self.found.tally(rows, common * max(1, len(table.columns)), differences)
        if differences and self.found.room:
            cells = [f'{side}."{name}"' for side in ("e", "s") for name in table.columns]
            found = duck.execute(
                _UNLIKE.format(
                    chosen=", ".join([keys, *cells]), joined=joined, unlike=unlike, keys=keys, limit=self.found.room
                )
            ).fetchall()
            for row in found:
                self._name(table, row)

    def _name(self, table: Compared, row: Sequence[Any]) -> None:
        is_expected, is_stored, *values = row
        width, columns = len(table.keys), list(table.columns)
        key = dict(zip(table.keys, values[:width], strict=True))
        if not is_stored:
            self.found.keep_one(missing_row(table.name, key))
        elif not is_expected:
            self.found.keep_one(extra_row(table.name, key))
        else:
            expected, stored = values[width : width + len(columns)], values[width + len(columns) :]
            for column, wanted, value in zip(columns, expected, stored, strict=True):
                if wanted != value:
                    self.found.keep_one(Difference("cell", table.name, key, column, value, wanted))


def _leave_out(duck: Duck, table: Compared) -> None:
    rows = table.left_out
    if rows is None or not rows.values:
        return
    given = ", ".join(f'unnest(${n}::{table.keys[name]}[]) AS "{name}"' for n, name in enumerate(rows.by, 1))
    same = " AND ".join(f'l."{name}" = t."{name}"' for name in rows.by)
    arguments = [list(values) for values in zip(*rows.values, strict=True)]
    for one in (_STORED, _EXPECTED):
        duck.execute(f"DELETE FROM {one} AS t USING (SELECT {given}) AS l WHERE {same}", arguments)

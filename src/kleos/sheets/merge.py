"""Writing rows of a sheet: the delta of a batch merged into what is stored, in one statement for each sheet.

The same rules as :mod:`kleos.core.merge`, in SQL, where ``r`` is the stored row and ``excluded`` the delta.
In an ordered sheet a delta that does not lie wholly after what the row has seen is *late*: its row is
locked and left alone, does not come back from the statement, and is to be refolded from the log by the
caller.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final, Literal, get_args

from kleos.core.cells import Cells, Row, RowKey, Values
from kleos.core.definition.model import Definition, Fold, RowCondition, Sheet
from kleos.sheets import sql
from kleos.sheets.layout import SQL_TYPES, beside, board_columns, quoted, table
from kleos.sheets.schema import is_exact_sum

Mode = Literal["merge", "spread", "refolded", "unordered", "replace"]
"""``merge`` adds a delta; ``spread`` one delta to the rows of several windows; ``refolded`` one whose ordered cells are
the whole history; ``unordered`` leaves those of the stored row as they are; ``replace`` writes the row."""

_ARRAY_TYPES: Final = {kind: declared.split(" ")[0] + "[]" for kind, declared in SQL_TYPES.items()}
_ARRAY_TYPES["float"] = "double precision[]"
_ORDERED: Final = ("ordered_first_at", "ordered_first_id", "ordered_last_at", "ordered_last_id")
_STREAK_PARTS: Final = ("_length", "_prefix", "", "_best", "_prefix_at", "_since", "_best_since")


@dataclass(frozen=True, slots=True)
class _Stored:
    """One stored column: the cell it comes from, its array type, and how it merges."""

    name: str
    cell: int
    array: str
    merge: str
    ordered: bool
    player: bool = False


@dataclass(frozen=True)
class SheetWriter:
    """The statements of one sheet, and how rows under the fold become their arguments."""

    definition: Definition
    sheet: Sheet
    cells: Cells
    table: str

    @classmethod
    def of(cls, definition: Definition, sheet: Sheet) -> "SheetWriter":
        return cls(definition, sheet, Cells.of(sheet), table(definition.game, sheet.name))

    @classmethod
    def beside(cls, definition: Definition, sheet: Sheet) -> "SheetWriter":
        """Writes to the table that is to take the sheet's place."""
        return cls(definition, sheet, Cells.of(sheet), table(definition.game, beside(sheet.name)))

    @cached_property
    def returned(self) -> tuple[str, ...]:
        """What a written row answers beside window, key and version: all that boards and row conditions ask."""
        asked = {
            name
            for achievement in self.definition.achievements.values()
            if isinstance(achievement.condition, RowCondition) and achievement.condition.sheet == self.sheet.name
            for name in achievement.condition.when.names
        }
        return tuple(sorted(asked | set(board_columns(self.definition, self.sheet))))

    @cached_property
    def statements(self) -> Mapping[Mode, str]:
        return {mode: self._statement(mode) for mode in get_args(Mode)}

    @cached_property
    def _stored(self) -> tuple[_Stored, ...]:
        stored = list(_ordered_columns()) if self.sheet.is_ordered else []
        for fold in self.sheet.folds.values():
            stored += _stored_columns(fold, self.cells.at[fold.name])
        return tuple(stored)

    @property
    def columns(self) -> dict[str, str]:
        """What is written of a row, in the order of :meth:`arguments`: name and PostgreSQL type of each column."""
        keys = {column.name: _ARRAY_TYPES[column.type.kind] for column in self.sheet.key}
        arrays = {"window": "text[]", **keys, **{stored.name: stored.array for stored in self._stored}}
        return {name: array.removesuffix("[]") for name, array in arrays.items()}

    def record(self, key: RowKey, row: Row) -> tuple[Any, ...]:
        """A row with players as numbers, as its ``columns``."""
        return (*key, *(row[stored.cell] for stored in self._stored))

    def read(self, record: Values) -> tuple[RowKey, Row]:
        """A record of its ``columns`` as key and row."""
        row = list(self.cells.empty)
        for stored in self._stored:
            row[stored.cell] = record[stored.name]
        return (record["window"], *(record[column.name] for column in self.sheet.key)), row

    def stored_values(self, row: Row) -> dict[str, Any]:
        """Every written column of a row under the fold, those that nobody is shown included."""
        return {stored.name: row[stored.cell] for stored in self._stored}

    @cached_property
    def resets(self) -> str:
        """Assignments that empty a row: every written column back to what it is before any fact."""
        return ", ".join(f"{quoted(stored.name)} = DEFAULT" for stored in self._stored)

    @cached_property
    def _player_keys(self) -> tuple[int, ...]:
        return tuple(n for n, column in enumerate(self.sheet.key, 1) if column.type.kind == "player")

    def sorted_rows(self, rows: Mapping[RowKey, Row], numbers: Mapping[Any, int]) -> list[tuple[RowKey, Row]]:
        """The rows with players as numbers, in the order in which every node locks them."""
        ordered = [(self.numbered(key, numbers), row) for key, row in rows.items()]
        for part in reversed(range(1 + len(self.sheet.key))):  # values of one type are compared fastest
            ordered.sort(key=lambda item: item[0][part])
        return ordered

    @property
    def _lock_order(self) -> list[str]:
        """The order of :meth:`sorted_rows`."""
        keys = [f"d.{quoted(column.name)}" + _BY_CODE_POINT * (column.type.kind == "str") for column in self.sheet.key]
        return ['w."window"' + _BY_CODE_POINT, *keys]

    def numbered(self, key: RowKey, numbers: Mapping[Any, int]) -> RowKey:
        """A row's key with players as numbers."""
        if self._player_keys == (1,):
            return (key[0], numbers[key[1]], *key[2:])
        return tuple(numbers[part] if n in self._player_keys else part for n, part in enumerate(key))

    def arguments(self, rows: Sequence[tuple[RowKey, Row]], numbers: Mapping[Any, int]) -> list[Sequence[Any]]:
        """One array for each parameter of the statements; ``numbers`` maps players inside values.

        Where rows are to be spread, the first holds their windows once.
        """
        keys: list[Sequence[Any]] = list(zip(*(key for key, _ in rows), strict=True))
        keys[0] = spread_over(rows) or keys[0]
        cells = list(zip(*(row for _, row in rows), strict=True))
        arguments: list[Sequence[Any]] = [*keys]
        for stored in self._stored:
            values: Sequence[Any] = cells[stored.cell]
            if stored.player:
                values = [None if value is None else numbers[value] for value in values]
            arguments.append(values)
        return arguments

    @cached_property
    def brought(self) -> str:
        """Merges the rows that were brought beside the table, but late ones."""
        return self._insert("merge", f"{sql.BROUGHT} AS d", "")

    @property
    def brought_late(self) -> str:
        """The same, and gives those that are late."""
        both = " AND ".join(f"w.{name} = d.{name}" for name in self._key)
        written = f"{self.brought} RETURNING {', '.join(f'r.{name}' for name in self._key)}"
        return sql.BROUGHT_LATE.format(written=written, both=both)

    @property
    def _key(self) -> list[str]:
        return ['"window"', *(quoted(column.name) for column in self.sheet.key)]

    @property
    def _names(self) -> list[str]:
        return [*self._key, *(quoted(stored.name) for stored in self._stored)]

    def _statement(self, mode: Mode) -> str:
        names = self._names
        arrays = ["text[]", *(_ARRAY_TYPES[column.type.kind] for column in self.sheet.key)]
        arrays += [stored.array for stored in self._stored]
        given = [f"${n}::{array}" for n, array in enumerate(arrays, 1)]
        if mode == "spread":
            cells = f"unnest({', '.join(given[1:])}) AS d({', '.join(names[1:])})"
            source = f'unnest({given[0]}) AS w("window") CROSS JOIN {cells}'
            order = f"ORDER BY {', '.join(self._lock_order)}"
        else:
            source, order = f"unnest({', '.join(given)}) AS d({', '.join(names)})", ""
        returned = ", ".join([*(f"r.{name}" for name in self._key), *(f"r.{quoted(n)}" for n in self.returned)])
        return f'{self._insert(mode, source, order)} RETURNING {returned}, r."present", r."version"'

    def _insert(self, mode: Mode, source: str, order: str) -> str:
        changes = ",\n    ".join(f"{quoted(stored.name)} = {_change(stored, mode)}" for stored in self._stored)
        where = _NOT_LATE if mode in ("merge", "spread") and self.sheet.is_ordered else ""
        values = ['w."window"' if mode == "spread" else 'd."window"', *(f"d.{name}" for name in self._names[1:])]
        return f"""
INSERT INTO {self.table} AS r ({", ".join(self._names)}, "present", "version")
SELECT {", ".join(values)}, true, nextval('kleos.version_seq')
FROM {source} {order}
ON CONFLICT ({", ".join(self._key)}) DO UPDATE SET
    {changes + "," if changes else ""}
    "present" = true, "version" = nextval('kleos.version_seq')
{where}"""


def spread_over(rows: Sequence[tuple[RowKey, Row]]) -> tuple[str, ...]:
    """The windows of all the rows, where each of these is the delta of several; none where each has a window."""
    window = rows[0][0][0]
    return tuple(sorted(window)) if isinstance(window, tuple) else ()


_BY_CODE_POINT: Final = ' COLLATE "C"'
_NOT_LATE: Final = """
WHERE excluded.ordered_first_at IS NULL OR r.ordered_last_at IS NULL
   OR (r.ordered_last_at, r.ordered_last_id) < (excluded.ordered_first_at, excluded.ordered_first_id)
"""


def _change(stored: _Stored, mode: Mode) -> str:
    if mode == "replace" or (mode == "refolded" and stored.ordered):
        return f"excluded.{quoted(stored.name)}"
    if mode == "unordered" and stored.ordered:
        return f"r.{quoted(stored.name)}"
    return stored.merge


def _ordered_columns() -> Iterable[_Stored]:
    for cell, name in enumerate(_ORDERED):
        array = "timestamptz[]" if name.endswith("_at") else "text[]"
        first, second = ("r", "excluded") if "_first_" in name else ("excluded", "r")
        yield _Stored(name, cell, array, f"COALESCE({first}.{name}, {second}.{name})", ordered=True)


def _stored_columns(fold: Fold, cell: int) -> list[_Stored]:
    if fold.kind == "streak":
        return _streak_columns(fold.name, cell)
    value = f"{fold.name}_millionths" if is_exact_sum(fold) else fold.name
    array = "bigint[]" if is_exact_sum(fold) else _ARRAY_TYPES[fold.type.kind]
    own, new = f"r.{quoted(value)}", f"excluded.{quoted(value)}"
    own_since, new_since = f'r."{fold.name}_since"', f'excluded."{fold.name}_since"'
    if fold.kind in ("count", "sum"):
        merged, since = f"{own} + {new}", f"GREATEST({own_since}, {new_since})"
    elif fold.kind == "last":
        merged, since = f"COALESCE({new}, {own})", f"COALESCE({new_since}, {own_since})"
    else:
        better = f"{new} {'<' if fold.kind == 'min' else '>'} {own}"
        merged = f"{'LEAST' if fold.kind == 'min' else 'GREATEST'}({own}, {new})"
        since = (
            f"CASE WHEN {own} IS NULL OR {better} THEN {new_since} WHEN {new} = {own} "
            f"THEN LEAST({own_since}, {new_since}) ELSE {own_since} END"
        )
    columns = [_Stored(value, cell, array, merged, fold.is_ordered, fold.type.kind == "player")]
    if fold.since:
        columns.append(_Stored(f"{fold.name}_since", cell + 1, "timestamptz[]", since, fold.is_ordered))
    return columns


def _streak_columns(name: str, cell: int) -> list[_Stored]:
    own = {part: f'r."{name}{part}"' for part in _STREAK_PARTS}
    new = {part: f'excluded."{name}{part}"' for part in _STREAK_PARTS}
    joined = f"{own['']} + {new['_prefix']}"
    merges = {
        "_length": f"{own['_length']} + {new['_length']}",
        "_prefix": f"CASE WHEN {own['_prefix']} = {own['_length']} THEN {own['_length']} + {new['_prefix']} "
        f"ELSE {own['_prefix']} END",
        "": f"CASE WHEN {new['_prefix']} = {new['_length']} THEN {own['']} + {new['_length']} ELSE {new['']} END",
        "_best": f"GREATEST({own['_best']}, {new['_best']}, {joined})",
        "_prefix_at": f"CASE WHEN {own['_prefix']} = {own['_length']} AND {new['_prefix']} > 0 "
        f"THEN {new['_prefix_at']} ELSE {own['_prefix_at']} END",
        "_since": f"CASE WHEN {new['_length']} = 0 THEN {own['_since']} WHEN {own['']} = 0 AND {new['_best']} = 0 "
        f"THEN COALESCE({own['_since']}, {new['_since']}) ELSE {new['_since']} END",
        "_best_since": f"CASE WHEN {joined} > {own['_best']} AND {joined} >= {new['_best']} THEN {new['_prefix_at']} "
        f"WHEN {new['_best']} > {own['_best']} THEN {new['_best_since']} "
        f"ELSE COALESCE({own['_best_since']}, {new['_best_since']}) END",
    }
    return [
        _Stored(f"{name}{part}", cell + n, "timestamptz[]" if n > 3 else "bigint[]", merges[part], ordered=True)
        for n, part in enumerate(_STREAK_PARTS)
    ]

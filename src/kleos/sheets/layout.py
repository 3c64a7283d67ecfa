"""How a sheet lies in PostgreSQL: the names and types of its table's columns, from its definition.

A sheet's table is ``"<game>"."<sheet>"``, keyed by the window's name and the key columns. Besides the
visible columns it has hidden ones: ``<column>_since``, ``<column>_millionths`` (a sum of floats, exact),
for a streak what merging it needs (``_length``, ``_prefix``, ``_prefix_at``), ``ordered_first_*`` and
``ordered_last_*`` (the span of events that the ordered folds have taken in) and ``version``. A row emptied
by a correction has ``present`` false.
"""

from typing import Final

from kleos.core.definition.model import Board, Definition, Sheet
from kleos.core.definition.names import RESERVED_COLUMNS as RESERVED_COLUMNS

SQL_TYPES: Final = {
    "player": "bigint",
    "str": 'text COLLATE "C"',
    "int": "bigint",
    "float": "double precision",
    "bool": "boolean",
    "time": "timestamptz",
}


def quoted(name: str) -> str:
    """A name of a definition as SQL; the loader has refused everything but ``[a-z][a-z0-9_]*``."""
    return f'"{name}"'


def table(game: str, sheet: str) -> str:
    return f"{quoted(game)}.{quoted(sheet)}"


def beside(name: str) -> str:
    """The table that is made to take another's place; no sheet can have such a name."""
    return f"{name}+new"


def since_columns(sheet: Sheet, board: Board) -> tuple[str, ...]:
    """The hidden columns whose latest is the time a standing of this board took its value."""
    inputs = {name for sort in board.by for name in sheet.columns[sort.column].inputs}
    return tuple(f"{name}_since" for name in sorted(inputs))


def board_columns(definition: Definition, sheet: Sheet) -> tuple[str, ...]:
    """Every column that a board of this sheet needs of a row, without window, key and version: sorted names."""
    needed: set[str] = set()
    for board in definition.boards.values():
        if board.sheet == sheet.name:
            needed.update(sort.column for sort in board.by)
            needed.update(since_columns(sheet, board))
            needed.update(board.where.names if board.where is not None else ())
    return tuple(sorted(needed))


def key_arrays(sheet: Sheet) -> list[str]:
    """The array types of a row's key: the window, then the key columns."""
    kinds = ["str", *(column.type.kind for column in sheet.key)]
    return [("double precision" if kind == "float" else SQL_TYPES[kind].split(" ")[0]) + "[]" for kind in kinds]

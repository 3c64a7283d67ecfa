"""The boards of a definition: rankings of the rows of its sheets."""

from collections.abc import Mapping
from typing import cast

from kleos.core.definition.keys import DIRECTIONS
from kleos.core.definition.model import Board, Direction, Sheet, SortColumn, Ties
from kleos.core.definition.names import BUILT_IN_ATTRIBUTE, BUILT_IN_BOARD, check_name
from kleos.core.definition.presentation import read_presentation
from kleos.core.definition.problems import did_you_mean, shown
from kleos.core.definition.scopes import row_condition
from kleos.core.definition.sheets import ReadSheet
from kleos.core.definition.tables import Table

MOST_SORT_COLUMNS = 8
_SORT_KINDS = ("int", "float", "bool", "time")


def read_boards(game: Table, sheets: Mapping[str, ReadSheet], attributes: tuple[str, ...]) -> dict[str, Board]:
    boards = {}
    for name, table in game.tables("boards").items():
        check_name(name, "a board", table.path, "", table.problems)
        if name == BUILT_IN_BOARD:
            table.problem("", f"the board {name!r} is built in, over the awards", "another name")
        read = sheet_of(table, sheets)
        if read is not None:
            boards[name] = _board(name, table, read, attributes)
    return boards


def sheet_of(table: Table, sheets: Mapping[str, ReadSheet]) -> ReadSheet | None:
    """The sheet that a table names; None where there is none, which is then reported."""
    if "sheet" not in table:
        return None
    name = table.text("sheet")
    if name not in sheets:
        table.problem("sheet", f"there is no sheet {shown(name)}", did_you_mean(name, sheets))
    return sheets.get(name)


def ranked_columns(boards: Mapping[str, Board], sheet: Sheet) -> set[str]:
    """The visible folded columns by which boards rank this sheet, directly or through formulas."""
    return {
        name
        for board in boards.values()
        if board.sheet == sheet.name
        for sort in board.by
        for name in sheet.columns[sort.column].inputs
    }


def _board(name: str, table: Table, read: ReadSheet, attributes: tuple[str, ...]) -> Board:
    partitions = table.lists("partitions") if "partitions" in table else ((),)
    if read.lacks_player:
        mend = "a sheet whose key holds exactly one player; other key columns go into every partition"
        message = f"the key of {read.sheet.name!r} does not hold exactly one player"
        table.problem("sheet", message, mend)
    elif read.is_keyed and "partitions" not in table.broken:
        _check_partitions(table, read.sheet, partitions, attributes)
    return Board(
        name,
        read.sheet.name,
        _sort_columns(table, read),
        row_condition(table, "where", read.scope),
        partitions,
        cast(Ties, table.text("ties", "competition")),
        read_presentation(table, name),
    )


def _sort_columns(table: Table, read: ReadSheet) -> tuple[SortColumn, ...]:
    found: dict[str, SortColumn] = {}
    parts = table.text("by").split(",") if "by" in table else []
    if len(parts) > MOST_SORT_COLUMNS:
        table.problem("by", f"ranks by {len(parts)} columns", f"at most {MOST_SORT_COLUMNS}")
        return ()
    for part in parts:
        words = part.split()
        if not 1 <= len(words) <= 2 or (len(words) == 2 and words[1] not in DIRECTIONS):
            table.problem(
                "by",
                f"{shown(part.strip())} is no column with a direction",
                '"games_won desc, win_rate desc"',
            )
        elif words[0] in found:
            table.problem("by", f"names the column {words[0]!r} twice", "each column once")
        elif _is_sortable(table, read, words[0]):
            found[words[0]] = SortColumn(words[0], cast(Direction, words[1] if len(words) == 2 else "desc"))
    return tuple(found.values())


def _is_sortable(table: Table, read: ReadSheet, name: str) -> bool:
    column = read.sheet.columns.get(name)
    if column is None:
        if name not in read.scope.broken:
            message = f"the sheet {read.sheet.name!r} has no column {shown(name)}"
            table.problem("by", message, did_you_mean(name, read.sheet.columns))
        return False
    if column.type.kind not in _SORT_KINDS:
        mend = f"a column that is one of: {', '.join(_SORT_KINDS)}"
        table.problem("by", f"cannot rank by {name!r}, which is {column.type}", mend)
        return False
    return True


def _check_partitions(
    table: Table, sheet: Sheet, partitions: tuple[tuple[str, ...], ...], attributes: tuple[str, ...]
) -> None:
    needed = [column.name for column in sheet.key if column.name != sheet.player_key]
    known = (*needed, BUILT_IN_ATTRIBUTE, *attributes)
    for name in needed:
        if known.count(name) > 1:
            mend = "another name for the key column or for the attribute"
            table.problem("partitions", f"{name!r} is both a key column and a player attribute", mend)
    for partition in partitions:
        for name in partition:
            if name not in known:
                mend = did_you_mean(name, known) + "; or declare it under `attributes`"
                table.problem("partitions", f"{shown(name)} is no player attribute and no key column", mend)
    if len({frozenset(partition) for partition in partitions}) < len(partitions):
        table.problem("partitions", "holds the same partition twice", "each once")
    missing = [name for name in needed if not all(name in partition for partition in partitions)]
    if missing:
        mend = f"partitions = [[{', '.join(repr(name) for name in needed)}]], or with attributes added to it"
        message = f"the key column {missing[0]!r} of {sheet.name!r} is not in every partition"
        table.problem("partitions", message, mend.replace("'", '"'))

"""The charts of a definition: what a player's page draws from sheets."""

from collections.abc import Mapping
from typing import cast

from kleos.core.definition.boards import sheet_of
from kleos.core.definition.model import Chart, WindowKind
from kleos.core.definition.names import check_name
from kleos.core.definition.presentation import read_presentation
from kleos.core.definition.problems import did_you_mean, shown
from kleos.core.definition.sheets import ReadSheet
from kleos.core.definition.tables import Table

_DRAWN_KINDS = ("int", "float")


def read_charts(game: Table, sheets: Mapping[str, ReadSheet]) -> dict[str, Chart]:
    charts = {}
    for name, table in game.tables("charts").items():
        check_name(name, "a chart", table.path, "", table.problems)
        read = sheet_of(table, sheets)
        if read is not None:
            for column in table.texts("columns"):
                _check_column(table, read, column)
            _check_every(table, read)
            every = cast(WindowKind, table.text("every")) if "every" in table else None
            kind, columns = table.text("kind"), table.texts("columns")
            charts[name] = Chart(name, kind, read.sheet.name, columns, every, read_presentation(table, name))
    return charts


def _check_column(table: Table, read: ReadSheet, name: str) -> None:
    column = read.sheet.columns.get(name)
    if column is None:
        if name not in read.scope.broken:
            message = f"the sheet {read.sheet.name!r} has no column {shown(name)}"
            table.problem("columns", message, did_you_mean(name, read.sheet.columns))
    elif column.type.kind not in _DRAWN_KINDS:
        table.problem("columns", f"cannot draw {name!r}, which is {column.type}", "columns that are int or float")


def _check_every(table: Table, read: ReadSheet) -> None:
    is_trend = table.text("kind") == "trend"
    if "every" not in table:
        if is_trend and "every" not in table.broken:
            table.problem("every", "is missing", "the window that is one point of the trend, such as day")
    elif not is_trend and "kind" in table:
        table.problem("every", "means nothing but for a trend", "no `every`")
    elif table.text("every") not in read.sheet.windows:
        mend = f"one of: {', '.join(read.sheet.windows)}; or add it to the sheet's windows"
        table.problem("every", f"the sheet {read.sheet.name!r} has no window {table.text('every')!r}", mend)

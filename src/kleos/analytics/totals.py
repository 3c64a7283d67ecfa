"""What is used how much: a sheet's numbers over all players, by one of its other keys (a weapon, a mode)."""

from typing import Any, Final

import msgspec

from kleos.analytics import sql
from kleos.core.definition.model import Column, Sheet
from kleos.core.errors import BadInput
from kleos.core.windows import Window
from kleos.engine.engine import Engine
from kleos.engine.game import Game
from kleos.sheets.layout import quoted, table

MOST_VALUES: Final = 100
_ADDED: Final = ("count", "sum")
"""Folds whose results can be added up over players."""


class Total(msgspec.Struct):
    """``players`` have a row of this value; ``totals`` by column."""

    value: Any
    players: int
    totals: dict[str, Any]


class Totals(msgspec.Struct):
    """By the first column, the most first."""

    game: str
    sheet: str
    by: str
    window: str
    columns: list[str]
    values: list[Total]


async def totals(engine: Engine, game: Game, sheet: Sheet, by: str, window: Window) -> Totals:
    """Raises BadInput for a sheet that has nothing to add up, or not by this."""
    keys = [key.name for key in sheet.key if key.type.kind in ("str", "int", "bool")]
    columns = [column.name for column in sheet.columns.values() if _is_added(sheet, column)]
    if by not in keys or sheet.player_key is None or not columns:
        said = f"it can be added up by {', '.join(keys)}" if keys and columns else "it has nothing to add up"
        raise BadInput(f"the sheet {sheet.name!r} is not added up by {by!r}; {said}", "by")
    statement = sql.TOTALS.format(
        by=quoted(by),
        player=quoted(sheet.player_key),
        totals=", ".join(f"sum({quoted(name)}) AS {quoted(name)}" for name in columns),
        table=table(game.name, sheet.name),
        limit=MOST_VALUES,
    )
    rows = await engine.pool.fetch(statement, window.name)
    found = [Total(row["value"], row["players"], {name: _plain(row[name]) for name in columns}) for row in rows]
    return Totals(game.name, sheet.name, by, window.name, columns, found)


def _is_added(sheet: Sheet, column: Column) -> bool:
    return column.fold is not None and sheet.folds[column.fold].kind in _ADDED


def _plain(total: Any) -> Any:
    """Sums of whole numbers come as decimals."""
    return total if total is None or isinstance(total, float) else int(total)

"""How the values of a column are spread over the rows of a sheet."""

import math
from typing import Any

import asyncpg
import msgspec

from kleos.core.definition.model import Sheet
from kleos.core.errors import BadInput
from kleos.core.windows import Window
from kleos.engine.game import Game
from kleos.sheets import sql
from kleos.sheets.layout import quoted, table


class Bin(msgspec.Struct):
    """``rows`` have a value from ``start`` on, up to and without ``end``; in the last one ``end`` itself too."""

    start: float = msgspec.field(name="from")
    end: float = msgspec.field(name="to")
    rows: int


class Histogram(msgspec.Struct):
    """``rows`` have a value, ``empty`` none. Without any value there are no bins, and no ``min``, ``max`` and ``mean``.
    Bins are equally wide; of an int column by a whole number, so that there may be fewer than asked for."""

    game: str
    sheet: str
    column: str
    window: str
    rows: int
    empty: int
    min: float | None
    max: float | None
    mean: float | None
    bins: list[Bin]


async def histogram(pool: asyncpg.Pool, game: Game, sheet: Sheet, column: str, window: Window, bins: int) -> Histogram:
    """Raises BadInput for a column that there is not, or that has no numbers."""
    kind = _kind(sheet, column)
    seen = "".join(
        sql.SEEN.format(game=game.name, player=quoted(key.name)) for key in sheet.key if key.type.kind == "player"
    )
    where = {"table": table(game.name, sheet.name), "column": quoted(column), "filters": seen}
    row = await pool.fetchrow(sql.EXTENT.format(**where), window.name)
    assert row is not None, "an aggregate has a row"
    empty, rows, low, high, mean = row["empty"], row["rows"], row["low"], row["high"], row["mean"]
    found: list[Bin] = []
    if rows:
        width = _width(kind, low, high, bins)
        last = 0 if width == 0 else math.ceil((high - low + (kind == "int")) / width) - 1
        last = min(last, bins - 1)
        counted = await pool.fetch(sql.BINS.format(**where), window.name, low, width or 1.0, last)
        counts = {each["bin"]: each["rows"] for each in counted}
        edges = [low + n * width for n in range(last + 1)] + [high if kind == "float" else low + (last + 1) * width]
        found = [Bin(edges[n], edges[n + 1], counts.get(n, 0)) for n in range(last + 1)]
    return Histogram(game.name, sheet.name, column, window.name, rows, empty, low, high, mean, found)


def _width(kind: str, low: float, high: float, bins: int) -> float:
    if kind == "int":
        return float(math.ceil((high - low + 1) / bins))
    return (high - low) / bins


def _kind(sheet: Sheet, column: str) -> str:
    found: Any = sheet.columns.get(column)
    if found is None or found.type.kind not in ("int", "float"):
        numbers = [each.name for each in sheet.columns.values() if each.type.kind in ("int", "float")]
        said = "has no numbers" if found is not None else f"is no column of {sheet.name!r}"
        raise BadInput(f"{column!r} {said}; with numbers there is {', '.join(numbers)}", "column")
    kind: str = found.type.kind
    return kind

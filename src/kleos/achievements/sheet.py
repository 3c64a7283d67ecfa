"""The built-in sheet `awards`: a player's awards folded to points and a count, in every window they fall into."""

from collections.abc import Mapping, Sequence
from typing import Any

from kleos.achievements import sql
from kleos.core.cells import Cells, Row, RowKey
from kleos.core.completion import Award
from kleos.engine.game import Game
from kleos.sheets.changes import RowChange
from kleos.sheets.layout import quoted
from kleos.sheets.merge import SheetWriter
from kleos.store.pool import Connection


def fold_awards(game: Game, player: Any, awards: Mapping[str, Award]) -> dict[RowKey, Row]:
    """The rows that a player's awards make; by the same rules as any other fold."""
    sheet = game.definition.sheets["awards"]
    cells = Cells.of(sheet)
    points, unlocked = cells.at["points"], cells.at["unlocked"]
    rows: dict[RowKey, Row] = {}
    for name, award in sorted(awards.items(), key=lambda item: item[1]):
        achievement = game.definition.achievements.get(name)
        if achievement is None:
            continue
        for window in game.calendar.names(sheet.windows, award.at):
            row = rows.setdefault((window, player), list(cells.empty))
            row[unlocked : unlocked + 2] = row[unlocked] + 1, award.at
            if achievement.points:
                row[points : points + 2] = row[points] + achievement.points, award.at
    return rows


async def write_award_rows(
    connection: Connection,
    game: Game,
    writer: SheetWriter,
    awards: Mapping[int, Mapping[str, Award]],
) -> list[RowChange]:
    """Writes the rows of these players as they are now, and empties those that no award is behind any more."""
    if not awards:
        return []
    rows: dict[RowKey, Row] = {}
    for player, mine in awards.items():
        rows.update(fold_awards(game, player, mine))
    written: Sequence[Any] = []
    if rows:
        ordered = sorted(rows.items(), key=lambda item: item[0])
        written = await connection.fetch(writer.statements["replace"], *writer.arguments(ordered, {}))
    emptied = await connection.fetch(
        sql.EMPTY_AWARD_ROWS.format(
            table=writer.table,
            resets=writer.resets,
            returned=", ".join(f"r.{quoted(name)}" for name in writer.returned),
        ),
        sorted(awards),
        [key[0] for key in rows],
        [key[1] for key in rows],
    )
    return [RowChange("awards", row["window"], row) for row in (*written, *emptied)]

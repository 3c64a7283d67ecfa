"""Folding the log anew, in Python: whole sheets when a definition has grown, the rows of a season when its dates
change.

Runs under the game's exclusive lock, in the caller's transaction. Every row that the log makes is written
as it must be; a row that it no longer makes is emptied. The same fold is what `verify` compares with.
"""

from collections.abc import Collection, Iterable, Mapping
from typing import Any, Final

from kleos.achievements.awards import AwardChange, apply_decisions, awards_of
from kleos.achievements.sheet import fold_awards, write_award_rows
from kleos.core.cells import Row, RowKey
from kleos.core.completion import Award, Happened, all_awards
from kleos.core.definition.model import WindowKind
from kleos.engine.game import Game
from kleos.log import history
from kleos.sheets import sql
from kleos.sheets.layout import table
from kleos.sheets.merge import SheetWriter
from kleos.sheets.write import Writers
from kleos.store.pool import Connection

_WRITTEN_AT_ONCE: Final = 5_000
_DECIDED_AT_ONCE: Final = 500
Sheets = dict[str, dict[RowKey, Row]]


async def fold_log(
    connection: Connection,
    game: Game,
    sheets: Collection[str],
    kinds: Collection[WindowKind] | None = None,
    span: history.Span = history.EVERYTHING,
) -> Sheets:
    """Every row of these sheets that the log makes, players as numbers; of these kinds of windows only, if given."""
    rows: Sheets = {name: {} for name in sheets}
    windows_of = {
        name: [kind for kind in game.definition.sheets[name].windows if kinds is None or kind in kinds]
        for name in sheets
    }
    appeared: set[tuple[Any, str]] = set()
    async for happened in history.whole(connection, game, span):
        for name, fold in happened.plan.folds.items():
            if name in rows:
                windows = game.calendar.names(windows_of[name], happened.event.at)
                for rule in fold.rules:
                    rule(happened.event, windows, rows[name], appeared)
        appeared.clear()
    return rows


async def rebuild_sheets(connection: Connection, game: Game, writers: Writers, names: Iterable[str]) -> None:
    """Refolds whole sheets from the whole log."""
    wanted = [name for name in names if name in game.definition.sheets and name != "awards"]
    for name, rows in (await fold_log(connection, game, wanted)).items():
        await _replace(connection, game, writers[name], rows, None)


async def rebuild_season(connection: Connection, game: Game, writers: Writers, season: str, span: history.Span) -> None:
    """Refolds what one season's windows hold, after its dates changed; ``span`` are the dates in force."""
    names = [name for name, sheet in game.definition.sheets.items() if "season" in sheet.windows and name != "awards"]
    folded = await fold_log(connection, game, names, {"season"}, span)
    for name, rows in folded.items():
        own = {key: row for key, row in rows.items() if key[0] == season}
        await _replace(connection, game, writers[name], own, season)
    if any(award.condition.window == "season" for awards in game.plan.row_awards.values() for award in awards):
        await rebuild_awards(connection, game, writers)
    else:
        await _refold_awards(connection, game, writers)


async def _refold_awards(connection: Connection, game: Game, writers: Writers) -> None:
    """Folds the awards that there are into the sheet `awards`: their dates stand, and only the windows have changed."""
    players = [row["player"] for row in await connection.fetch(sql.AWARDED_PLAYERS, game.name)]
    for start in range(0, len(players), _WRITTEN_AT_ONCE):
        held = await awards_of(connection, game, players[start : start + _WRITTEN_AT_ONCE])
        await write_award_rows(connection, game, writers["awards"], held)


async def rebuild_awards(connection: Connection, game: Game, writers: Writers) -> list[AwardChange]:
    """Decides every award anew, player by player, and folds them into the sheet `awards`."""
    players = [row["player"] for row in await connection.fetch(sql.PLAYERS_OF, game.name)]
    changes: list[AwardChange] = []
    for start in range(0, len(players), _DECIDED_AT_ONCE):
        some = players[start : start + _DECIDED_AT_ONCE]
        decided = await decide_awards(connection, game, some)
        held = await awards_of(connection, game, some)
        changes += await apply_decisions(connection, game, held, decided)
        await write_award_rows(connection, game, writers["awards"], decided)
    return changes


async def decide_awards(connection: Connection, game: Game, players: Collection[int]) -> dict[int, dict[str, Award]]:
    """The awards that the log gives these players."""
    if not game.definition.achievements:
        return {player: {} for player in players}
    histories: Mapping[int, list[Happened]] = await history.of_players(
        connection, game, sorted(players), game.plan.events
    )
    return {player: all_awards(game.plan, game.calendar, player, histories[player]) for player in players}


def fold_all_awards(game: Game, awards: Mapping[int, Mapping[str, Award]]) -> dict[RowKey, Row]:
    rows: dict[RowKey, Row] = {}
    for player, mine in awards.items():
        rows.update(fold_awards(game, player, mine))
    return rows


async def _replace(
    connection: Connection, game: Game, writer: SheetWriter, rows: Mapping[RowKey, Row], window: str | None
) -> None:
    """Empties every row (of one window, if given), then writes those that there should be: a tombstone stays for a row
    that the log no longer makes, and the version rises in any case.
    """
    where = table(game.name, writer.sheet.name)
    await connection.execute(sql.EMPTY_ROWS.format(table=where, resets=writer.resets), window)
    ordered = sorted(rows.items(), key=lambda item: item[0])
    for start in range(0, len(ordered), _WRITTEN_AT_ONCE):
        some = ordered[start : start + _WRITTEN_AT_ONCE]
        await connection.execute(writer.statements["replace"], *writer.arguments(some, _Same()))


class _Same(dict[Any, int]):
    """Players of the log are numbers already."""

    def __missing__(self, key: Any) -> int:
        return int(key)

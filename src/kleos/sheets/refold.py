"""Folding the log anew in Python: the rows of sheets, and awards. What replay in DuckDB must agree with."""

from collections.abc import Collection, Mapping
from typing import Any

from kleos.achievements.sheet import fold_awards
from kleos.core.cells import Row, RowKey
from kleos.core.completion import Award, Happened, all_awards
from kleos.core.definition.model import WindowKind
from kleos.engine.game import Game
from kleos.log import history
from kleos.store.pool import Connection

Sheets = dict[str, dict[RowKey, Row]]


async def fold_log(
    connection: Connection,
    game: Game,
    sheets: Collection[str],
    kinds: Collection[WindowKind] | None = None,
    span: history.Span = history.EVERYTHING,
    after_seq: int = 0,
    last_seq: int | None = None,
) -> Sheets:
    """Every row of these sheets that the log makes, players as numbers; of these kinds of windows only, if given.

    Must run inside a transaction. ``after_seq`` and ``last_seq`` bound the log as in :func:`kleos.log.history.whole`.
    """
    rows: Sheets = {name: {} for name in sheets}
    windows_of = {
        name: [kind for kind in game.definition.sheets[name].windows if kinds is None or kind in kinds]
        for name in sheets
    }
    appeared: set[tuple[Any, str]] = set()
    async for happened in history.whole(connection, game, span, after_seq, last_seq):
        for name, fold in happened.plan.folds.items():
            if name in rows:
                windows = game.calendar.names(windows_of[name], happened.event.at)
                for rule in fold.rules:
                    rule(happened.event, windows, rows[name], appeared)
        appeared.clear()
    return rows


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


class Same(dict[Any, int]):
    """Players of the log are numbers already."""

    def __missing__(self, key: Any) -> int:
        return int(key)

"""What a change of a definition would do, measured before it is made. Nothing is written."""

from collections.abc import Sequence
from typing import Final

import msgspec

from kleos.core.definition.changes import Changes
from kleos.core.definition.model import Definition
from kleos.core.expression import sql_source
from kleos.core.plan import compile_plan
from kleos.core.windows import Calendar
from kleos.definitions import sql
from kleos.definitions.answers import AchievementPreview, BoardPreview, ColumnPreview, Cost, Preview, ThingKind
from kleos.definitions.measure import Measured, measure
from kleos.engine.catalog import Origin
from kleos.engine.game import Game
from kleos.sheets.layout import quoted, table
from kleos.store.pool import Connection

MEASURED_WITHIN_S: Final = 5.0
REFOLDED_EVENTS_PER_S: Final = 50_000
"""A careful guess at how many events of the log are folded anew in a second."""


async def preview(
    connection: Connection,
    before: Game,
    definition: Definition,
    changes: Changes,
    origin: Origin,
    within_s: float = MEASURED_WITHIN_S,
) -> Preview:
    """Runs in a transaction that sees one moment. ``changes`` are those from ``before`` to ``definition``."""
    after = game_after(before, definition, origin)
    boards = _concerned_boards(before.definition, definition, changes)
    players = [row["player"] for row in await connection.fetch(sql.PLAYERS_ANYHOW, before.name)]
    found = await measure(connection, before, after, boards, changes, origin.at, players, within_s)
    return Preview(
        await _columns(connection, before.definition, definition),
        [await _board(connection, before, after, name, kind, found, origin.at) for name, kind in boards.items()],
        [*await _dropped_awards(connection, before, after), *_awards(before, definition, changes, found)],
        len(players),
        len(found.players),
        await _cost(connection, before, changes),
    )


def game_after(before: Game, definition: Definition, origin: Origin) -> Game:
    """The game as it would be."""
    return Game(
        definition,
        compile_plan(definition, origin.counts_from(before, definition)),
        before.version + 1,
        Calendar(definition.timezone, before.calendar.seasons),
        before.calendar_version,
        before.corrected,
    )


def _concerned_boards(old: Definition, new: Definition, changes: Changes) -> dict[str, ThingKind]:
    named = {change.table: change.kind for change in changes.changes if change.table.startswith("boards.")}
    kinds: dict[str, ThingKind] = {}
    for name in (*old.boards, *(name for name in new.boards if name not in old.boards)):
        board = new.boards.get(name)
        if board is None:
            kinds[name] = "lost"
        elif name not in old.boards:
            kinds[name] = "gained"
        elif f"boards.{name}" in named or (board.sheet in changes.refold and board.sheet != "awards"):
            kinds[name] = "changed"
    return kinds


def _awards(before: Game, definition: Definition, changes: Changes, found: Measured) -> list[AchievementPreview]:
    """New achievements, and those whose awards may be others, also where nobody's are."""
    listed = []
    for name in definition.achievements:
        if name in changes.rejudge or name in found.awards:
            is_new = name not in before.definition.achievements
            of_nobody = AchievementPreview(name, "changed", 0, 0, 0, [])
            kind: ThingKind = "gained" if is_new else "changed"
            listed.append(msgspec.structs.replace(found.awards.get(name, of_nobody), kind=kind))
    return listed


async def _dropped_awards(connection: Connection, before: Game, after: Game) -> list[AchievementPreview]:
    """Achievements that are no more, with all who hold them."""
    dropped = [name for name in before.definition.achievements if name not in after.definition.achievements]
    rows = await connection.fetch(sql.AWARDS_OF_DROPPED, before.name, dropped) if dropped else []
    held = {row["achievement"]: row["awards"] for row in rows}
    return [AchievementPreview(name, "lost", 0, held.get(name, 0), 0, []) for name in dropped]


async def _columns(connection: Connection, old: Definition, new: Definition) -> list[ColumnPreview]:
    found: list[ColumnPreview] = []
    for name in (*new.sheets, *(name for name in old.sheets if name not in new.sheets)):
        before, after = (side.sheets[name].columns if name in side.sheets else {} for side in (old, new))
        rows = await connection.fetchval(sql.ROWS.format(table=table(new.game, name))) if name in old.sheets else 0
        found += [
            ColumnPreview(name, column.name, "added" if column.fold is None else "filled", rows)
            for column in after.values()
            if column.name not in before
        ]
        found += [ColumnPreview(name, column, "dropped", rows) for column in before if column not in after]
    return found


async def _board(
    connection: Connection,
    before: Game,
    after: Game,
    name: str,
    kind: ThingKind,
    found: Measured,
    now: int,
) -> BoardPreview:
    was = await _standings_now(connection, before, name, None if kind == "lost" else found.players, now)
    return BoardPreview(name, kind, was, found.standings.get(name, 0) if kind != "lost" and found.players else None)


async def _standings_now(
    connection: Connection, game: Game, name: str, players: Sequence[int] | None, now: int
) -> int | None:
    board = game.definition.boards.get(name)
    if board is None:
        return None
    sheet = game.definition.sheets[board.sheet]
    window = game.calendar.window(sheet.windows[0], now)
    if window is None or sheet.player_key is None:
        return None
    sources = {each: quoted(each) for each in (*sheet.columns, *(column.name for column in sheet.key))}
    qualified = "true" if board.where is None else sql_source(board.where, sources, "postgresql")
    statement = sql.QUALIFIED.format(
        table=table(game.name, sheet.name), qualified=qualified, player=quoted(sheet.player_key)
    )
    standings: int = await connection.fetchval(statement, window.name, players)
    return standings


async def _cost(connection: Connection, before: Game, changes: Changes) -> Cost:
    if not changes.refold and not changes.rejudge:
        return Cost(0, 0.0)
    events: int = await connection.fetchval(sql.LOG_SIZE, before.name)
    return Cost(events, round(events / REFOLDED_EVENTS_PER_S, 1))

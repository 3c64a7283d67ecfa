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
from kleos.definitions.measure import Measured, measure_some
from kleos.definitions.replayed import measure_all
from kleos.engine.catalog import Origin
from kleos.engine.game import Game
from kleos.sheets.layout import quoted, table
from kleos.store.pool import Connection

EXACTLY_WITHIN_S: Final = 60.0
MEASURED_WITHIN_S: Final = 5.0
SEALED_EVENTS_PER_S: Final = 500_000
UNSEALED_EVENTS_PER_S: Final = 100_000
"""Careful guesses at how many events of the archive, and of PostgreSQL, are folded anew in a second."""
COUNTED_EVENTS: Final = 200_000
"""So many of those that are not sealed are counted; to count more takes longer than the number is worth."""


async def preview(
    connection: Connection,
    before: Game,
    definition: Definition,
    changes: Changes,
    origin: Origin,
    exactly_within_s: float = EXACTLY_WITHIN_S,
    within_s: float = MEASURED_WITHIN_S,
) -> Preview:
    """Runs in a transaction that sees one moment. ``changes`` are those from ``before`` to ``definition``.

    The whole log is folded where that takes no more than so many seconds by guess; of a larger one the histories of
    players drawn by chance, within the other seconds.
    """
    after = game_after(before, definition, origin)
    concerned = _concerned_boards(before.definition, definition, changes)
    boards = [
        definition.boards[name]
        for name, kind in concerned.items()
        if kind != "lost" and definition.boards[name].sheet != "awards"
    ]
    cost = await _cost(connection, before)
    players: int = await connection.fetchval(sql.PLAYERS, before.name)
    measured = players
    if not changes.rejudge and not boards and definition.sheets.keys() <= before.definition.sheets.keys():
        found, measured = Measured(), 0
    elif cost.seconds <= exactly_within_s:
        found = await measure_all(connection, before, after, boards, changes, origin.at)
    else:
        some = [row["player"] for row in await connection.fetch(sql.PLAYERS_ANYHOW, before.name)]
        found = await measure_some(connection, before, after, boards, changes, origin.at, some, within_s)
        measured = len(found.players or ())
    return Preview(
        await _columns(connection, before.definition, definition, found),
        [await _board(connection, before, name, kind, found, origin.at) for name, kind in concerned.items()],
        [*await _dropped_awards(connection, before, after), *_awards(before, definition, changes, found)],
        players,
        measured,
        cost if changes.refold or changes.rejudge else Cost(0, 0.0),
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


async def _columns(connection: Connection, old: Definition, new: Definition, measured: Measured) -> list[ColumnPreview]:
    found: list[ColumnPreview] = []
    for name in (*new.sheets, *(name for name in old.sheets if name not in new.sheets)):
        before, after = (side.sheets[name].columns if name in side.sheets else {} for side in (old, new))
        if name in old.sheets:
            rows = await connection.fetchval(sql.ROWS.format(table=table(new.game, name)))
        else:
            rows = measured.rows.get(name)
        found += [
            ColumnPreview(name, column.name, "added" if column.fold is None else "filled", rows)
            for column in after.values()
            if column.name not in before
        ]
        found += [ColumnPreview(name, column, "dropped", rows) for column in before if column not in after]
    return found


async def _board(
    connection: Connection, before: Game, name: str, kind: ThingKind, found: Measured, now: int
) -> BoardPreview:
    was = await _standings_now(connection, before, name, None if kind == "lost" else found.players, now)
    if kind == "lost":
        return BoardPreview(name, kind, was, None, [])
    return BoardPreview(name, kind, was, found.standings.get(name), found.first.get(name, []))


async def _standings_now(
    connection: Connection, game: Game, name: str, players: Sequence[int] | None, now: int
) -> int | None:
    board = game.definition.boards.get(name)
    if board is None:
        return None
    sheet = game.definition.sheets[board.sheet]
    window = game.calendar.window(sheet.windows[0], now)
    if window is None or sheet.player_key is None:
        return 0
    sources = {each: quoted(each) for each in (*sheet.columns, *(column.name for column in sheet.key))}
    qualified = "true" if board.where is None else sql_source(board.where, sources, "postgresql")
    statement = sql.QUALIFIED.format(
        table=table(game.name, sheet.name), qualified=qualified, player=quoted(sheet.player_key)
    )
    standings: int = await connection.fetchval(statement, window.name, players, game.name)
    return standings


async def _cost(connection: Connection, before: Game) -> Cost:
    """What is sealed is counted, and the rest up to a bound; beyond it the planner's guess stands for it."""
    (sealed,) = await connection.fetch(sql.SEALED, before.name)
    after_seq, archived = sealed["last_seq"], sealed["events"]
    rest: int = await connection.fetchval(sql.UNSEALED, before.name, after_seq, COUNTED_EVENTS)
    if rest == COUNTED_EVENTS:
        rest = max(rest, await _guessed(connection, before.name, after_seq))
    return Cost(archived + rest, round(archived / SEALED_EVENTS_PER_S + rest / UNSEALED_EVENTS_PER_S, 1))


async def _guessed(connection: Connection, game: str, after_seq: int) -> int:
    """How many rows the planner expects; the name of a game holds no quote."""
    plan = await connection.fetchval(sql.GUESS_UNSEALED.format(game=game, after_seq=int(after_seq)))
    return int(msgspec.json.decode(plan)[0]["Plan"]["Plan Rows"])

"""Folding the whole log as a new version would fold it, in DuckDB, and holding what comes out against what there is.
Nothing is written.
"""

import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Final

from kleos.boards import answers, past_sql
from kleos.boards.compiled import CompiledBoard, Partition
from kleos.boards.index import Entry
from kleos.boards.rankkey import Placed
from kleos.core.definition.changes import Changes
from kleos.core.definition.model import Board
from kleos.core.windows import iso
from kleos.definitions.answers import AchievementPreview, AwardExample, Effect, StandingExample
from kleos.definitions.measure import EXAMPLES, Measured
from kleos.engine.game import Game
from kleos.players.sql import HIDDEN_IN, IDS_OF
from kleos.replay.awards import AWARDS
from kleos.replay.fold import folded
from kleos.replay.game import fold_game
from kleos.replay.past import HIDDEN, fold_span, narrowed, span_of
from kleos.replay.session import Duck, create_views, in_thread, open_session
from kleos.replay.tail import copy_query
from kleos.sheets.folding import MEMORY_MB, read_log, spare_threads
from kleos.sheets.sql import ALL_AWARDS
from kleos.store.pool import Connection
from kleos.telemetry.progress import silent

_EVERYTHING: Final = 2**63 - 1
_HELD: Final = "replay.held"
_AWARD_COLUMNS: Final = {
    "player": "BIGINT",
    "achievement": "VARCHAR",
    "at": "BIGINT",
    "event": "VARCHAR",
    "match": "VARCHAR",
}
_UNLIKE: Final = f"""
CREATE TABLE replay.unlike AS
SELECT player, achievement, h."at" AS was_at, a."at" AS is_at,
       CASE WHEN h."at" IS NULL THEN 'gained' WHEN a."at" IS NULL THEN 'lost' ELSE 'redated' END AS effect
FROM {_HELD} AS h FULL JOIN {AWARDS} AS a USING (player, achievement)
WHERE (h."at", h.event, h."match") IS DISTINCT FROM (a."at", a.event, a."match")
"""
_COUNTS: Final = "SELECT achievement, effect, count(*) FROM replay.unlike GROUP BY ALL ORDER BY ALL"
_EXAMPLES: Final = f"""
SELECT achievement, player, effect, is_at, was_at FROM replay.unlike
QUALIFY row_number() OVER (PARTITION BY achievement ORDER BY player) <= {EXAMPLES} ORDER BY achievement, player
"""


async def measure_all(
    connection: Connection, before: Game, after: Game, boards: Sequence[Board], changes: Changes, now: int
) -> Measured:
    """Inside a transaction that sees one moment. Raises ArchiveDamaged, naming the file, where one is not what was
    written."""
    found = Measured()
    with tempfile.TemporaryDirectory(prefix="kleos-preview-") as scratch:
        folder = Path(scratch)
        with open_session(folder, threads=spare_threads(), memory_mb=MEMORY_MB) as duck:
            duck.execute(f"CREATE TABLE {HIDDEN} (player BIGINT)")
            await copy_query(connection, duck, folder, HIDDEN_IN, (before.name,), {"player": "BIGINT"}, HIDDEN)
            sources = await read_log(connection, duck, after, _EVERYTHING, folder, silent)
            await in_thread(duck, create_views, after.definition, sources)
            new = [name for name in after.definition.sheets if name not in before.definition.sheets]
            found.rows = await in_thread(duck, _rows, after, new)
            for board in boards:
                compiled = CompiledBoard(after.definition, board)
                count, first = await in_thread(duck, _standings, after, compiled, now)
                found.standings[board.name] = count
                found.first[board.name] = await _first(connection, after, compiled, first)
            if changes.rejudge:
                declared = ", ".join(f'"{name}" {type_}' for name, type_ in _AWARD_COLUMNS.items())
                duck.execute(f"CREATE TABLE {_HELD} ({declared})")
                await copy_query(connection, duck, folder, ALL_AWARDS, (before.name,), _AWARD_COLUMNS, _HELD)
                await in_thread(duck, _decide, after)
                await _tell_awards(connection, duck, after, found)
    return found


def _rows(duck: Duck, game: Game, sheets: Sequence[str]) -> dict[str, int]:
    """How many rows sheets would have, in all their windows."""
    if sheets:
        fold_game(duck, game.plan, game.calendar, silent, sheets=sheets)
    counts = {name: duck.execute(f"SELECT count(*) FROM {folded(name)}").fetchall() for name in sheets}
    return {name: int(count) for name, ((count,),) in counts.items()}


def _standings(duck: Duck, game: Game, board: CompiledBoard, now: int) -> tuple[int, list[tuple[Any, ...]]]:
    """How many stand in the widest window of a board that is open, and the first of them: number, values, since."""
    window = game.calendar.window(board.sheet.windows[0], now)
    if window is None:
        return 0, []
    where = board.board.where
    asked = {*board.by_names, *(where.names if where is not None else ())}
    rows = fold_span(duck, game, narrowed(board.sheet, asked), span_of(window, _EVERYTHING - 1))
    standings = past_sql.standings(board, Partition((), ()), rows)
    ((count,),) = duck.execute(f"SELECT count(*) FROM ({standings})").fetchall()
    return int(count), duck.execute(f"{past_sql.in_order(board, standings)} LIMIT {EXAMPLES}").fetchall()


async def _first(
    connection: Connection, game: Game, board: CompiledBoard, rows: Sequence[tuple[Any, ...]]
) -> list[StandingExample]:
    ids = await _ids(connection, game, [player for player, *_ in rows])
    found: list[StandingExample] = []
    values_before, rank = None, 0
    for place, (player, *values, since) in enumerate(rows, 1):
        rank = place if board.board.ties == "ordinal" or values != values_before else rank
        values_before = values
        entry = Entry(rank, place, Placed(tuple(values), since, ids.get(player, str(player)), 0))
        line = answers.line(board, entry, entry.placed.id)
        found.append(StandingExample(rank, line.player, answers.shown(board, line)["value"]))
    return found


async def _ids(connection: Connection, game: Game, players: Iterable[int]) -> dict[int, str]:
    rows = await connection.fetch(IDS_OF, sorted(set(players)), game.namespace)
    return {row["player"]: row["id"] for row in rows}


def _decide(duck: Duck, game: Game) -> None:
    fold_game(duck, game.plan, game.calendar, silent, sheets=("awards",))
    names = ", ".join(f"'{name}'" for name in game.definition.achievements) or "NULL"
    duck.execute(f"DELETE FROM {_HELD} WHERE achievement NOT IN ({names})")
    duck.execute(_UNLIKE)


async def _tell_awards(connection: Connection, duck: Duck, game: Game, found: Measured) -> None:
    counts = duck.execute(_COUNTS).fetchall()
    examples = duck.execute(_EXAMPLES).fetchall()
    ids = await _ids(connection, game, (player for _, player, *_ in examples))
    for name, effect, count in counts:
        of_achievement = found.awards.setdefault(name, AchievementPreview(name, "changed", 0, 0, 0, []))
        setattr(of_achievement, effect, count)
    for name, player, effect, *moments in examples:
        at, was_at = (None if moment is None else iso(moment) for moment in moments)
        told: Effect = effect
        found.awards[name].examples.append(AwardExample(ids.get(player, str(player)), told, at, was_at))

"""Folding the log as a new version would fold it, for some of the players of a game that is too large to be folded as a
whole, and holding what comes out against what there is. Nothing is written.

Players are taken in an order of chance, as many as the time allows; the rest is like them.
"""

import asyncio
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from kleos.achievements.awards import awards_of
from kleos.core.cells import Cells
from kleos.core.completion import Award, Happened, all_awards
from kleos.core.definition.changes import Changes
from kleos.core.definition.model import Board
from kleos.core.expression import compile_python
from kleos.core.windows import iso
from kleos.definitions.answers import AchievementPreview, AwardExample, Effect, StandingExample
from kleos.engine.game import Game
from kleos.log import history
from kleos.players.sql import IDS_OF
from kleos.sheets.write import fold_history
from kleos.store.pool import Connection

PLAYERS_AT_ONCE: Final = 50
EXAMPLES: Final = 5


@dataclass(slots=True)
class Measured:
    """What the players looked at so far come to: standings by board, and what would become of awards. ``players`` is
    None where that is all of them; only then ``rows`` has how many rows new sheets would have, and ``first`` who would
    stand first on a board."""

    standings: dict[str, int] = field(default_factory=dict)
    first: dict[str, list[StandingExample]] = field(default_factory=dict)
    awards: dict[str, AchievementPreview] = field(default_factory=dict)
    players: list[int] | None = None
    rows: dict[str, int] = field(default_factory=dict)


async def measure_some(
    connection: Connection,
    before: Game,
    after: Game,
    boards: Sequence[Board],
    changes: Changes,
    now: int,
    players: Sequence[int],
    within_s: float,
) -> Measured:
    """Folds the histories of players, some at a time, until the time is over."""
    measured: list[int] = []
    found = Measured(players=measured)
    deadline = time.monotonic() + within_s
    for start in range(0, len(players), PLAYERS_AT_ONCE):
        if start and time.monotonic() > deadline:
            break
        some = list(players[start : start + PLAYERS_AT_ONCE])
        histories = await history.of_players(connection, after, some, after.plan.events)
        held = await awards_of(connection, before, some)
        decided = await asyncio.to_thread(_fold_some, after, boards, histories, now, found)
        if changes.rejudge:
            await _compare_awards(connection, after, held, decided, found)
        measured += some
    return found


def _fold_some(
    game: Game,
    boards: Sequence[Board],
    histories: Mapping[int, Sequence[Happened]],
    now: int,
    found: Measured,
) -> dict[int, dict[str, Award]]:
    tests = {board.name: _qualifies(board) for board in boards}
    decided = {}
    for player, events in histories.items():
        decided[player] = all_awards(game.plan, game.calendar, player, events)
        for board in boards:
            standings = _standings_of(game, board, tests[board.name], player, events, now)
            found.standings[board.name] = found.standings.get(board.name, 0) + standings
    return decided


def _standings_of(game: Game, board: Board, qualifies: Any, player: int, events: Sequence[Happened], now: int) -> int:
    sheet = game.definition.sheets[board.sheet]
    window = game.calendar.window(sheet.windows[0], now)
    if window is None or sheet.player_key is None:
        return 0
    place = 1 + [column.name for column in sheet.key].index(sheet.player_key)
    cells, count = Cells.of(sheet), 0
    for key, row in fold_history(game, sheet, events).items():
        if key[0] != window.name or key[place] != player:
            continue
        values = cells.values(row)
        values |= game.plan.formulas[sheet.name](values)
        values |= {column.name: value for column, value in zip(sheet.key, key[1:], strict=True)}
        count += qualifies(values)
    return count


def _qualifies(board: Board) -> Any:
    if board.where is None:
        return lambda values: True
    names = tuple(sorted(board.where.names))
    holds = compile_python(board.where, names)
    return lambda values: bool(holds(*[values[name] for name in names]))


async def _compare_awards(
    connection: Connection,
    game: Game,
    held: Mapping[int, Mapping[str, Award]],
    decided: Mapping[int, Mapping[str, Award]],
    found: Measured,
) -> None:
    changed = [
        (player, name, held[player].get(name), decided[player].get(name))
        for player in sorted(decided)
        for name in game.definition.achievements
        if held[player].get(name) != decided[player].get(name)
    ]
    rows = await connection.fetch(IDS_OF, sorted({player for player, *_ in changed}), game.namespace)
    ids = {row["player"]: row["id"] for row in rows}
    for player, name, was, is_then in changed:
        effect: Effect = "gained" if was is None else "lost" if is_then is None else "redated"
        of_achievement = found.awards.setdefault(name, AchievementPreview(name, "changed", 0, 0, 0, []))
        setattr(of_achievement, effect, getattr(of_achievement, effect) + 1)
        if len(of_achievement.examples) < EXAMPLES:
            at, was_at = (iso(award.at) if award is not None else None for award in (is_then, was))
            of_achievement.examples.append(AwardExample(ids.get(player, str(player)), effect, at, was_at))

"""Settling awards inside a commit: who gains one, whose date moves, who loses one; then the sheet `awards`.

An award is a function of the player's history alone (:mod:`kleos.core.completion`). What is done here is to notice,
cheaply, for whom that function may have changed, and to ask it for nobody else.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import msgspec

from kleos.achievements import sql
from kleos.achievements.sheet import write_award_rows
from kleos.core.completion import Award, completions, in_requirement_order, with_requirements
from kleos.core.definition.model import Achievement, EventCondition, RowCondition
from kleos.engine.game import Game
from kleos.log import history
from kleos.log.archive.read import archived_players
from kleos.sheets.changes import RowChange
from kleos.sheets.merge import SheetWriter
from kleos.sheets.write import Merged, owner_place
from kleos.store.pool import Connection

Held = dict[int, dict[str, Award]]
"""By player, the awards held, by achievement."""


@dataclass(frozen=True, slots=True)
class EventAward:
    """An event met the condition of an achievement for a player (an external id)."""

    achievement: str
    player: str
    award: Award


class AwardChange(msgspec.Struct, frozen=True):
    """What became of one award. ``at`` in microseconds; for a withdrawal, of the award that was."""

    kind: Literal["unlocked", "redated", "withdrawn"]
    player: int
    achievement: str
    at: int
    event: str
    match: str

    @staticmethod
    def encoded(changes: Sequence["AwardChange"]) -> bytes:
        return msgspec.json.encode(changes)


@dataclass(slots=True)
class Settled:
    """``postponed``: the players whose awards only files can tell."""

    changes: list[AwardChange] = field(default_factory=list)
    rows: list[RowChange] = field(default_factory=list)
    postponed: set[int] = field(default_factory=set)


@dataclass(slots=True)
class _Suspects:
    """By player, the achievements whose award may have changed, those that are not met, so that only who holds one may
    lose it, and what an event of this batch gives at once.
    """

    whole: dict[int, set[str]] = field(default_factory=dict)
    unmet: dict[int, set[str]] = field(default_factory=dict)
    direct: dict[int, dict[str, Award]] = field(default_factory=dict)

    @property
    def players(self) -> list[int]:
        return sorted(self.whole.keys() | self.unmet.keys() | self.direct.keys())


async def settle_awards(
    connection: Connection,
    game: Game,
    writers: Mapping[str, SheetWriter],
    event_awards: Sequence[EventAward],
    earliest: Mapping[str, Award],
    merged: Merged,
    numbers: Mapping[str, int],
) -> Settled:
    """``earliest``: by player, the first event of the batch in which he appeared. Writes the awards."""
    if not game.definition.achievements:
        return Settled()
    suspects = _suspects(game, event_awards, merged, numbers)
    if not suspects.players:
        return Settled()
    first_new = {numbers[player]: award for player, award in earliest.items()}
    await connection.execute(sql.LOCK_PLAYERS, suspects.players)
    held = await awards_of(connection, game, suspects.players)
    _acquit(game, suspects, held, first_new, merged)
    decided, postponed = await _decide(connection, game, suspects, held)
    changes = await apply_decisions(connection, game, held, decided)
    players = sorted({change.player for change in changes})
    rows = await write_award_rows(connection, game, writers["awards"], {p: decided[p] for p in players})
    return Settled(changes, rows, postponed)


async def settle_anew(
    connection: Connection,
    game: Game,
    writers: Mapping[str, SheetWriter],
    held: Held,
    suspected: Mapping[int, set[str]],
) -> Settled:
    """Asks the history of these players for these achievements, whatever they hold, and writes what it says.

    For corrections: the caller holds the game's exclusive lock, and ``held`` is what :func:`awards_of` answers.
    """
    suspects = _Suspects(whole={player: set(names) for player, names in suspected.items()})
    if not suspects.players:
        return Settled()
    await connection.execute(sql.LOCK_PLAYERS, suspects.players)
    decided, _ = await _decide(connection, game, suspects, held, waits_for_files=True)
    changes = await apply_decisions(connection, game, held, decided)
    players = sorted({change.player for change in changes})
    rows = await write_award_rows(connection, game, writers["awards"], {p: decided[p] for p in players})
    return Settled(changes, rows)


async def awards_of(connection: Connection, game: Game, players: Sequence[int]) -> Held:
    held: Held = {player: {} for player in players}
    for row in await connection.fetch(sql.AWARDS_OF, game.name, players):
        held[row["player"]][row["achievement"]] = Award(row["at"], row["event"], row["match"])
    return held


def _suspects(game: Game, event_awards: Sequence[EventAward], merged: Merged, numbers: Mapping[str, int]) -> _Suspects:
    suspects = _Suspects()
    for met in event_awards:  # in event order, so that the first is the earliest
        suspects.direct.setdefault(numbers[met.player], {}).setdefault(met.achievement, met.award)
    for change in merged.changes:
        for award in game.plan.row_awards[change.sheet]:
            if game.calendar.kind_of(change.window) != award.condition.window:
                continue
            met_now = award.holds(change.row)
            if met_now or _is_late(game, merged, change):
                player = change.row[game.definition.sheets[change.sheet].player_key or ""]
                into = suspects.whole if met_now else suspects.unmet
                into.setdefault(player, set()).add(award.achievement.name)
    return suspects


def _is_late(game: Game, merged: Merged, change: RowChange) -> bool:
    late = merged.late.get(change.sheet)
    if not late:
        return False
    key = game.definition.sheets[change.sheet].key
    return (change.window, *(change.row[column.name] for column in key)) in late


def _acquit(game: Game, suspects: _Suspects, held: Held, first_new: Mapping[int, Award], merged: Merged) -> None:
    """Drops those for whom nothing can have changed: an award dated before everything that is new stays as it
    is, unless a late event may have broken what it rests on.
    """
    late_players = _late_players(game, merged)
    for player, names in suspects.whole.items():
        if player not in late_players:
            mine = held[player]
            names -= {name for name in names if name in mine and mine[name] <= first_new[player]}
    for player, unmet in suspects.unmet.items():
        suspects.whole.setdefault(player, set()).update(unmet & held[player].keys())


def _late_players(game: Game, merged: Merged) -> set[int]:
    return {
        key[owner_place(game.definition.sheets[sheet])]
        for sheet, keys in merged.late.items()
        for key in keys
        if game.definition.sheets[sheet].player_key is not None
    }


async def _decide(
    connection: Connection, game: Game, suspects: _Suspects, held: Held, waits_for_files: bool = False
) -> tuple[Held, set[int]]:
    """The awards that each suspect should have now, and for whom only files can tell all of them."""
    order = in_requirement_order(game.definition.achievements)
    asked = {player: _with_dependents(order, suspects, player, held[player]) for player in suspects.players}
    asked = {player: names for player, names in asked.items() if names}
    postponed: set[int] = set()
    if asked and not waits_for_files:
        postponed = await archived_players(connection, game.name, sorted(asked))
    asked = {player: names for player, names in asked.items() if player not in postponed}
    types = {kind for names in asked.values() for name in names for kind in feeding(game, name)}
    span = (_earliest_that_counts(game, {name for names in asked.values() for name in names}), None)
    histories = await history.of_players(connection, game, sorted(asked), types, span) if asked else {}
    decided: Held = {}
    for player in suspects.players:
        mine = dict(held[player])
        of_history = [achievement for achievement in order if achievement.name in asked.get(player, ())]
        own = completions(game.plan, game.calendar, of_history, player, histories.get(player, ()))
        for achievement in order:
            name = achievement.name
            if achievement in of_history:
                award = with_requirements(achievement, own.get(name), mine)
            elif not achievement.requires and (met := suspects.direct.get(player, {}).get(name)) is not None:
                award = min(met, mine.get(name, met))
            else:
                continue
            if award is None:
                mine.pop(name, None)
            else:
                mine[name] = award
        decided[player] = mine
    return decided, postponed


def _earliest_that_counts(game: Game, achievements: Collection[str]) -> int | None:
    """The time of the first event that counts for any of these; None where all do for some of them."""
    counts_from = game.plan.counts_from
    if any(name not in counts_from for name in achievements):
        return None
    return min((counts_from[name] for name in achievements), default=None)


def _with_dependents(
    order: Sequence[Achievement], suspects: _Suspects, player: int, held: Mapping[str, Award]
) -> set[str]:
    """The achievements to be asked of the whole history: those suspected, those met now that have prerequisites, and
    whatever requires one that may change. What lacks a prerequisite that nobody suspects is not asked.
    """
    direct = suspects.direct.get(player, {})
    changing = {name for name, award in direct.items() if name not in held or award < held[name]}
    asked = set(suspects.whole.get(player, ()))
    changing |= asked
    for achievement in order:
        if not achievement.requires:
            continue
        suspected = achievement.name in changing or any(name in changing for name in achievement.requires)
        possible = all(name in held or name in changing for name in achievement.requires)
        asked.discard(achievement.name)
        changing.discard(achievement.name)
        if suspected and (possible or achievement.name in held):
            asked.add(achievement.name)
            changing.add(achievement.name)
    return asked


def feeding(game: Game, achievement: str) -> list[str]:
    """The event types on which an achievement's condition rests."""
    condition = game.definition.achievements[achievement].condition
    if isinstance(condition, RowCondition):
        return game.plan.feeding(condition.sheet)
    if isinstance(condition, EventCondition):
        return [condition.selector.event]
    return [name for name, plan in game.plan.events.items() if achievement in plan.earned]


def _changes(held: Held, decided: Held) -> list[AwardChange]:
    changes = []
    for player, now in sorted(decided.items()):
        before = held[player]
        for name in sorted(before.keys() | now.keys()):
            if before.get(name) == now.get(name):
                continue
            kind: Any = "withdrawn" if name not in now else "redated" if name in before else "unlocked"
            award = now.get(name) or before[name]
            changes.append(AwardChange(kind, player, name, award.at, award.event, award.match))
    return changes


async def apply_decisions(connection: Connection, game: Game, held: Held, decided: Held) -> list[AwardChange]:
    """Brings the awards held to those decided."""
    changes = _changes(held, decided)
    await _write(connection, game, changes)
    return changes


async def _write(connection: Connection, game: Game, changes: Sequence[AwardChange]) -> None:
    gone = [change for change in changes if change.kind == "withdrawn"]
    written = [change for change in changes if change.kind != "withdrawn"]
    if gone:
        await connection.execute(
            sql.WITHDRAW_AWARDS, game.name, [c.player for c in gone], [c.achievement for c in gone]
        )
    if written:
        await connection.execute(
            sql.WRITE_AWARDS,
            game.name,
            [c.player for c in written],
            [c.achievement for c in written],
            [c.at for c in written],
            [c.event for c in written],
            [c.match for c in written],
        )

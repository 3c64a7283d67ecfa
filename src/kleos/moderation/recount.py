"""From events that count otherwise than before to everything that follows: rows, appearances, matches, awards.

Runs in the transaction of a correction, under the game's exclusive lock, after the correction is written: whatever is
read here is read in later statements than those that lock.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from kleos.achievements.awards import AwardChange, Held, Settled, awards_of, settle_anew
from kleos.core.cells import RowKey, Values
from kleos.core.completion import Happened
from kleos.engine.game import Game
from kleos.log import history
from kleos.log import sql as log_sql
from kleos.moderation import sql
from kleos.moderation.arriving import keep_places
from kleos.moderation.concern import Concern
from kleos.moderation.corrected import read_corrected
from kleos.moderation.refold import refold_rows
from kleos.sheets.changes import RowChange
from kleos.sheets.layout import quoted, table
from kleos.sheets.write import Writers, row_key
from kleos.store.pool import Connection


@dataclass(frozen=True, slots=True)
class Witness:
    """What the log held of some matches before a correction, and which of it did not count."""

    game: Game
    matches: Sequence[str]
    rows: Sequence[Values]
    voided: Collection[str]

    @classmethod
    async def of(cls, connection: Connection, game: Game, matches: Sequence[str]) -> "Witness":
        rows = await history.logged(connection, game, matches) if matches else []
        return cls(game, matches, rows, await _voided(connection, game, rows))


@dataclass(slots=True)
class Recounted:
    """What became of one game; ``held`` are the awards before, of those players for whom any may have changed."""

    game: Game
    concern: Concern
    rows: list[RowChange] = field(default_factory=list)
    awards: list[AwardChange] = field(default_factory=list)
    held: Held = field(default_factory=dict)
    appeared: list[int] = field(default_factory=list)
    outbox: int | None = None


async def in_force_after(connection: Connection, game: Game, calendar: int) -> Game:
    """The game as it is once a correction has been written."""
    corrected = await read_corrected(connection, game.name, game.namespace)
    return replace(game, calendar_version=calendar, corrected=corrected)


async def concern_of(connection: Connection, witness: Witness, after: Game, renamed: Sequence[int]) -> Concern:
    """``renamed``: numbers that rows may hold as values, and that others take the place of now."""
    concern = Concern()
    voided = await _voided(connection, after, witness.rows)
    for row in witness.rows:
        was = None if row["id"] in witness.voided else history.as_counted(witness.game, row)
        now = None if row["id"] in voided else history.as_counted(after, row)
        concern.add(after, was, now)
    if renamed:
        for name, keys in (await _rows_holding(connection, after, renamed)).items():
            concern.rows.setdefault(name, set()).update(keys)
    return concern


async def recount(
    connection: Connection, witness: Witness, after: Game, writers: Writers, concern: Concern
) -> Recounted:
    """Brings the game's tables to what the log comes to now."""
    voided = await _voided(connection, after, witness.rows)
    counted = [row for row in witness.rows if row["id"] not in voided]
    if after.corrected.chains:
        await keep_places(connection, after, _as_they_came(after, counted))
    appeared = await _keep_appearances(connection, after, witness.matches, counted)
    await _keep_matches(connection, after, witness.matches, counted)
    rows = await refold_rows(connection, after, writers, concern.rows)
    held = await awards_of(connection, after, concern.players)
    settled = Settled()
    if after.definition.achievements:
        settled = await settle_anew(connection, after, writers, held, _suspects(after, concern, rows, held))
    outbox: int | None = None
    if settled.changes:
        outbox = await connection.fetchval(log_sql.ADD_OUTBOX, after.name, AwardChange.encoded(settled.changes))
    return Recounted(after, concern, [*rows, *settled.rows], settled.changes, held, appeared, outbox)


async def _voided(connection: Connection, game: Game, rows: Sequence[Values]) -> set[str]:
    if not rows or not game.corrected.has_voids:
        return set()
    found = await connection.fetch(sql.VOIDED, game.name, [row["id"] for row in rows])
    return {row["id"] for row in found}


def _as_they_came(game: Game, rows: Sequence[Values]) -> Iterator[tuple[str, set[int]]]:
    """The match of each event, and the players that it names in the log."""
    for row in rows:
        plan = game.plan.events.get(row["type"])
        if plan is not None:
            event: Any = plan.read_log(row["id"], row["match"], row["at"], row["body"])
            named: set[Any] = plan.players(event)
            yield row["match"], named


async def _rows_holding(connection: Connection, game: Game, players: Sequence[int]) -> dict[str, set[RowKey]]:
    """Rows in which one of these players is a value, such as the last who won: by sheet."""
    found: dict[str, set[RowKey]] = {}
    for sheet in game.definition.sheets.values():
        key = ", ".join(['"window"', *(quoted(column.name) for column in sheet.key)])
        for fold in sheet.folds.values():
            if fold.type.kind == "player" and fold.kind != "streak":
                statement = sql.ROWS_HOLDING.format(
                    key=key, table=table(game.name, sheet.name), player=quoted(fold.name)
                )
                rows = await connection.fetch(statement, players)
                found.setdefault(sheet.name, set()).update(row_key(sheet, row) for row in rows)
    return found


async def _keep_appearances(
    connection: Connection, game: Game, matches: Sequence[str], counted: Sequence[Values]
) -> list[int]:
    """Who appears in these matches is who has a fact there that counts. Answers all of them."""
    if not matches:
        return []
    appeared: set[tuple[int, str]] = set()
    for row in counted:
        happened = history.as_counted(game, row)
        if happened is not None:
            appeared |= appearances_of(game, happened)
    pairs = sorted(appeared)
    players, where = [player for player, _ in pairs], [match for _, match in pairs]
    await connection.execute(sql.DROP_APPEARANCES, game.name, matches, players, where)
    await connection.execute(log_sql.ADD_APPEARANCES, game.name, players, where)
    there = sorted(set(players))
    await connection.execute(sql.ADD_KNOWN_PLAYERS, there)
    return there


def appearances_of(game: Game, happened: Happened) -> set[tuple[Any, str]]:
    appeared: set[tuple[Any, str]] = set()
    for fold in happened.plan.folds.values():
        for rule in fold.rules:
            rule(happened.event, (), {}, appeared)
    for earned in happened.plan.earned.values():
        appeared.update((player, happened.event.match) for player in earned(happened.event))
    return appeared


async def _keep_matches(connection: Connection, game: Game, matches: Sequence[str], counted: Sequence[Values]) -> None:
    """The matches that the game named, made of their events that count."""
    made: dict[str, list[Any]] = {}
    for row in counted:  # in event order
        if row["match"] == row["id"]:
            continue
        match = made.setdefault(row["match"], [row["match"], row["at"], row["at"], 0, None])
        match[2] = row["at"]
        match[3] += 1
        if match[4] is None and row["type"] in game.definition.ended_by:
            match[4] = row["at"]
    if matches:
        await connection.execute(sql.DROP_MATCHES, game.name, matches)
    if made:
        columns = zip(*(made[name] for name in sorted(made)), strict=True)
        await connection.execute(sql.ADD_MATCHES, game.name, *columns)


def _suspects(
    game: Game, concern: Concern, rows: Sequence[RowChange], held: Mapping[int, Mapping[str, Any]]
) -> dict[int, set[str]]:
    """Whose awards may be others now. One dated before everything that changed rests on what is as it was; one that is
    not held is not gained while its condition does not hold."""
    suspects: dict[int, set[str]] = {}
    for player, names in concern.earned.items():
        suspects[player] = {name for name in names if not _is_settled(concern, held, player, name)}
    for change in rows:
        key = game.definition.sheets[change.sheet].player_key
        for award in game.plan.row_awards[change.sheet]:
            if game.calendar.kind_of(change.window) != award.condition.window:
                continue
            player, name = change.row[key or ""], award.achievement.name
            if player not in concern.earliest or _is_settled(concern, held, player, name):
                continue
            if name in held[player] or award.holds(change.row):
                suspects.setdefault(player, set()).add(name)
    return suspects


def _is_settled(concern: Concern, held: Mapping[int, Mapping[str, Any]], player: int, name: str) -> bool:
    award = held[player].get(name)
    return award is not None and bool(award < concern.earliest[player])

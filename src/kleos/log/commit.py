"""One transaction for the events of many requests: from decoded events to durable sheets and awards, exactly once.

Top to bottom is the order in which things happen, and the order in which everything is locked, on every node: ids,
identities, events, appearances, matches, sheets by name and their rows, players, awards.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Collection, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar

import asyncpg

from kleos.achievements.awards import AwardChange, EventAward, Settled, settle_awards
from kleos.core.cells import Row, RowKey
from kleos.core.completion import Award
from kleos.core.definition.model import Sheet
from kleos.core.errors import StaleDefinition
from kleos.engine.game import Game
from kleos.log import sql
from kleos.log.decode import Incoming
from kleos.moderation.arriving import what_counts, with_those_meant
from kleos.players.directory import Card, Directory
from kleos.players.identities import numbers_of
from kleos.players.sql import ADD_PLAYERS
from kleos.sheets.changes import RowChange
from kleos.sheets.postponed import postpone
from kleos.sheets.write import Merged, Writers, merge_rows, owner_place
from kleos.store.pool import Connection
from kleos.telemetry.spans import NO_STEPS, Steps

LONG_FROM: Final = 5_000
"""Events and players, or appearances, of one commit that are many."""
APPEARANCES_AT_ONCE: Final = 20_000

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Folded:
    """What a batch of new events comes to before the database is asked. Players are external ids."""

    rows: Mapping[str, dict[RowKey, Row]]
    appearances: Mapping[tuple[str, str], None]
    earliest: Mapping[str, Award]
    awards: Sequence[EventAward]


@dataclass(slots=True)
class Committed:
    """What a transaction did. ``new`` are the ids not seen before; ``ids`` the external ids behind numbers,
    ``matches`` those that the game named, ``earliest_at`` the time of the first of the new events. ``is_postponed``:
    something waits for a job that reads the archive."""

    new: frozenset[str]
    seq: int | None
    changes: list[RowChange] = field(default_factory=list)
    awards: list[AwardChange] = field(default_factory=list)
    ids: Mapping[int, str] = field(default_factory=dict)
    cards: list[Card] = field(default_factory=list)
    appeared: Collection[str] = ()
    matches: Collection[str] = ()
    outbox: int | None = None
    is_postponed: bool = False
    earliest_at: int | None = None


async def commit(
    connection: Connection,
    game: Game,
    writers: Writers,
    directory: Directory,
    lock: int,
    incoming: Sequence[Incoming],
    received_at: int,
    merging: Callable[[], None] = lambda: None,
    step: Steps = NO_STEPS,
) -> Committed:
    """Runs the whole transaction. Raises StaleDefinition, or what the database says; then nothing has happened.

    ``merging`` is called when rows are about to be merged: from there on another commit of the game may follow, since
    all that this one still locks it locks ahead of that one. Each ``step`` is told.
    """
    step("lock")
    async with locked(connection, lock):
        step("ids")
        firsts = _first_of_each_id(incoming)
        new = await _claim(connection, game, sorted(firsts))
        taken = [one for id, one in firsts.items() if id in new]
        if not taken:
            return Committed(new, None)
        step("identities")
        cards = await numbers_of(connection, directory, game.namespace, with_those_meant(game, _players_of(taken)))
        numbers = {id: card.player for id, card in cards.items()}
        accepted = sorted((one for one in taken if one.reason is None), key=lambda one: (one.event.at, one.event.id))
        await _quarantine(connection, game, taken, numbers, received_at)
        if not accepted:
            return Committed(new, None, cards=list(cards.values()))
        step("append and fold")
        seq, counted, folded = await _append_and_fold(connection, game, accepted, numbers, received_at)
        step("appearances and matches")
        await _appear(connection, game, folded, numbers)
        matches = await _merge_matches(connection, game, counted)
        step("merge rows")
        merging()
        merged = await merge_rows(connection, game, writers, folded.rows, numbers)
        appeared = await _add_new_players(connection, folded, cards)
        step("awards")
        settled = await settle_awards(connection, game, writers, folded.awards, folded.earliest, merged, numbers)
        is_postponed = await _postpone(connection, game, merged, settled)
        step("outbox")
        outbox = await _leave_in_outbox(connection, game, settled.changes)
        step("make durable")
        return Committed(
            new,
            seq,
            [*merged.changes, *settled.rows],
            settled.changes,
            {card.player: id for id, card in cards.items()},
            [*cards.values()],
            appeared,
            matches,
            outbox,
            is_postponed,
            accepted[0].event.at,
        )


@asynccontextmanager
async def locked(connection: Connection, lock: int) -> AsyncIterator[None]:
    """A transaction that holds a game's lock, shared, from its first round trip on."""
    try:
        await connection.execute(sql.BEGIN_SHARED.format(lock=lock))
        yield
    except BaseException:
        with suppress(asyncpg.PostgresError, asyncpg.InterfaceError, OSError):
            await connection.execute("ROLLBACK;")
        raise
    await connection.execute("COMMIT;")


async def _claim(connection: Connection, game: Game, ids: Sequence[str]) -> frozenset[str]:
    """Those of the ids that were never seen before; nobody else can have them now. Raises StaleDefinition."""
    rows = await connection.fetch(sql.NEW_IDS, game.name, ids, game.version, game.calendar_version)
    if not rows:
        await _check_in_force(connection, game)
    return frozenset(row["id"] for row in rows)


async def _check_in_force(connection: Connection, game: Game) -> None:
    row = await connection.fetchrow(sql.IN_FORCE, game.name)
    if row is None or (row["version"], row["calendar"]) != (game.version, game.calendar_version):
        raise StaleDefinition(f"the definition of {game.name} changed")


def _first_of_each_id(incoming: Sequence[Incoming]) -> dict[str, Incoming]:
    firsts: dict[str, Incoming] = {}
    for one in incoming:
        firsts.setdefault(one.event.id, one)
    return firsts


def _players_of(taken: Sequence[Incoming]) -> set[str]:
    found: set[str] = set()
    for one in taken:
        found |= one.plan.players(one.event)
    return found


async def _in_time(size: int, work: Callable[..., Result], *arguments: Any) -> Result:
    """What takes long is done beside the loop, which goes on answering others."""
    return await asyncio.to_thread(work, *arguments) if size >= LONG_FROM else work(*arguments)


def fold(game: Game, accepted: Sequence[Incoming]) -> Folded:
    """Folds events, which must come in event order, to one delta for each row."""
    rows: dict[str, dict[RowKey, Row]] = {}
    appearances: dict[tuple[str, str], None] = {}
    earliest: dict[str, Award] = {}
    awards: list[EventAward] = []
    sheets = game.definition.sheets
    shared = {name: _shared_windows(game, sheet, accepted) for name, sheet in sheets.items()}
    for one in accepted:
        event = one.event
        appeared: set[tuple[Any, str]] = set()
        for name, sheet_fold in one.plan.folds.items():
            windows = shared[name] or game.calendar.names(sheets[name].windows, event.at)
            into = rows.setdefault(name, {})
            for rule in sheet_fold.rules:
                rule(event, windows, into, appeared)
        for name, earned in one.plan.earned.items():
            counts = game.plan.counts(name, event.at)
            for player in earned(event):
                if counts:
                    awards.append(EventAward(name, player, Award(event.at, event.id, event.match)))
                appeared.add((player, event.match))
        for appearance in appeared:
            appearances[appearance] = None
            if appearance[0] not in earliest:
                earliest[appearance[0]] = Award(event.at, event.id, event.match)
    return Folded(rows, appearances, earliest, awards)


def _shared_windows(game: Game, sheet: Sheet, accepted: Sequence[Incoming]) -> Sequence[tuple[str, ...]]:
    """The windows of all the events as one, where each event lies in the same ones: folded once, not once for each."""
    names = game.calendar.names
    first = names(sheet.windows, accepted[0].event.at) if len(sheet.windows) > 1 and accepted else ()
    is_shared = len(first) > 1 and all(names(sheet.windows, one.event.at) == first for one in accepted)
    return (first,) if is_shared else ()


async def _append(
    connection: Connection,
    game: Game,
    accepted: Sequence[Incoming],
    numbers: Mapping[str, int],
    received_at: int,
) -> int:
    seq: int = await connection.fetchval(
        sql.ADD_EVENTS,
        game.name,
        [one.event.id for one in accepted],
        [one.event.match for one in accepted],
        [one.plan.type.name for one in accepted],
        [one.event.at for one in accepted],
        await _in_time(len(accepted) + len(numbers), _bodies, accepted, numbers),
        received_at,
    )
    return seq


def _bodies(accepted: Sequence[Incoming], numbers: Mapping[str, int]) -> list[bytes]:
    return [one.plan.write_body(one.event, numbers) for one in accepted]


async def _append_and_fold(
    connection: Connection,
    game: Game,
    accepted: Sequence[Incoming],
    numbers: Mapping[str, int],
    received_at: int,
) -> tuple[int, Sequence[Incoming], Folded]:
    """Also answers the events that count. What takes long is folded beside the loop, which goes on answering others,
    and beside the database."""
    appending = _append(connection, game, accepted, numbers, received_at)
    if game.corrected.asks_of_commits:
        seq = await appending
        counted = await what_counts(connection, game, accepted)
        return seq, counted, await _in_time(len(counted), fold, game, counted)
    if len(accepted) + len(numbers) < LONG_FROM:
        return await appending, accepted, fold(game, accepted)
    folding = asyncio.ensure_future(asyncio.to_thread(fold, game, accepted))
    try:
        seq = await appending
    finally:
        folded = await folding
    return seq, accepted, folded


async def _appear(connection: Connection, game: Game, folded: Folded, numbers: Mapping[str, int]) -> None:
    pairs = await _in_time(len(folded.appearances), _numbered, folded.appearances, numbers)
    for start in range(0, len(pairs), APPEARANCES_AT_ONCE):
        players, matches = zip(*pairs[start : start + APPEARANCES_AT_ONCE], strict=True)
        await connection.execute(sql.ADD_APPEARANCES, game.name, players, matches)


def _numbered(appearances: Iterable[tuple[str, str]], numbers: Mapping[str, int]) -> list[tuple[int, str]]:
    return sorted((numbers[player], match) for player, match in appearances)


async def _merge_matches(connection: Connection, game: Game, accepted: Sequence[Incoming]) -> Collection[str]:
    """Matches that the game named, which it answers: an event that is its own match has no row of its own there."""
    seen: dict[str, list[Any]] = {}
    for one in accepted:  # in event order, so the last time is the latest
        event = one.event
        if event.match == event.id:
            continue
        row = seen.setdefault(event.match, [event.match, event.at, event.at, 0, None])
        row[2] = event.at
        row[3] += 1
        if one.plan.ends_match and row[4] is None:
            row[4] = event.at
    if seen:
        columns = zip(*(seen[match] for match in sorted(seen)), strict=True)
        await connection.execute(sql.MERGE_MATCHES, game.name, *columns)
    return seen.keys()


async def _quarantine(
    connection: Connection,
    game: Game,
    taken: Sequence[Incoming],
    numbers: Mapping[str, int],
    received_at: int,
) -> None:
    doubtful = [one for one in taken if one.reason is not None]
    if doubtful:
        await connection.execute(
            sql.ADD_QUARANTINE,
            game.name,
            [one.event.id for one in doubtful],
            [one.event.match for one in doubtful],
            [one.plan.type.name for one in doubtful],
            [one.event.at for one in doubtful],
            [one.reason for one in doubtful],
            [one.plan.write_body(one.event, numbers) for one in doubtful],
            received_at,
        )


async def _add_new_players(connection: Connection, folded: Folded, cards: Mapping[str, Card]) -> list[str]:
    appeared = [player for player in folded.earliest if not cards[player].exists]
    if appeared:
        await connection.execute(ADD_PLAYERS, sorted(cards[player].player for player in appeared))
    return appeared


async def _postpone(connection: Connection, game: Game, merged: Merged, settled: Settled) -> bool:
    """Notes what only files can tell; a player whose row is yet to be refolded may gain or lose by it. Whether any."""
    players = set(settled.postponed)
    for name, keys in merged.postponed.items():
        if game.plan.row_awards[name]:
            place = owner_place(game.definition.sheets[name])
            players.update(key[place] for key in keys)
    if not players and not any(merged.postponed.values()):
        return False
    await postpone(connection, game.name, merged.postponed, players)
    return True


async def _leave_in_outbox(connection: Connection, game: Game, changes: Sequence[AwardChange]) -> int | None:
    if not changes:
        return None
    outbox: int = await connection.fetchval(sql.ADD_OUTBOX, game.name, AwardChange.encoded(changes))
    return outbox

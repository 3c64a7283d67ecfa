"""One correction, or its undoing, in one transaction: the fact in the log, what it comes to, and all that follows.

It holds the exclusive lock of every game that it is about, so no commit runs beside it; only the rows concerned are
refolded. A rehearsal is the same, taken back at the end.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import msgspec

from kleos.core.definition.compared import compared_players
from kleos.core.errors import Conflict
from kleos.engine.catalog import lock_of
from kleos.engine.game import Game
from kleos.log import history
from kleos.log.sql import LOCK_EXCLUSIVE
from kleos.moderation import sql
from kleos.moderation.corrected import root_of
from kleos.moderation.effects import GameEffects, Glimpse
from kleos.moderation.recount import Recounted, Witness, concern_of, in_force_after, recount
from kleos.moderation.subjects import Correction, Kind, Subject
from kleos.players.profiles import SERVER_LOG
from kleos.sheets.write import Writers
from kleos.store.pool import Connection

MADE: Final = "correction.made"
UNDONE: Final = "correction.undone"


class Made(msgspec.Struct, frozen=True, kw_only=True):
    """The fact that a correction was made."""

    namespace: str
    kind: Kind
    subject: Subject
    actor: str
    reason: str


class Undone(msgspec.Struct, frozen=True, kw_only=True):
    """The fact that a correction, named by its number, was undone."""

    correction: int
    actor: str
    reason: str


@dataclass(frozen=True, slots=True)
class Step:
    """What is to be done: a new correction, or the undoing of one that is in force."""

    game: str
    fact: Made | Undone
    undoes: Correction | None = None

    @property
    def kind(self) -> Kind:
        return self.undoes.kind if self.undoes is not None else self.fact_made.kind

    @property
    def subject(self) -> Subject:
        return self.undoes.subject if self.undoes is not None else self.fact_made.subject

    @property
    def fact_made(self) -> Made:
        assert isinstance(self.fact, Made), "what undoes nothing is made"
        return self.fact


@dataclass(slots=True)
class Done:
    """``seq`` is the number of the correction; ``recounted`` are the games that changed."""

    seq: int
    games: list[Game] = field(default_factory=list)
    recounted: list[Recounted] = field(default_factory=list)
    effects: list[GameEffects] = field(default_factory=list)


class _TakenBack(Exception):
    """Ends the transaction of a rehearsal."""


async def carry_out(
    connection: Connection, games: Sequence[Game], writers: Mapping[str, Writers], step: Step, at: int, rehearse: bool
) -> Done:
    """``games`` are all that the step is about, as they are in force. Raises Conflict where it cannot be any more."""
    done: Done | None = None
    try:
        async with connection.transaction():
            for name in sorted(game.name for game in games):
                await connection.execute(LOCK_EXCLUSIVE, lock_of(name))
            done = await _within(connection, games, writers, step, at)
            if rehearse:
                raise _TakenBack
    except _TakenBack:
        pass
    assert done is not None, "the transaction went through"
    return done


async def _within(
    connection: Connection, games: Sequence[Game], writers: Mapping[str, Writers], step: Step, at: int
) -> Done:
    moved = await _moved(connection, step)
    witnesses = [
        await Witness.of(connection, game, await _matches(connection, game, step, moved))
        for game in games
        if step.kind in ("void", "merge", "accept")
    ]
    seq = await _write_fact(connection, step, at)
    if step.undoes is None:
        witnesses = await _put_in_force(connection, step, seq, at, witnesses)
    else:
        await _take_out_of_force(connection, step.undoes)
    raised = await connection.fetch(sql.NEW_CALENDARS, [game.name for game in games])
    calendars = {row["game"]: row["calendar"] for row in raised}
    done = Done(step.undoes.seq if step.undoes is not None else seq)
    done.games = [await in_force_after(connection, game, calendars[game.name]) for game in games]
    after = {game.name: game for game in done.games}
    for witness in witnesses:
        renamed = moved[:1] if step.undoes is None else moved[1:]
        await _recount(connection, witness, after[witness.game.name], writers, renamed, done)
    return done


async def _recount(
    connection: Connection,
    witness: Witness,
    game: Game,
    writers: Mapping[str, Writers],
    renamed: Sequence[int],
    done: Done,
) -> None:
    concern = await concern_of(connection, witness, game, renamed)
    glimpse = await Glimpse.before(connection, game, concern)
    recounted = await recount(connection, witness, game, writers[game.name], concern)
    done.recounted.append(recounted)
    done.effects.append(await glimpse.after(connection, recounted))


async def _moved(connection: Connection, step: Step) -> list[int]:
    """Of a merge and its undoing: the player, and as whom they count at last when they are merged."""
    if step.kind != "merge":
        return []
    player, into = step.subject.players
    rows = await connection.fetch(sql.MERGE_EDGES)
    return [player, root_of({row["player"]: row["into_player"] for row in rows}, into)]


async def _matches(connection: Connection, game: Game, step: Step, moved: Sequence[int]) -> list[str]:
    if step.kind == "merge":
        rows = await connection.fetch(sql.APPEARED_IN, game.name, moved)
        if step.undoes is not None:  # a definition may have come since that gives the merged player more facts
            rows += await connection.fetch(sql.MERGED_MATCHES, step.undoes.seq, game.name)
        named = await _matches_naming(connection, game, moved)
        return sorted(named.union(row["match"] for row in rows))
    return step.subject.places


async def _matches_naming(connection: Connection, game: Game, moved: Sequence[int]) -> set[str]:
    """Where events name one of these, or somebody who counts as one of them, and need not make them appear."""
    types = compared_players(game.definition)
    if not types:
        return set()
    rows = await connection.fetch(sql.MERGE_EDGES)
    edges = {row["player"]: row["into_player"] for row in rows}
    players = {*moved, *(player for player in edges if root_of(edges, player) in moved)}
    return await history.matches_naming(connection, game, types, players)


async def _write_fact(connection: Connection, step: Step, at: int) -> int:
    kind = MADE if step.undoes is None else UNDONE
    body = msgspec.json.encode(step.fact)
    seq: int = await connection.fetchval(sql.ADD_FACT, step.game or SERVER_LOG, f"{kind}:{at}", kind, at, body)
    fact = step.fact
    if isinstance(fact, Made):
        subject = msgspec.json.encode(fact.subject)
        values = (step.game, fact.namespace, fact.kind, subject, fact.subject.players, fact.actor, fact.reason, at)
        await connection.execute(sql.ADD_CORRECTION, seq, *values)
    elif await connection.fetchval(sql.MARK_UNDONE, fact.correction, seq, at, fact.actor, fact.reason) is None:
        raise Conflict(f"correction {fact.correction} was undone before")
    return seq


async def _put_in_force(
    connection: Connection, step: Step, seq: int, at: int, witnesses: Sequence[Witness]
) -> list[Witness]:
    """Answers the witnesses, with an event among their rows that has just come to the log."""
    subject = step.subject
    if step.kind == "void":
        (witness,) = witnesses
        if subject.event is not None:
            await connection.execute(sql.VOID_EVENTS, step.game, [subject.event], seq)
        else:
            await connection.execute(sql.VOID_MATCHES, step.game, subject.places, seq)
            await connection.execute(sql.VOID_EVENTS, step.game, [row["id"] for row in witness.rows], seq)
    elif step.kind == "ban":
        await connection.execute(sql.HIDE, subject.player, at, step.game, seq)
    elif step.kind == "merge":
        await connection.execute(sql.ADD_MERGE, subject.player, subject.into, step.fact_made.namespace, seq)
    else:
        status = "accepted" if step.kind == "accept" else "refused"
        await connection.execute(sql.SET_STATUS, step.game, subject.quarantine, status, seq)
        if step.kind == "accept":
            return [await _enter(connection, step, witness) for witness in witnesses]
    return list(witnesses)


async def _enter(connection: Connection, step: Step, witness: Witness) -> Witness:
    """The event enters the log, where it is not there yet because it was accepted once before."""
    game, subject = step.game, step.subject
    earlier = [row["seq"] for row in await connection.fetch(sql.EARLIER_ACCEPTS, game, subject.quarantine)]
    if earlier:
        await connection.execute(sql.UNVOID_EVENTS, earlier)
        return witness
    await connection.execute(sql.ADD_EVENT, game, subject.quarantine)
    await connection.execute(sql.VOID_ARRIVING, game, [subject.event], [subject.match])
    grown = await Witness.of(connection, witness.game, witness.matches)
    return Witness(witness.game, witness.matches, grown.rows, {*witness.voided, subject.event or ""})


async def _take_out_of_force(connection: Connection, undone: Correction) -> None:
    subject = undone.subject
    if undone.kind == "void":
        await connection.execute(sql.UNVOID_EVENTS, [undone.seq])
        await connection.execute(sql.UNVOID_MATCHES, undone.seq)
    elif undone.kind == "ban":
        await connection.execute(sql.SHOW, undone.seq)
    elif undone.kind == "merge":
        await connection.execute(sql.DROP_MERGE, undone.seq)
        await connection.execute(sql.DROP_MERGED_MATCHES, undone.seq)
    else:
        await connection.execute(sql.SET_STATUS, undone.game, subject.quarantine, "waiting", None)
        if undone.kind == "accept":
            await connection.execute(sql.VOID_EVENTS, undone.game, [subject.event], undone.seq)

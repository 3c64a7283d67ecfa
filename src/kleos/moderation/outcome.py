"""What comes of a correction: carried out while nothing is committed in its games, and taken in by memory."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass

from kleos.boards.supposed import Move, supposed, supposed_hidden, untold
from kleos.core.errors import Conflict, KleosError
from kleos.engine.engine import Engine
from kleos.engine.game import Game
from kleos.log import sql as log_sql
from kleos.log.commit import Committed
from kleos.log.committer import Committer, all_paused
from kleos.log.spoiled import SPOILED, reason_of
from kleos.moderation import sql
from kleos.moderation.concern import players_in
from kleos.moderation.subjects import Correction, correction_of
from kleos.moderation.transaction import Done, Step, carry_out
from kleos.sheets.changes import RowChange
from kleos.sheets.write import row_key
from kleos.store.pool import Connection

Prepare = Callable[[], Awaitable[Step]]


@dataclass(frozen=True, slots=True)
class Outcome:
    """``correction`` is None where it was only rehearsed; ``moves`` are by game those on boards in memory, ``untold``
    the boards and windows that were not there, and ``ids`` names the players of ``done``."""

    correction: Correction | None
    done: Done
    moves: Mapping[str, Sequence[Move]]
    untold: Mapping[str, Sequence[tuple[str, str]]]
    ids: Mapping[int, str]


async def carried_out(engine: Engine, games: Sequence[Game], prepare: Prepare, rehearse: bool) -> Outcome:
    """``prepare`` says what to do, or why not, when nothing can change any more."""
    committers = [engine.committer(name) for name in sorted(game.name for game in games)]
    await _warm_or_late(engine, games)
    async with _alone(engine, committers) as connection:
        step = await prepare()
        in_force = [engine.game(game.name) for game in games]
        writers = {committer.game.name: committer.writers for committer in committers}
        try:
            done = await carry_out(connection, in_force, writers, step, engine.stamp.next_at(), rehearse)
        except SPOILED as error:  # taken back as a whole
            raise Conflict(f"it cannot be counted so: {reason_of(error)}") from error
        ids = await _ids(connection, in_force[0].namespace, _players_of(done, step))
        moves, not_told = _moves(engine, done, step, ids), _untold(engine, done, step)
        if rehearse:
            return Outcome(None, done, moves, not_told, ids)
        await _publish(engine, connection, done, step, ids)
        row = await connection.fetchrow(sql.CORRECTION, games[0].name, games[0].namespace, done.seq)
        return Outcome(correction_of(row), done, moves, not_told, ids)


async def _warm_or_late(engine: Engine, games: Sequence[Game]) -> None:
    """Waits for the boards whose ranks may move, not for ever; while the games go on."""
    with suppress(TimeoutError):
        async with asyncio.timeout(engine.database.timeout_s):
            for game in games:
                await engine.rankings.ready(game, {window.name for _, window in engine.rankings.open_windows(game)})


@asynccontextmanager
async def _alone(engine: Engine, committers: Sequence[Committer]) -> AsyncIterator[Connection]:
    """Inside, nothing is committed in these games, and nothing else changes them."""
    engine.guard.check()
    async with engine.one_change(), all_paused(committers):
        try:
            async with engine.pool.acquire() as connection:
                yield connection
        except KleosError:
            raise
        except Exception:
            for committer in committers:
                committer.distrust()
            raise


def _moves(engine: Engine, done: Done, step: Step, ids: Mapping[int, str]) -> dict[str, list[Move]]:
    rankings = engine.rankings
    if step.kind == "ban":
        hidden = step.undoes is None
        return {
            game.name: [
                move
                for player in step.subject.players
                if player in ids
                for move in supposed_hidden(rankings, game, ids[player], hidden)
            ]
            for game in done.games
        }
    return {one.game.name: supposed(rankings, one.game, _known(one.game, one.rows, ids), ids) for one in done.recounted}


def _untold(engine: Engine, done: Done, step: Step) -> dict[str, list[tuple[str, str]]]:
    if step.kind == "ban":
        return {game.name: untold(engine.rankings, game, None) for game in done.games}
    return {one.game.name: untold(engine.rankings, one.game, one.rows) for one in done.recounted}


async def _publish(engine: Engine, connection: Connection, done: Done, step: Step, ids: Mapping[int, str]) -> None:
    """Memory takes in what the correction changed, before the next commit."""
    await engine.directory.load_corrected()
    recounted = {one.game.name: one for one in done.recounted}
    for game in done.games:
        one = recounted.get(game.name)
        if one is None:
            _take_in(engine, game, Committed(frozenset(), None))
            continue
        committed = Committed(
            frozenset(),
            None,
            _known(game, one.rows, ids),
            [change for change in one.awards if change.player in ids],
            ids,
            appeared=[ids[player] for player in one.appeared if player in ids],
            matches=step.subject.places,
            outbox=one.outbox,
        )
        _take_in(engine, game, committed)
        if one.outbox is not None:
            await connection.execute(log_sql.DROP_OUTBOX, [one.outbox])
    if step.kind == "ban":
        for player in step.subject.players:
            if player in ids:
                engine.rankings.hidden_or_shown(done.games[0].namespace, ids[player])
    engine.unsettle({game.name for game in done.games})


def _take_in(engine: Engine, game: Game, committed: Committed) -> None:
    """The game as it is now, and what changed, as from a commit."""
    engine.committer(game.name).game = game
    engine.rankings.carry(game)
    engine.publish(game, committed)


async def _ids(connection: Connection, namespace: str, players: set[int]) -> dict[int, str]:
    rows = await connection.fetch(sql.IDS_OF, namespace, sorted(players))
    return {row["player"]: row["id"] for row in rows}


def _players_of(done: Done, step: Step) -> set[int]:
    """Everybody whom the answer or the feed may have to name."""
    players = set(step.subject.players)
    for one in done.recounted:
        players.update(one.appeared, one.concern.players)
        for change in one.rows:
            players |= players_in(
                one.game, change.sheet, {row_key(one.game.definition.sheets[change.sheet], change.row)}
            )
    for effects in done.effects:
        players.update(effects.players_shown)
    return players


def _known(game: Game, rows: Sequence[RowChange], ids: Mapping[int, str]) -> list[RowChange]:
    """Without those of players who were deleted: they stand nowhere."""
    keys = {name: sheet.player_key for name, sheet in game.definition.sheets.items()}
    return [change for change in rows if (key := keys[change.sheet]) is None or change.row[key] in ids]

"""Making corrections and undoing them: from what a moderator asks to what everybody sees."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from kleos.boards.supposed import Move, supposed, supposed_hidden
from kleos.core.errors import Conflict, NotFound
from kleos.core.windows import from_datetime
from kleos.engine.engine import Engine
from kleos.engine.game import Game
from kleos.log import history
from kleos.log import sql as log_sql
from kleos.log.commit import Committed
from kleos.moderation import sql
from kleos.moderation.asked import Asked, Ban, Merge, Void, check_asked, check_reason
from kleos.moderation.concern import players_in
from kleos.moderation.recount import appearances_of
from kleos.moderation.subjects import Correction, Kind, Subject
from kleos.moderation.transaction import Done, Made, Step, Undone, carry_out
from kleos.players.directory import Card
from kleos.sheets.changes import RowChange
from kleos.sheets.write import row_key
from kleos.store.pool import Connection

Prepare = Callable[[], Awaitable[Step]]


@dataclass(frozen=True, slots=True)
class Outcome:
    """``correction`` is None where it was only rehearsed; ``moves`` are by game those on boards in memory, and ``ids``
    names the players of ``done``."""

    correction: Correction | None
    done: Done
    moves: Mapping[str, Sequence[Move]]
    ids: Mapping[int, str]


class Corrections:
    """Everything here takes a game's name and answers in numbers; errors: NotFound, BadInput, Conflict."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def make(self, game: str, asked: Asked, actor: str, *, rehearse: bool = False) -> Outcome:
        """Voids, bans or merges; or shows what doing so would change."""
        check_asked(asked)
        in_force = self._engine.game(game)
        namespace = in_force.namespace
        if isinstance(asked, Merge):

            async def merge() -> Step:
                subject = await self._merge(namespace, asked)
                return _new("", namespace, "merge", subject, actor, asked.reason)

            return await self._carry_out(self._of_namespace(namespace), merge, rehearse)
        if isinstance(asked, Ban):
            return await self._ban(game, [in_force], asked, actor, rehearse)
        subject = await self._void(in_force, asked)

        async def void() -> Step:
            return _new(game, namespace, "void", subject, actor, asked.reason)

        return await self._carry_out([in_force], void, rehearse)

    async def ban_everywhere(self, namespace: str, asked: Ban, actor: str, *, rehearse: bool = False) -> Outcome:
        """From every game of the namespace."""
        check_asked(asked)
        return await self._ban("", self._of_namespace(namespace), asked, actor, rehearse)

    async def _ban(self, game: str, games: Sequence[Game], asked: Ban, actor: str, rehearse: bool) -> Outcome:
        namespace = games[0].namespace

        async def ban() -> Step:
            card = await self._player(namespace, asked.player)
            if await self._engine.pool.fetch(sql.BANS_OF, game, namespace, card.player):
                raise Conflict(f"{asked.player!r} is banned already")
            return _new(game, namespace, "ban", Subject(player=card.player), actor, asked.reason)

        return await self._carry_out(games, ban, rehearse)

    async def bans_of(self, game: str, namespace: str, player: str) -> list[int]:
        """The bans of a player that are in force in one game alone, or with ``game`` empty everywhere."""
        card = await self._player(namespace, player)
        rows = await self._engine.pool.fetch(sql.BANS_OF, game, namespace, card.player)
        return [row["seq"] for row in rows]

    async def undo(self, game: str, number: int, actor: str, reason: str, *, rehearse: bool = False) -> Outcome:
        check_reason(reason)
        correction = await self.one(game, number)
        games = [self._engine.game(game)] if correction.game else self._of_namespace(correction.namespace)

        async def undo() -> Step:
            now = await self.one(game, number)
            if now.undone_at is not None:
                raise Conflict(f"correction {number} was undone before, by {now.undone_by}")
            return Step(now.game, Undone(correction=number, actor=actor, reason=reason), now)

        return await self._carry_out(games, undo, rehearse)

    async def judge(
        self, game: str, number: int, accept: bool, actor: str, reason: str, *, rehearse: bool = False
    ) -> Outcome:
        """Accepts an event in quarantine, or refuses it."""
        check_reason(reason)
        in_force = self._engine.game(game)

        async def judge() -> Step:
            row = await self._engine.pool.fetchrow(sql.QUARANTINED, game, number)
            if row is None:
                raise NotFound("event in quarantine", str(number))
            if row["status"] != "waiting":
                raise Conflict(f"it was {row['status']} already, by correction {row['correction']}; undo that first")
            if accept and history.as_counted(self._engine.game(game), row) is None:
                raise Conflict(f"the game no longer has events of type {row['type']!r}")
            subject = Subject(event=row["id"], match=row["match"], quarantine=number)
            return _new(game, in_force.namespace, "accept" if accept else "refuse", subject, actor, reason)

        return await self._carry_out([in_force], judge, rehearse)

    async def one(self, game: str, number: int) -> Correction:
        in_force = self._engine.game(game)
        row = await self._engine.pool.fetchrow(sql.CORRECTION, game, in_force.namespace, number)
        if row is None:
            raise NotFound("correction", str(number))
        return correction_of(row)

    async def page(
        self, game: str, kind: str | None, player: str | None, limit: int, offset: int
    ) -> tuple[list[Correction], int]:
        """The newest first, and how many there are."""
        in_force = self._engine.game(game)
        number = None if player is None else (await self._player(in_force.namespace, player)).player
        asked = (game, in_force.namespace, kind, number)
        rows = await self._engine.pool.fetch(sql.CORRECTIONS, *asked, limit, offset)
        total: int = await self._engine.pool.fetchval(sql.COUNT_CORRECTIONS, *asked)
        return [correction_of(row) for row in rows], total

    # Within -----------------------------------------------------------------------------------------------------------

    def _of_namespace(self, namespace: str) -> list[Game]:
        return [game for game in self._engine.games() if game.namespace == namespace]

    async def _player(self, namespace: str, id: str) -> Card:
        """A player that there is, hidden or not; one who was merged is the other."""
        cards = await self._engine.directory.cards(namespace, (id,))
        if id not in cards or not cards[id].exists:
            raise NotFound("player", id)
        return cards[id]

    async def _void(self, game: Game, asked: Void) -> Subject:
        async with self._engine.pool.acquire() as connection:
            if asked.event is not None:
                match = await history.match_of(connection, game, asked.event, asked.match)
                if match is None:
                    raise NotFound("event", asked.event)
                return Subject(event=asked.event, match=match)
            if asked.match is not None:
                if not await history.logged(connection, game, [asked.match]):
                    raise NotFound("match", asked.match)
                return Subject(match=asked.match)
            return await self._void_player(connection, game, asked)

    async def _void_player(self, connection: Connection, game: Game, asked: Void) -> Subject:
        assert asked.player is not None, "checked"
        card = await self._player(game.namespace, asked.player)
        since = None if asked.since is None else from_datetime(asked.since)
        until = None if asked.until is None else from_datetime(asked.until)
        events = await history.of_players(connection, game, [card.player], game.plan.events, (since, until))
        own = [one for one in events[card.player] if any(who == card.player for who, _ in appearances_of(game, one))]
        matches = sorted({one.event.match for one in own})
        if not matches:
            raise NotFound("match in this span of player", asked.player)
        return Subject(player=card.player, since=since, until=until, matches=matches)

    async def _merge(self, namespace: str, asked: Merge) -> Subject:
        meant = self._engine.directory.meant
        if meant(namespace, asked.player) != asked.player:
            other = meant(namespace, asked.player)
            raise Conflict(f"{asked.player!r} was merged before, and counts as {other!r}; undo that first")
        player, into = await self._player(namespace, asked.player), await self._player(namespace, asked.into)
        if player.player == into.player:
            raise Conflict(f"{asked.player!r} and {asked.into!r} are one player already")
        await self._refuse_met(namespace, asked, player.player, into.player)
        return Subject(player=player.player, into=into.player)

    async def _refuse_met(self, namespace: str, asked: Merge, player: int, into: int) -> None:
        games = [game.name for game in self._of_namespace(namespace)]
        met = await self._engine.pool.fetch(sql.MET, games, player, into)
        if met:
            named = ", ".join(f"{row['match']} ({row['game']})" for row in met[:5]) + (", …" if len(met) > 5 else "")
            raise Conflict(
                f"{asked.player!r} and {asked.into!r} met each other, so they are not one: {named}; "
                "void those matches first where they are"
            )

    async def _carry_out(self, games: Sequence[Game], prepare: Prepare, rehearse: bool) -> Outcome:
        """``prepare`` says what to do, or why not, when nothing can change any more."""
        engine = self._engine
        async with engine.correcting([game.name for game in games]) as connection:
            step = await prepare()
            in_force = [engine.game(game.name) for game in games]
            writers = {game.name: engine.writers(game.name) for game in games}
            done = await carry_out(connection, in_force, writers, step, engine.stamp.next_at(), rehearse)
            ids = await _ids(connection, in_force[0].namespace, _players_of(done, step))
            moves = self._moves(done, step, ids)
            if rehearse:
                return Outcome(None, done, moves, ids)
            await self._publish(connection, done, step, ids)
            row = await connection.fetchrow(sql.CORRECTION, games[0].name, games[0].namespace, done.seq)
            return Outcome(correction_of(row), done, moves, ids)

    def _moves(self, done: Done, step: Step, ids: Mapping[int, str]) -> dict[str, list[Move]]:
        rankings = self._engine.rankings
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
        return {
            one.game.name: supposed(rankings, one.game, _known(one.game, one.rows, ids), ids) for one in done.recounted
        }

    async def _publish(self, connection: Connection, done: Done, step: Step, ids: Mapping[int, str]) -> None:
        """Memory takes in what the correction changed, before the next commit."""
        engine = self._engine
        await engine.directory.load_corrected()
        recounted = {one.game.name: one for one in done.recounted}
        for game in done.games:
            one = recounted.get(game.name)
            if one is None:
                engine.corrected(game, Committed(frozenset(), None))
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
            engine.corrected(game, committed)
            if one.outbox is not None:
                await connection.execute(log_sql.DROP_OUTBOX, [one.outbox])
        if step.kind == "ban":
            for player in step.subject.players:
                if player in ids:
                    engine.rankings.hidden_or_shown(done.games[0].namespace, ids[player])
        engine.unsettle({game.name for game in done.games})


def _new(game: str, namespace: str, kind: Kind, subject: Subject, actor: str, reason: str) -> Step:
    return Step(game, Made(namespace=namespace, kind=kind, subject=subject, actor=actor, reason=reason))


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


def correction_of(row: Any) -> Correction:
    values = dict(row)
    return Correction(**{**values, "subject": msgspec.json.decode(values["subject"], type=Subject)})

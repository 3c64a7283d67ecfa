"""Making corrections and undoing them: from what a moderator asks to what everybody sees."""

from collections.abc import Sequence
from typing import Final

from kleos.core.completion import Happened
from kleos.core.errors import Conflict, NotFound
from kleos.core.windows import from_datetime
from kleos.engine.engine import Engine
from kleos.engine.game import Game
from kleos.log import history
from kleos.moderation import sql
from kleos.moderation.asked import Asked, Ban, Merge, Void, check_asked, check_reason
from kleos.moderation.outcome import Outcome, carried_out
from kleos.moderation.recount import appearances_of
from kleos.moderation.subjects import Correction, Kind, Subject, correction_of
from kleos.moderation.transaction import Made, Step, Undone
from kleos.players.directory import Card
from kleos.store.pool import Connection

_MATCHES_AT_ONCE: Final = 1_000


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

            return await carried_out(self._engine, self._of_namespace(namespace), merge, rehearse)
        if isinstance(asked, Ban):
            return await self._ban(game, [in_force], asked, actor, rehearse)
        subject = await self._void(in_force, asked)

        async def void() -> Step:
            return _new(game, namespace, "void", subject, actor, asked.reason)

        return await carried_out(self._engine, [in_force], void, rehearse)

    async def ban_everywhere(self, namespace: str, asked: Ban, actor: str, *, rehearse: bool = False) -> Outcome:
        """From every game of the namespace."""
        check_asked(asked)
        return await self._ban("", self._of_namespace(namespace), asked, actor, rehearse)

    async def _ban(self, game: str, games: Sequence[Game], asked: Ban, actor: str, rehearse: bool) -> Outcome:
        namespace = games[0].namespace

        async def ban() -> Step:
            card = await self._player(namespace, asked.player)
            if await self._engine.pool.fetch(sql.BANS_OF, game, namespace, [card.player]):
                raise Conflict(f"{asked.player!r} is banned already")
            return _new(game, namespace, "ban", Subject(player=card.player), actor, asked.reason)

        return await carried_out(self._engine, games, ban, rehearse)

    async def bans_of(self, game: str, namespace: str, player: str) -> list[int]:
        """The bans of a player that are in force in one game alone, or with ``game`` empty everywhere."""
        numbers = await self._numbers(namespace, player)
        rows = await self._engine.pool.fetch(sql.BANS_OF, game, namespace, numbers)
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

        return await carried_out(self._engine, games, undo, rehearse)

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

        return await carried_out(self._engine, [in_force], judge, rehearse)

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
        numbers = None if player is None else await self._numbers(in_force.namespace, player)
        asked = (game, in_force.namespace, kind, numbers)
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

    async def _numbers(self, namespace: str, id: str) -> list[int]:
        """What corrections call a player: one who was merged is the other, and still who they were before."""
        card = await self._player(namespace, id)
        own = await self._engine.pool.fetchval(sql.NUMBER_OF, namespace, id)
        return sorted({card.player, own})

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
        counted = await history.of_players(connection, game, [card.player], game.plan.events, (since, until))
        events = [*counted[card.player], *await _voided_already(connection, game, (since, until))]
        own = [one for one in events if any(who == card.player for who, _ in appearances_of(game, one))]
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


async def _voided_already(connection: Connection, game: Game, span: history.Span) -> list[Happened]:
    """The events of matches of which something is void: nobody appears by what does not count, and when the earlier
    void is undone the one that is made now must still hold."""
    since, until = span
    matches = [row["match"] for row in await connection.fetch(sql.MATCHES_VOIDED, game.name)]
    found = []
    for start in range(0, len(matches), _MATCHES_AT_ONCE):
        for row in await history.logged(connection, game, matches[start : start + _MATCHES_AT_ONCE]):
            if (since is None or row["at"] >= since) and (until is None or row["at"] < until):
                happened = history.as_counted(game, row)
                if happened is not None:
                    found.append(happened)
    return found


def _new(game: str, namespace: str, kind: Kind, subject: Subject, actor: str, reason: str) -> Step:
    return Step(game, Made(namespace=namespace, kind=kind, subject=subject, actor=actor, reason=reason))

"""What the document on the achievement platform says over Socket.IO, to whoever connects with a player's token:

``achievement.unlocked``, of the player, and ``leaderboard.updated``, of each player whose rank by achievement points
changed. Who gained points is told to everybody; who was only passed, to that player. Gathered: the first change of a
game at once, those that follow together, and of several changes of one player the newest.
"""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from kleos.core.windows import ALL, iso
from kleos.engine.engine import Engine
from kleos.engine.game import Game
from kleos.feed.audience import Audience
from kleos.feed.gathering import Gathering
from kleos.feed.message import Events
from kleos.feed.voice import Ear
from kleos.log.commit import Committed
from kleos.server.facades.platform_shown import BOARD, Shown

UNLOCKED: Final = "achievement.unlocked"
UPDATED: Final = "leaderboard.updated"
MOST_TOLD_TO_ALL: Final = 500
"""So many who moved are told to everybody at once; the others are told to themselves."""
AT_ONCE: Final = 500
"""Ranks that are looked up without a pause."""

Event = tuple[str, dict[str, Any]]
Ranks = dict[str, int | None]


class PlatformVoice:
    """One for a process. Games with players of their own are not spoken of: a token's player is not among them."""

    def __init__(self, engine: Engine, shown: Shown) -> None:
        self.engine = engine
        self.shown = shown
        self.everybody: Audience[Events] = Audience()
        self._ears: dict[str, dict[Ear, None]] = {}
        self._games: dict[str, GameVoice] = {}

    def join(self, player: str, ear: Ear) -> None:
        self.everybody.join(ear)
        ears = self._ears.setdefault(player, {})
        if not ears:
            for voice in self._games.values():
                voice.learn([player])
        ears[ear] = None

    def leave(self, player: str, ear: Ear) -> None:
        self.everybody.leave(ear)
        ears = self._ears[player]
        ears.pop(ear, None)
        if not ears:
            del self._ears[player]
            for voice in self._games.values():
                voice.forget(player)

    def close(self) -> None:
        for voice in self._games.values():
            voice.close()

    def before(self, game: Game, committed: Committed) -> None:
        if self._ears and not game.namespace:
            voice = self._games.get(game.name)
            if voice is None:
                voice = self._games[game.name] = GameVoice(self, game.name)
                voice.learn(list(self._ears))
            voice.before(game, committed)

    def after(self, game: Game, committed: Committed) -> None:
        voice = self._games.get(game.name)
        if voice is not None and self._ears:
            voice.after(committed)

    def hears(self, player: str) -> bool:
        return player in self._ears

    def tell(self, player: str, events: Sequence[Event]) -> None:
        """To that player's own connections."""
        told = Events(events)
        for ear in self._ears.get(player, ()):
            ear.deliver(told)


class GameVoice:
    """What is to be told of one game. Of those who listen it knows the rank that they were told, or had."""

    def __init__(self, voice: PlatformVoice, game: str) -> None:
        self._voice = voice
        self._game = game
        self._own: Ranks = {}
        self._moved: Ranks = {}
        self._unlocked: dict[str, list[tuple[str, int]]] = {}
        self._gathering = Gathering(self._tell)

    def learn(self, players: list[str]) -> None:
        self._own |= self._ranks(players)

    def forget(self, player: str) -> None:
        self._own.pop(player, None)

    def close(self) -> None:
        self._gathering.close()

    def before(self, game: Game, committed: Committed) -> None:
        ids = {committed.ids[change.player] for change in committed.awards}
        self._moved |= self._ranks([id for id in ids if id not in self._moved])

    def after(self, committed: Committed) -> None:
        for change in committed.awards:
            player = committed.ids[change.player]
            if change.kind == "unlocked" and self._voice.hears(player):
                self._unlocked.setdefault(player, []).append((change.achievement, change.at))
        self._gathering.touch()

    async def _tell(self) -> None:
        before, self._moved = self._moved, {}
        unlocked, self._unlocked = self._unlocked, {}
        engine = self._voice.engine
        try:
            shown = await self._shown(unlocked)
            page = await engine.standings.lookup(engine.game(self._game), BOARD, ALL.name, {}, list(before))
        except Exception:
            self._moved |= before
            self._unlocked = {
                player: [*unlocked.get(player, ()), *self._unlocked.get(player, ())]
                for player in {**unlocked, **self._unlocked}
            }
            raise
        self._tell_unlocked(unlocked, shown)
        after = dict.fromkeys(before) | {line.player: line.rank for line in page.entries}
        moved = [
            (player, self._update(player, rank, before[player]))
            for player, rank in after.items()
            if rank != before[player]
        ]
        if moved:
            self._voice.everybody.tell(Events([event for _, event in moved[:MOST_TOLD_TO_ALL]]))
        for player, event in moved[MOST_TOLD_TO_ALL:]:
            self._voice.tell(player, [event])
        self._own |= {player: rank for player, rank in after.items() if player in self._own}
        if moved:
            await self._tell_passed(before, after)
        await self._voice.everybody.all_told()

    async def _shown(self, unlocked: Mapping[str, list[tuple[str, int]]]) -> dict[str, Any]:
        game = self._voice.engine.game(self._game)
        achievements = game.definition.achievements
        names = sorted({name for awards in unlocked.values() for name, _ in awards if name in achievements})
        return dict(
            zip(names, await self._voice.shown.all([(game, achievements[name]) for name in names]), strict=True)
        )

    def _tell_unlocked(self, unlocked: Mapping[str, list[tuple[str, int]]], shown: Mapping[str, Any]) -> None:
        for player, awards in unlocked.items():
            self._voice.tell(
                player,
                [
                    (UNLOCKED, {"player_id": player, "achievement": shown[name], "timestamp": iso(at)})
                    for name, at in awards
                    if name in shown
                ],
            )

    async def _tell_passed(self, before: Ranks, after: Ranks) -> None:
        """Those who listen and stand between where somebody was and where they are now."""
        ends = [*before.values(), *after.values()]
        known = [rank for rank in ends if rank is not None]
        first, last = min(known), max(known) if len(known) == len(ends) else None
        between = [
            player
            for player, rank in self._own.items()
            if rank is not None and player not in after and first <= rank and (last is None or rank <= last)
        ]
        for some in _parts(between):
            for player, rank in self._ranks(some).items():
                was = self._own.get(player)
                if rank is not None and was is not None and rank != was:
                    self._own[player] = rank
                    self._voice.tell(player, [self._update(player, rank, was)])
            await asyncio.sleep(0)

    def _ranks(self, players: list[str]) -> Ranks:
        """As memory knows them; None for who is not ranked, or while the board is not in memory."""
        engine = self._voice.engine
        return engine.rankings.ranks(engine.game(self._game), BOARD, ALL, {}, players)

    def _update(self, player: str, new: int | None, old: int | None) -> Event:
        change = new - old if new is not None and old is not None else None
        return UPDATED, {"game_id": self._game, "player_id": player, "new_rank": new, "rank_change": change}


def _parts(players: list[str]) -> Iterator[list[str]]:
    for start in range(0, len(players), AT_ONCE):
        yield players[start : start + AT_ONCE]

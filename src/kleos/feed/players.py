"""What a player's topics tell: the standings after each commit, and awards; to the player alone, who has passed."""

from collections import deque
from collections.abc import Awaitable, Callable, Iterable, Sequence
from functools import partial
from typing import Any, Final

from kleos.achievements.progress import earned
from kleos.boards.answers import Effect, Effects, shown
from kleos.boards.overtaking import Passed
from kleos.core.errors import KleosError
from kleos.engine.engine import Engine
from kleos.engine.game import Game
from kleos.feed.awards import award, for_everybody
from kleos.feed.gathering import Gathering
from kleos.feed.hub import SNAPSHOT, Channel
from kleos.feed.message import Message
from kleos.feed.topics import PlayerTopic
from kleos.store.pool import unavailable

STANDING_CHANGED: Final = "standing.changed"
OVERTAKEN: Final = "overtaken"
LATEST_AWARDS: Final = 20

_Told = tuple[str, dict[str, Any]]
"""What a message tells, behind its kind."""


class PlayerSource:
    def __init__(self, engine: Engine, channel: Channel, topic: PlayerTopic) -> None:
        self._engine = engine
        self._channel = channel
        self._topic = topic
        self._asked: deque[Callable[[], Awaitable[_Told | None]]] = deque()
        self._gathering = Gathering(self._tell)

    def close(self) -> None:
        self._gathering.close()

    async def snapshot(self) -> Message:
        n = self._channel.n
        told: dict[str, Any] = {"player": self._topic.player, "namespace": self._topic.namespace}
        if not self._topic.is_private:
            told |= await self._state()
        return Message(self._channel.name, n, SNAPSHOT, told)

    def tell_awards(self, kind: str, awards: Sequence[dict[str, Any]]) -> None:
        """As soon as it is known which of their matches are private."""
        self._ask(partial(self._awards, kind, awards))

    def tell_standings(self, game: Game, effects: Effects) -> None:
        """All of one commit in one message; those that memory does not know follow when the database has answered."""
        if effects.known:
            self._channel.publish(*self._changed(game, effects.known))
        if effects.asked:
            self._ask(partial(self._effects, game, Effects((), effects.asked)))

    def tell_passed(self, game: Game, passed: Iterable[Passed]) -> None:
        cached, namespace = self._engine.directory.cached, game.namespace
        told = []
        for one in passed:
            card = cached(namespace, one.by)
            by = {"player": one.by, "name": one.by if card is None else card.shown_name, "rank": one.by_rank}
            place = {"board": one.board.board.name, "window": one.window.name, "partition": one.partition.as_given()}
            told.append({**place, "rank": one.rank, "by": by})
        self._channel.publish(OVERTAKEN, {"player": self._topic.player, "game": game.name, "overtaken": told})

    def _ask(self, read: Callable[[], Awaitable[_Told | None]]) -> None:
        self._asked.append(read)
        self._gathering.touch()

    async def _tell(self) -> None:
        while self._asked:
            try:
                told = await self._asked[0]()
            except Exception as error:
                if unavailable(error) is None:
                    self._asked.popleft()  # of a definition that is no more: it would stand before all others
                raise
            self._asked.popleft()
            if told is not None:
                self._channel.publish(*told)
        await self._channel.listeners.all_told()

    async def _awards(self, kind: str, awards: Sequence[dict[str, Any]]) -> _Told:
        return kind, {"player": self._topic.player, "awards": await for_everybody(self._engine, awards)}

    async def _effects(self, game: Game, effects: Effects) -> _Told | None:
        found = await self._engine.standings.effects(game, effects)
        return self._changed(game, found) if found else None

    def _changed(self, game: Game, effects: Sequence[Effect]) -> _Told:
        return STANDING_CHANGED, {"player": self._topic.player, "game": game.name, "standings": effects}

    async def _state(self) -> dict[str, Any]:
        player, namespace = self._topic.player, self._topic.namespace
        directory = self._engine.directory
        games = {
            game.name: game
            for game in self._engine.games()
            if game.namespace == namespace and player not in directory.hidden_in(namespace, game.name)
        }
        card = await self._engine.directory.card(namespace, player)
        if card is None:
            return {"name": player, "standings": [], "awards": []}
        standings = [place for game in games.values() for place in await self._standings(game)]
        held = await earned(self._engine.pool, games, card.player)
        newest = sorted(held.items(), key=lambda item: (-item[1].at, item[0]))[:LATEST_AWARDS]
        awards = [
            award(games[game], achievement, player, card.shown_name, when.at, when.match)
            for (game, name), when in newest
            if (achievement := games[game].definition.achievements.get(name)) is not None
        ]
        return {"name": card.shown_name, "standings": standings, "awards": await for_everybody(self._engine, awards)}

    async def _standings(self, game: Game) -> list[dict[str, Any]]:
        """The player's places on the boards that rank everybody together, in every window that is open."""
        found, standings = [], self._engine.standings
        for board in game.definition.boards.values():
            if () not in [tuple(partition) for partition in board.partitions]:
                continue
            for kind in game.sheet(board.sheet).windows:
                try:
                    window = game.calendar.named(kind, self._engine.now()).name
                    standing = await standings.standing(game, board.name, window, {}, self._topic.player)
                except KleosError:
                    continue  # no season is open
                if standing is not None:
                    value = shown(standings.compiled(game, board.name), standing)["value"]
                    place = {"board": board.name, "window": window, "rank": standing.rank, "value": value}
                    found.append({"game": game.name, **place, "total": standing.total})
        return found

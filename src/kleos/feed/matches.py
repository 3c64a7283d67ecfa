"""What a match's topic tells: the match as it is after each change, gathered."""

from typing import Final

from kleos.engine.engine import Engine
from kleos.engine.game import Game
from kleos.feed.access import Hearer, check_still_hears
from kleos.feed.gathering import Gathering
from kleos.feed.hub import SNAPSHOT, Channel
from kleos.feed.message import Message
from kleos.feed.topics import MatchTopic
from kleos.matches.detail import MatchDetail, match_detail
from kleos.matches.opening import Opening, opening_of

CHANGED: Final = "match.changed"


class MatchSource:
    def __init__(self, engine: Engine, channel: Channel, topic: MatchTopic) -> None:
        engine.game(topic.game)
        self._engine = engine
        self._channel = channel
        self._topic = topic
        self._gathering = Gathering(self._tell)

    def close(self) -> None:
        self._gathering.close()

    async def snapshot(self) -> Message:
        n = self._channel.n
        game, opening = await self._opening()
        return Message(self._channel.name, n, SNAPSHOT, await self._detail(game, opening))

    def touch(self) -> None:
        self._gathering.touch()

    async def _tell(self) -> None:
        game, opening = await self._opening()
        detail = await self._detail(game, opening)
        for listener in list(self._channel.listeners):
            if isinstance(listener, Hearer):
                check_still_hears(game, opening, listener, self._topic)
        self._channel.publish(CHANGED, detail)
        await self._channel.listeners.all_told()

    async def _opening(self) -> tuple[Game, Opening | None]:
        game = self._engine.game(self._topic.game)
        return game, await opening_of(self._engine, game, self._topic.match)

    async def _detail(self, game: Game, opening: Opening | None) -> MatchDetail:
        return await match_detail(self._engine, game, self._topic.match, opening)

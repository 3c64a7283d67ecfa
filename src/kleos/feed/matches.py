"""What a match's topic tells: the match as it is after each change, gathered."""

from typing import Final

from kleos.engine.engine import Engine
from kleos.feed.gathering import Gathering
from kleos.feed.hub import SNAPSHOT, Channel
from kleos.feed.message import Message
from kleos.feed.topics import MatchTopic
from kleos.matches.detail import MatchDetail, match_detail
from kleos.matches.opening import opening_of

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
        return Message(self._channel.name, n, SNAPSHOT, await self._detail())

    def touch(self) -> None:
        self._gathering.touch()

    async def _tell(self) -> None:
        self._channel.publish(CHANGED, await self._detail())
        await self._channel.listeners.all_told()

    async def _detail(self) -> MatchDetail:
        game = self._engine.game(self._topic.game)
        opening = await opening_of(self._engine, game, self._topic.match)
        return await match_detail(self._engine, game, self._topic.match, opening)

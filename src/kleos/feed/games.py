"""What a game's topic tells: awards, and the public matches that began or changed; gathered."""

from collections.abc import Iterable
from typing import Any, Final

from kleos.achievements.awards import AwardChange
from kleos.engine.engine import Engine
from kleos.engine.game import Game
from kleos.feed import sql
from kleos.feed.awards import award, by_kind, for_everybody
from kleos.feed.gathering import Gathering
from kleos.feed.hub import SNAPSHOT, Channel
from kleos.feed.message import Message
from kleos.feed.topics import GameTopic

EVERY_S: Final = 0.3
"""Up to three messages each time: not more than ten a second."""
MOST_AWARDS: Final = 50
MOST_MATCHES: Final = 50
LATEST: Final = 20

MATCH_CHANGED: Final = "match.changed"


class GameSource:
    def __init__(self, engine: Engine, channel: Channel, topic: GameTopic) -> None:
        engine.game(topic.game)
        self.game = topic.game
        self._engine = engine
        self._channel = channel
        self._awards: list[AwardChange] = []
        self._matches: dict[str, None] = {}
        self._gathering = Gathering(self._tell, EVERY_S)

    def close(self) -> None:
        self._gathering.close()

    async def snapshot(self) -> Message:
        n = self._channel.n
        game = self._engine.game(self.game)
        rows = await self._engine.pool.fetch(sql.LATEST_AWARDS, self.game, sorted(game.definition.achievements), LATEST)
        changes = [AwardChange("unlocked", *row.values()) for row in rows]
        matches = await self._engine.pool.fetch(sql.NEWEST_MATCHES, self.game, LATEST)
        told = {
            "game": self.game,
            "title": game.definition.presentation.title,
            "awards": await self._shown(game, changes),
            "matches": [dict(row) for row in matches],
        }
        return Message(self._channel.name, n, SNAPSHOT, told)

    def note(self, awards: list[AwardChange], matches: list[str]) -> None:
        """What a commit did. Of very many the newest stay."""
        if not awards and not matches:
            return
        self._keep(awards, matches)
        self._gathering.touch()

    def _keep(self, awards: list[AwardChange], matches: Iterable[str]) -> None:
        self._awards = [*self._awards, *awards][-MOST_AWARDS:]
        for match in matches:
            self._matches.pop(match, None)
            self._matches[match] = None
        while len(self._matches) > MOST_MATCHES:
            del self._matches[next(iter(self._matches))]

    async def _tell(self) -> None:
        awards, matches = self._awards, self._matches
        self._awards, self._matches = [], {}
        try:
            told = await self._read(awards, list(matches))
        except Exception:
            newer_awards, newer_matches = self._awards, self._matches
            self._awards, self._matches = awards, matches
            self._keep(newer_awards, newer_matches)
            raise
        for kind, each in told.items():
            self._channel.publish(kind, {"game": self.game, **each})
        await self._channel.listeners.all_told()

    async def _read(self, awards: list[AwardChange], matches: list[str]) -> dict[str, dict[str, Any]]:
        """What is to be told of them, by the kind of the message."""
        game = self._engine.game(self.game)
        told = {kind: {"awards": await self._shown(game, changes)} for kind, changes in by_kind(awards).items()}
        rows = await self._engine.pool.fetch(sql.PUBLIC_MATCHES, self.game, matches) if matches else []
        if rows:
            told[MATCH_CHANGED] = {"matches": [dict(row) for row in rows]}
        return told

    async def _shown(self, game: Game, changes: list[AwardChange]) -> list[dict[str, Any]]:
        cards = await self._engine.directory.by_number(game.namespace, sorted({change.player for change in changes}))
        achievements, hidden = game.definition.achievements, self._engine.directory.hidden_in(game.namespace, game.name)
        awards = [
            award(game, achievement, card.id, card.shown_name, change.at, change.match)
            for change in changes
            if (card := cards.get(change.player)) is not None
            and card.id not in hidden
            and (achievement := achievements.get(change.achievement)) is not None
        ]
        return await for_everybody(self._engine, awards)

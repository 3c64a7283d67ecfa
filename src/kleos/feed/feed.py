"""The feed: follows the engine's commits, and tells the topics to which somebody listens. It is one for a process."""

import logging
from collections.abc import Collection
from typing import Any, cast

from kleos.boards.answers import Effects
from kleos.boards.overtaking import Passed, Places
from kleos.core.errors import NotFound
from kleos.engine.engine import Engine
from kleos.engine.game import Game
from kleos.feed.access import Holders
from kleos.feed.awards import award, by_kind
from kleos.feed.board_sources import BoardSources
from kleos.feed.boards import BoardSource
from kleos.feed.games import GameSource
from kleos.feed.hub import LINGERS_S, Channel, Hub, Source
from kleos.feed.matches import MatchSource
from kleos.feed.players import PlayerSource
from kleos.feed.tenure import Tenures
from kleos.feed.topics import BoardTopic, GameTopic, MatchTopic, PlayerTopic
from kleos.feed.voice import Voice
from kleos.log.commit import Committed

logger = logging.getLogger(__name__)

_Player = tuple[str, str]
"""(namespace, id)"""


class Feed:
    """What nobody listens to costs nothing: the maps below hold the sources of open channels only."""

    def __init__(self, engine: Engine, holders: Holders | None = None, lingers_s: float = LINGERS_S) -> None:
        self.engine = engine
        self.holders = holders or Holders()
        self.tenures = Tenures(self.holders.still)
        self.voice: Voice | None = None
        self.dropped = 0
        self.hub = Hub(self._open, self._closed, lingers_s=lingers_s)
        self._boards: dict[str, BoardSources] = {}
        self._games: dict[str, GameSource] = {}
        self._matches: dict[tuple[str, str], MatchSource] = {}
        self._players: dict[_Player, PlayerSource] = {}
        self._private: dict[_Player, PlayerSource] = {}
        self._listened: dict[str, set[str]] = {}
        self._listened_privately: dict[str, set[str]] = {}
        self._places: list[Places] = []
        engine.follower = self

    def close(self) -> None:
        self.engine.follower = None
        self.tenures.close()
        if self.voice is not None:
            self.voice.close()
        self.hub.close()

    # The engine's commits -----------------------------------------------------------------------------------------

    def before(self, game: Game, committed: Committed) -> Collection[str]:
        """A fault here must not look like one of the commit, which is durable."""
        try:
            boards = self._boards.get(game.name)
            if boards is not None and committed.changes:
                boards.follow(game, committed)
            self._places = self._places_before(game, committed)
            if self.voice is not None and committed.awards:
                self.voice.before(game, committed)
            listened = self._listened.get(game.namespace)
            return _both(committed.ids.values(), listened) if listened else ()
        except Exception:
            logger.exception("a commit of %s was not followed", game.name)
            return ()

    def after(self, game: Game, committed: Committed, effects: Effects) -> None:
        try:
            listened = self._listened.get(game.namespace)
            if listened:
                for player in _both(committed.ids.values(), listened):
                    mine = effects.of((player,))
                    if mine.known or mine.asked:
                        self._players[game.namespace, player].tell_standings(game, mine)
                self._tell_awards(game, committed, listened)
            self._tell_passed(game)
            for match in committed.matches if self._matches else ():
                self.match_changed(game.name, match)
            of_game = self._games.get(game.name)
            if of_game is not None:
                of_game.note(committed.awards, sorted(committed.matches))
            if self.voice is not None and committed.awards:
                self.voice.after(game, committed)
        except Exception:
            logger.exception("a commit of %s could not be told", game.name)

    def match_changed(self, game: str, match: str) -> None:
        source = self._matches.get((game, match))
        if source is not None:
            source.touch()

    def unsettled(self, games: Collection[str]) -> None:
        for game in games:
            for source in self._boards.get(game, ()):
                source.unsettle()

    def _places_before(self, game: Game, committed: Committed) -> list[Places]:
        if not self._listened_privately.get(game.namespace):
            return []
        return self.engine.rankings.places(game, committed.changes, committed.ids)

    def _tell_passed(self, game: Game) -> None:
        places, self._places = self._places, []
        listened = self._listened_privately.get(game.namespace, set())
        passed: dict[str, list[Passed]] = {}
        for place in places:
            for one in place.passed(listened):
                passed.setdefault(one.player, []).append(one)
        for player, by in passed.items():
            self._private[game.namespace, player].tell_passed(game, by)

    def _tell_awards(self, game: Game, committed: Committed, listened: set[str]) -> None:
        hidden = self.engine.directory.hidden_in(game.namespace, game.name)
        for kind, changes in by_kind(committed.awards).items():
            told: dict[str, list[dict[str, Any]]] = {}
            for change in changes:
                id = committed.ids[change.player]
                if id in listened and id not in hidden:
                    card = self.engine.directory.cached(game.namespace, id)
                    name = id if card is None else card.shown_name
                    achievement = game.definition.achievements[change.achievement]
                    told.setdefault(id, []).append(award(game, achievement, id, name, change.at, change.match))
            for id, awards in told.items():
                self._players[game.namespace, id].tell_awards(kind, awards)

    # Channels that open and close ---------------------------------------------------------------------------------

    def _open(self, channel: Channel) -> Source:
        """Raises KleosError where there is no such game, board or namespace."""
        topic = channel.topic
        if isinstance(topic, BoardTopic):
            board = BoardSource(self.engine, channel, topic)
            self._boards.setdefault(topic.game, BoardSources(self.engine)).add(board)
            return board
        if isinstance(topic, GameTopic):
            self._games[topic.game] = of_game = GameSource(self.engine, channel, topic)
            return of_game
        if isinstance(topic, MatchTopic):
            self._matches[topic.game, topic.match] = match = MatchSource(self.engine, channel, topic)
            return match
        return self._open_player(channel, topic)

    def _open_player(self, channel: Channel, topic: PlayerTopic) -> PlayerSource:
        namespaces = {game.namespace for game in self.engine.games()} | {""}
        if topic.namespace not in namespaces:
            raise NotFound("namespace", topic.namespace, sorted(namespaces - {""}))
        sources, listened = self._players_of(topic)
        source = PlayerSource(self.engine, channel, topic)
        sources[topic.namespace, topic.player] = source
        listened.setdefault(topic.namespace, set()).add(topic.player)
        return source

    def _closed(self, channel: Channel) -> None:
        topic = channel.topic
        if isinstance(topic, BoardTopic):
            of_game = self._boards[topic.game]
            of_game.remove(cast("BoardSource", channel.source))
            if not of_game:
                del self._boards[topic.game]
        elif isinstance(topic, GameTopic):
            del self._games[topic.game]
        elif isinstance(topic, MatchTopic):
            del self._matches[topic.game, topic.match]
        else:
            sources, listened = self._players_of(topic)
            del sources[topic.namespace, topic.player]
            listened[topic.namespace].discard(topic.player)

    def _players_of(self, topic: PlayerTopic) -> tuple[dict[_Player, PlayerSource], dict[str, set[str]]]:
        if topic.is_private:
            return self._private, self._listened_privately
        return self._players, self._listened


def _both(ids: Collection[str], listened: set[str]) -> list[str]:
    if len(listened) < len(ids):
        known = set(ids)
        return [id for id in listened if id in known]
    return [id for id in ids if id in listened]

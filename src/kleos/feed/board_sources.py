"""The boards of one game to which somebody listens: a commit looks only at the partitions in which its rows stand."""

from collections.abc import Iterable, Iterator
from typing import Final

from kleos.boards.compiled import CompiledBoard, Partition, PartitionValue
from kleos.core.cells import Values
from kleos.core.errors import KleosError
from kleos.engine.engine import Engine
from kleos.engine.game import Game
from kleos.feed.boards import BoardSource
from kleos.log.commit import Committed
from kleos.players.directory import Card

_Parts = dict[tuple[str, ...], dict[tuple[PartitionValue | None, ...], dict[BoardSource, None]]]
_UNKNOWN: Final = -1
"""No version of a definition."""


class BoardSources:
    """Players who move to another partition are none of its business: the engine unsettles all boards for them."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._places: dict[BoardSource, Partition | None] = {}
        self._parts: dict[str, _Parts] = {}
        self._version = _UNKNOWN

    def __len__(self) -> int:
        return len(self._places)

    def __iter__(self) -> Iterator[BoardSource]:
        return iter(self._places)

    def add(self, source: BoardSource) -> None:
        game = self._engine.game(source.game)
        self._places[source] = self._place(game, source) if game.version == self._version else None

    def remove(self, source: BoardSource) -> None:
        place = self._places.pop(source)
        if place is None:
            return
        by_values = self._parts[source.board][place.names]
        sources = by_values[place.values]
        del sources[source]
        if not sources:
            del by_values[place.values]
        if not by_values:
            del self._parts[source.board][place.names]

    def follow(self, game: Game, committed: Committed) -> None:
        """Before the ranks take the commit in."""
        if game.version != self._version:
            self._place_all(game)
        moved: dict[BoardSource, dict[str, list[str]]] = {}
        boards = self._engine.rankings.compiled.of(game)
        for name, parts in self._parts.items():
            board = boards[name]
            for sheet, window, row in committed.changes:
                if sheet == board.sheet.name:
                    id = committed.ids[row[board.player_name]]
                    card = self._engine.directory.cached(game.namespace, id)
                    for source in _standing_in(parts, board, row, card):
                        moved.setdefault(source, {}).setdefault(window, []).append(id)
        for source, ids in moved.items():
            source.follow(game, ids)

    def _place_all(self, game: Game) -> None:
        self._parts, self._version = {}, game.version
        for source in self._places:
            self._places[source] = self._place(game, source)

    def _place(self, game: Game, source: BoardSource) -> Partition | None:
        """None where the definition has no such board or partition any more."""
        try:
            place = self._engine.standings.compiled(game, source.board).partition(source.partition)
        except KleosError:
            return None
        by_values = self._parts.setdefault(source.board, {}).setdefault(place.names, {})
        by_values.setdefault(place.values, {})[source] = None
        return place


def _standing_in(parts: _Parts, board: CompiledBoard, row: Values, card: Card | None) -> Iterable[BoardSource]:
    """In whose partitions a row stands; all of those by attributes, where the player's are not known."""
    for names, by_values in parts.items():
        attributes = [name for name in names if name not in board.key_names]
        if attributes and card is None:
            for sources in by_values.values():
                yield from sources
            continue
        values = tuple(card.attribute(name) if card is not None and name in attributes else row[name] for name in names)
        yield from by_values.get(values, ())

"""The rankings in memory: kept in step with commits, profiles and corrections, and warmed."""

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Final

import asyncpg

from kleos.boards.answers import Effect, Effects
from kleos.boards.closed import ClosedWindows
from kleos.boards.compiled import Attributes, CompiledBoard, CompiledBoards, Partition, stamp_of
from kleos.boards.overtaking import Places
from kleos.boards.ranking import Ranking, State, UnknownAttributes, attributes_of
from kleos.boards.warmup import Key, Warmup
from kleos.core.cells import Values
from kleos.core.errors import NotFound
from kleos.core.windows import Window
from kleos.engine.game import Game
from kleos.players.directory import Card, Directory
from kleos.sheets.changes import RowChange

BURY_EVERY_US: Final = 60_000_000
MEMORY_BYTES: Final = 2 * 1024**3


class Rankings:
    """Of every game's boards. ``clock`` gives the time in microseconds; ``memory_bytes`` bounds the indexes in memory.

    ``closed`` is what is known of windows that have ended, ``profiles`` counts the changes of profiles: both follow the
    same news.
    """

    def __init__(
        self,
        pool: asyncpg.Pool,
        directory: Directory,
        clock: Callable[[], int],
        memory_bytes: int = MEMORY_BYTES,
        retry_s: float = 5.0,
    ) -> None:
        self._directory = directory
        self._clock = clock
        self._warmup = Warmup(pool, directory.hidden_in, clock, memory_bytes, retry_s)
        self.compiled = CompiledBoards()
        self.closed = ClosedWindows()
        self.profiles = 0
        self._buried_at = 0

    # Asking -----------------------------------------------------------------------------------------------------------

    def all(self) -> list[Ranking]:
        """What is in memory, or on its way there."""
        return self._warmup.rankings()

    def warm(self, game: Game) -> list[Ranking]:
        """The rankings of a game that are warm, of windows that are open."""
        now = self._clock()
        return [
            ranking
            for ranking in self._warmup.rankings()
            if ranking.board.game == game.name and ranking.state == "warm" and not ranking.window.is_closed(now)
        ]

    def read(self, game: Game, board: CompiledBoard, window: Window, now: int) -> Ranking | None:
        """The ranking where its window is open and it is warm; else None, and it begins to warm in an open window."""
        if window.is_closed(now):
            self._warmup.drop((board.game, board.board.name, window.name))
            return None
        return self._warmup.read(board, window, stamp_of(game))

    def ranks(
        self, game: Game, board: str, window: Window, partition: Mapping[str, str], ids: Sequence[str]
    ) -> dict[str, int | None]:
        """The ranks of these players as memory knows them now; None for who does not stand there, or is not known."""
        compiled = self.compiled.of(game)[board]
        ranking = None if window.is_closed(self._clock()) else self._warmup.followed(compiled, window, stamp_of(game))
        if ranking is None or ranking.state != "warm":
            return dict.fromkeys(ids)
        index = ranking.index(compiled.partition(partition))
        return {id: index.rank(id) for id in ids}

    def places(self, game: Game, changes: Sequence[RowChange], ids: Mapping[int, str]) -> list[Places]:
        """Where the players of these rows stand now, on every board that is warm: to be asked before :meth:`apply`."""
        now = self._clock()
        parts: dict[tuple[str, str], list[Values]] = {}
        for change in changes:
            parts.setdefault((change.sheet, change.window), []).append(change.row)
        boards = self.compiled.of(game).values()
        return [
            Places(ranking, rows, ids)
            for (sheet, window), rows in parts.items()
            for board in boards
            if board.sheet.name == sheet
            and (ranking := self._warmup.known(game.name, board.board.name, window)) is not None
            and ranking.state == "warm"
            and ranking.stamp == stamp_of(game)
            and not ranking.window.is_closed(now)
        ]

    # Following --------------------------------------------------------------------------------------------------------

    def apply(
        self,
        game: Game,
        changes: Sequence[RowChange],
        ids: Mapping[int, str],
        watched: Collection[str] = (),
    ) -> Effects:
        """Take in what a commit changed; to be called after every commit, in their order.

        ``ids`` are the external ids of the rows' players. Answers what became of the standings of those of them that
        are ``watched``.
        """
        now = self._clock()
        self._bury(now)
        parts: dict[tuple[str, str], list[Values]] = {}
        for change in changes:
            parts.setdefault((change.sheet, change.window), []).append(change.row)
        known: list[Effect] = []
        asked: list[tuple[CompiledBoard, Window, Partition, str]] = []
        boards = self.compiled.of(game)
        for (sheet, window_name), rows in parts.items():
            try:
                window = game.calendar.named(window_name, now)
            except NotFound:
                continue  # a season that is no more
            if window.is_closed(now):
                self.closed.late(game.name, sheet, window_name)
            ranked_by = [board for board in boards.values() if board.sheet.name == sheet]
            named = [(row, ids[row[ranked_by[0].player_name]]) for row in rows] if ranked_by else []
            for board in ranked_by:
                ranking = None if window.is_closed(now) else self._warmup.followed(board, window, stamp_of(game))
                effects = self._apply_rows(game, board, window, ranking, named, watched)
                known += effects.known
                asked += effects.asked
        return Effects(tuple(known), tuple(asked))

    def moved(self, namespace: str, before: Card | None, after: Card) -> None:
        """A profile changed, and the directory knows: to be called after the commit, in the order of commits."""
        self.profiles += 1
        self.closed.profile_changed()
        for ranking in self._warmup.rankings():
            board = ranking.board
            if board.namespace != namespace or not board.attribute_names:
                continue
            attributes = attributes_of(board, after)
            if before is None or attributes_of(board, before) != attributes or ranking.state == "warming":
                ranking.move(after.id, attributes)

    def hidden_or_shown(self, namespace: str, id: str) -> None:
        """A player was hidden or is shown again, and the directory knows."""
        self.profiles += 1
        self.closed.forget()
        for ranking in self._warmup.rankings():
            if ranking.board.namespace == namespace:
                ranking.settle(id)

    def deleted(self, namespace: str, id: str) -> None:
        """A player is no more, and no commit runs that knows them."""
        self.profiles += 1
        self.closed.forget()
        for ranking in self._warmup.rankings():
            if ranking.board.namespace != namespace:
                continue
            if ranking.state == "warm":
                ranking.delete(id)
            elif ranking.state == "warming":
                self._warmup.again(ranking)

    def carry(self, game: Game) -> None:
        """The game's calendar is another by a correction alone; the rows that it changed are applied next."""
        self.compiled.carry(game)
        self._warmup.carry(game.name, stamp_of(game))

    def forget(self, game: str) -> None:
        """Drop whatever is in memory of a game: its definition or seasons changed, or the database was away."""
        self.compiled.forget(game)
        self.closed.forget()
        self._warmup.forget(game)

    # Warming ----------------------------------------------------------------------------------------------------------

    def start(self, game: Game) -> None:
        """Begin to warm every open window of every board, in the background."""
        for board, window in self.open_windows(game):
            self._warmup.want(board, window, stamp_of(game))

    def open_windows(self, game: Game) -> list[tuple[CompiledBoard, Window]]:
        """Of every board."""
        now = self._clock()
        return [
            (board, window)
            for board in self.compiled.of(game).values()
            for kind in board.sheet.windows
            if (window := game.calendar.window(kind, now)) is not None
        ]

    async def ready(self, game: Game, windows: Collection[str], sheets: Collection[str] | None = None) -> None:
        """Wait until the open ones of these windows (by name or kind) are warm, or cannot be."""
        now = self._clock()
        for name in windows:
            window = game.calendar.named(name, now)
            if window.is_closed(now):
                continue
            for board in self.compiled.of(game).values():
                if window.kind in board.sheet.windows and (sheets is None or board.sheet.name in sheets):
                    await self._warmup.warmed(board, window, stamp_of(game))

    def states(self) -> dict[Key, State]:
        """The state of every index there is, by (game, board, window)."""
        return {
            (ranking.board.game, ranking.board.board.name, ranking.window.name): ranking.state
            for ranking in self._warmup.rankings()
        }

    @property
    def is_warm(self) -> bool:
        """Whether no index is still to be warmed."""
        return not {"cold", "warming"} & {ranking.state for ranking in self._warmup.rankings()}

    async def close(self) -> None:
        await self._warmup.close()

    # Within -----------------------------------------------------------------------------------------------------------

    def _apply_rows(
        self,
        game: Game,
        board: CompiledBoard,
        window: Window,
        ranking: Ranking | None,
        named: Sequence[tuple[Values, str]],
        watched: Collection[str],
    ) -> Effects:
        seen: dict[tuple[Partition, str], int | None] = {}
        asked: list[tuple[CompiledBoard, Window, Partition, str]] = []
        is_warm = ranking is not None and ranking.state == "warm"
        if watched:
            base = ranking if ranking is not None else Ranking(board, window, stamp_of(game))
            for row, id in named:
                partition = base.base_partition(row) if id in watched else None
                if partition is None or (partition, id) in seen:
                    continue
                seen[(partition, id)] = base.index(partition).rank(id) if is_warm else None
        if ranking is not None:
            try:
                ranking.change_all(named, self._attributes_here(game, board))
            except (UnknownAttributes, ValueError) as error:
                self._warmup.fail(ranking, error)
                is_warm = False
        known = []
        for (partition, id), previous in seen.items():
            if not is_warm or ranking is None:
                asked.append((board, window, partition, id))
                continue
            entry = ranking.index(partition).standing(id)
            if entry is not None:
                known.append(Effect.of(board, window, partition, id, previous, entry))
        return Effects(tuple(known), tuple(asked))

    def _attributes_here(self, game: Game, board: CompiledBoard) -> Callable[[str], Attributes | None]:
        """From an id to what the board wants to know of the player; None where the directory does not have it."""
        if not board.attribute_names:
            return lambda id: ()

        def known(id: str) -> Attributes | None:
            card = self._directory.cached(game.namespace, id)
            return None if card is None else attributes_of(board, card)

        return known

    def _bury(self, now: int) -> None:
        if now - self._buried_at >= BURY_EVERY_US:
            self._buried_at = now
            for ranking in self._warmup.rankings():
                ranking.bury()
            self._warmup.drop_closed(now)
            self._warmup.fit()

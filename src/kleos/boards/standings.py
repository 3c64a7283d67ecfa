"""The one way to ask a board: from memory where its index is warm, else from the rows in the database."""

from collections import OrderedDict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import asyncpg

from kleos.boards import answers, sql
from kleos.boards.answers import Effect, Glance, Line, Page, Standing
from kleos.boards.beside import Part, columns_of, parts_of, values_beside
from kleos.boards.closed import ClosedWindows
from kleos.boards.compiled import Attributes, CompiledBoard, Partition, PartitionValue
from kleos.boards.explain import Found, RankExplanation, ask, explained, found_among
from kleos.boards.index import Entry
from kleos.boards.overtaking import Places
from kleos.boards.ranking import Ranking, State, UnknownAttributes, attributes_of
from kleos.boards.rankkey import Placed
from kleos.boards.warmup import Key, Warmup
from kleos.core.cells import Values
from kleos.core.definition.model import Board
from kleos.core.errors import NotFound
from kleos.core.windows import Window
from kleos.engine.game import Game
from kleos.players.directory import Card, Directory
from kleos.sheets.changes import RowChange

BURY_EVERY_US: Final = 60_000_000
KEPT_PAGES_BYTES: Final = 32 * 1024 * 1024
MEMORY_BYTES: Final = 2 * 1024**3


@dataclass(frozen=True, slots=True)
class Effects:
    """What a commit did to the standings of some players: ``known`` at once, ``asked`` to be asked of the database."""

    known: tuple[Effect, ...] = ()
    asked: tuple[tuple[CompiledBoard, Window, Partition, str], ...] = ()

    def of(self, players: Collection[str]) -> "Effects":
        """Those of some of the players."""
        known = tuple(effect for effect in self.known if effect.player in players)
        return Effects(known, tuple(asked for asked in self.asked if asked[3] in players))


@dataclass(frozen=True, slots=True)
class Move:
    """From one rank of a board to another; None is off it."""

    board: str
    window: str
    partition: Mapping[str, PartitionValue]
    player: str
    before: int | None
    after: int | None

    @classmethod
    def of(cls, ranking: Ranking, partition: Partition, player: str, before: int | None, after: int | None) -> "Move":
        return cls(ranking.board.board.name, ranking.window.name, partition.as_given(), player, before, after)


@dataclass(frozen=True, slots=True)
class _Question:
    board: CompiledBoard
    window: Window
    is_closed: bool
    partition: Partition
    ranking: Ranking | None

    @property
    def scope(self) -> sql.Scope:
        return sql.Scope(self.board, self.window, self.is_closed, self.partition)


class Standings:
    """Boards of every game. ``clock`` gives the time in microseconds; ``memory_bytes`` bounds the indexes in memory.

    Windows are asked for as callers name them (a kind or a name), partitions as a mapping of attribute or key column to
    value. Errors: NotFound for a board or window that does not exist, BadInput for a partition that the board has not.
    """

    def __init__(
        self,
        pool: asyncpg.Pool,
        directory: Directory,
        clock: Callable[[], int],
        memory_bytes: int = MEMORY_BYTES,
        retry_s: float = 5.0,
    ) -> None:
        self._pool = pool
        self._directory = directory
        self._clock = clock
        self._warmup = Warmup(pool, directory.hidden_in, clock, memory_bytes, retry_s)
        self._compiled: dict[str, tuple[tuple[int, int], dict[str, CompiledBoard]]] = {}
        self._profiles = 0
        self._pages: OrderedDict[tuple[Any, ...], tuple[int, int, bytes]] = OrderedDict()
        self._pages_bytes = 0
        self.pages_kept = 0
        self.pages_made = 0
        self._closed = ClosedWindows()
        self._buried_at = 0

    # Asking -----------------------------------------------------------------------------------------------------------

    async def page(
        self, game: Game, board: str, window: str, partition: Mapping[str, str], offset: int, limit: int
    ) -> Page:
        question = self._question(game, board, window, partition)
        if question.ranking is not None:
            index = question.ranking.index(question.partition)
            return await self._page(game, question, index.total, index.page(offset, limit))
        return await self._page(
            game, question, *await self._ask(question.scope, sql.page(question.scope, offset, limit))
        )

    async def page_json(
        self, game: Game, board: str, window: str, partition: Mapping[str, str], offset: int, limit: int
    ) -> bytes:
        """The page as the API answers it; kept until a standing or a profile changes."""
        question = self._question(game, board, window, partition)
        if question.ranking is None:
            page = await self._page(
                game, question, *await self._ask(question.scope, sql.page(question.scope, offset, limit))
            )
            return answers.page_json(question.board, page)
        index = question.ranking.index(question.partition)
        place = (question.ranking.serial, question.partition, offset, limit)
        kept = self._pages.get(place)
        version, profiles = index.version, self._profiles
        if kept is not None and kept[0] == version and kept[1] == profiles:
            self._pages.move_to_end(place)
            self.pages_kept += 1
            return kept[2]
        self.pages_made += 1
        page = await self._page(game, question, index.total, index.page(offset, limit))
        body = answers.page_json(question.board, page)
        self._keep_page(place, version, profiles, body)
        return body

    async def page_beside(
        self,
        game: Game,
        board: str,
        window: str,
        partition: Mapping[str, str],
        offset: int,
        limit: int,
        columns: str,
    ) -> bytes:
        """The page with more columns of the same rows among its values, as the database has them now."""
        question = self._question(game, board, window, partition)
        names = columns_of(question.board, columns)
        page = await self.page(game, board, window, partition, offset, limit)
        pool, directory = self._pool, self._directory
        beside = await values_beside(pool, directory, game, question.board, question.window, page, names)
        return answers.page_json(question.board, page, beside)

    async def parts(self, game: Game, board: str, window: str) -> list[Part]:
        """The parts of a board in which somebody stands."""
        compiled = self.compiled(game, board)
        meant = game.calendar.named(window, self._clock())
        if meant.kind not in compiled.sheet.windows:
            raise answers.no_window(compiled, window)
        return await parts_of(self._pool, compiled, meant, _is_closed(meant, self._clock()))

    async def standing(
        self, game: Game, board: str, window: str, partition: Mapping[str, str], id: str
    ) -> Standing | None:
        """None where the player does not stand on the board."""
        id = self._directory.meant(game.namespace, id)
        question = self._question(game, board, window, partition)
        if question.ranking is not None:
            index = question.ranking.index(question.partition)
            entry, total = index.standing(id), index.total
            found = [] if entry is None else [entry]
        else:
            total, found = await self._ask(question.scope, sql.lookup(question.scope, [id]))
        if not found:
            return None
        (line,) = await self._lines(game, question.board, found)
        return Standing.of(line, found[0].place, total)

    async def around(
        self, game: Game, board: str, window: str, partition: Mapping[str, str], id: str, span: int
    ) -> Page | None:
        """The page with the player in its middle; None where the player does not stand on the board."""
        id = self._directory.meant(game.namespace, id)
        question = self._question(game, board, window, partition)
        if question.ranking is not None:
            index = question.ranking.index(question.partition)
            total, found = index.total, index.around(id, span)
        else:
            total, found = await self._ask(question.scope, sql.around(question.scope, id, span))
        return await self._page(game, question, total, found) if found else None

    async def explain(
        self, game: Game, board: str, window: str, partition: Mapping[str, str], card: Card
    ) -> RankExplanation:
        """Why a player stands where it does, or does not stand there."""
        question = self._question(game, board, window, partition)
        if question.ranking is not None:
            index = question.ranking.index(question.partition)
            own = index.standing(card.id)
            above = index.page(own.rank - 2, 1) if own is not None and own.rank > 1 else []
            shared_by = index.sharing(card.id) if own is not None else 0
            found = Found(index.total, own, above[0] if above else None, shared_by)
        else:
            found = found_among(*await self._ask(question.scope, sql.explained(question.scope, card.id)), card.id)
        asked = await ask(self._pool, question.board, question.window, question.is_closed, question.partition, card)
        ids = [found.above.placed.id] if found.above is not None else []
        names = await self._directory.shown_names(game.namespace, ids)
        return explained(question.board, question.window, question.partition, card, found, asked, names)

    async def lookup(
        self, game: Game, board: str, window: str, partition: Mapping[str, str], ids: Sequence[str]
    ) -> Page:
        """The lines of those players that stand on the board, in its order; ``total`` counts the whole board."""
        ids = list(dict.fromkeys(self._directory.meant(game.namespace, id) for id in ids))
        question = self._question(game, board, window, partition)
        if question.ranking is not None:
            index = question.ranking.index(question.partition)
            return await self._page(game, question, index.total, index.lookup(ids))
        return await self._page(game, question, *await self._ask(question.scope, sql.lookup(question.scope, list(ids))))

    async def glance(
        self,
        game: Game,
        board: str,
        window: str,
        partition: Mapping[str, str],
        limit: int,
        ids: Sequence[str],
    ) -> Glance:
        """The first lines of a board and those of some players; where its index is warm, of one moment."""
        question = self._question(game, board, window, partition)
        if question.ranking is not None:
            index = question.ranking.index(question.partition)
            total, top, found = index.total, index.page(0, limit), index.lookup(ids)
        else:
            total, top = await self._ask(question.scope, sql.page(question.scope, 0, limit))
            found = (await self._ask(question.scope, sql.lookup(question.scope, list(ids))))[1] if ids else []
        lines = await self._lines(game, question.board, [*top, *found])
        return Glance(total, lines[: len(top)], lines[len(top) :])

    def ranks(
        self, game: Game, board: str, window: Window, partition: Mapping[str, str], ids: Sequence[str]
    ) -> dict[str, int | None]:
        """The ranks of these players as memory knows them now; None for who does not stand there, or is not known."""
        compiled = self._boards(game)[board]
        ranking = None if _is_closed(window, self._clock()) else self._followed(game, compiled, window)
        if ranking is None or ranking.state != "warm":
            return dict.fromkeys(ids)
        index = ranking.index(compiled.partition(partition))
        return {id: index.rank(id) for id in ids}

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
        boards = self._boards(game)
        for (sheet, window_name), rows in parts.items():
            try:
                window = game.calendar.named(window_name, now)
            except NotFound:
                continue  # a season that is no more
            if _is_closed(window, now):
                self._closed.late(game.name, sheet, window_name)
            ranked_by = [board for board in boards.values() if board.sheet.name == sheet]
            named = [(row, ids[row[ranked_by[0].player_name]]) for row in rows] if ranked_by else []
            for board in ranked_by:
                ranking = None if _is_closed(window, now) else self._followed(game, board, window)
                effects = self._apply_rows(game, board, window, ranking, named, watched)
                known += effects.known
                asked += effects.asked
        return Effects(tuple(known), tuple(asked))

    async def effects(self, game: Game, effects: Effects) -> list[Effect]:
        """All effects of a commit, those asked of the database too; their previous rank is not known."""
        told = list(effects.known)
        places: dict[tuple[CompiledBoard, Window, Partition], list[str]] = {}
        for board, window, partition, id in effects.asked:
            places.setdefault((board, window, partition), []).append(id)
        for (board, window, partition), ids in places.items():
            scope = sql.Scope(board, window, _is_closed(window, self._clock()), partition)
            _, found = await self._ask(scope, sql.lookup(scope, ids))
            told += [Effect.of(board, window, partition, entry.placed.id, None, entry) for entry in found]
        return told

    def places(self, game: Game, changes: Sequence[RowChange], ids: Mapping[int, str]) -> list[Places]:
        """Where the players of these rows stand now, on every board that is warm: to be asked before :meth:`apply`."""
        now = self._clock()
        parts: dict[tuple[str, str], list[Values]] = {}
        for change in changes:
            parts.setdefault((change.sheet, change.window), []).append(change.row)
        boards = self._boards(game).values()
        return [
            Places(ranking, rows, ids)
            for (sheet, window), rows in parts.items()
            for board in boards
            if board.sheet.name == sheet
            and (ranking := self._warmup.known(game.name, board.board.name, window)) is not None
            and ranking.state == "warm"
            and ranking.stamp == _stamp(game)
            and not _is_closed(ranking.window, now)
        ]

    def supposed(self, game: Game, changes: Sequence[RowChange], ids: Mapping[int, str]) -> list[Move]:
        """Who would stand elsewhere if these rows were as given: to be asked before :meth:`apply`, or instead of it.

        Of the boards that are warm, by key columns alone; those who would stand nowhere are among them.
        """
        moves = []
        for ranking in self._warm_rankings(game):
            board = ranking.board
            rows = [
                (change.row, ids[change.row[board.player_name]])
                for change in changes
                if change.sheet == board.sheet.name and change.window == ranking.window.name
            ]
            moves += [Move.of(ranking, *move) for move in ranking.supposed(rows)] if rows else []
        return [move for move in moves if move.before != move.after]

    def supposed_hidden(self, game: Game, id: str, hidden: bool) -> list[Move]:
        """As :meth:`supposed`, if a player were hidden, or shown again."""
        return [
            Move.of(ranking, *move)
            for ranking in self._warm_rankings(game)
            for move in ranking.supposed_hidden(id, hidden)
        ]

    def _warm_rankings(self, game: Game) -> list[Ranking]:
        now = self._clock()
        return [
            ranking
            for ranking in self._warmup.rankings()
            if ranking.board.game == game.name and ranking.state == "warm" and not _is_closed(ranking.window, now)
        ]

    def moved(self, namespace: str, before: Card | None, after: Card) -> None:
        """A profile changed, and the directory knows: to be called after the commit, in the order of commits."""
        self._profiles += 1
        self._closed.profile_changed()
        for ranking in self._warmup.rankings():
            board = ranking.board
            if board.namespace != namespace or not board.attribute_names:
                continue
            attributes = attributes_of(board, after)
            if before is None or attributes_of(board, before) != attributes or ranking.state == "warming":
                ranking.move(after.id, attributes)

    def hidden_or_shown(self, namespace: str, id: str) -> None:
        """A player was hidden or is shown again, and the directory knows."""
        self._profiles += 1
        self._closed.forget()
        for ranking in self._warmup.rankings():
            if ranking.board.namespace == namespace:
                ranking.settle(id)

    def deleted(self, namespace: str, id: str) -> None:
        """A player is no more, and no commit runs that knows them."""
        self._profiles += 1
        self._closed.forget()
        for ranking in self._warmup.rankings():
            if ranking.board.namespace != namespace:
                continue
            if ranking.state == "warm":
                ranking.delete(id)
            elif ranking.state == "warming":
                self._warmup.again(ranking)

    def carry(self, game: Game) -> None:
        """The game's calendar is another by a correction alone; the rows that it changed are applied next."""
        stamp = _stamp(game)
        kept = self._compiled.get(game.name)
        if kept is not None:
            self._compiled[game.name] = (stamp, kept[1])
        self._warmup.carry(game.name, stamp)

    def forget(self, game: str) -> None:
        """Drop whatever is in memory of a game: its definition or seasons changed, or the database was away."""
        self._compiled.pop(game, None)
        self._closed.forget()
        self._warmup.forget(game)

    # Warming ----------------------------------------------------------------------------------------------------------

    def start(self, game: Game) -> None:
        """Begin to warm every open window of every board, in the background."""
        now = self._clock()
        for board in self._boards(game).values():
            for kind in board.sheet.windows:
                window = game.calendar.window(kind, now)
                if window is not None:
                    self._warmup.want(board, window, _stamp(game))

    async def ready(self, game: Game, windows: Collection[str], sheets: Collection[str] | None = None) -> None:
        """Wait until the open ones of these windows (by name or kind) are warm, or cannot be."""
        now = self._clock()
        for name in windows:
            window = game.calendar.named(name, now)
            if _is_closed(window, now):
                continue
            for board in self._boards(game).values():
                if window.kind in board.sheet.windows and (sheets is None or board.sheet.name in sheets):
                    await self._warmup.warmed(board, window, _stamp(game))

    def states(self) -> dict[Key, State]:
        """The state of every index there is, by (game, board, window)."""
        return {
            (ranking.board.game, ranking.board.board.name, ranking.window.name): ranking.state
            for ranking in self._warmup.rankings()
        }

    def rankings(self) -> list[Ranking]:
        """What is in memory, or on its way there."""
        return self._warmup.rankings()

    @property
    def pages_bytes(self) -> int:
        return self._pages_bytes + self._closed.size_bytes

    @property
    def is_warm(self) -> bool:
        """Whether no index is still to be warmed."""
        return not {"cold", "warming"} & {ranking.state for ranking in self._warmup.rankings()}

    async def close(self) -> None:
        await self._warmup.close()

    def compiled(self, game: Game, board: str) -> CompiledBoard:
        return self._boards(game)[game.board(board).name]

    # Within -----------------------------------------------------------------------------------------------------------

    def _boards(self, game: Game) -> dict[str, CompiledBoard]:
        kept = self._compiled.get(game.name)
        if kept is None or kept[0] < _stamp(game):
            boards = game.definition.boards.values()
            kept = (_stamp(game), {board.name: CompiledBoard(game.definition, board) for board in boards})
            self._compiled[game.name] = kept
        elif kept[0] > _stamp(game):
            return {board.name: CompiledBoard(game.definition, board) for board in game.definition.boards.values()}
        return kept[1]

    def _question(self, game: Game, board: str, window: str, partition: Mapping[str, str]) -> _Question:
        now = self._clock()
        declared: Board = game.board(board)
        compiled = self._boards(game)[declared.name]
        meant = game.calendar.named(window, now)
        if meant.kind not in compiled.sheet.windows:
            raise answers.no_window(compiled, window)
        place = compiled.partition(partition)
        closed = _is_closed(meant, now)
        ranking = None if closed else self._warmup.read(compiled, meant, _stamp(game))
        if closed:
            self._warmup.drop((game.name, board, meant.name))
        return _Question(compiled, meant, closed, place, ranking)

    async def _ask(self, scope: sql.Scope, statement: sql.Statement) -> tuple[int, list[Entry]]:
        kept = self._closed.get(scope, statement) if scope.is_closed else None
        if kept is not None:
            return kept
        state = self._closed.state(scope)
        rows = await self._pool.fetch(statement.text, *statement.arguments)
        answer = rows[0]["total"], [_entry(row) for row in rows if row["place"] is not None]
        if scope.is_closed:
            self._closed.keep(statement, state, answer)
        return answer

    async def _page(self, game: Game, question: _Question, total: int, entries: Sequence[Entry]) -> Page:
        lines = await self._lines(game, question.board, entries)
        return Page(question.board.board.name, question.window.name, question.partition.as_given(), total, lines)

    async def _lines(self, game: Game, board: CompiledBoard, entries: Sequence[Entry]) -> tuple[Line, ...]:
        names = await self._directory.shown_names(game.namespace, [entry.placed.id for entry in entries])
        return tuple(answers.line(board, entry, names[entry.placed.id]) for entry in entries)

    def _followed(self, game: Game, board: CompiledBoard, window: Window) -> Ranking | None:
        return self._warmup.followed(board, window, _stamp(game))

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
            base = ranking if ranking is not None else Ranking(board, window, _stamp(game))
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

    def _keep_page(self, place: tuple[Any, ...], version: int, profiles: int, body: bytes) -> None:
        before = self._pages.pop(place, None)
        self._pages_bytes += len(body) - (len(before[2]) if before is not None else 0)
        self._pages[place] = (version, profiles, body)
        while self._pages_bytes > KEPT_PAGES_BYTES and len(self._pages) > 1:
            _, (_, _, dropped) = self._pages.popitem(last=False)
            self._pages_bytes -= len(dropped)


def _stamp(game: Game) -> tuple[int, int]:
    """Tells one state of a game's definition and calendar from another; later ones are greater."""
    return (game.version, game.calendar_version)


def _is_closed(window: Window, now: int) -> bool:
    return window.end is not None and window.end <= now


def _entry(row: asyncpg.Record) -> Entry:
    width = len(row) - 6
    values = tuple(row[f"by_{place}"] for place in range(width))
    return Entry(row["rank"], row["place"], Placed(values, row["since"], row["id"], row["version"]))

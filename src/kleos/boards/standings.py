"""The one way to ask a board: from memory where its index is warm, else from the rows in the database."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import asyncpg

from kleos.boards import answers, sql
from kleos.boards.answers import Effect, Effects, Glance, Line, Page, Standing
from kleos.boards.beside import Part, columns_of, parts_of, values_beside
from kleos.boards.compiled import CompiledBoard, Partition
from kleos.boards.explain import Found, RankExplanation, ask, explained, found_among
from kleos.boards.index import Entry
from kleos.boards.pages import KeptPages
from kleos.boards.ranking import Ranking
from kleos.boards.rankings import Rankings
from kleos.boards.rankkey import Placed
from kleos.core.windows import Window
from kleos.engine.game import Game
from kleos.players.directory import Card, Directory


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
    """Boards of every game. ``clock`` gives the time in microseconds.

    Windows are asked for as callers name them (a kind or a name), partitions as a mapping of attribute or key column to
    value. Errors: NotFound for a board or window that does not exist, BadInput for a partition that the board has not.
    """

    def __init__(self, pool: asyncpg.Pool, directory: Directory, rankings: Rankings, clock: Callable[[], int]) -> None:
        self.rankings = rankings
        self.pages = KeptPages()
        self._pool = pool
        self._directory = directory
        self._clock = clock

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
        state = index.version, self.rankings.profiles
        kept = self.pages.get(place, state)
        if kept is not None:
            return kept
        page = await self._page(game, question, index.total, index.page(offset, limit))
        body = answers.page_json(question.board, page)
        self.pages.keep(place, state, body)
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
        return await parts_of(self._pool, compiled, meant, meant.is_closed(self._clock()))

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

    async def effects(self, game: Game, effects: Effects) -> list[Effect]:
        """All effects of a commit, those asked of the database too; their previous rank is not known."""
        told = list(effects.known)
        places: dict[tuple[CompiledBoard, Window, Partition], list[str]] = {}
        for board, window, partition, id in effects.asked:
            places.setdefault((board, window, partition), []).append(id)
        for (board, window, partition), ids in places.items():
            scope = sql.Scope(board, window, window.is_closed(self._clock()), partition)
            _, found = await self._ask(scope, sql.lookup(scope, ids))
            told += [Effect.of(board, window, partition, entry.placed.id, None, entry) for entry in found]
        return told

    def compiled(self, game: Game, board: str) -> CompiledBoard:
        return self.rankings.compiled.of(game)[game.board(board).name]

    # Within -----------------------------------------------------------------------------------------------------------

    def _question(self, game: Game, board: str, window: str, partition: Mapping[str, str]) -> _Question:
        now = self._clock()
        compiled = self.compiled(game, board)
        meant = game.calendar.named(window, now)
        if meant.kind not in compiled.sheet.windows:
            raise answers.no_window(compiled, window)
        place = compiled.partition(partition)
        ranking = self.rankings.read(game, compiled, meant, now)
        return _Question(compiled, meant, meant.is_closed(now), place, ranking)

    async def _ask(self, scope: sql.Scope, statement: sql.Statement) -> tuple[int, list[Entry]]:
        kept = self.rankings.closed.get(scope, statement) if scope.is_closed else None
        if kept is not None:
            return kept
        state = self.rankings.closed.state(scope)
        rows = await self._pool.fetch(statement.text, *statement.arguments)
        answer = rows[0]["total"], [_entry(row) for row in rows if row["place"] is not None]
        if scope.is_closed:
            self.rankings.closed.keep(statement, state, answer)
        return answer

    async def _page(self, game: Game, question: _Question, total: int, entries: Sequence[Entry]) -> Page:
        lines = await self._lines(game, question.board, entries)
        return Page(question.board.board.name, question.window.name, question.partition.as_given(), total, lines)

    async def _lines(self, game: Game, board: CompiledBoard, entries: Sequence[Entry]) -> tuple[Line, ...]:
        names = await self._directory.shown_names(game.namespace, [entry.placed.id for entry in entries])
        return tuple(answers.line(board, entry, names[entry.placed.id]) for entry in entries)


def _entry(row: asyncpg.Record) -> Entry:
    width = len(row) - 6
    values = tuple(row[f"by_{place}"] for place in range(width))
    return Entry(row["rank"], row["place"], Placed(values, row["since"], row["id"], row["version"]))

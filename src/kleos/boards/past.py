"""Boards at a moment of the past: as if only the events up to then were there.

What is asked for is folded from the log by DuckDB, only the columns that the board needs, one question at a time, and
kept in memory within a bound. An answer is forgotten when an event comes that is older than its moment.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Final

import asyncpg
import pyarrow as pa
import pyarrow.compute as pc

from kleos.boards import answers, past_sql
from kleos.boards.answers import Line, Page, Standing
from kleos.boards.compiled import CompiledBoard, Partition
from kleos.boards.index import Entry
from kleos.boards.kept import About, Kept
from kleos.boards.rankkey import Placed
from kleos.core.definition.model import Sheet
from kleos.core.windows import Window
from kleos.engine.game import Game
from kleos.players.directory import Directory
from kleos.replay.past import Extent, Span, fetched, fold_span, narrowed, open_log, past_session, span_of
from kleos.replay.session import Duck, in_thread
from kleos.replay.tail import copy_query
from kleos.store.pool import Connection

KEPT_BYTES: Final = 128 * 1024 * 1024
POINTS_BYTES: Final = 16 * 1024 * 1024
AT_ONCE: Final = 1

Point = Mapping[str, Any]
"""Where one player stood at a moment, as :func:`kleos.boards.past_sql.course` has it; empty where nobody stood."""


@dataclass(frozen=True, slots=True)
class PastQuestion:
    """``as_of`` is the last moment that counts, in microseconds."""

    board: CompiledBoard
    window: Window
    partition: Partition
    as_of: int

    @property
    def span(self) -> Span:
        """What counts. It is empty where the window begins later."""
        return span_of(self.window, self.as_of)

    @property
    def attributes(self) -> list[str]:
        return [name for name in self.partition.names if name not in self.board.key_names]


@dataclass(frozen=True)
class PastStandings:
    """All standings in the board's order, but that those level in values and since stand by number, not by id."""

    board: CompiledBoard
    table: pa.Table

    @property
    def total(self) -> int:
        count: int = self.table.num_rows
        return count

    @cached_property
    def _columns(self) -> list[Any]:
        return [self.table.column(n) for n in range(1, len(self.board.by_names) + 1)]

    @cached_property
    def _since(self) -> Any:
        return self.table.column("since")

    def ranked_by(self, place: int) -> tuple[Any, ...]:
        return tuple(column[place].as_py() for column in self._columns)

    def level(self, place: int) -> tuple[Any, ...]:
        return (*self.ranked_by(place), self._since[place].as_py())

    def player(self, place: int) -> int:
        number: int = self.table.column("player")[place].as_py()
        return number

    def place_of(self, player: int) -> int | None:
        place: int = pc.index(self.table.column("player"), player).as_py()
        return None if place < 0 else place

    def first(self, place: int, of: str) -> int:
        """The first place whose ``ranked_by`` (or ``level``) is that of this one."""
        value, least, most = getattr(self, of)(place), 0, place
        while least < most:
            middle = (least + most) // 2
            least, most = (least, middle) if getattr(self, of)(middle) == value else (middle + 1, most)
        return least

    def after(self, place: int) -> int:
        """The first place after this one that is not level with it."""
        value, least, most = self.level(place), place + 1, self.total
        while least < most:
            middle = (least + most) // 2
            least, most = (middle + 1, most) if self.level(middle) == value else (least, middle)
        return least


class Past:
    """Boards of the past, of every game. Errors are those of the boards, and ArchiveDamaged."""

    def __init__(self, pool: asyncpg.Pool, directory: Directory, kept_bytes: int = KEPT_BYTES) -> None:
        self._pool = pool
        self._directory = directory
        self._kept: Kept[PastStandings] = Kept(kept_bytes, lambda standings: standings.table.nbytes)
        self.points: Kept[Point] = Kept(POINTS_BYTES, _bytes_of_point)
        """Of rank histories, which are many folds at once, and wait in a line of their own."""
        self.one_at_a_time = asyncio.Semaphore(AT_ONCE)
        self.one_history_at_a_time = asyncio.Semaphore(AT_ONCE)
        self.found = 0
        self.folded = 0

    # Asking -----------------------------------------------------------------------------------------------------------

    async def page(self, game: Game, question: PastQuestion, offset: int, limit: int) -> Page:
        standings = await self._standings(game, question)
        lines = await self._lines(game, standings, offset, min(offset + limit, standings.total))
        return self._page(question, standings, lines)

    async def standing(self, game: Game, question: PastQuestion, player: int) -> Standing | None:
        standings = await self._standings(game, question)
        place = await self._place(game, standings, player)
        if place is None:
            return None
        (line,) = await self._lines(game, standings, place, place + 1)
        return Standing.of(line, place + 1, standings.total)

    async def around(self, game: Game, question: PastQuestion, player: int, span: int) -> Page | None:
        standings = await self._standings(game, question)
        place = await self._place(game, standings, player)
        if place is None:
            return None
        first, end = max(0, place - span), min(place + span + 1, standings.total)
        return self._page(question, standings, await self._lines(game, standings, first, end))

    # Following --------------------------------------------------------------------------------------------------------

    def arrived(self, game: str, earliest_at: int) -> None:
        """Events came, the earliest of that moment: what is known of later moments is forgotten."""
        self._kept.arrived(game, earliest_at)
        self.points.arrived(game, earliest_at)

    def forget(self, game: str) -> None:
        self.arrived(game, -(2**63))

    @property
    def size_bytes(self) -> int:
        return self._kept.size_bytes

    # Within -----------------------------------------------------------------------------------------------------------

    async def _standings(self, game: Game, question: PastQuestion) -> PastStandings:
        about = self.about(game, question, question.as_of)
        if (kept := self._found(about)) is not None:
            return kept
        async with self.one_at_a_time:
            if (kept := self._found(about)) is not None:
                return kept
            with self._kept.watching(game.name) as keep:
                standings = await self._fold(game, question)
                self.folded += 1
                keep(about, standings)
            return standings

    def about(self, game: Game, question: PastQuestion, moment: int, *more: Any) -> About:
        """What an answer to this question, or ``more`` than it, is kept by."""
        hidden = frozenset(self._directory.hidden_in(game.namespace, game.name))
        stamp = (game.version, game.calendar_version)
        place = (question.board.board.name, question.span, question.partition)
        return About(game.name, moment, (stamp, place, hidden, *more))

    async def _fold(self, game: Game, question: PastQuestion) -> PastStandings:
        board, span = question.board, question.span
        where = board.board.where
        sheet = narrowed(board.sheet, {*board.by_names, *(where.names if where is not None else ())})
        async with self.opened(game, question, Extent(span.start, span.until)) as duck:
            return PastStandings(board, await in_thread(duck, standings_of, game, sheet, question))

    @asynccontextmanager
    async def opened(self, game: Game, question: PastQuestion, extent: Extent) -> AsyncIterator[Duck]:
        """A session over the log, with who is hidden and who belongs to the partition, as the database has them now."""
        with past_session() as (duck, folder):
            duck.execute(past_sql.CREATE)
            async with (
                self._pool.acquire() as connection,
                connection.transaction(isolation="repeatable_read", readonly=True),
            ):
                await open_log(connection, duck, folder, game, question.board.sheet, extent)
                if question.attributes:
                    await _copy_members(connection, duck, folder, question)
            yield duck

    async def _place(self, game: Game, standings: PastStandings, player: int) -> int | None:
        """The place with those level in the order of their ids."""
        found = standings.place_of(player)
        if found is None:
            return None
        first = standings.first(found, "level")
        order = await self._by_id(game, standings, first, standings.after(found))
        return first + [number for number, _ in order].index(player)

    async def _by_id(self, game: Game, standings: PastStandings, first: int, end: int) -> list[tuple[int, str]]:
        numbers = standings.table.column("player").slice(first, end - first).to_pylist()
        cards = await self._directory.by_number(game.namespace, numbers)
        return sorted(((number, cards[number].id) for number in numbers if number in cards), key=lambda one: one[1])

    async def _lines(self, game: Game, standings: PastStandings, first: int, end: int) -> list[Line]:
        """The lines at these places, from 0."""
        entries: list[Entry] = []
        place = standings.first(first, "level") if first < end else end
        while place < end:
            after = standings.after(place)
            values, since = standings.ranked_by(place), standings.level(place)[-1]
            rank = 1 + standings.first(place, "ranked_by")
            for number, (_, id) in enumerate(await self._by_id(game, standings, place, after), place + 1):
                own_rank = number if standings.board.board.ties == "ordinal" else rank
                if first < number <= end:
                    entries.append(Entry(own_rank, number, Placed(values, since, id, 0)))
            place = after
        names = await self._directory.shown_names(game.namespace, [entry.placed.id for entry in entries])
        return [answers.line(standings.board, entry, names[entry.placed.id]) for entry in entries]

    def _page(self, question: PastQuestion, standings: PastStandings, lines: Sequence[Line]) -> Page:
        board, window = question.board.board.name, question.window.name
        return Page(board, window, question.partition.as_given(), standings.total, tuple(lines))

    def _found(self, about: About) -> PastStandings | None:
        kept = self._kept.get(about)
        if kept is not None:
            self.found += 1
        return kept


def _bytes_of_point(point: Point) -> int:
    return 1_024 + 32 * len(point.get("level") or ())


async def _copy_members(connection: Connection, duck: Duck, folder: Path, question: PastQuestion) -> None:
    given = question.partition.as_given()
    belongs = " AND ".join(
        f"{'region' if name == 'region' else f'attributes->>{chr(39)}{name}{chr(39)}'} = ${n}::text"
        for n, name in enumerate(question.attributes, 1)
    )
    arguments = tuple(given[name] for name in question.attributes)
    columns = {"player": "BIGINT", "at": "BIGINT", "until": "BIGINT"}
    query = past_sql.READ_MEMBERS.format(belongs=belongs)
    await copy_query(connection, duck, folder, query, arguments, columns, past_sql.MEMBERS)


def standings_of(duck: Duck, game: Game, sheet: Sheet, question: PastQuestion) -> pa.Table:
    """Blocks. Every standing in the board's order, from a session over the log; ``sheet`` is narrowed."""
    rows = fold_span(duck, game, sheet, question.span)
    moment = str(question.span.until) if question.attributes else None
    standings = past_sql.standings(question.board, question.partition, rows, moment)
    return fetched(duck, past_sql.in_order(question.board, standings)).combine_chunks()

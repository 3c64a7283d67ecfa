"""Which rankings are in memory: read from the database in the background, one at a time, and let go of."""

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Callable
from collections.abc import Set as AbstractSet
from typing import Final

import asyncpg

from kleos.boards import sql
from kleos.boards.compiled import CompiledBoard
from kleos.boards.ranking import Ranking
from kleos.core.windows import Window

Key = tuple[str, str, str]
"""(game, board, window)"""

PAGE_ROWS: Final = 5_000
PAGE_TIMEOUT_S: Final = 300.0
"""The first page of a large board comes after its rows are sorted."""
KEPT_AFTER_READ_US: Final = 60_000_000
"""A ranking read within this time is not let go for another: two that do not fit together must not chase each other."""

TOO_LARGE_FOR_US: Final = 600_000_000
"""So long a ranking that did not fit is answered from the database before its warm-up is tried again."""

log = logging.getLogger(__name__)


class Warmup:
    """The rankings there are, least recently read first, at most ``memory_bytes`` of them (estimated)."""

    def __init__(
        self,
        pool: asyncpg.Pool,
        hidden: Callable[[str, str], AbstractSet[str]],
        clock: Callable[[], int],
        memory_bytes: int,
        retry_s: float,
    ) -> None:
        self._pool = pool
        self._hidden = hidden
        self._clock = clock
        self._memory_bytes = memory_bytes
        self._retry_s = retry_s
        self._rankings: OrderedDict[Key, Ranking] = OrderedDict()
        self._let_go: set[Key] = set()
        self._queue: OrderedDict[Key, Ranking] = OrderedDict()
        self._finished: dict[int, asyncio.Future[None]] = {}
        self._worker: asyncio.Task[None] | None = None
        self._retries: set[asyncio.TimerHandle] = set()
        self._is_closed = False

    def rankings(self) -> list[Ranking]:
        return list(self._rankings.values())

    def known(self, game: str, board: str, window: str) -> Ranking | None:
        """The ranking where there is one, in whatever state."""
        return self._rankings.get((game, board, window))

    def read(self, board: CompiledBoard, window: Window, stamp: tuple[int, int]) -> Ranking | None:
        """The ranking where it is warm; else None, and it begins to warm."""
        key = _key(board, window)
        ranking = self._rankings.get(key)
        if ranking is None or ranking.stamp < stamp:
            ranking = self.want(board, window, stamp)
        elif ranking.state == "too large":
            self._try_again(key, ranking)
        if ranking.state != "warm" or ranking.stamp != stamp:
            return None
        ranking.last_read_at = self._clock()
        self._rankings.move_to_end(key)
        return ranking

    def followed(self, board: CompiledBoard, window: Window, stamp: tuple[int, int]) -> Ranking | None:
        """The ranking that takes in a commit's rows. One that never was begins to warm; one let go of does not."""
        key = _key(board, window)
        ranking = self._rankings.get(key)
        if ranking is None and key in self._let_go:
            return None
        if ranking is None or ranking.stamp < stamp:
            ranking = self.want(board, window, stamp)
        return ranking if ranking.stamp == stamp else None

    def want(self, board: CompiledBoard, window: Window, stamp: tuple[int, int]) -> Ranking:
        """The ranking, new and queued to be warmed if need be."""
        key = _key(board, window)
        ranking = self._rankings.get(key)
        if ranking is not None and ranking.stamp >= stamp:
            return ranking
        self.drop(key)
        ranking = Ranking(board, window, stamp, self._hidden(board.namespace, board.game))
        self._let_go.discard(key)
        self._rankings[key] = ranking
        self._finished[ranking.serial] = asyncio.get_running_loop().create_future()
        self._enqueue(key, ranking)
        return ranking

    async def warmed(self, board: CompiledBoard, window: Window, stamp: tuple[int, int]) -> None:
        """Wait until the ranking is warm, or until a warm-up of it has failed or was dropped."""
        ranking = self.want(board, window, stamp)
        finished = self._finished.get(ranking.serial)
        if ranking.state in ("cold", "warming") and finished is not None:
            await asyncio.shield(finished)

    def drop(self, key: Key) -> None:
        ranking = self._rankings.pop(key, None)
        self._queue.pop(key, None)
        if ranking is not None:
            ranking.fail("cold")
            self._finish(ranking)

    def drop_closed(self, now: int) -> None:
        for key, ranking in list(self._rankings.items()):
            if ranking.window.is_closed(now):
                self.drop(key)

    def carry(self, game: str, stamp: tuple[int, int]) -> None:
        """A correction raised the calendar, and what it changed comes as rows: the rankings stay what they are."""
        for key, ranking in self._rankings.items():
            if key[0] == game:
                ranking.stamp = stamp

    def forget(self, game: str) -> None:
        for key in [key for key in self._rankings if key[0] == game]:
            self.drop(key)
        self._let_go = {key for key in self._let_go if key[0] != game}

    def fail(self, ranking: Ranking, error: Exception) -> None:
        """A ranking can no longer be right: it is read anew."""
        log.warning("the index of %s is read anew: %s", "/".join(_key(ranking.board, ranking.window)), error)
        self.again(ranking)

    def again(self, ranking: Ranking) -> None:
        """What a ranking has read is not what is there: it is read anew."""
        self.drop(_key(ranking.board, ranking.window))
        self.want(ranking.board, ranking.window, ranking.stamp)

    def fit(self) -> None:
        """Let go of the least recently read until the rest fits."""
        sizes = {key: ranking.size_bytes for key, ranking in self._rankings.items()}
        excess_bytes = sum(sizes.values()) - self._memory_bytes
        if self._let_go_for(excess_bytes, sizes):
            return
        for key, ranking in list(self._rankings.items()):
            if ranking.state == "warm" and sum(other.size_bytes for other in self.rankings()) > self._memory_bytes:
                self._give_up(key, ranking)

    async def close(self) -> None:
        self._is_closed = True
        for handle in self._retries:
            handle.cancel()
        for key in list(self._rankings):
            self.drop(key)
        if self._worker is not None:
            self._worker.cancel()
            await asyncio.gather(self._worker, return_exceptions=True)

    def _try_again(self, key: Key, ranking: Ranking) -> None:
        """There may be room by now."""
        if self._clock() - ranking.last_read_at >= TOO_LARGE_FOR_US:
            ranking.fail("cold")
            self._enqueue(key, ranking)

    def _enqueue(self, key: Key, ranking: Ranking) -> None:
        if self._is_closed or self._rankings.get(key) is not ranking:
            return
        self._queue[key] = ranking
        if self._worker is None or self._worker.done():
            self._worker = asyncio.get_running_loop().create_task(self._work(), name="boards warm-up")

    async def _work(self) -> None:
        while self._queue:
            key, ranking = self._queue.popitem(last=False)
            try:
                await self._warm(key, ranking)
            except Exception as error:
                if self._rankings.get(key) is ranking:
                    log.warning("warm-up of %s failed, to be repeated: %s", "/".join(key), error)
                    ranking.fail("cold")
                    self._retry(key, ranking)
            self._finish(ranking)

    async def _warm(self, key: Key, ranking: Ranking) -> None:
        statement = sql.every_standing(ranking.board, ranking.window)
        async with self._pool.acquire() as connection:
            ranking.begin()
            async with connection.transaction(isolation="repeatable_read", readonly=True):
                cursor = await connection.cursor(statement.text, *statement.arguments, timeout=PAGE_TIMEOUT_S)
                while rows := await cursor.fetch(PAGE_ROWS, timeout=PAGE_TIMEOUT_S):
                    if self._rankings.get(key) is not ranking:
                        return
                    ranking.extend(rows)
                    if not self._has_room(ranking):
                        self._give_up(key, ranking)
                        return
        if self._rankings.get(key) is ranking:
            ranking.finish()
            ranking.last_read_at = self._clock()

    def _has_room(self, ranking: Ranking) -> bool:
        sizes = {key: other.size_bytes for key, other in self._rankings.items() if other is not ranking}
        need = ranking.size_bytes + sum(sizes.values()) - self._memory_bytes
        return need <= 0 or self._let_go_for(need, sizes)

    def _let_go_for(self, need_bytes: int, sizes: dict[Key, int]) -> bool:
        now = self._clock()
        for key in list(sizes):
            if need_bytes <= 0:
                break
            ranking = self._rankings[key]
            if ranking.state == "warm" and now - ranking.last_read_at >= KEPT_AFTER_READ_US:
                need_bytes -= sizes[key]
                self.drop(key)
                self._let_go.add(key)
        return need_bytes <= 0

    def _give_up(self, key: Key, ranking: Ranking) -> None:
        log.warning("the index of %s does not fit into memory: the database answers for it", "/".join(key))
        ranking.fail("too large")
        ranking.last_read_at = self._clock()

    def _retry(self, key: Key, ranking: Ranking) -> None:
        def again() -> None:
            self._retries.discard(handle)
            if self._rankings.get(key) is ranking:
                self._finished.setdefault(ranking.serial, asyncio.get_running_loop().create_future())
                self._enqueue(key, ranking)

        handle = asyncio.get_running_loop().call_later(self._retry_s, again)
        self._retries.add(handle)

    def _finish(self, ranking: Ranking) -> None:
        finished = self._finished.pop(ranking.serial, None)
        if finished is not None and not finished.done():
            finished.set_result(None)


def _key(board: CompiledBoard, window: Window) -> Key:
    return (board.game, board.board.name, window.name)

"""Group commit: requests in flight share one transaction. While one runs the next gathers; there are no timers.

Requests are taken in the order in which they came. When many events wait, a second commit follows the first as soon as
that one merges its rows, which takes the database longest: it folds meanwhile, and its own merge is ready behind.
What a commit changed is published in commit order, while the next one already runs.
"""

import asyncio
import logging
import time
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Final

import asyncpg

from kleos.core.errors import Outdated, StaleDefinition, Unavailable
from kleos.engine.game import Game
from kleos.log.answering import Answers, Outcome, Publish, Request, fail
from kleos.log.commit import Committed, commit
from kleos.log.decode import Incoming, Stamp
from kleos.log.spoiled import commit_what_can_be
from kleos.log.tally import Tally
from kleos.players.directory import Directory
from kleos.sheets.write import Writers
from kleos.store.pool import DATABASE_ERRORS, unavailable
from kleos.telemetry import spans

MAX_BATCH_EVENTS: Final = 2_000
"""A commit takes whole requests until it has this many events."""
MAX_WAITING_EVENTS: Final = 200_000
COMMITS_AT_ONCE: Final = 2
MANY_EVENTS: Final = 500
"""So many that wait are committed behind a commit that merges; fewer gather, until it is done."""
RETRIES: Final = 8
READ_ANEW_EVERY_S: Final = 0.25
OPEN_WITHIN_S: Final = 15.0
"""So long a request waits while the game's definition or seasons change."""
STOPS_WITHIN_S: Final = 30.0
"""So long what is waiting may take when the server stops."""

_RETRIED = (asyncpg.DeadlockDetectedError, asyncpg.SerializationError, asyncpg.LockNotAvailableError)

logger = logging.getLogger(__name__)


class Committer:
    """The one writer of a game in this process.

    When nobody knows how a commit ended, the next one waits until ``read_anew`` has brought memory in line with the
    database. While that cannot be done, requests are refused at once.
    """

    def __init__(
        self,
        game: Game,
        lock: int,
        pool: asyncpg.Pool,
        directory: Directory,
        stamp: Stamp,
        publish: Publish,
        read_anew: Callable[["Committer"], Awaitable[None]],
    ) -> None:
        self.game = game
        self.writers: Writers = {}
        self.tally = Tally()
        self.answers = Answers(pool, self.tally, publish, self.distrust)
        self._lock = lock
        self._pool = pool
        self._directory = directory
        self._stamp = stamp
        self._read_anew = read_anew
        self._in_doubt = False
        self.away: Unavailable | None = None
        self._waiting: deque[Request] = deque()
        self._waiting_events = 0
        self._at_work = 0
        self._may_follow = False
        self._news = asyncio.Event()
        self._idle = asyncio.Event()
        self._idle.set()
        self._open = asyncio.Event()
        self._open.set()
        self._lanes: list[asyncio.Task[None]] = []

    def start(self) -> None:
        for number in range(COMMITS_AT_ONCE):
            self._lanes.append(asyncio.create_task(self._run(), name=f"commits of {self.game.name}, lane {number}"))

    async def stop(self) -> None:
        """Lets what is waiting finish, then ends."""
        self._open.clear()
        try:
            async with asyncio.timeout(STOPS_WITHIN_S):
                await self._idle.wait()
        except TimeoutError:
            logger.error("%s stops with %d events that could not be committed", self.game.name, self._waiting_events)
            self._refuse_waiting(Unavailable("the server stops"))
        for lane in self._lanes:
            lane.cancel()
        await asyncio.gather(*self._lanes, return_exceptions=True)

    @property
    def waiting_events(self) -> int:
        return self._waiting_events

    @property
    def is_open(self) -> bool:
        return self._open.is_set()

    async def when_open(self) -> Game:
        """The game to decode by; waits while its definition or seasons change. Raises Unavailable after long."""
        if not self._open.is_set():
            try:
                await asyncio.wait_for(self._open.wait(), OPEN_WITHIN_S)
            except TimeoutError:
                raise Unavailable("the game's definition is being changed; send again", 5.0) from None
        return self.game

    async def until_open(self) -> None:
        """However long its definition or seasons take to change."""
        await self._open.wait()

    @asynccontextmanager
    async def paused(self) -> AsyncIterator[None]:
        """Inside, nothing is being committed and nothing waits; requests are kept at the door."""
        self._open.clear()
        try:
            await self._idle.wait()
            yield
        finally:
            self._open.set()

    def submit(self, events: list[Incoming], watched: Collection[str] = ()) -> "asyncio.Future[Outcome]":
        """Must follow :meth:`when_open` without an await in between, so that the events fit the game."""
        if self.away is not None:
            raise Unavailable(self.away.message, self.away.retry_after_s)
        if self._waiting_events > MAX_WAITING_EVENTS:
            raise Unavailable("more events are waiting than the database takes; slow down and send again")
        answer: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
        self._waiting.append(Request(events, answer, watched, spans.here()))
        self._waiting_events += len(events)
        self._idle.clear()
        self._news.set()
        return answer

    def distrust(self) -> None:
        """What memory holds of the game may not be what the database holds: to be read anew before the next commit."""
        self._in_doubt = True
        self._news.set()

    async def _run(self) -> None:
        """One lane: it commits, or settles what is in doubt, again and again; beside it run the others."""
        while True:
            while not self._may_begin():
                self._news.clear()
                await self._news.wait()
            self._at_work += 1
            self._may_follow = False
            try:
                if self._in_doubt:
                    await self._settle()
                else:
                    await self._commit_waiting()
            finally:
                self._at_work -= 1
                self._news.set()
            if not self._waiting and not self._in_doubt and not self._at_work:
                self._idle.set()

    def _may_begin(self) -> bool:
        """What is in doubt is settled while nothing is committed; after that, what waits is committed."""
        if not self._at_work:
            return self._in_doubt or bool(self._waiting)
        return self._may_follow and not self._in_doubt and self._waiting_events >= MANY_EVENTS

    def _let_follow(self) -> None:
        self._may_follow = True
        self._news.set()

    async def _commit_waiting(self) -> None:
        requests, outcome = self._take(), Outcome()
        incoming = [one for request in requests for one in request.events]
        started_s = time.perf_counter()
        try:
            with spans.span(
                "commit", [request.cause for request in requests], game=self.game.name, events=len(incoming)
            ):
                await commit_what_can_be(self.game.name, incoming, self._commit, outcome)
        except StaleDefinition as error:
            self.answers.give_all()
            if outcome.committed:
                fail(self.game, requests, error)
            else:
                self._put_back(requests)
            self.distrust()
        except Exception as error:
            self.tally.failures += 1
            self.answers.give_all()
            fail(self.game, requests, error)
            if outcome.committed or _may_have_happened(error):
                self.distrust()
        else:
            self.tally.commit_s.add(time.perf_counter() - started_s)
            self.tally.commit_events.add(len(incoming))
            self.answers.give_later(self.game, requests, outcome)
        if not self._waiting:
            await asyncio.sleep(0)  # the answers go first
            await self.answers.drop_published()

    async def _settle(self) -> None:
        """Brings memory in line with the database, however long that takes; those who wait do not wait for it twice."""
        self.answers.give_all()
        while self._in_doubt:
            self._in_doubt = False
            game = self.game
            try:
                await self._read_anew(self)
            except Exception as error:
                self._in_doubt = True
                if self.away is None:
                    logger.warning("%s takes no events until it can be read anew: %s", game.name, error)
                self.away = unavailable(error) or Unavailable("the database cannot be read; the server's log says why")
                self._refuse_waiting(self.away)
                self._idle.set()
                await asyncio.sleep(READ_ANEW_EVERY_S)
            else:
                if self.game.definition.source != game.definition.source:
                    self._refuse_waiting(Outdated("the game's definition has just changed; send again"))
        self.away = None

    def _refuse_waiting(self, reason: Unavailable) -> None:
        while self._waiting:
            fail(self.game, self._take(), reason)

    def _take(self) -> list[Request]:
        taken: list[Request] = []
        events = 0
        while self._waiting and (not taken or events + len(self._waiting[0].events) <= MAX_BATCH_EVENTS):
            request = self._waiting.popleft()
            events += len(request.events)
            taken.append(request)
        self._waiting_events -= events
        return taken

    def _put_back(self, requests: Sequence[Request]) -> None:
        """Another process has rebuilt the game, or changed more: that is read anew first."""
        self._waiting.extendleft(reversed(requests))
        self._waiting_events += sum(len(request.events) for request in requests)

    async def _commit(self, incoming: Sequence[Incoming]) -> Committed:
        for attempt in range(RETRIES):
            try:
                with spans.steps() as step:
                    step("wait for a connection")
                    async with self._pool.acquire() as connection:
                        return await commit(
                            connection,
                            self.game,
                            self.writers,
                            self._directory,
                            self._lock,
                            incoming,
                            self._stamp.now(),
                            self._let_follow,
                            step,
                        )
            except _RETRIED:
                self.tally.retries += 1
                logger.info("commit of %s met another, attempt %d", self.game.name, attempt + 1)
        raise Unavailable("the rows of these events are being changed by others; send again")


@asynccontextmanager
async def all_paused(committers: Sequence[Committer]) -> AsyncIterator[None]:
    """Inside, nothing is being committed in any of these games. They are paused in the order given."""
    async with AsyncExitStack() as pauses:
        for committer in committers:
            await pauses.enter_async_context(committer.paused())
        yield


def _may_have_happened(error: Exception) -> bool:
    """Whether a transaction that ended so may be in the database, or its game no longer be the one in force there."""
    if isinstance(error, asyncpg.PostgresError):
        return getattr(error, "severity_en", None) != "ERROR"  # a FATAL may come between COMMIT and its answer
    return isinstance(error, (*DATABASE_ERRORS, StaleDefinition))

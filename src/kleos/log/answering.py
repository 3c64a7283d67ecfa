"""Publishing commits and answering the requests behind them, in the order of commits."""

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field

import asyncpg

from kleos.boards.answers import Effects
from kleos.core.errors import KleosError, StaleDefinition, Unavailable
from kleos.engine.game import Game
from kleos.log import sql
from kleos.log.commit import Committed
from kleos.log.decode import Incoming, Rejected
from kleos.log.tally import Tally
from kleos.store.pool import DATABASE_ERRORS, unavailable
from kleos.telemetry import spans

logger = logging.getLogger(__name__)


@dataclass(slots=True)
class Request:
    """The events of one HTTP request, the answer it waits for, and the players whose standings it asks about."""

    events: list[Incoming]
    answer: asyncio.Future["Outcome"]
    watched: Collection[str] = ()
    cause: "spans.Cause | None" = None


@dataclass(slots=True)
class Outcome:
    """What became of a request's events. ``spoiled`` could not even be quarantined."""

    accepted: int = 0
    duplicates: int = 0
    quarantined: list[Rejected] = field(default_factory=list)
    spoiled: list[Rejected] = field(default_factory=list)
    seq: int | None = None
    committed: list[Committed] = field(default_factory=list)
    effects: list[Effects] = field(default_factory=list)


Publish = Callable[[Game, Committed, Collection[str]], Effects]
"""Tells the rest of the server what a commit changed; answers what became of the watched players' standings."""


class Answers:
    """What is committed, and not yet published and answered. ``distrust`` is called where publishing fails."""

    def __init__(self, pool: asyncpg.Pool, tally: Tally, publish: Publish, distrust: Callable[[], None]) -> None:
        self._pool = pool
        self._tally = tally
        self._publish = publish
        self._distrust = distrust
        self._due: deque[tuple[Game, Sequence[Request], Outcome]] = deque()
        self._published: list[int] = []

    @property
    def unranked_rows(self) -> int:
        """Rows that are durable, and not yet in the ranks."""
        return sum(len(committed.changes) for _, _, outcome in self._due for committed in outcome.committed)

    def give_later(self, game: Game, requests: Sequence[Request], outcome: Outcome) -> None:
        """Not before the next commit's first statement is out, but in the order of commits."""
        self._due.append((game, requests, outcome))
        asyncio.get_running_loop().call_soon(self._give_first)

    def give_all(self) -> None:
        while self._due:
            self._give_first()

    def _give_first(self) -> None:
        if self._due:
            self._give(*self._due.popleft())

    def _give(self, game: Game, requests: Sequence[Request], outcome: Outcome) -> None:
        watched = {player for request in requests for player in request.watched}
        for committed in outcome.committed:
            try:
                outcome.effects.append(self._publish(game, committed, watched))
            except Exception:  # it is durable all the same, and must be acknowledged
                logger.exception("a commit of %s could not be published", game.name)
                self._distrust()
            if committed.outbox is not None:
                self._published.append(committed.outbox)
        new = {id for committed in outcome.committed for id in committed.new}
        seqs = [committed.seq for committed in outcome.committed if committed.seq is not None]
        spoiled = {one.id for one in outcome.spoiled}
        seq = max(seqs, default=None)
        for request in requests:
            mine = _outcome_of(request, new, spoiled, seq, outcome)
            self._count(mine)
            if not request.answer.done():
                request.answer.set_result(mine)

    def _count(self, mine: Outcome) -> None:
        self._tally.accepted += mine.accepted
        self._tally.duplicates += mine.duplicates
        self._tally.quarantined += len(mine.quarantined)
        self._tally.rejected += len(mine.spoiled)

    async def drop_published(self) -> None:
        """Takes what was published out of the outbox."""
        if self._published:
            ids, self._published = self._published, []
            try:
                await self._pool.execute(sql.DROP_OUTBOX, ids)
            except DATABASE_ERRORS:
                self._published[:0] = ids


def fail(game: Game, requests: Sequence[Request], error: Exception) -> None:
    """Answers requests that are not committed with the reason."""
    known = error if isinstance(error, KleosError) else unavailable(error)
    if isinstance(error, StaleDefinition):
        known = Unavailable("the game's definition has just changed; send again")
    if known is None:
        logger.error("a commit of %s failed", game.name, exc_info=error)
    for request in requests:
        if not request.answer.done():
            request.answer.set_exception(known or error)


def _outcome_of(request: Request, new: set[str], spoiled: set[str | None], seq: int | None, whole: Outcome) -> Outcome:
    """One request's share; an id counts for the first event that has it, so it leaves ``new`` here."""
    mine = Outcome(seq=seq, committed=whole.committed, effects=whole.effects)
    for one in request.events:
        id = one.event.id
        if id in spoiled:
            mine.spoiled.append(Rejected(one.index, id, one.reason or "the database refused it"))
        elif id not in new:
            mine.duplicates += 1
        elif one.reason is not None:
            new.discard(id)
            mine.quarantined.append(Rejected(one.index, id, one.reason))
        else:
            new.discard(id)
            mine.accepted += 1
    return mine

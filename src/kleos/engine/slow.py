"""Answers that are slow to find: found once for a crowd, kept in proportion to what they cost."""

import asyncio
import logging
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Hashable, Iterable
from dataclasses import dataclass
from typing import Generic, TypeVar

Question = TypeVar("Question", bound=Hashable)
Answer = TypeVar("Answer")

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Keeping:
    """What is found faster than ``worth_from_s`` is not kept. The rest is answered as it is for ``fresh_times`` what it
    cost to find, and for ``stale_times`` while it is found anew; at most ``most`` answers, those asked for last."""

    worth_from_s: float = 0.05
    fresh_times: float = 20.0
    stale_times: float = 600.0
    most: int = 256


@dataclass(frozen=True, slots=True)
class _Kept(Generic[Answer]):
    answer: Answer
    fresh_until: float
    stale_until: float


class SlowAnswers(Generic[Question, Answer]):
    """Finds answers beside those that it gives: whoever asks meanwhile gets what was, unless that is too old.

    Whoever asks while an answer is being found gets the same one: a crowd costs the database one question.
    """

    def __init__(
        self,
        find: Callable[[Question], Awaitable[Answer]],
        what: str,
        keeping: Keeping | None = None,
        is_worth_keeping: Callable[[Answer], bool] = lambda answer: True,
    ) -> None:
        self._find = find
        self._what = what
        self._keeping = keeping or Keeping()
        self._is_worth_keeping = is_worth_keeping
        self._kept: OrderedDict[Question, _Kept[Answer]] = OrderedDict()
        self._finding: dict[Question, asyncio.Task[Answer]] = {}

    def begin(self, questions: Iterable[Question]) -> None:
        """Finds before anybody asks: the first answer need not be the slow one."""
        for question in questions:
            self._search(question)

    async def close(self) -> None:
        running = list(self._finding.values())
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)

    async def of(self, question: Question) -> Answer:
        kept, now = self._kept.get(question), time.monotonic()
        if kept is not None and now < kept.stale_until:
            self._kept.move_to_end(question)
            if now >= kept.fresh_until:
                self._search(question)
            return kept.answer
        return await asyncio.shield(self._search(question))

    def _search(self, question: Question) -> asyncio.Task[Answer]:
        finding = self._finding.get(question)
        if finding is None:
            finding = asyncio.create_task(self._found(question), name=f"finds {self._what}")
            self._finding[question] = finding
            finding.add_done_callback(lambda done: self._ended(question, done))
        return finding

    def _ended(self, question: Question, done: asyncio.Task[Answer]) -> None:
        self._finding.pop(question)
        error = None if done.cancelled() else done.exception()
        if error is not None:  # told to whoever waits; of those begun in advance to nobody else
            _log.info("%s cannot be found now: %s", self._what, error)

    async def _found(self, question: Question) -> Answer:
        began = time.monotonic()
        answer = await self._find(question)
        now = time.monotonic()
        cost_s, keeping = now - began, self._keeping
        if cost_s >= keeping.worth_from_s and self._is_worth_keeping(answer):
            fresh_until, stale_until = now + cost_s * keeping.fresh_times, now + cost_s * keeping.stale_times
            self._kept[question] = _Kept(answer, fresh_until, stale_until)
            self._kept.move_to_end(question)
            while len(self._kept) > keeping.most:
                self._kept.popitem(last=False)
        else:
            self._kept.pop(question, None)
        return answer

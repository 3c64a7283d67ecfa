"""Gathering: the first change is told at once, those that follow together, so often a second and no more."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Final

from kleos.store.pool import unavailable

EVERY_S: Final = 0.1
REST: Final = 3.0
"""After telling, so many times as long as it took is left to others: a great audience hears less often."""

logger = logging.getLogger(__name__)


class Gathering:
    """Calls ``tell`` after :meth:`touch`, never twice at the same time, and at most once in ``every_s`` seconds.

    ``tell`` returns when everybody has been told. Where it raises it has told nothing and keeps what there was to tell:
    while the database is away it is called again and again.
    """

    __slots__ = ("_again", "_every_s", "_is_closed", "_next_at", "_task", "_tell", "_timer")

    def __init__(self, tell: Callable[[], Awaitable[None]], every_s: float = EVERY_S) -> None:
        self._tell = tell
        self._every_s = every_s
        self._next_at = 0.0
        self._again = False
        self._is_closed = False
        self._timer: asyncio.TimerHandle | None = None
        self._task: asyncio.Task[None] | None = None

    def touch(self) -> None:
        """Something has changed."""
        if self._is_closed or self._timer is not None:
            return
        if self._task is not None:
            self._again = True
            return
        loop = asyncio.get_running_loop()
        wait_s = self._next_at - loop.time()
        if wait_s > 0:
            self._timer = loop.call_later(wait_s, self._begin)
        else:
            self._begin()

    def close(self) -> None:
        self._is_closed = True
        if self._timer is not None:
            self._timer.cancel()
        if self._task is not None:
            self._task.cancel()

    def _begin(self) -> None:
        self._timer = None
        self._task = asyncio.get_running_loop().create_task(self._run(), name="tells of changes")

    async def _run(self) -> None:
        loop = asyncio.get_running_loop()
        started, wait_s = loop.time(), 0.0
        try:
            await self._tell()
        except Exception as error:
            away = unavailable(error)
            if away is None:
                logger.exception("changes could not be told")
            else:
                logger.info("changes wait to be told: %s", away)
                self._again, wait_s = True, away.retry_after_s
        ended = loop.time()
        self._next_at = max(started + self._every_s, ended + REST * (ended - started), ended + wait_s)
        self._task = None
        if self._again:
            self._again = False
            self.touch()

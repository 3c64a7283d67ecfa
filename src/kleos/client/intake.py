"""From ``record()`` to the spool: events are stamped and encoded where they happen, and written by a thread.

The caller's part is one encoding and one append to a queue. It does no I/O and waits for nothing: the lock is held for
a few assignments, by callers only.
"""

import atexit
import os
import threading
import time
import weakref
from collections.abc import Mapping, Sequence
from itertools import count
from queue import Empty, SimpleQueue
from secrets import token_hex
from typing import Any, Final

import msgspec

from kleos.client.backoff import Backoff
from kleos.client.dead_letters import DeadLetters
from kleos.client.errors import RecorderClosed, SpoolFull
from kleos.client.frames import FRAME_BYTES
from kleos.client.spool import Spool
from kleos.client.troubles import Kind, Reporter, Trouble

_GATHER_S: Final = 0.01
"""Between two writes, so that a busy game and this thread do not pass the interpreter to and fro for every event."""
_AWAKE_S: Final = 1.0
"""So long after the last event the thread looks for itself; then it has to be woken, which costs the caller some µs."""
_SECOND_US: Final = 1_000_000
_CLOCK_SLIP_US: Final = _SECOND_US
"""A clock set back by less does not make later events earlier ones."""
_FIRST_NUMBER: Final = 10**9
"""Of equal width, so that ids sort as they were made."""
_MOST_GRANTED_BYTES: Final = 64 * 1024
_GRANTED_SHARE: Final = 16
"""The sizes of memory, spool and dead letters are looked at again after so many bytes, or this part of what is free."""
_RECORDS_PER_WRITE: Final = 4096
_PATIENCE_AT_EXIT_S: Final = 5.0
_Item = tuple[int, bytes]


class _Mark:
    """Passes through the queue: reached when all before it is durable; ``stored_events`` then tells how many."""

    def __init__(self, is_last: bool = False) -> None:
        self.is_last = is_last
        self.reached = threading.Event()
        self.stored_events = 0
        self.is_durable = False


class Intake:
    """Takes events into a spool, whose limit its dead letters count towards."""

    def __init__(
        self,
        spool: Spool,
        dead_letters: DeadLetters,
        reporter: Reporter,
        *,
        spool_limit_bytes: int,
        memory_limit_bytes: int,
        fsync_within_s: float,
    ) -> None:
        self._spool = spool
        self._dead_letters = dead_letters
        self._reporter = reporter
        self._spool_limit_bytes = spool_limit_bytes
        self._memory_limit_bytes = memory_limit_bytes
        self._fsync_within_s = fsync_within_s
        self.recorded = 0
        self.refused = 0
        self.stored = 0
        self._was_full = False
        self._numbers = count(_FIRST_NUMBER)
        self._room_bytes = 0
        self._granted_bytes = 0
        self._stored_bytes = 0
        self._closed_because: str | None = None
        self._lock = threading.RLock()  # also of a signal handler that records while its thread does
        self._client = token_hex(6)
        self._last_us = 0
        self._second = self._second_of(0)
        self._encode = msgspec.json.Encoder().encode
        self._queue: SimpleQueue[_Item | _Mark] = SimpleQueue()
        self._giving_up = threading.Event()
        self._unsynced_since_s: float | None = None
        self._thread = threading.Thread(target=self._run, name="kleos-intake", daemon=True)
        self._thread.start()
        _OPEN.add(self)
        atexit.register(self._close_at_exit)

    def record(self, event: str | Mapping[str, Any], fields: Mapping[str, Any]) -> str:
        """Take the event, and give its id. Raises SpoolFull, RecorderClosed, and TypeError or ValueError where it has
        a field that JSON cannot hold."""
        at_us = time.time_ns() // 1000
        if at_us <= self._last_us < at_us + _CLOCK_SLIP_US:
            at_us = self._last_us + 1
        self._last_us = at_us
        second = self._second
        rest_us = at_us - second[0]
        if not 0 <= rest_us < _SECOND_US:
            second = self._second = self._second_of(at_us)
            rest_us = at_us - second[0]
        given = {"type": event, **fields} if isinstance(event, str) else {**event, **fields}
        id = given.get("id")
        if given.get("at") is None:
            given["at"] = second[1] + str(_SECOND_US + rest_us)[1:] + "Z"
        if id is None:
            given["id"] = id = second[2] + str(next(self._numbers))
        payload = self._encode(given)
        size_bytes = len(payload) + FRAME_BYTES
        with self._lock:
            room_bytes = self._room_bytes - size_bytes
            if room_bytes >= 0:
                self._room_bytes = room_bytes
                self.recorded += 1
                self._queue.put((at_us, payload))
        if room_bytes < 0:
            self._find_room(at_us, payload, size_bytes)
        return str(id)

    def _second_of(self, at_us: int) -> tuple[int, str, str]:
        """When the second of this moment began, how its times and how its ids begin.

        Once a second, because of the first event of a game's tick: it finds cold caches, where a :class:`datetime` or
        the formatting of a number costs more than all the rest.
        """
        at_s = at_us // _SECOND_US
        text = time.strftime("%Y-%m-%dT%H:%M:%S.", time.gmtime(at_s))
        return at_s * _SECOND_US, text, f"{at_s:08x}-{self._client}-"

    def _find_room(self, at_us: int, payload: bytes, size_bytes: int) -> None:
        """Take an event for which there is no room granted any more, and grant some for those to come."""
        with self._lock:
            if self._closed_because is not None:
                raise RecorderClosed(self._closed_because)
            waiting_bytes = self._granted_bytes - self._room_bytes - self._stored_bytes + size_bytes
            spooled_bytes = self._spool.size_bytes + self._dead_letters.size_bytes
            free_bytes = min(self._memory_limit_bytes, self._spool_limit_bytes - spooled_bytes) - waiting_bytes
            was_full, self._was_full = self._was_full, free_bytes < 0
            if free_bytes >= 0:
                self._grant(min(free_bytes // _GRANTED_SHARE, _MOST_GRANTED_BYTES), size_bytes)
                self.recorded += 1
                self._queue.put((at_us, payload))
            else:
                self._grant(0)
                self.refused += 1
        if free_bytes < 0:
            raise self._full(waiting_bytes, spooled_bytes)
        if was_full:
            self._reporter.over(Kind.FULL)

    def _grant(self, room_bytes: int, taken_bytes: int = 0) -> None:
        """This much room from now on instead of what is left, after so much more was taken."""
        self._granted_bytes += room_bytes + taken_bytes - self._room_bytes
        self._room_bytes = room_bytes

    def mark(self, deadline_s: float) -> int | None:
        """Wait until all that was recorded so far is durable: the spool's count of events then, None if too late."""
        mark = _Mark()
        self._queue.put(mark)
        in_time = mark.reached.wait(max(0.0, deadline_s - time.monotonic()))
        return mark.stored_events if in_time and mark.is_durable else None

    def close(self, why: str, patience_s: float) -> None:
        """Take no more, and write what was taken. A disk that does not take it is given up after ``patience_s``."""
        with self._lock:
            if self._closed_because is not None:
                return
            self._closed_because = why
            self._grant(0)
        mark = _Mark(is_last=True)
        self._queue.put(mark)
        if not mark.reached.wait(patience_s):
            self._giving_up.set()
        self._thread.join()
        _OPEN.discard(self)
        atexit.unregister(self._close_at_exit)

    def _close_at_exit(self) -> None:
        """Nobody closed it: at least what was recorded goes to the disk."""
        self.close("the process is ending", _PATIENCE_AT_EXIT_S)

    @property
    def waiting_events(self) -> int:
        """How many are in memory alone."""
        return self.recorded - self.stored

    def _full(self, waiting_bytes: int, spooled_bytes: int) -> SpoolFull:
        detail = (
            f"the event was not recorded: {waiting_bytes:,} bytes in memory of at most {self._memory_limit_bytes:,}, "
            f"{spooled_bytes:,} in the spool of at most {self._spool_limit_bytes:,}"
        )
        self._reporter.begin(Kind.FULL, detail)
        return SpoolFull(detail)

    def _run(self) -> None:
        is_last = False
        awake_until_s = 0.0
        while not is_last:
            records, marks = self._gather(may_sleep=time.monotonic() >= awake_until_s)
            if records:
                self._store(records)
                awake_until_s = time.monotonic() + _AWAKE_S
            is_durable = (marks or self._is_sync_due()) and self._sync()
            for mark in marks:
                mark.is_durable = bool(is_durable)
                mark.stored_events = self._spool.stored_events
                mark.reached.set()
                is_last |= mark.is_last
            if not is_last and len(records) < _RECORDS_PER_WRITE:
                time.sleep(_GATHER_S)

    def _gather(self, may_sleep: bool) -> tuple[list[_Item], list[_Mark]]:
        """Everything that is there, after waiting for something where it may. Marks come after what was before them."""
        records: list[_Item] = []
        marks: list[_Mark] = []
        try:
            item = self._queue.get(timeout=self._sync_due_in_s()) if may_sleep else self._queue.get_nowait()
            while True:
                if isinstance(item, _Mark):
                    marks.append(item)
                    if item.is_last:
                        break
                else:
                    records.append(item)
                    if len(records) == _RECORDS_PER_WRITE:
                        break
                item = self._queue.get_nowait()
        except Empty:
            pass
        return records, marks

    def _store(self, records: Sequence[_Item]) -> None:
        backoff = Backoff(base_s=0.05, longest_s=2.0)
        failures = 0
        while True:
            try:
                self._spool.append(records)
            except OSError as error:
                failures += 1
                self._reporter.begin(
                    Kind.DISK, f"{self._spool.folder} cannot be written: {error}; events wait in memory"
                )
                if self._giving_up.wait(backoff.wait_s(failures)):
                    self._lose(records, error)
                    return
            else:
                break
        if self._unsynced_since_s is None:
            self._unsynced_since_s = time.monotonic()
        self.stored += len(records)
        self._stored_bytes += sum(len(payload) + FRAME_BYTES for _, payload in records)
        self._reporter.over(Kind.DISK)

    def _lose(self, records: Sequence[_Item], error: OSError) -> None:
        detail = f"{len(records)} events recorded just before the end are lost: the disk did not take them: {error}"
        self._reporter.report(Trouble(Kind.LOST, detail))

    def _sync(self) -> bool:
        self._unsynced_since_s = None
        try:
            self._spool.sync()
        except OSError as error:
            self._reporter.begin(Kind.DISK, f"{self._spool.folder} cannot be synced: {error}")
            return False
        return True

    def _sync_due_in_s(self) -> float | None:
        if self._unsynced_since_s is None:
            return None
        return max(0.0, self._unsynced_since_s + self._fsync_within_s - time.monotonic())

    def _is_sync_due(self) -> bool:
        due_in_s = self._sync_due_in_s()
        return due_in_s is not None and due_in_s <= 0

    def forsake(self) -> None:
        """In the child of a fork: threads are gone, files belong to the parent."""
        self._lock = threading.RLock()
        self._closed_because = "the recorder was opened before a fork: open one in each process, on a folder of its own"
        self._grant(0)
        self._spool.abandon()


_OPEN: Final["weakref.WeakSet[Intake]"] = weakref.WeakSet()


def _forsake_all() -> None:
    for intake in list(_OPEN):
        intake.forsake()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forsake_all)

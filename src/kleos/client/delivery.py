"""What a recorder sends next, and what follows from the answer. It neither speaks to the network nor waits.

A batch of the spool is sent whole. Where the server refuses a whole request as one it can never take, the batch is
halved until the culprit is alone, which then becomes a dead letter: its neighbours count, and nothing is tried for
ever that can never succeed.
"""

import time
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import msgspec

from kleos.client.answers import Receipt, Rejection
from kleos.client.backoff import Backoff
from kleos.client.dead_letters import DeadLetters
from kleos.client.frames import Record
from kleos.client.spool import Batch, Spool
from kleos.client.troubles import FailedEvent, Kind, Reporter, Trouble

_RETRIED: Final = frozenset({408, 425, 429})
_HELD: Final = frozenset({401, 403, 404, 407})
"""Answers to who asks and where, not to what is sent: mended at the server or in the settings, and then all is well."""
_SHOWN: Final = 200


class _Named(msgspec.Struct):
    id: str | None = None


@dataclass(frozen=True, slots=True)
class Posting:
    """One request: events to be posted as a JSON array."""

    records: tuple[Record, ...]

    @property
    def body(self) -> bytes:
        return b"[" + b",".join([record.payload for record in self.records]) + b"]"


@dataclass(slots=True)
class Counts:
    """What became of the events sent by this recorder."""

    sent: int = 0
    accepted: int = 0
    duplicates: int = 0
    quarantined: int = 0
    rejected: int = 0
    damaged: int = 0


class Delivery:
    """The sender's mind. After each posting exactly one of :meth:`answered` and :meth:`failed` is called."""

    def __init__(
        self, spool: Spool, dead_letters: DeadLetters, reporter: Reporter, backoff: Backoff, batch_events: int
    ) -> None:
        self._spool = spool
        self._dead_letters = dead_letters
        self._reporter = reporter
        self._backoff = backoff
        self._batch_events = batch_events
        self._batch: Batch | None = None
        self._parts: deque[Posting] = deque()
        self._failures = 0
        self._has_disk_trouble = False
        self.answered_at_s = 0.0
        self.counts = Counts()

    def next_posting(self) -> Posting | None:
        """What to send now; None when all that was spooled is answered for. Raises OSError where the spool does."""
        while not self._parts:
            if self._batch is not None:
                self._spool.acknowledge(self._batch)
                self._batch = None
            batch = self._spool.take(self._batch_events)
            if batch is None:
                return None
            self._report_damage(batch)
            self._batch = batch
            if batch.records:
                self._parts.append(Posting(batch.records))
        return self._parts[0]

    def answered(self, status: int, headers: Mapping[str, str], body: bytes) -> float:
        """Take in the answer to the first part; seconds to wait before the next posting, 0 to go on at once."""
        if 200 <= status < 300:
            return self._taken(body, headers)
        said = f"the server answered {status}: {body[:_SHOWN].decode('utf-8', 'replace')}"
        if status >= 500 or status in _RETRIED:
            return self._wait_s(Kind.UNREACHABLE, f"{said}; events wait", headers)
        if status in _HELD or status < 400:
            return self._wait_s(Kind.HELD, f"{said}; events wait until the address and the key are right", headers)
        self._refused(said)
        return 0.0

    def failed(self, why: str) -> float:
        """No answer came to the first part; seconds to wait before the next posting."""
        return self._wait_s(Kind.UNREACHABLE, f"the server cannot be reached: {why}; events wait", {})

    def disk_failed(self, why: str) -> float:
        """The spool could not be read or a dead letter written; seconds to wait before trying again."""
        self._has_disk_trouble = True
        return self._wait_s(Kind.DISK, f"{self._spool.folder}: {why}; events wait", {})

    def _taken(self, body: bytes, headers: Mapping[str, str]) -> float:
        try:
            receipt = msgspec.json.decode(body, type=Receipt)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            return self._wait_s(Kind.HELD, f"what answers is no Kleos: {error}; events wait", headers)
        records = self._parts[0].records
        self._bury(Kind.REJECTED, records, receipt.rejected)
        self._bury(Kind.QUARANTINED, records, receipt.quarantine)
        self.counts.sent += len(records)
        self.counts.accepted += receipt.accepted
        self.counts.duplicates += receipt.duplicates
        self.counts.quarantined += receipt.quarantined
        self.counts.rejected += len(receipt.rejected)
        self._part_is_done()
        return 0.0

    def _refused(self, said: str) -> None:
        records = self._parts[0].records
        if len(records) > 1:
            middle = len(records) // 2
            self._parts[0] = Posting(records[middle:])
            self._parts.appendleft(Posting(records[:middle]))
            return
        self._bury(Kind.REFUSED, records, (Rejection(index=0, error=said),))
        self.counts.sent += 1
        self.counts.rejected += 1
        self._part_is_done()

    def _part_is_done(self) -> None:
        self._parts.popleft()
        self._failures = 0
        self.answered_at_s = time.monotonic()
        self._reporter.over(Kind.HELD, Kind.UNREACHABLE)
        if self._has_disk_trouble:
            self._has_disk_trouble = False
            self._reporter.over(Kind.DISK)

    def _wait_s(self, kind: Kind, detail: str, headers: Mapping[str, str]) -> float:
        self._failures += 1
        self._reporter.begin(kind, detail)
        return self._backoff.wait_s(self._failures, headers.get("Retry-After"))

    def _bury(self, kind: Kind, records: tuple[Record, ...], rejections: tuple[Rejection, ...]) -> None:
        """Keep what was not counted as dead letters, then tell of it."""
        if not rejections:
            return
        events = tuple(_failed(records[one.index].payload, one) for one in rejections if one.index < len(records))
        self._dead_letters.add(kind, events)
        first = f"{events[0].id}: {events[0].error}" if events else "the server names none of them"
        detail = f"{len(events)} events do not count and are in {self._dead_letters.path}; the first is {first}"
        self._reporter.report(Trouble(kind, detail, events))

    def _report_damage(self, batch: Batch) -> None:
        for damage in batch.damages:
            size_bytes = damage.end - damage.start
            what = "unfinished when its process ended" if damage.is_torn else "damaged, and kept as *.damaged"
            self.counts.damaged += 1
            self._reporter.report(Trouble(Kind.DAMAGED, f"{batch.segment.path.name}: {size_bytes} bytes are {what}"))


def _failed(payload: bytes, rejection: Rejection) -> FailedEvent:
    id = rejection.id
    if id is None:
        try:
            id = msgspec.json.decode(payload, type=_Named).id
        except msgspec.DecodeError:
            id = None
    return FailedEvent(id, rejection.error, payload)

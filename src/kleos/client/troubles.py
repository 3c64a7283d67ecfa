"""What can become of recorded events besides being counted, and how the game hears of it."""

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

_log: Final = logging.getLogger("kleos.client")


class Kind(StrEnum):
    """``REJECTED``, ``REFUSED``, ``QUARANTINED``: events that do not count, kept as dead letters.
    ``HELD``: the server turns every request away, for its key or its address; the events wait.
    ``UNREACHABLE``: no answer, or one that says to come back; the events wait.
    ``DISK``: the spool cannot be written; events wait in memory. ``FULL``: an event found no room and was not taken.
    ``DAMAGED``: bytes of the spool that are no event any more. ``LOST``: events that were recorded and are gone.
    """

    REJECTED = "rejected"
    REFUSED = "refused"
    QUARANTINED = "quarantined"
    HELD = "held"
    UNREACHABLE = "unreachable"
    DISK = "disk"
    FULL = "full"
    DAMAGED = "damaged"
    LOST = "lost"


@dataclass(frozen=True, slots=True)
class FailedEvent:
    """An event that the server did not count: its id, its JSON, and why."""

    id: str | None
    error: str
    payload: bytes


@dataclass(frozen=True, slots=True)
class Trouble:
    """One thing that went wrong. ``events`` where it is about events that do not count."""

    kind: Kind
    detail: str
    events: tuple[FailedEvent, ...] = ()


OnTrouble = Callable[[Trouble], None]


class Reporter:
    """Logs every trouble as a warning of ``kleos.client`` and hands it to the game's callback.

    The callback runs in a thread of the recorder's own, except for ``FULL``, which runs where ``record()`` was called.
    What it raises is logged, and stops nothing.
    """

    def __init__(self, on_trouble: OnTrouble | None) -> None:
        self._on_trouble = on_trouble
        self._lock = threading.Lock()
        self._standing: set[Kind] = set()

    def report(self, trouble: Trouble) -> None:
        _log.warning("%s: %s", trouble.kind, trouble.detail)
        if self._on_trouble is None:
            return
        try:
            self._on_trouble(trouble)
        except Exception:
            _log.exception("the callback for troubles failed")

    def begin(self, kind: Kind, detail: str) -> None:
        """Report a trouble that lasts, once until it is over."""
        with self._lock:
            if kind in self._standing:
                return
            self._standing.add(kind)
        self.report(Trouble(kind, detail))

    def over(self, *kinds: Kind) -> None:
        with self._lock:
            ended = self._standing.intersection(kinds)
            self._standing -= ended
        for kind in ended:
            _log.info("%s: over", kind)

    @property
    def standing(self) -> frozenset[Kind]:
        """The troubles that last."""
        with self._lock:
            return frozenset(self._standing)

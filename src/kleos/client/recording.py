"""What both recorders are made of: a spool, the intake before it, the delivery behind it, and their settings."""

import logging
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final
from urllib.parse import quote

import httpx

from kleos.client.backoff import Backoff
from kleos.client.dead_letters import DeadLetters
from kleos.client.delivery import Delivery
from kleos.client.errors import SpoolError
from kleos.client.intake import Intake
from kleos.client.spool import SEGMENT_BYTES, Spool
from kleos.client.troubles import Kind, OnTrouble, Reporter

_log: Final = logging.getLogger("kleos.client")
_AFTER_FAULT_S: Final = 5.0
_CLOSED: Final = "the recorder is closed"


@dataclass(frozen=True, slots=True)
class RecorderSettings:
    """How a recorder behaves.

    ``spool_limit_bytes``: what the spool and its dead letters may take up; an event that finds no room is refused.
    ``memory_limit_bytes``: what may wait in memory for a slow disk. ``fsync_within_s``: an event is durable on the
    disk at most this long after it was recorded. ``send_every_s``: how long events gather while others come.
    ``batch_events``: the most in one request. ``timeout_s``: of a request. ``segment_bytes``: where a new file of the
    spool is begun. ``backoff``: the waits between attempts.
    """

    spool_limit_bytes: int = 1024**3
    memory_limit_bytes: int = 16 * 1024**2
    fsync_within_s: float = 0.1
    send_every_s: float = 0.1
    batch_events: int = 2000
    timeout_s: float = 30.0
    segment_bytes: int = SEGMENT_BYTES
    backoff: Backoff = field(default_factory=Backoff)


@dataclass(frozen=True, slots=True)
class Statistics:
    """A recorder at one moment.

    ``recorded`` and ``refused`` count calls of ``record()``; ``in_memory`` events are not in the spool yet, ``pending``
    ones (those among them) not answered for by the server, the oldest since ``oldest_age_s``. ``accepted``,
    ``duplicates``, ``quarantined`` and ``rejected`` are what became of the ``sent`` ones, ``damaged`` counts places of
    the spool that could not be read. ``troubles`` last at this moment.
    """

    recorded: int
    refused: int
    in_memory: int
    pending: int
    spool_bytes: int
    oldest_age_s: float | None
    sent: int
    accepted: int
    duplicates: int
    quarantined: int
    rejected: int
    damaged: int
    troubles: frozenset[Kind]


class Recording:
    """One game's spool, opened. Raises SpoolInUse or SpoolError."""

    def __init__(self, game: str, spool: Path | str, settings: RecorderSettings, on_trouble: OnTrouble | None) -> None:
        if not game or "/" in game or game.startswith("."):
            raise SpoolError(f"{game!r} is no name of a game")
        self.settings = settings
        self.reporter = Reporter(on_trouble)
        self.spool = Spool(Path(spool) / game, settings.segment_bytes)
        self.dead_letters = DeadLetters(self.spool.folder)
        self.delivery = Delivery(self.spool, self.dead_letters, self.reporter, settings.backoff, settings.batch_events)
        self.intake = Intake(
            self.spool,
            self.dead_letters,
            self.reporter,
            spool_limit_bytes=settings.spool_limit_bytes,
            memory_limit_bytes=settings.memory_limit_bytes,
            fsync_within_s=settings.fsync_within_s,
        )
        self.path = f"/v1/games/{quote(game, safe='')}/events"

    def is_durable(self, timeout_s: float) -> bool:
        return self.intake.mark(time.monotonic() + timeout_s) is not None

    def is_answered(self, timeout_s: float) -> bool:
        """Wait until the server has answered for all that was recorded so far; whether it has, in time."""
        deadline_s = time.monotonic() + timeout_s
        stored_events = self.intake.mark(deadline_s)
        return stored_events is not None and self.spool.wait_until_answered(stored_events, deadline_s)

    def stop_taking(self) -> None:
        """Write what was recorded, and take no more."""
        self.intake.close(_CLOSED, self.settings.timeout_s)

    def gather_s(self) -> float:
        """How long events still gather, counted from the last answer, before they are sent."""
        return max(0.0, self.delivery.answered_at_s + self.settings.send_every_s - time.monotonic())

    def after_fault_s(self, fault: Exception) -> float:
        """Seconds to wait after the sender failed for another reason than the network."""
        if isinstance(fault, OSError):
            return self.delivery.disk_failed(str(fault))
        _log.error("the sender met a fault of its own; it tries again in %g s", _AFTER_FAULT_S, exc_info=fault)
        return _AFTER_FAULT_S

    def statistics(self) -> Statistics:
        counts, in_memory = self.delivery.counts, self.intake.waiting_events
        oldest_at_us = self.spool.oldest_pending_at_us
        return Statistics(
            recorded=self.intake.recorded,
            refused=self.intake.refused,
            in_memory=in_memory,
            pending=in_memory + self.spool.pending_events,
            spool_bytes=self.spool.size_bytes + self.dead_letters.size_bytes,
            oldest_age_s=None if oldest_at_us is None else max(0.0, time.time() - oldest_at_us / 1e6),
            sent=counts.sent,
            accepted=counts.accepted,
            duplicates=counts.duplicates,
            quarantined=counts.quarantined,
            rejected=counts.rejected,
            damaged=counts.damaged,
            troubles=self.reporter.standing,
        )


def address(url: str) -> httpx.URL:
    """The server's address. Raises ValueError where requests could never be sent to it."""
    parsed = httpx.URL(url)
    if parsed.scheme not in ("http", "https") or not parsed.host:
        raise ValueError(f"{url!r} is no address of a server, such as https://kleos.example")
    return parsed


def headers(key: str | None) -> dict[str, str]:
    named = {"Accept": "application/json", "Content-Type": "application/json"}
    return named if key is None else {**named, "Authorization": f"Bearer {key}"}

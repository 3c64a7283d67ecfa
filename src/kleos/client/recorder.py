"""Recording events without waiting, for ordinary code. :class:`kleos.client.AsyncRecorder` is the same for asyncio."""

import logging
import os
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

import httpx

from kleos.client.recording import RecorderSettings, Recording, Statistics, address, headers
from kleos.client.troubles import OnTrouble

_log: Final = logging.getLogger("kleos.client")


class Recorder:
    """Takes a game's events in microseconds, keeps them on disk, and sends them from a thread until they have arrived.

    ``spool`` is a folder of this process's own; what an earlier one left there is sent first. May be shared by
    threads, not by a fork: open it after. Close it, or use it as a context manager. Troubles are logged, and given
    to ``on_trouble``. Raises SpoolInUse or SpoolError where the folder cannot be used.
    """

    def __init__(
        self,
        url: str,
        key: str | None,
        game: str,
        spool: Path | str,
        *,
        settings: RecorderSettings | None = None,
        on_trouble: OnTrouble | None = None,
    ) -> None:
        self._url, self._headers = address(url), headers(key)
        self._recording = Recording(game, spool, settings or RecorderSettings(), on_trouble)
        self._intake = self._recording.intake  # one step less on the way of each event
        self._stop = threading.Event()
        self._work = threading.Event()
        self._hurry = threading.Event()
        self._recording.spool.on_append = self._work.set
        self._process = os.getpid()
        self._work.set()
        self._sender = threading.Thread(target=self._send, name="kleos-sender", daemon=True)
        self._sender.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def record(self, event: str | Mapping[str, Any], /, **fields: Any) -> str:
        """Take one event: its type and fields, or a mapping with ``type``. Gives its id; does not wait for anything.

        ``id`` and ``at`` are made here where they are not given. Raises SpoolFull where there is no room, TypeError
        or ValueError where a field is nothing that JSON can hold, RecorderClosed.
        """
        return self._intake.record(event, fields)

    def sync(self, timeout_s: float = 5.0) -> bool:
        """Wait until what was recorded so far is durable on this machine; whether it is."""
        return self._recording.is_durable(timeout_s)

    def flush(self, timeout_s: float = 30.0) -> bool:
        """Wait until the server has answered for what was recorded so far; whether it has."""
        self._hurry.set()
        return self._recording.is_answered(timeout_s)

    def close(self, timeout_s: float = 5.0) -> None:
        """Send what can be sent within ``timeout_s`` and let go; the rest stays in the spool for the next time."""
        if self._stop.is_set() or self._process != os.getpid():
            return
        deadline_s = time.monotonic() + timeout_s
        self._recording.stop_taking()
        self._hurry.set()
        spool = self._recording.spool
        if not spool.wait_until_answered(spool.stored_events, deadline_s):
            _log.warning("%d events stay in %s and are sent next time", spool.pending_events, spool.folder)
        self._stop.set()
        self._work.set()
        self._sender.join(max(0.1, deadline_s - time.monotonic()))
        spool.close()

    def statistics(self) -> Statistics:
        """How it stands."""
        return self._recording.statistics()

    def _send(self) -> None:
        recording = self._recording
        with httpx.Client(base_url=self._url, headers=self._headers, timeout=recording.settings.timeout_s) as http:
            while True:
                self._work.clear()
                if self._stop.is_set():  # looked at after clearing: close() sets it before it sets the other
                    return
                try:
                    wait_s = self._send_next(http)
                except Exception as fault:
                    wait_s = recording.after_fault_s(fault)
                if wait_s is None:
                    self._work.wait()
                    self._hurry.wait(recording.gather_s())
                else:
                    self._stop.wait(wait_s)

    def _send_next(self, http: httpx.Client) -> float | None:
        """Seconds to wait before the next posting; None when there is none."""
        delivery = self._recording.delivery
        posting = delivery.next_posting()
        if posting is None:
            self._hurry.clear()
            return None
        try:
            response = http.post(self._recording.path, content=posting.body)
        except httpx.HTTPError as failure:
            return delivery.failed(str(failure) or type(failure).__name__)
        return delivery.answered(response.status_code, response.headers, response.content)

"""Ids for events that came without one, so that a request can be repeated safely."""

import threading
import time
from secrets import token_hex


class EventIds:
    """Makes ids that rise: time, counter, and what no other client has. Safe to use from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._last_ns = 0
        self._client = token_hex(6)

    def make(self) -> str:
        with self._lock:
            self._last_ns = max(time.time_ns(), self._last_ns + 1)
            return f"{self._last_ns:016x}-{self._client}"

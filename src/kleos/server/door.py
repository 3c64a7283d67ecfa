"""The door: how many connections an address has open, and how long one may stand there without asking for anything."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Final

from kleos.server.auth.addresses import UNKNOWN, Addresses

STATE_KEY: Final = "door"
MOST_HEAD_BYTES: Final = 64 * 1024
"""Of a request whose head has not come whole."""


@dataclass(frozen=True, slots=True)
class DoorSettings:
    """``most_from_address`` connections at the same time, 0 for as many as they like. Within ``head_timeout_s`` a
    request's head must have come, or the handshake of a protocol that has one of its own; of an answer that waits to be
    read, some must be read within ``read_timeout_s``."""

    most_from_address: int = 1_000
    head_timeout_s: float = 10.0
    read_timeout_s: float = 60.0


class Door:
    """Connections are counted by the peer; behind a trusted proxy only WebSockets are, by whom the proxy names.

    Within ``body_timeout_s`` of its answer the rest of a body must have come that was answered before its end.
    """

    def __init__(self, settings: DoorSettings, addresses: Addresses, body_timeout_s: float = 30.0) -> None:
        self.head_timeout_s = settings.head_timeout_s
        self.read_timeout_s = settings.read_timeout_s
        self.body_timeout_s = body_timeout_s
        self.too_many = 0
        self.too_slow = 0
        self._most = settings.most_from_address
        self._addresses = addresses
        self._open: dict[str, int] = {}

    @property
    def addresses(self) -> int:
        """How many have a connection open."""
        return len(self._open)

    def enter_from(self, peer: str | None) -> Callable[[], None] | None:
        """As :meth:`enter`, for a connection that has said nothing yet. Proxies that are trusted come as they like."""
        address = self._addresses.of_peer(peer or UNKNOWN)
        return _nothing if address is None else self.enter(address)

    def enter(self, address: str) -> Callable[[], None] | None:
        """What is to be called when the connection has ended; None where the address has too many."""
        if not self._most:
            return _nothing
        count = self._open.get(address, 0)
        if count >= self._most:
            self.too_many += 1
            return None
        self._open[address] = count + 1
        return partial(self._leave, address)

    def why_not(self) -> str:
        return f"this address has {self._most} connections open; close some first"

    def _leave(self, address: str) -> None:
        left = self._open[address] - 1
        if left:
            self._open[address] = left
        else:
            del self._open[address]


def _nothing() -> None:
    """Of a connection that is not counted."""

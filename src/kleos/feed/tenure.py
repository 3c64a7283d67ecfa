"""How long a credential holds: who listens to what needs one is looked at again, until it is over."""

import asyncio
from collections.abc import Callable, Iterator
from itertools import islice
from typing import Final, Protocol

from kleos.server.auth.caller import Caller

LOOK_EVERY_S: Final = 0.5
AT_ONCE: Final = 1_000


class Holder(Protocol):
    """Whoever listens by a credential. ``end`` is told who they are, now that it is over."""

    caller: Caller

    def end(self, caller: Caller) -> None: ...


class Tenures:
    """A token that expires, a session that ends, a key that is revoked: within a second its holder is told.

    ``still`` says who a caller is now. Looking costs a few dictionary lookups for each holder, and while there is none
    nothing.
    """

    def __init__(self, still: Callable[[Caller], Caller], every_s: float = LOOK_EVERY_S) -> None:
        self._still = still
        self._every_s = every_s
        self._holders: dict[Holder, None] = {}
        self._next: asyncio.Handle | None = None

    def __len__(self) -> int:
        return len(self._holders)

    def hold(self, holder: Holder) -> None:
        self._holders[holder] = None
        if self._next is None:
            self._wait()

    def drop(self, holder: Holder) -> None:
        self._holders.pop(holder, None)

    def close(self) -> None:
        self._holders.clear()
        if self._next is not None:
            self._next.cancel()

    def _wait(self) -> None:
        self._next = asyncio.get_running_loop().call_later(self._every_s, self._look)

    def _look(self) -> None:
        if self._holders:
            self._look_at(iter(list(self._holders)))
        else:
            self._next = None

    def _look_at(self, left: Iterator[Holder]) -> None:
        some = list(islice(left, AT_ONCE))
        for holder in some:
            if holder in self._holders:
                now = self._still(holder.caller)
                if now is not holder.caller:
                    holder.end(now)
        if some:
            self._next = asyncio.get_running_loop().call_soon(self._look_at, left)
        else:
            self._wait()

"""An audience: one message to many listeners, a slice of them at a time, so that the loop serves others meanwhile."""

import asyncio
from collections import deque
from collections.abc import Iterator
from itertools import islice
from typing import Final, Generic, Protocol, TypeVar

AT_ONCE: Final = 400
"""So many are told without a pause: a few milliseconds of writing to sockets."""

Told = TypeVar("Told", contravariant=True)


class Listener(Protocol[Told]):
    """Whoever hears messages. ``deliver`` must neither block nor raise, however slow the other end is."""

    def deliver(self, message: Told) -> None: ...


class Audience(Generic[Told]):
    """Everybody hears the messages in the order in which they were told, and none from before they joined."""

    __slots__ = ("_joined_at", "_under_way", "_when_done", "told")

    def __init__(self) -> None:
        self.told = 0
        self._joined_at: dict[Listener[Told], int] = {}
        self._under_way: deque[tuple[Told, int, Iterator[Listener[Told]]]] = deque()
        self._when_done: asyncio.Future[None] | None = None

    def __len__(self) -> int:
        return len(self._joined_at)

    def __iter__(self) -> Iterator[Listener[Told]]:
        return iter(self._joined_at)

    def join(self, listener: Listener[Told]) -> None:
        """From the next message on. Who is there already starts anew: what is still under way is not for them."""
        self._joined_at[listener] = self.told

    def leave(self, listener: Listener[Told]) -> bool:
        """Whether it was there. It hears nothing more, not even what is under way."""
        return self._joined_at.pop(listener, None) is not None

    def tell(self, message: Told) -> None:
        """Few have heard it when this returns; of many, the first have, and the others do in the next turns."""
        self.told += 1
        if not self._under_way and len(self._joined_at) <= AT_ONCE:
            for listener in self._joined_at:
                listener.deliver(message)
            return
        self._under_way.append((message, self.told, iter(list(self._joined_at))))
        if len(self._under_way) == 1:
            self._tell_some()

    async def all_told(self) -> None:
        """Returns when nothing is under way."""
        while self._under_way:
            if self._when_done is None:
                self._when_done = asyncio.get_running_loop().create_future()
            await asyncio.shield(self._when_done)

    def _tell_some(self) -> None:
        message, number, left = self._under_way[0]
        joined_at, some = self._joined_at, list(islice(left, AT_ONCE))
        for listener in some:
            if joined_at.get(listener, number) < number:
                listener.deliver(message)
        if len(some) < AT_ONCE:
            self._under_way.popleft()
        if self._under_way:
            asyncio.get_running_loop().call_soon(self._tell_some)
        elif self._when_done is not None:
            self._when_done.set_result(None)
            self._when_done = None

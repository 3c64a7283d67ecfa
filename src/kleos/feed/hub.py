"""The hub: who listens to what, and the numbered messages of every topic. It knows no protocol and no game.

A topic that somebody listens to has a channel. A channel numbers its messages and keeps the last of them, so that who
comes back with the last number that he has gets what he missed, or else a fresh snapshot. It stays for a while after
the last listener has gone. Numbers begin with the time of the channel's making in microseconds, so that they rise
through restarts too, and no number of an earlier life is taken for one of this.
"""

import asyncio
import logging
import time
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Any, Final, Protocol

from kleos.core.errors import KleosError
from kleos.feed import audience
from kleos.feed.message import Message
from kleos.feed.topics import Topic

KEPT_MESSAGES: Final = 256
KEPT_BYTES: Final = 256 * 1024
LINGERS_S: Final = 30.0
MOST_LINGERING: Final = 10_000

SNAPSHOT: Final = "snapshot"
RESUMED: Final = "resumed"

logger = logging.getLogger(__name__)


Listener = audience.Listener[Message]


class Source(Protocol):
    """What tells of one topic: it publishes to its channel as long as that is open."""

    async def snapshot(self) -> Message:
        """The topic as it is, numbered by the last message that is surely in it. Raises KleosError where there is no
        such thing."""

    def close(self) -> None: ...


class Channel:
    """One topic's numbers, its last messages and its listeners."""

    __slots__ = ("_kept", "_kept_bytes", "closing", "joining", "listeners", "n", "name", "source", "topic")

    def __init__(self, topic: Topic, n: int) -> None:
        self.topic = topic
        self.name = str(topic)
        self.n = n
        self.listeners: audience.Audience[Message] = audience.Audience()
        self.joining = 0
        self.source: Source
        self.closing: asyncio.TimerHandle | None = None
        self._kept: deque[Message] = deque()
        self._kept_bytes = 0

    def publish(self, kind: str, told: Any) -> Message:
        """Numbers a message and gives it to everybody who listens now; of many, to some of them in a moment."""
        self.n += 1
        message = Message(self.name, self.n, kind, told)
        self._kept.append(message)
        self._kept_bytes += len(message.json)
        while len(self._kept) > KEPT_MESSAGES or (self._kept_bytes > KEPT_BYTES and len(self._kept) > 1):
            self._kept_bytes -= len(self._kept.popleft().json)
        self.listeners.tell(message)
        return message

    def covers(self, last: int) -> bool:
        """Whether everything after ``last`` is still here."""
        if last == self.n:
            return True
        return bool(self._kept) and self._kept[0].n - 1 <= last < self.n

    def after(self, last: int) -> list[Message]:
        return [message for message in self._kept if message.n > last]


class Hub:
    """``open_source`` makes the source of a new channel, ``source_closed`` hears when it is gone.

    ``now_us`` is where numbers begin.
    """

    def __init__(
        self,
        open_source: Callable[[Channel], Source],
        source_closed: Callable[[Channel], None] = lambda channel: None,
        now_us: Callable[[], int] = lambda: time.time_ns() // 1_000,
        lingers_s: float = LINGERS_S,
    ) -> None:
        self._open_source = open_source
        self._source_closed = source_closed
        self._now_us = now_us
        self._lingers_s = lingers_s
        self._channels: dict[Topic, Channel] = {}
        self._lingering: dict[Topic, Channel] = {}
        self._greatest_n = 0

    def __len__(self) -> int:
        return len(self._channels)

    def channel(self, topic: Topic) -> Channel | None:
        return self._channels.get(topic)

    async def subscribe(
        self,
        listener: Listener,
        topic: Topic,
        last: int | None = None,
        room: Callable[[], Awaitable[None]] | None = None,
    ) -> Channel:
        """From here on the listener hears the topic: first what it missed since ``last``, or a snapshot.

        ``room`` is awaited before a snapshot is delivered, so that who asks for many cannot be buried under them.
        Who listens already starts anew. Raises KleosError where there is no such thing; then it does not listen.
        """
        channel = self._channel(topic)
        channel.listeners.leave(listener)
        channel.joining += 1
        try:
            if last is not None and channel.covers(last):
                listener.deliver(Message(channel.name, last, RESUMED, {"missed": channel.n - last}))
            else:
                snapshot = await channel.source.snapshot()
                if room is not None:
                    await room()
                while not channel.covers(snapshot.n):
                    snapshot = await channel.source.snapshot()
                listener.deliver(snapshot)
                last = snapshot.n
            for message in channel.after(last):
                listener.deliver(message)
            channel.listeners.join(listener)
        except KleosError:
            if channel.joining == 1 and not channel.listeners:
                self._drop(channel)
            raise
        finally:
            channel.joining -= 1
            self._linger_if_alone(channel)
        return channel

    def unsubscribe(self, listener: Listener, topic: Topic) -> None:
        channel = self._channels.get(topic)
        if channel is not None and channel.listeners.leave(listener):
            self._linger_if_alone(channel)

    def close(self) -> None:
        for channel in list(self._channels.values()):
            self._drop(channel)

    def _channel(self, topic: Topic) -> Channel:
        channel = self._channels.get(topic)
        if channel is None:
            self._greatest_n = max(self._now_us(), self._greatest_n + 1)
            channel = Channel(topic, self._greatest_n)
            channel.source = self._open_source(channel)
            self._channels[topic] = channel
        elif channel.closing is not None:
            channel.closing.cancel()
            channel.closing = None
            self._lingering.pop(topic, None)
        return channel

    def _linger_if_alone(self, channel: Channel) -> None:
        if channel.listeners or channel.joining or self._channels.get(channel.topic) is not channel:
            return
        self._lingering[channel.topic] = channel
        channel.closing = asyncio.get_running_loop().call_later(self._lingers_s, self._drop, channel)
        if len(self._lingering) > MOST_LINGERING:
            self._drop(next(iter(self._lingering.values())))

    def _drop(self, channel: Channel) -> None:
        if channel.closing is not None:
            channel.closing.cancel()
        self._lingering.pop(channel.topic, None)
        self._channels.pop(channel.topic, None)
        self._greatest_n = max(self._greatest_n, channel.n)
        channel.source.close()
        self._source_closed(channel)

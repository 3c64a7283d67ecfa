"""Live updates for asyncio: what is listened to, through lost connections and restarts, with nothing heard twice.

>>> async with Feed("http://127.0.0.1:8000", ["board:arcade/total_score"]) as feed:
...     async for message in feed:
...         print(message.type, message.told)
"""

import asyncio
import json
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Final, Self
from urllib.parse import urlsplit, urlunsplit

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake

from kleos.client.errors import KleosAPIError

FIRST_WAIT_S: Final = 0.25
LONGEST_WAIT_S: Final = 30.0
OPEN_WITHIN_S: Final = 10.0
_DOUBLINGS: Final = 30
"""Of the wait, at most: a server may be away for days."""
_ABOUT_THE_CONNECTION: Final = frozenset({"resumed", "subscribed", "unsubscribed", "welcome"})


Token = str | Callable[[], Awaitable[str]] | None


@dataclass(frozen=True, slots=True)
class Message:
    """``told`` is the whole message; ``n``, the topic's number of it, rises by one each time after a snapshot."""

    topic: str
    n: int
    type: str
    told: Mapping[str, Any]


class Feed:
    """One connection to the feed, opened again whenever it is lost; iterate over it for the messages.

    After a loss each topic goes on behind the last message heard; where too much was missed a new snapshot comes.
    What the server refuses (an unknown board, another player's private topic) is raised from the iteration as
    KleosAPIError; the other topics go on. For one task; ``token`` is a player's, or a function that gives a good one:
    it is asked for each connection, and when the one before has ended. Without it the end of a token is raised. Where
    the function raises OSError it is asked again after a while; anything else is raised from the iteration, and the
    next one begins anew.
    """

    def __init__(self, url: str, topics: Iterable[str] = (), token: Token = None) -> None:
        parts = urlsplit(url)
        scheme = {"http": "ws", "https": "wss"}.get(parts.scheme, parts.scheme)
        self._url = urlunsplit((scheme, parts.netloc, parts.path.rstrip("/") + "/v1/feed", "", ""))
        self._token = token
        self._topics = dict.fromkeys(topics)
        self._last: dict[str, int] = {}
        self._canonical: dict[str, str] = {}
        self._socket: ClientConnection | None = None
        self._failures = 0

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Let go of the connection."""
        socket, self._socket = self._socket, None
        if socket is not None:
            await socket.close()

    async def subscribe(self, *topics: str) -> None:
        """Listen to more."""
        new = [topic for topic in topics if topic not in self._topics]
        self._topics.update(dict.fromkeys(new))
        await self._say({"subscribe": new})

    async def unsubscribe(self, *topics: str) -> None:
        """Listen to less."""
        for topic in topics:
            self._topics.pop(topic, None)
            self._last.pop(self._canonical.get(topic, topic), None)
        await self._say({"unsubscribe": list(topics)})

    async def __aiter__(self) -> AsyncIterator[Message]:
        while True:
            if self._socket is None:
                await self._open()
            assert self._socket is not None
            try:
                message = await self._take(json.loads(await self._socket.recv()))
            except ConnectionClosed as closed:
                await self._wait(closed)
                continue
            except OSError:  # of whatever gives a token
                await self._wait(None)
                continue
            if message is not None:
                yield message

    async def _open(self) -> None:
        while self._socket is None:
            try:
                asked = await self._with_token({"subscribe": list(self._topics), "last": self._last_by_name()})
                socket = await connect(self._url, max_size=None, open_timeout=OPEN_WITHIN_S)
                try:
                    await socket.send(json.dumps(asked))
                except BaseException:
                    await socket.close()
                    raise
                self._socket = socket
            except (OSError, TimeoutError, InvalidHandshake, ConnectionClosed):
                await self._wait(None)

    async def _wait(self, closed: ConnectionClosed | None) -> None:
        """Before the next try: as long as the server said, else longer each time; never quite as long as others."""
        self._socket = None
        wait_s = min(FIRST_WAIT_S * 2.0 ** min(self._failures, _DOUBLINGS), LONGEST_WAIT_S) * random.uniform(0.5, 1.0)
        self._failures += 1
        if closed is not None and closed.rcvd is not None:
            with suppress(ValueError, KeyError, TypeError):
                wait_s = float(json.loads(closed.rcvd.reason)["retry_after_ms"]) / 1000
        await asyncio.sleep(min(wait_s, LONGEST_WAIT_S))

    async def _take(self, told: dict[str, Any]) -> Message | None:
        kind = told["type"]
        self._failures = 0
        if kind == "error" and "retry_after_s" in told:  # nothing that was asked for is heard
            await self.close()
            await asyncio.sleep(told["retry_after_s"])
            return None
        if kind == "error":
            raise KleosAPIError(0, told["code"], told["detail"], told)
        if kind == "ended":
            if not callable(self._token):
                raise KleosAPIError(0, kind, told["detail"], told)
            await self._renew(told["topics"])
            return None
        if kind == "resync":
            await self._say({"subscribe": told["topics"], "last": self._last})
            return None
        if kind == "subscribed":
            self._canonical[told["asked"]] = told["topic"]
        if kind in _ABOUT_THE_CONNECTION:
            return None
        topic, n = told["topic"], told["n"]
        if kind != "snapshot" and n <= self._last.get(topic, 0):
            return None  # heard before the connection was lost
        self._last[topic] = n
        return Message(topic, n, kind, told)

    async def _renew(self, topics: list[str]) -> None:
        """Where there is no token to be had, this connection is let go of: it hears these topics no longer."""
        try:
            asked = await self._with_token({"subscribe": topics, "last": self._last})
        except BaseException:
            await self.close()
            raise
        await self._say(asked)

    async def _with_token(self, asked: dict[str, Any]) -> dict[str, Any]:
        token = await self._token() if callable(self._token) else self._token
        return asked if token is None else {"token": token, **asked}

    def _last_by_name(self) -> dict[str, int]:
        names = {name: self._canonical.get(name, name) for name in self._topics}
        return {name: self._last[topic] for name, topic in names.items() if topic in self._last}

    async def _say(self, asked: dict[str, Any]) -> None:
        if self._socket is not None:
            with suppress(ConnectionClosed):  # the iteration finds out, and says it all again
                await self._socket.send(json.dumps(asked))

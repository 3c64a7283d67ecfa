"""A whole server whose sockets ask often whether the other end lives, and clients on real sockets."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import httpx
import pytest
from websockets.asyncio.client import ClientConnection, connect

from kleos.engine.engine import Engine
from kleos.feed.feed import Feed
from kleos.server.app import create_app
from kleos.server.auth.access import Access
from kleos.server.auth.tokens import Holder
from kleos.server.serving import listen, running
from kleos.store.database import Database
from kleos.store.embedded import EmbeddedPostgres
from kleos.store.pool import open_connection, open_pool

KEY = "kleos_the-key-of-these-tests"
PING_EVERY_S = 1.5
HEAR_WITHIN_S = 60.0


@dataclass(slots=True)
class Server:
    url: str
    http: httpx.AsyncClient
    feed: Feed
    access: Access
    headers: dict[str, str] = field(default_factory=lambda: {"Authorization": f"Bearer {KEY}"})

    def token(self, player: str) -> str:
        """As a log-in gives it."""
        return self.access.tokens.issue(Holder(1, player, (), (), "session", 0))

    @property
    def feed_url(self) -> str:
        return self.url.replace("http", "ws", 1) + "/v1/feed"

    @property
    def port(self) -> int:
        return int(self.url.rpartition(":")[2])

    async def send(self, game: str, *events: dict[str, Any]) -> Any:
        response = await self.http.post(f"/v1/games/{game}/events", json=list(events), headers=self.headers)
        assert response.status_code == 200, response.text
        answer = response.json()
        assert answer["accepted"] == len(events), answer
        return answer

    async def score(self, player: str, score: float, **fields: Any) -> None:
        event = {"type": "score_submitted", "player": player, "score": score, "game_mode": "classic", **fields}
        await self.send("arcade", event)

    @asynccontextmanager
    async def listener(self, *topics: str, **asked: Any) -> AsyncIterator["Client"]:
        async with connect(self.feed_url, max_size=None) as socket:
            client = Client(socket)
            if topics:
                await client.say(subscribe=list(topics), **asked)
            yield client


@dataclass(slots=True)
class Client:
    socket: ClientConnection

    async def say(self, **asked: Any) -> None:
        await self.socket.send(json.dumps(asked))

    async def hear(self, kind: str | None = None) -> Any:
        """The next message; of a kind, where one is given: another is a failure."""
        async with asyncio.timeout(HEAR_WITHIN_S):
            message = json.loads(await self.socket.recv())
        assert kind is None or message["type"] == kind, message
        return message

    async def hear_until(self, kind: str) -> Any:
        while (message := await self.hear())["type"] != kind:
            pass
        return message


def away_once(monkeypatch: pytest.MonkeyPatch, owner: object, name: str) -> None:
    """What asks the database finds it away, the first time."""
    ask: Callable[..., Awaitable[Any]] = getattr(owner, name)
    is_away = True

    async def asked(*given: Any) -> Any:
        nonlocal is_away
        if is_away:
            is_away = False
            raise ConnectionError("the database is away for a moment")
        return await ask(*given)

    monkeypatch.setattr(owner, name, asked)


@pytest.fixture(scope="module")
async def server(postgres: EmbeddedPostgres, template: str) -> AsyncIterator[Server]:
    name = f"feed_{uuid4().hex[:12]}"
    await _administer(postgres, f'CREATE DATABASE "{name}" TEMPLATE "{template}" STRATEGY FILE_COPY')
    dsn = postgres.dsn.replace("/kleos?", f"/{name}?", 1)
    pool = await open_pool(dsn, min_size=1, max_size=8)
    app = create_app(lambda: Engine.open(Database(dsn, pool)), KEY)
    async with (
        running(app, listen("127.0.0.1", 0), PING_EVERY_S) as url,
        httpx.AsyncClient(base_url=url, timeout=30) as http,
    ):
        yield Server(url, http, app.state.feed, app.state.access)
    pool.terminate()
    await _administer(postgres, f'DROP DATABASE "{name}" WITH (FORCE)')


async def _administer(postgres: EmbeddedPostgres, statement: str) -> None:
    connection = await open_connection(postgres.dsn)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()

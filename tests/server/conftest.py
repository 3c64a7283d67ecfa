"""A whole server on loopback, over a database of its own."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import httpx
import pytest

from kleos.engine.engine import Engine
from kleos.feed.feed import Feed
from kleos.server.app import create_app
from kleos.server.auth.access import Access
from kleos.server.errors import PROBLEM_JSON
from kleos.server.serving import listen, running
from kleos.store.database import Database
from kleos.store.embedded import EmbeddedPostgres
from kleos.store.pool import open_connection, open_pool

KEY = "kleos_the-key-of-these-tests"
NOW_US = 1_790_000_000_000_000  # 2026-09-21T14:13:20Z
HOUR_US = 3_600_000_000


@dataclass(slots=True)
class Clock:
    """A clock that tests turn."""

    now_us: int = NOW_US

    def __call__(self) -> int:
        return self.now_us


@dataclass(slots=True)
class Server:
    """A running server, and how tests speak to it. Requests carry the key unless told not to."""

    url: str
    http: httpx.AsyncClient
    engine: Engine
    access: Access
    clock: Clock
    feed: Feed
    headers: Mapping[str, str] = field(default_factory=lambda: {"Authorization": f"Bearer {KEY}"})

    async def get(self, path: str, **params: Any) -> Any:
        response = await self.http.get(path, params=params)
        assert response.status_code == 200, response.text
        return response.json()

    async def send(self, game: str, events: Sequence[Mapping[str, Any]], **params: Any) -> Any:
        response = await self.http.post(
            f"/v1/games/{game}/events", json=list(events), params=params, headers=self.headers
        )
        assert response.status_code == 200, response.text
        return response.json()

    async def put(self, path: str, body: Any) -> Any:
        response = await self.http.put(path, json=body, headers=self.headers)
        assert response.status_code == 200, response.text
        return response.json()

    async def refused(self, method: str, path: str, status: int, **options: Any) -> dict[str, Any]:
        """The problem of a request that is turned away."""
        options.setdefault("headers", self.headers)
        return problem_of(await self.http.request(method, path, **options), status)


def problem_of(response: httpx.Response, status: int) -> dict[str, Any]:
    assert response.status_code == status, f"{response.status_code}: {response.text}"
    assert response.headers["content-type"] == PROBLEM_JSON
    said: dict[str, Any] = response.json()
    assert said["status"] == status
    assert said["type"].startswith("urn:kleos:problem:")
    assert said["title"]
    assert said["detail"]
    return said


@asynccontextmanager
async def serving(dsn: str, clock: Clock) -> AsyncIterator[Server]:
    """A server on this database while the block runs."""
    pool = await open_pool(dsn, min_size=1, max_size=8)
    app = create_app(lambda: Engine.open(Database(dsn, pool), clock=clock), KEY)
    async with running(app, listen("127.0.0.1", 0)) as url, httpx.AsyncClient(base_url=url, timeout=30) as http:
        yield Server(url, http, app.state.engine, app.state.access, clock, app.state.feed)
    pool.terminate()


@pytest.fixture(scope="module")
async def server(postgres: EmbeddedPostgres, template: str) -> AsyncIterator[Server]:
    name = f"server_{uuid4().hex[:12]}"
    await _administer(postgres, f'CREATE DATABASE "{name}" TEMPLATE "{template}" STRATEGY FILE_COPY')
    dsn = postgres.dsn.replace("/kleos?", f"/{name}?", 1)
    async with serving(dsn, Clock()) as server:
        yield server
    await _administer(postgres, f'DROP DATABASE "{name}" WITH (FORCE)')


async def _administer(postgres: EmbeddedPostgres, statement: str) -> None:
    connection = await open_connection(postgres.dsn)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()

"""A whole server on loopback with accounts, a clock that tests turn, and passwords that are cheap to check."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from argon2 import PasswordHasher

from kleos.engine.engine import Engine
from kleos.server.app import create_app
from kleos.server.auth.access import Access, AccessSettings
from kleos.server.auth.limits import LimitSettings
from kleos.server.serving import listen, running
from kleos.store.database import Database
from tests.server.conftest import Clock, problem_of

ADMIN_KEY = "kleos_the-admin-key-of-these-tests"
PASSWORD = "correct horse battery"
SECOND_US = 1_000_000
GENEROUS = LimitSettings(user_per_minute=10_000, sign_in_per_minute=10_000, failed_logins=1_000)


@dataclass(slots=True)
class Site:
    """A running server, and how tests speak to it."""

    url: str
    http: httpx.AsyncClient
    engine: Engine
    access: Access
    clock: Clock

    async def ask(
        self, method: str, path: str, token: str | None = None, json: Any = None, **options: Any
    ) -> httpx.Response:
        headers = {"Authorization": f"Bearer {token}", **options.pop("headers", {})} if token else None
        if headers is None:
            headers = options.pop("headers", {})
        if json is not None:
            options["json"] = json
        return await self.http.request(method, path, headers=headers, **options)

    async def good(self, method: str, path: str, token: str | None = None, json: Any = None, **options: Any) -> Any:
        response = await self.ask(method, path, token, json, **options)
        assert 200 <= response.status_code < 300, f"{response.status_code}: {response.text}"
        return response.json() if response.content else None

    async def refused(
        self, status: int, method: str, path: str, token: str | None = None, json: Any = None, **options: Any
    ) -> dict[str, Any]:
        return problem_of(await self.ask(method, path, token, json, **options), status)

    async def registered(self, player: str, **more: str) -> dict[str, Any]:
        body = {"address": f"{player}@example.org", "password": PASSWORD, "player": player, **more}
        tokens: dict[str, Any] = await self.good("POST", "/v1/auth/register", json=body)
        return tokens

    async def with_roles(self, player: str, **change: Any) -> str:
        """The access token of a new account with these roles."""
        await self.registered(player)
        await self.good("PATCH", f"/v1/accounts/{player}", ADMIN_KEY, change)
        login = {"address": f"{player}@example.org", "password": PASSWORD}
        return str((await self.good("POST", "/v1/auth/login", json=login))["access_token"])

    async def key(self, games: list[str] | None, *scopes: str, **more: Any) -> str:
        body = {"label": "a test's", "games": games, "scopes": list(scopes), **more}
        return str((await self.good("POST", "/v1/keys", ADMIN_KEY, body))["key"])


@asynccontextmanager
async def opened(database: Database, **settings: Any) -> AsyncIterator[Site]:
    clock = Clock()
    hasher = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    given = {"admin_key": ADMIN_KEY, "hasher": hasher, "limits": GENEROUS, **settings}
    app = create_app(lambda: Engine.open(database, clock=clock), access=AccessSettings(**given))
    async with running(app, listen("127.0.0.1", 0)) as url, httpx.AsyncClient(base_url=url, timeout=30) as http:
        yield Site(url, http, app.state.engine, app.state.access, clock)


@pytest.fixture
async def site(database: Database) -> AsyncIterator[Site]:
    async with opened(database) as site:
        yield site


def run(player: str | None = None, **fields: Any) -> Mapping[str, Any]:
    """An event of the arcade, which takes them from players."""
    event = {"type": "score_submitted", "score": 10.0, "game_mode": "classic", **fields}
    return event if player is None else {**event, "player": player}

"""Every route keeps to the OpenAPI document, whatever is asked and whoever asks: schemathesis against a real server.

Of each operation, requests that fit its schema and requests that break it are sent with the admin key, with a player's
token and with nothing. Half of those that fit speak of players, boards and matches that exist.
"""

import asyncio
import random
import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import cache
from typing import Any, Final
from uuid import uuid4

import httpx
import pytest
import requests
import schemathesis
from argon2 import PasswordHasher
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import seed as seeded
from hypothesis import strategies as st
from hypothesis.errors import Unsatisfiable
from schemathesis import BaseSchema, Case, GenerationMode
from schemathesis.checks import CHECKS, load_all_checks

from kleos.engine.engine import Engine
from kleos.server.app import create_app
from kleos.server.auth.access import AccessSettings
from kleos.server.auth.limits import LimitSettings
from kleos.server.errors import PROBLEM_JSON
from kleos.server.serving import listen, running
from kleos.store.database import Database
from kleos.store.embedded import EmbeddedPostgres
from kleos.store.pool import open_connection, open_pool
from tests.server.auth.conftest import ADMIN_KEY, PASSWORD
from tests.server.conftest import Clock

CALLERS: Final = ("admin", "player", "nobody")
EXAMPLES: Final = 5
NUMBERED: Final = frozenset({"version", "correction", "quarantine"})
"""The parameters of paths that only match a number."""
"""Of each operation: requests that fit, and as many that do not."""

UNLIMITED: Final = LimitSettings(0, 0, 0, 0, 0, 0)
CHECKS_RUN: Final = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
)
OF_THE_CONNECTION: Final = ("Host", "Connection", "Upgrade", "Expect", "TE", "Content-Length", "Transfer-Encoding")
"""A word of a source file may come up as a header's name; with these the request is refused before it is one."""
OWN_503: Final = ("/ready", "/api/leaderboard/health")
"""What answers in its own shape when something is away."""

AT: Final = "2026-09-20T10:00:00Z"

PLACES: Final[Mapping[str, Mapping[str, str]]] = {
    "golf": {"board": "wins", "sheet": "career", "achievement": "win_1", "match": "golf-1", "chart": "form"},
    "arcade": {"board": "mode_best", "sheet": "by_mode", "achievement": "none", "match": "arcade-1", "chart": "none"},
    "quest": {"board": "points", "sheet": "awards", "achievement": "prologue", "match": "quest-1", "chart": "none"},
}
"""By game, what its paths may name."""


@cache
def document() -> dict[str, Any]:
    app = create_app(lambda: Engine.open(Database("", None)))  # type: ignore[arg-type]
    return app.openapi_schema.to_schema()


def operations() -> list[str]:
    """Every operation of the document, as `GET /v1/games`."""
    return [f"{method.upper()} {path}" for path, item in document()["paths"].items() for method in item]


@dataclass(slots=True)
class Api:
    """A running server with games in it, its document, and who calls it."""

    url: str
    http: httpx.AsyncClient
    schema: BaseSchema
    seed: int
    token: str = ""

    async def headers(self, caller: str) -> dict[str, str]:
        if caller == "admin":
            return {"Authorization": f"Bearer {ADMIN_KEY}"}
        if caller == "nobody":
            return {}
        mine = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        if (await self.http.get("/v1/me", headers=mine)).status_code != 200:  # some operation has ended the session
            self.token = await register(self.http)
        return {"Authorization": f"Bearer {self.token}"}


async def register(http: httpx.AsyncClient) -> str:
    player = f"player-{uuid4().hex[:8]}"
    body = {"address": f"{player}@example.org", "password": PASSWORD, "player": player}
    answer = await http.post("/v1/auth/register", json=body)
    assert answer.status_code == 201, answer.text
    token: str = answer.json()["access_token"]
    return token


async def send(http: httpx.AsyncClient, game: str, *events: Mapping[str, Any]) -> None:
    headers = {"Authorization": f"Bearer {ADMIN_KEY}"}
    stamped = [{"match": f"{game}-1", "at": AT, **event} for event in events]
    answer = await http.post(f"/v1/games/{game}/events", json=stamped, headers=headers)
    assert answer.status_code == 200, answer.text
    assert answer.json()["accepted"] == len(events), answer.text


async def play(http: httpx.AsyncClient) -> None:
    """Some of golf, arcade and quest, with a quarantined run, a season, a profile and a private match."""
    headers = {"Authorization": f"Bearer {ADMIN_KEY}"}
    totals = {"ann": 20, "bob": 31}
    rounds = [{"type": "round_ended", "scores": {"ann": -2, "bob": 10}, "winner": "ann", "finisher": "ann"}] * 6
    games = [{"type": "game_ended", "totals": totals, "winner": "ann", "humans": 2}] * 6
    await send(http, "golf", *rounds, *games)
    run = {"type": "score_submitted", "player": "ann", "score": 500.5, "game_mode": "classic", "duration_ms": 60_000}
    await send(http, "arcade", run, {**run, "player": "bob", "game_mode": "ranked"})
    await http.post("/v1/games/arcade/events", json={**run, "game_mode": "none of these"}, headers=headers)
    await send(http, "quest", {"type": "session_ended", "player": "ann", "hours": 2.5})
    unlock = {"player_id": "ann", "achievement_id": "quest/prologue", "timestamp": AT}
    season = {"name": "spring", "starts_at": "2026-03-01T00:00:00Z", "ends_at": "2026-06-01T00:00:00Z"}
    hidden = {"controllers": ["ann"], "visibility": "private"}
    for method, path, body in (
        ("PUT", "/v1/players/ann", {"name": "Ann", "region": "eu"}),
        ("POST", "/api/v1/achievements/unlock", unlock),
        ("POST", "/v1/games/golf/seasons", season),
        ("POST", "/v1/games/golf/matches/hidden", hidden),
    ):
        answer = await http.request(method, path, json=body, headers=headers)
        assert answer.status_code in (200, 201), answer.text


@asynccontextmanager
async def serving(dsn: str) -> AsyncIterator[tuple[str, httpx.AsyncClient]]:
    pool = await open_pool(dsn, min_size=1, max_size=8)
    access = AccessSettings(
        admin_key=ADMIN_KEY, limits=UNLIMITED, hasher=PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    )
    app = create_app(lambda: Engine.open(Database(dsn, pool), clock=Clock()), access=access)
    once = httpx.Limits(max_keepalive_connections=0)  # it is long between two requests of this client
    async with (
        running(app, listen("127.0.0.1", 0)) as url,
        httpx.AsyncClient(base_url=url, timeout=30, limits=once) as http,
    ):
        yield url, http
    pool.terminate()


@pytest.fixture(scope="module")
async def api(postgres: EmbeddedPostgres, template: str) -> AsyncIterator[Api]:
    name = f"schemathesis_{uuid4().hex[:12]}"
    await _administer(postgres, f'CREATE DATABASE "{name}" TEMPLATE "{template}" STRATEGY FILE_COPY')
    async with serving(postgres.dsn.replace("/kleos?", f"/{name}?", 1)) as (url, http):
        await play(http)
        served = (await http.get("/openapi.json")).json()
        load_all_checks()
        yield Api(url, http, schemathesis.openapi.from_dict(served), random.randrange(2**32))
    await _administer(postgres, f'DROP DATABASE "{name}" WITH (FORCE)')


async def _administer(postgres: EmbeddedPostgres, statement: str) -> None:
    connection = await open_connection(postgres.dsn)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()


@schemathesis.serializer("application/toml", "application/x-ndjson")
def as_it_is(context: schemathesis.SerializationContext, text: str) -> bytes:
    return str(text).encode("utf-8", "replace")


def place(case: Case[Any], game: str) -> None:
    """Names what there is in the game, wherever the request names anything."""
    known = {"game": game, "game_id": game, "season": "spring", "key": "none", "span": 5, **PLACES[game]}
    known |= dict.fromkeys(("player", "player_id", "user_id", "with"), "ann")
    for parameters in (case.path_parameters, case.query):
        parameters.update({name: known[name] for name in parameters if name in known})


def _is_routed(parameter: tuple[str, Any]) -> bool:
    name, value = parameter
    return name not in NUMBERED or re.fullmatch(r"\d{1,18}", str(value)) is not None


def examine(operation: Any, url: str, callers: Mapping[str, dict[str, str]], seed: int) -> None:
    checks: list[Any] = list(CHECKS.get_by_names(list(CHECKS_RUN)))
    secured = bool(operation.definition.raw.get("security"))
    takes_anything = not operation.query and not operation.body
    with requests.Session() as session:

        def ask(case: Case[Any], game: str | None) -> None:
            for header in OF_THE_CONNECTION:
                case.headers.pop(header, None)
            if game is not None:
                place(case, game)
            for caller, headers in callers.items():
                answer = case.call(base_url=url, headers=headers, session=session)
                case.validate_response(answer, checks)
                if secured and caller == "nobody":
                    # A number's place in the path that holds none is an address that does not exist.
                    expected = {401} if all(map(_is_routed, case.path_parameters.items())) else {401, 404}
                    assert answer.status_code in expected, f"{answer.status_code} without a credential"

        for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
            if mode is GenerationMode.NEGATIVE and takes_anything:
                continue
            cases = given(operation.as_strategy(mode), st.sampled_from([None, *PLACES]))
            try:
                seeded(seed)(_bounded(cases(ask)))()
            except Unsatisfiable:
                assert mode is GenerationMode.NEGATIVE, "no request fits the schema"


def _bounded(test: Any) -> Any:
    return settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )(test)


@pytest.mark.parametrize("label", operations())
async def test_an_operation_answers_as_documented(api: Api, label: str) -> None:
    print(f"seed {api.seed}")
    operation = api.schema.find_operation_by_label(label)
    assert operation is not None
    callers = {caller: await api.headers(caller) for caller in CALLERS}
    await asyncio.to_thread(examine, operation, api.url, callers, api.seed)


def test_every_documented_failure_is_a_problem() -> None:
    for path, item in document()["paths"].items():
        for method, operation in item.items():
            for status, answer in operation["responses"].items():
                if status >= "400" and not (path in OWN_503 and status == "503"):
                    assert list(answer["content"]) == [PROBLEM_JSON], (method, path, status)

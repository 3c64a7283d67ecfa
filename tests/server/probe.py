"""A game that takes everything an event can hold, and a quick way to send it what it should not get."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx

from tests.server.conftest import Server, problem_of

DEFINITION = Path(__file__).with_name("probe.toml").read_text(encoding="utf-8")
PATH = "/v1/games/probe/events"
NDJSON = "application/x-ndjson"


async def install(server: Server) -> None:
    response = await server.http.put("/v1/games/probe/definition", content=DEFINITION, headers=server.headers)
    assert response.status_code == 200, response.text


def fresh() -> str:
    """An id that no other test has."""
    return uuid4().hex


def probe(player: str, **fields: Any) -> dict[str, Any]:
    return {"type": "probe", "id": fresh(), "match": "m", "player": player, **fields}


def encoded(event: Mapping[str, Any]) -> bytes:
    return json.dumps(event, ensure_ascii=False).encode()


def array(pieces: Sequence[bytes]) -> bytes:
    return b"[" + b",".join(pieces) + b"]"


async def post(server: Server, body: bytes, **headers: str) -> httpx.Response:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return await server.http.post(PATH, content=body, headers={**server.headers, **named})


async def taken(server: Server, body: bytes, **headers: str) -> dict[str, Any]:
    """The receipt of a request that is answered with one."""
    response = await post(server, body, **headers)
    assert response.status_code == 200, response.text
    receipt: dict[str, Any] = response.json()
    return receipt


async def refused(server: Server, body: bytes, status: int, **headers: str) -> dict[str, Any]:
    return problem_of(await post(server, body, **headers), status)


async def count_of(server: Server, player: str) -> int:
    """How many probes count for a player."""
    rows = (await server.get("/v1/games/probe/sheets/career", player=player))["rows"]
    return rows[0]["values"]["probes"] if rows else 0

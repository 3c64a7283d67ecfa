"""The routes of boards, over HTTP, on an engine that took real events."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import msgspec
import pytest
from litestar import Litestar
from litestar.di import Provide

from kleos.boards.api import ROUTES
from kleos.engine.engine import Engine
from kleos.server.errors import to_response
from kleos.server.serving import listen, running
from kleos.store.database import Database
from tests.boards.world import TRIAL

POINTS = {"ann": 9, "bob": 9, "cat": 7, "dan": 3, "eve": 1}


@pytest.fixture
async def client(database: Database) -> AsyncIterator[httpx.AsyncClient]:
    async with Engine.open(database) as engine:
        await engine.put_definition("trial", TRIAL)
        for second, (player, points) in enumerate(POINTS.items()):
            event = {
                "type": "scored",
                "id": player,
                "at": f"2026-02-10T12:00:0{second}Z",
                "player": player,
                "points": points,
                "ratio": 0.5,
                "lucky": points > 5,
                "mode": "solo",
            }
            receipt = await engine.ingest_body("trial", msgspec.json.encode(event))
            assert receipt.accepted == 1
        app = Litestar(
            ROUTES,
            dependencies={"engine": Provide(lambda: engine, sync_to_thread=False)},
            exception_handlers={Exception: to_response},
            openapi_config=None,
            logging_config=None,
        )
        async with (
            running(app, listen("127.0.0.1", 0)) as url,
            httpx.AsyncClient(base_url=f"{url}/v1/games/trial/boards", timeout=30) as made,
        ):
            yield made


async def got(client: httpx.AsyncClient, path: str, status: int = 200) -> Any:
    response = await client.get(path)
    assert response.status_code == status, response.text
    assert "json" in response.headers["content-type"]
    return response.json()


async def test_every_route_answers_in_its_shape(client: httpx.AsyncClient) -> None:
    boards = {board["board"]: board for board in (await got(client, ""))["boards"]}
    assert boards["most"]["partitions"] == [[], ["region"], ["clan"], ["clan", "region"]]
    assert boards["most"]["windows"] == ["all", "day"]
    assert [(by["column"], by["direction"], by["type"]) for by in boards["most"]["by"]] == [
        ("points", "desc", "int"),
        ("ratio", "asc", "float"),
    ]
    assert (boards["places"]["ties"], boards["most"]["ties"]) == ("ordinal", "competition")

    page = await got(client, "/most?limit=2&offset=1")
    assert page == {
        "board": "most",
        "window": "all",
        "partition": {},
        "total": 5,
        "entries": [
            {
                "rank": 1,
                "player": "bob",
                "name": "bob",
                "value": 9,
                "values": {"points": 9, "ratio": 0.5},
                "since": "2026-02-10T12:00:01Z",
            },
            {
                "rank": 3,
                "player": "cat",
                "name": "cat",
                "value": 7,
                "values": {"points": 7, "ratio": 0.5},
                "since": "2026-02-10T12:00:02Z",
            },
        ],
    }
    standing = await got(client, "/most/players/bob")
    assert (standing["player"], standing["rank"], standing["value"]) == ("bob", 1, 9)
    assert (standing["place"], standing["total"], standing["percentile"]) == (2, 5, 100.0)
    assert (await got(client, "/places/players/bob"))["rank"] == 2
    around = await got(client, "/most/players/cat/around?span=1")
    assert [line["player"] for line in around["entries"]] == ["bob", "cat", "dan"]
    response = await client.post("/most/lookup", json={"players": ["eve", "nobody", "ann"]})
    assert response.status_code == 200
    looked_up = response.json()
    assert [(line["rank"], line["player"]) for line in looked_up["entries"]] == [(1, "ann"), (5, "eve")]
    assert looked_up["total"] == 5


async def test_windows_and_partitions(client: httpx.AsyncClient) -> None:
    day = await got(client, "/most?window=2026-02-10")
    assert (day["window"], day["total"]) == ("2026-02-10", 5)
    assert (await got(client, "/most?window=2026-02-11"))["total"] == 0
    modes = await got(client, "/modes?mode=solo&limit=1")
    assert (modes["partition"], modes["total"], modes["entries"][0]["player"]) == ({"mode": "solo"}, 5, "eve")
    assert (await got(client, "/most?region=eu"))["entries"] == []
    fortune = await got(client, "/fortune?region=eu")
    assert fortune["partition"] == {"region": "eu"}


async def test_more_columns_beside_the_lines(client: httpx.AsyncClient) -> None:
    page = await got(client, "/most?limit=2&columns=played,latest")
    assert [line["values"] for line in page["entries"]] == [
        {"points": 9, "ratio": 0.5, "played": 1, "latest": f"2026-02-10T12:00:0{second}Z"} for second in (0, 1)
    ]
    solo = await got(client, "/modes?mode=solo&columns=points&limit=1")
    assert solo["entries"][0]["values"]["points"] == 1


async def test_the_parts_where_somebody_stands(client: httpx.AsyncClient) -> None:
    assert (await got(client, "/modes/partitions"))["partitions"] == [{"partition": {"mode": "solo"}, "standings": 5}]
    assert (await got(client, "/modes/partitions?window=2026-02-11"))["partitions"] == []
    assert (await got(client, "/most/partitions"))["partitions"] == []


async def test_what_cannot_be_asked(client: httpx.AsyncClient) -> None:
    for path, status, said in (
        ("/unknown", 404, "board"),
        ("/most?window=week", 404, "all, day"),
        ("/most?window=2026-02-30", 400, "calendar"),
        ("/most?limit=0", 400, "between 1 and 1000"),
        ("/most?limit=1001", 400, "between 1 and 1000"),
        ("/most?limit=ten", 400, "limit"),
        ("/most?offset=-1", 400, "offset"),
        ("/most?colour=red", 400, "there is window, limit, offset, columns, as_of, clan, region"),
        ("/most?mode=solo", 400, "there is window, limit, offset, columns, as_of, clan, region"),
        ("/modes", 400, "by mode"),
        ("/most?columns=played,wins", 400, "there is points, ratio, lucky, latest, played, share"),
        ("/most/partitions?window=week", 404, "all, day"),
        ("/most?region=eu&region=us", 400, "twice"),
        ("/most/players/nobody", 404, "player 'nobody'"),
        ("/most/players/nobody/around", 404, "player 'nobody'"),
        ("/shares/players/ann", 404, "no standing on board 'shares'"),
        ("/most/players/ann/around?span=101", 400, "between 0 and 100"),
        ("/most/players/ann?limit=3", 400, "there is window, as_of, clan, region"),
    ):
        problem = await got(client, path, status)
        assert said in problem["detail"], path


async def test_a_lookup_of_a_wrong_shape_is_refused(client: httpx.AsyncClient) -> None:
    for body in (b"{", b"[]", b"{}", b'{"players":[1]}', b'{"players":[""]}', b'{"players":["a"],"more":1}'):
        response = await client.post("/most/lookup", content=body, headers={"Content-Type": "application/json"})
        assert response.status_code == 400, body


async def test_a_lookup_takes_a_thousand_players(client: httpx.AsyncClient) -> None:
    many = [f"p{number}" for number in range(999)] + ["ann"]
    assert (await client.post("/most/lookup", json={"players": many})).json()["entries"][0]["rank"] == 1
    assert (await client.post("/most/lookup", json={"players": [*many, "bob"]})).status_code == 400

"""Requests that should not be: routes, methods, parameters, paths, definitions. Each gets a problem, none breaks it."""

import asyncio
import re
import time
from pathlib import Path
from typing import Any

import httpx
import pytest

from kleos.server.errors import PROBLEM_JSON
from tests.server.conftest import Server, problem_of
from tests.server.probe import DEFINITION, fresh, install, probe

EVERY_MISTAKE = (Path(__file__).parents[1] / "core" / "definition" / "every_mistake.toml").read_text(encoding="utf-8")
ANSWERED_WITHIN_S = 5.0


@pytest.fixture(scope="module")
async def probed(server: Server) -> Server:
    await install(server)
    await server.send("probe", [probe("ann", n=3), probe("bob", n=5)])
    return server


async def raw(server: Server, request: bytes) -> tuple[int, bytes]:
    """What the server answers to these very bytes."""
    host, port = server.http.base_url.host, server.http.base_url.port
    reader, writer = await asyncio.open_connection(host, port)
    writer.write(request)
    answered = await asyncio.wait_for(reader.read(), 10)
    writer.close()
    await writer.wait_closed()
    return int(answered.split(b" ", 2)[1]), answered


@pytest.mark.parametrize(
    "target",
    [
        b"/v1/games/%",
        b"/v1/games/%zz",
        b"/v1/games/%00",
        b"/v1/games/%ff%fe",
        b"/v1/games/%c0%80",
        b"/v1/games/%ed%a0%80",
        b"/v1/games/%F0%9F%8F",
        b"/v1/games/\xff\xfe",
        b"/v1/games/../../etc/passwd",
        b"/v1/games/..%2f..%2fetc%2fpasswd",
        b"/v1/games/golf%2Fboards",
        b"/nothing%2Fhere",
        b"//v1//games//golf",
        b"/v1/games/golf/",
        b"/v1/games/golf;x=1",
        b"/v1/players/%2F",
        b"/v1/players/%2",
        b"/v1/players/a%00b",
        b"/v1/players/" + b"x" * 10_000,
        b"/v1/games/probe/boards/most?window=%",
        b"/v1/games/probe/boards/most?window=%ff",
        b"/v1/games/probe/boards/most?window=%00",
        b"/v1/games/probe/boards/most?%00=%00",
        b"/v1/games/probe/boards/most?limit=1&limit=2&limit=x",
        b"/v1/games/probe/boards/most?&&=&==&",
        b"/v1/games/probe/boards/most?window",
        b"/v1/games/probe/boards/most?\xff=\xff",
        b"/v1/games/probe/sheets/career?player=%ed%a0%80",
        b"/v1/games/probe/sheets/career?order=most%20desc%00",
        b"/v1/players?query=%00",
        b"/v1/players?query=%25%5f",
        b"/v1/players?after=%00",
        b"*",
        b"http://elsewhere.example/v1/games/nothing",
        b"/" + b"a/" * 2000,
    ],
)
async def test_odd_targets(probed: Server, target: bytes) -> None:
    status, answered = await raw(probed, b"GET " + target + b" HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    assert status in (200, 400, 404), answered[:500]
    assert b"Traceback" not in answered
    if status != 200:
        assert PROBLEM_JSON.encode() in answered.partition(b"\r\n\r\n")[0]


@pytest.mark.parametrize(
    "method", [b"DELETE", b"PROPFIND", b"LINK", b"TRACE", b"OPTIONS", b"PURGE", b"NONSENSE", b"get"]
)
async def test_odd_methods(probed: Server, method: bytes) -> None:
    status, answered = await raw(probed, method + b" /v1/games HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    assert status in (204, 400, 405), answered[:500]
    if status != 204:
        assert PROBLEM_JSON.encode() in answered.partition(b"\r\n\r\n")[0]


@pytest.mark.parametrize(
    "path",
    ["/nothing", "/v1/game/golf", "/v1/games/golf/board/wins", "/v1/players/ann/nothing", "/v1/games/golf/events/1"],
)
async def test_unknown_routes(probed: Server, path: str) -> None:
    assert path in (await probed.refused("GET", path, 404))["detail"]


BAD_NUMBERS = (
    "-1",
    "1e30",
    "1.5",
    "",
    "NaN",
    "0x10",
    "99999999999999999999",
    "9" * 5000,
    "\u0663",
    "one",
    "1;2",
    "null",
)


@pytest.mark.parametrize("number", BAD_NUMBERS)
@pytest.mark.parametrize(
    "path, name",
    [
        ("boards/most", "limit"),
        ("boards/most", "offset"),
        ("boards/most/players/ann/around", "span"),
        ("sheets/career", "limit"),
        ("sheets/career", "offset"),
        ("matches", "limit"),
        ("achievements", "latest"),
    ],
)
async def test_bad_numbers_are_refused(probed: Server, path: str, name: str, number: str) -> None:
    response = await probed.http.get(f"/v1/games/probe/{path}", params={name: number})
    assert problem_of(response, 400)["where"] == name
    assert len(response.text) < 12_000


async def test_pages_past_the_end_are_empty(probed: Server) -> None:
    page = await probed.get("/v1/games/probe/boards/most", offset=1_000_000)
    assert (page["total"], page["entries"]) == (2, [])
    assert (await probed.get("/v1/games/probe/sheets/career", offset=1_000_000))["rows"] == []


@pytest.mark.parametrize("window", ["2026-13", "2026-02-30", "2026-W54", "2026-W00", "0000-01-01", "9999-12-31"])
async def test_days_that_no_calendar_has(probed: Server, window: str) -> None:
    assert (await probed.refused("GET", f"/v1/games/probe/boards/most?window={window}", 400))["where"] == "window"


@pytest.mark.parametrize(
    "path, status, said",
    [
        ("/v1/games/prob/boards", 404, "did you mean 'probe'"),
        ("/v1/games/probe/boards/mots", 404, "did you mean 'most'"),
        ("/v1/games/probe/boards/'; DROP TABLE events; --", 404, "there is"),
        ("/v1/games/probe/boards/<script>", 404, "there is"),
        ("/v1/games/probe/boards/most?window=decade", 404, "there is"),
        ("/v1/games/probe/boards/most?window=", 404, "there is"),
        ("/v1/games/probe/boards/most?window=season", 404, "there is"),
        ("/v1/games/probe/boards/texts?window=day", 404, "there is"),
        ("/v1/games/probe/boards/most?region=eu", 400, "there is"),
        ("/v1/games/probe/boards/most?widnow=day", 400, "there is window, limit, offset"),
        ("/v1/games/probe/boards/texts", 400, "text"),
        ("/v1/games/probe/boards/texts?text=a&text=b", 400, "twice"),
        ("/v1/games/probe/sheets/carer", 404, "did you mean 'career'"),
        ("/v1/games/probe/boards/most/players/nobody", 404, "'nobody'"),
    ],
)
async def test_what_is_not_there_says_what_is(probed: Server, path: str, status: int, said: str) -> None:
    assert said in (await probed.refused("GET", path, status))["detail"]


LOOKUPS: list[bytes] = [
    b"",
    b"null",
    b"[]",
    b"{}",
    b'{"players":"ann"}',
    b'{"players":[1]}',
    b'{"players":[""]}',
    b'{"players":["' + b"x" * 129 + b'"]}',
    b'{"players":["\\ud800"]}',
    b'{"players":["\xff"]}',
    b'{"players":[],"more":1}',
    b'{"players":[' + b'"a",' * 1000 + b'"a"]}',
    b'{"players":' + b"[" * 5000,
]


@pytest.mark.parametrize("body", LOOKUPS)
async def test_bad_lookups(probed: Server, body: bytes) -> None:
    await probed.refused("POST", "/v1/games/probe/boards/most/lookup", 400, content=body)


async def test_a_lookup_of_odd_names(probed: Server) -> None:
    path = "/v1/games/probe/boards/most/lookup"
    response = await probed.http.post(path, json={"players": ["ann", "ann", "nobody", "\0", "🏆" * 128]})
    if response.status_code != 200:
        problem_of(response, 400)
    else:
        assert [entry["player"] for entry in response.json()["entries"]] == ["ann"]
    await probed.refused("POST", path, 413, content=b'{"players":["' + b"x" * 2_000_000 + b'"]}')


PROFILES: list[Any] = [
    5,
    [],
    {"name": 5},
    {"nmae": "x"},
    {"name": ""},
    {"name": "\0"},
    {"name": "x" * 129},
    {"attributes": []},
    {"attributes": {"a": 1}},
    {"attributes": {"\0": "x"}},
    {"attributes": {f"a{i}": "x" for i in range(33)}},
]


@pytest.mark.parametrize("profile", PROFILES)
async def test_bad_profiles(probed: Server, profile: Any) -> None:
    await probed.refused("PUT", "/v1/players/unmade", 400, json=profile)
    await probed.refused("PUT", "/v1/players/unmade", 400, content=b'{"name":"\\ud800"}')
    await probed.refused("GET", "/v1/players/unmade", 404)


@pytest.mark.parametrize("authorization", [None, "Bearer wrong", "Basic a2xlb3M=", "Token x", "Bearer", ""])
@pytest.mark.parametrize(
    "method, path",
    [
        ("PUT", "/v1/games/probe/definition"),
        ("GET", "/v1/games/probe/definition"),
        ("POST", "/v1/games/probe/events"),
        ("POST", "/v1/games/probe/seasons"),
        ("PATCH", "/v1/games/probe/seasons/x"),
        ("PUT", "/v1/players/ann"),
        ("GET", "/v1/games/probe/quarantine"),
    ],
)
async def test_a_key_is_needed(probed: Server, method: str, path: str, authorization: str | None) -> None:
    headers = {} if authorization is None else {"Authorization": authorization}
    response = await probed.http.request(method, path, headers=headers, content=b"{}")
    problem_of(response, 401)
    assert re.match(r'Bearer realm="kleos"', response.headers["www-authenticate"])


async def test_reading_needs_no_key(probed: Server) -> None:
    for path in ("/v1/games", "/v1/games/probe", "/v1/games/probe/boards/most", "/v1/players/ann", "/health"):
        response = await probed.http.get(path, headers={"Authorization": "Bearer wrong"})
        assert response.status_code == 200, path


async def put(server: Server, game: str, content: bytes) -> httpx.Response:
    return await server.http.put(f"/v1/games/{game}/definition", content=content, headers=server.headers)


async def test_every_mistake_of_a_definition_is_told_at_once(probed: Server) -> None:
    said = problem_of(await put(probed, "mistaken", EVERY_MISTAKE.encode()), 422)
    assert len(said["problems"]) > 50
    assert all(each["message"] and each["mend"] for each in said["problems"])
    await probed.refused("GET", "/v1/games/mistaken", 404)


@pytest.mark.parametrize(
    "game, content, status",
    [
        ("public", DEFINITION.encode(), 422),
        ("pg_x", DEFINITION.encode(), 422),
        ("No", DEFINITION.encode(), 422),
        ("a-b", DEFINITION.encode(), 422),
        ("x" * 41, DEFINITION.encode(), 422),
        ("x'; --", DEFINITION.encode(), 422),
        ("ok", b"", 422),
        ("ok", b"\xff\xfe", 400),
        ("ok", b"title = '\0'", 400),
        ("ok", b'{"title": "JSON"}', 422),
        ("ok", b"title = 'x'\ntitle = 'y'", 422),
        ("ok", b"a = " + b"[" * 100_000, 422),
        ("ok", b"#" * 1_048_577, 413),
        ("probe", DEFINITION.replace("max(n)", "max(m)").encode(), 422),
    ],
)
async def test_bad_definitions(probed: Server, game: str, content: bytes, status: int) -> None:
    problem_of(await put(probed, game, content), status)
    assert (await probed.get("/v1/games/probe"))["version"] == 1


SLOW = {
    "doubling formulas": DEFINITION
    + "[sheets.career.formulas]\nc0 = 'probes'\n"
    + "".join(f"c{i + 1} = 'c{i} + c{i}'\n" for i in range(60)),
    "brackets": "a = " + "[" * 250_000,
    "dotted keys": "".join(f"x{i}." + "a." * 195 + "b = 1\n" for i in range(600)),
    "many tables": "".join(f"[t{i}]\n" for i in range(30_000)),
    "many checks": DEFINITION + "[[checks]]\nevent='probe'\nreason='r'\nthat='" + "n*" * 450 + "n > 0'\n",
}


@pytest.mark.parametrize("source", SLOW.values(), ids=SLOW)
async def test_a_definition_that_is_slow_to_read_holds_nobody_up(probed: Server, source: str) -> None:
    started = time.process_time()
    putting = asyncio.create_task(put(probed, "slow", source.encode()))
    worst = 0.0
    while not putting.done():
        asked = time.process_time()
        assert (await probed.http.get("/health")).status_code == 200
        worst = max(worst, time.process_time() - asked)
    problem_of(putting.result(), 422)
    assert time.process_time() - started < ANSWERED_WITHIN_S
    assert worst < ANSWERED_WITHIN_S / 2


async def test_computer_players_earn_nothing(probed: Server) -> None:
    cpu, human, match = "cpu-1", fresh(), fresh()
    rounds = [
        {
            "type": "round_ended",
            "id": f"{match}-{number}",
            "match": match,
            "scores": {cpu: -1, human: 10},
            "winner": cpu,
            "finisher": cpu,
            "jacks": {cpu: 4, human: 0},
            "cpus": [cpu],
        }
        for number in range(9)
    ]
    ends = [
        {
            "type": "game_ended",
            "id": f"{match}-end-{number}",
            "match": match,
            "totals": {cpu: -9, human: 90},
            "winner": cpu,
            "humans": 1,
            "cpus": [cpu],
        }
        for number in range(6)
    ]
    receipt = await probed.send("golf", [*rounds, *ends], effects=True)
    assert receipt["accepted"] == 15
    assert {award["player"] for award in receipt["awards"]} <= {human}
    assert {standing["player"] for standing in receipt["standings"]} == {human}
    for board in ("wins", "win_rate", "avg_score", "knockouts", "streak"):
        page = await probed.get(f"/v1/games/golf/boards/{board}")
        assert [entry["player"] for entry in page["entries"]] == [human]
        await probed.refused("GET", f"/v1/games/golf/boards/{board}/players/{cpu}", 404)
    assert (await probed.get("/v1/games/golf/sheets/career", player=cpu))["rows"] == []
    assert (await probed.get("/v1/games/golf/sheets/awards", player=cpu))["rows"] == []
    assert (await probed.get("/v1/games/golf/boards/points"))["entries"] == []
    for path in ("", "/stats", "/achievements", "/matches"):
        await probed.refused("GET", f"/v1/players/{cpu}{path}", 404)
    assert cpu not in [one["player"] for one in (await probed.get("/v1/players", query="cpu"))["players"]]
    made = "SELECT count(*) FROM kleos.players p JOIN kleos.identities i ON i.player = p.player WHERE i.id = $1"
    assert await probed.engine.pool.fetchval(made, cpu) == 0
    assert await probed.engine.pool.fetchval(made, human) == 1

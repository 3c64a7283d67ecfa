"""The routes that write: events, definitions, seasons, profiles, grants."""

import gzip
import json
from typing import Any

import pytest
import zstandard

from kleos.core.windows import iso
from kleos.server.auth.caller import ADMIN
from kleos.server.auth.keys import PREFIX, Keys, hash_of
from kleos.store.database import Database
from tests.server.conftest import HOUR_US, NOW_US, Clock, Server, problem_of

GAME = """
title = "Pebbles"

[events.thrown]
player = "player"
far = "float"

[sheets.career]
key = ["player"]
windows = ["all", "season", "day"]

[[sheets.career.on]]
event = "thrown"
throws = "count()"
farthest = "max(far)"

[boards.far]
sheet = "career"
by = "farthest desc"

[achievements.first]
title = "First throw"
text = "Throw a pebble"
points = 5
sheet = "career"
when = "throws >= 1"

[achievements.secret]
title = "Ripples"
text = "Throw ten pebbles"
points = 50
hidden = true
sheet = "career"
when = "throws >= 10"

[achievements.kind]
title = "Kind"
text = "Was kind to somebody"
points = 20
manual = true

[[checks]]
event = "thrown"
that = "far <= 100"
reason = "nobody throws that far"
"""


@pytest.fixture(scope="module")
async def pebbles(server: Server) -> Server:
    response = await server.http.put("/v1/games/pebbles/definition", content=GAME, headers=server.headers)
    assert response.status_code == 200, response.text
    assert response.json()["version"] == 1
    return server


def thrown(player: str, far: float = 1.0, **more: Any) -> dict[str, Any]:
    return {"type": "thrown", "player": player, "far": far, "at": iso(NOW_US - HOUR_US), **more}


async def test_one_object_an_array_and_lines(pebbles: Server) -> None:
    path, headers = "/v1/games/pebbles/events", dict(pebbles.headers)
    one = await pebbles.http.post(path, json=thrown("uno", id="u1"), headers=headers)
    assert one.json()["accepted"] == 1
    many = await pebbles.http.post(path, json=[thrown("uno", id="u2"), thrown("uno", id="u1")], headers=headers)
    assert (many.json()["accepted"], many.json()["duplicates"]) == (1, 1)
    lines = b"\n".join(json.dumps(thrown("uno", id=f"u{number}")).encode() for number in (3, 4))
    for encoding, body in (("gzip", gzip.compress(lines)), ("zstd", zstandard.compress(lines))):
        headers |= {"Content-Type": "application/x-ndjson", "Content-Encoding": encoding}
        answer = await pebbles.http.post(path, content=body, headers=headers)
        assert answer.json()["accepted"] + answer.json()["duplicates"] == 2, answer.text
    (row,) = (await pebbles.get("/v1/games/pebbles/sheets/career", player="uno"))["rows"]
    assert row["values"]["throws"] == 4


async def test_effects_on_request(pebbles: Server) -> None:
    receipt = await pebbles.send("pebbles", [thrown("effie", 77.5, id="e1")], effects="true")
    standing = next(one for one in receipt["standings"] if one["window"] == "all")
    assert (standing["board"], standing["player"], standing["rank"]) == ("far", "effie", 1)
    assert [award["achievement"] for award in receipt["awards"]] == ["first"]
    assert "standings" not in await pebbles.send("pebbles", [thrown("effie", id="e2")])


async def test_one_bad_event_among_good_ones(pebbles: Server) -> None:
    events = [thrown("mix", id=f"mix{number}") for number in range(100)]
    events[41] = {"type": "thrown", "player": "mix"}
    receipt = await pebbles.send("pebbles", events)
    assert receipt["accepted"] == 99
    (rejected,) = receipt["rejected"]
    assert rejected["index"] == 41
    assert "far" in rejected["error"]


async def test_what_fails_a_check_is_kept_apart(pebbles: Server) -> None:
    receipt = await pebbles.send("pebbles", [thrown("hulk", 1000.0, id="h1")])
    assert (receipt["accepted"], receipt["quarantined"]) == (0, 1)
    page = (await pebbles.http.get("/v1/games/pebbles/quarantine", headers=pebbles.headers)).json()
    (event,) = [event for event in page["events"] if event["id"] == "h1"]
    assert event["reason"] == "nobody throws that far"
    assert event["match_known"] is False
    assert event["body"]["player"] == "hulk"
    await pebbles.refused("GET", "/v1/games/pebbles/quarantine", 401, headers={})
    await pebbles.refused("GET", "/v1/players/hulk", 404)


@pytest.mark.parametrize(
    "body, status",
    [
        (b"no json", 400),
        (b"", 400),
        (b'{"type":', 400),
        (b"\xff\xfe", 400),
        (b"[" + b",".join([b'{"type":"thrown","player":"a","far":1}'] * 10_001) + b"]", 413),
        (b" " * (17 * 1024 * 1024), 413),
    ],
    ids=["text", "nothing", "broken", "not UTF-8", "10,001 events", "17 MiB"],
)
async def test_bodies_that_cannot_be_read(pebbles: Server, body: bytes, status: int) -> None:
    await pebbles.refused("POST", "/v1/games/pebbles/events", status, content=body)


async def test_writing_needs_a_key(pebbles: Server) -> None:
    writes = [
        ("POST", "/v1/games/pebbles/events"),
        ("PUT", "/v1/games/pebbles/definition"),
        ("GET", "/v1/games/pebbles/definition"),
        ("POST", "/v1/games/pebbles/seasons"),
        ("PATCH", "/v1/games/pebbles/seasons/spring"),
        ("PUT", "/v1/players/ann"),
        ("POST", "/v1/games/pebbles/achievements/kind/grant"),
    ]
    for method, path in writes:
        response = await pebbles.http.request(method, path, json={}, headers={"Authorization": "Bearer wrong"})
        problem_of(response, 401)
        assert "Bearer" in response.headers["www-authenticate"]


async def test_a_definition_is_tried_then_put(pebbles: Server) -> None:
    grown = GAME.replace('throws = "count()"', 'throws = "count()"\nlast_far = "last(far)"')
    path = "/v1/games/pebbles/definition"
    tried = await pebbles.http.put(f"{path}?dry_run=true", content=grown, headers=pebbles.headers)
    assert tried.json()["version"] == 1
    assert any("last_far" in (change["key"] + change["text"]) for change in tried.json()["changes"])
    put = await pebbles.http.put(path, content=grown, headers=pebbles.headers)
    assert put.json()["version"] == 2
    (row,) = (await pebbles.get("/v1/games/pebbles/sheets/career", player="uno"))["rows"]
    assert row["values"]["last_far"] == 1.0
    assert (await pebbles.http.get(path, headers=pebbles.headers)).text == grown
    assert (await pebbles.http.get(f"{path}?version=1", headers=pebbles.headers)).text == GAME
    assert (await pebbles.refused("GET", f"{path}?version=9", 404))["known"] == ["1", "2"]


async def test_a_bad_definition_lists_every_mistake(pebbles: Server) -> None:
    bad = GAME.replace("max(far)", "max(fra)").replace('by = "farthest desc"', 'by = "farhtest desc"')
    said = await pebbles.refused("PUT", "/v1/games/pebbles/definition", 422, content=bad)
    assert len(said["problems"]) >= 2
    assert all(problem["message"] for problem in said["problems"])
    await pebbles.refused("PUT", "/v1/games/pebbles/definition", 400, content=b"\xff\xff")
    await pebbles.refused("PUT", "/v1/games/pebbles/definition", 413, content=b"#" * (2 << 20))
    await pebbles.refused("PUT", "/v1/games/Peb%20bles/definition", 422, content=GAME)


async def test_seasons(pebbles: Server) -> None:
    path = "/v1/games/pebbles/seasons"
    spring = {"name": "spring", "starts_at": iso(NOW_US - 24 * HOUR_US), "ends_at": iso(NOW_US + 24 * HOUR_US)}
    made = await pebbles.http.post(path, json=spring, headers=pebbles.headers)
    assert made.status_code == 201, made.text
    assert made.json()["open"] is True
    assert (await pebbles.get("/v1/games/pebbles/sheets/career", window="spring"))["total"] > 0
    await pebbles.refused("POST", path, 409, json=spring)
    await pebbles.refused("POST", path, 409, json=spring | {"name": "other"})
    for wrong in ({"name": "day"}, {"ends_at": spring["starts_at"]}, {"starts_at": "2026-01-01T00:00:00"}, {"x": 1}):
        await pebbles.refused("POST", path, 400, json=spring | {"name": "later"} | wrong)
    changed = await pebbles.http.patch(f"{path}/spring", json={"title": "Spring!"}, headers=pebbles.headers)
    assert changed.json()["title"] == "Spring!"
    assert [season["title"] for season in (await pebbles.get(path))["seasons"]] == ["Spring!"]
    await pebbles.refused("PATCH", f"{path}/sprong", 404, json={})


async def test_a_profile_changes_by_parts(pebbles: Server) -> None:
    await pebbles.put("/v1/players/pat", {"name": "Pat", "region": "eu", "attributes": {"a": "1", "b": "2"}})
    changed = await pebbles.put("/v1/players/pat", {"region": None, "attributes": {"a": None, "c": "3"}})
    assert (changed["name"], changed["region"], changed["attributes"]) == ("Pat", None, {"b": "2", "c": "3"})
    assert (await pebbles.get("/v1/players/pat"))["attributes"] == {"b": "2", "c": "3"}


@pytest.mark.parametrize(
    "body",
    [
        b'{"name": "' + b"x" * 129 + b'"}',
        b'{"name": "a\\u0000b"}',
        b'{"name": "\\ud800"}',
        b'{"name": 5}',
        b'{"nmae": "x"}',
        b'{"attributes": {"a": 1}}',
        b'{"attributes": {"a": "\\u0000"}}',
        b"[]",
        b"no json",
        b"",
    ],
)
async def test_a_bad_profile_is_refused(pebbles: Server, body: bytes) -> None:
    await pebbles.refused("PUT", "/v1/players/pat", 400, content=body)


async def test_grants_are_given_once(pebbles: Server) -> None:
    path = "/v1/games/pebbles/achievements/kind/grant"
    body = {"player": "gus", "id": "g1", "match": "m9"}
    first = await pebbles.http.post(path, json=body, headers=pebbles.headers)
    assert first.status_code == 200, first.text
    assert [award["achievement"] for award in first.json()["awards"]] == ["kind"]
    again = await pebbles.http.post(path, json=body, headers=pebbles.headers)
    assert (again.json()["accepted"], again.json()["duplicates"]) == (0, 1)
    mine = (await pebbles.get("/v1/players/gus/achievements", game="pebbles"))["achievements"]
    assert [(one["achievement"], one["match"]) for one in mine if one["earned"]] == [("kind", "m9")]
    assert (await pebbles.get("/v1/players/gus"))["gamerscore"] == 20
    for name, status in (("first", 400), ("knid", 404)):
        await pebbles.refused("POST", f"/v1/games/pebbles/achievements/{name}/grant", status, json=body)
    for wrong in ({}, {"player": ""}, {"player": "a\0b"}, {"player": "x" * 129}, {"player": "a", "at": "soon"}):
        await pebbles.refused("POST", path, 400, json=wrong)


async def test_hidden_achievements_stay_hidden_until_earned(pebbles: Server) -> None:
    await pebbles.send("pebbles", [thrown("ten", id=f"ten{number}") for number in range(9)])
    for path in ("/v1/games/pebbles/achievements", "/v1/players/ten/achievements?game=pebbles"):
        response = await pebbles.http.get(path)
        (secret,) = [one for one in response.json()["achievements"] if one["achievement"] == "secret"]
        assert (secret["title"], secret["text"]) == ("Hidden achievement", "")
        assert "Ripples" not in response.text
        assert secret.get("progress") is None
    await pebbles.send("pebbles", [thrown("ten", id="ten9")])
    mine = (await pebbles.get("/v1/players/ten/achievements", game="pebbles"))["achievements"]
    (secret,) = [one for one in mine if one["achievement"] == "secret"]
    assert (secret["title"], secret["earned"]) == ("Ripples", True)


async def test_a_key_is_made_once_and_kept_as_a_hash(database: Database) -> None:
    announced: list[str] = []
    keys = await Keys.open(database.pool, Clock(), None, announced.append)
    (key,) = announced
    assert key.startswith(PREFIX)
    made = keys.caller(key)
    assert made is not None
    assert made.everywhere == ADMIN.everywhere
    assert keys.caller(key + "x") is None
    again = await Keys.open(database.pool, Clock(), None, announced.append)
    assert announced == [key]
    assert again.caller(key) == made
    rows = await database.pool.fetch("SELECT hash, label FROM kleos.keys")
    assert [bytes(row["hash"]) for row in rows] == [hash_of(key)]
    with_admin = await Keys.open(database.pool, Clock(), "an-admin-key", announced.append)
    assert with_admin.caller("an-admin-key") == ADMIN
    assert with_admin.caller(key) == made

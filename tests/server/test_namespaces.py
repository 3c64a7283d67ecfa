"""A game whose players are its own, and a chart that places a player among the others."""

from typing import Any

import pytest

from kleos.core.windows import iso
from tests.server.conftest import NOW_US, Server

GAME = """
title = "Island"
identities = "own"

[events.raced]
player = "player"
track = "str"
seconds = "float"

[sheets.career]
key = ["player"]

[[sheets.career.on]]
event = "raced"
races = "count()"
best = "min(seconds)"

[sheets.tracks]
key = ["match", "track", "player"]

[[sheets.tracks.on]]
event = "raced"
laps = "count()"

[boards.fastest]
sheet = "career"
by = "best asc"
where = "races >= 2"

[charts.shape]
kind = "radar"
sheet = "career"
columns = ["best", "races"]
"""


@pytest.fixture(scope="module")
async def island(server: Server) -> Server:
    response = await server.http.put("/v1/games/island/definition", content=GAME, headers=server.headers)
    assert response.status_code == 200, response.text
    events: list[dict[str, Any]] = [
        {"type": "raced", "player": player, "track": track, "seconds": seconds, "match": "grand", "at": iso(NOW_US)}
        for player, track, seconds in [
            ("ann", "sand", 60.0),
            ("ann", "snow", 70.0),
            ("bob", "sand", 50.0),
            ("bob", "sand", 55.0),
            ("cat", "sand", 10.0),
        ]
    ]
    receipt = await server.send("island", [event | {"id": str(number)} for number, event in enumerate(events)])
    assert receipt["accepted"] == 5
    await server.put("/v1/players/ann", {"name": "Ann of everywhere"})
    return server


async def test_own_players_are_not_the_shared_ones(island: Server) -> None:
    await island.refused("GET", "/v1/players/bob", 404)
    assert (await island.get("/v1/players/bob", namespace="island"))["games"] == ["island"]
    assert (await island.get("/v1/players/bob", game="island"))["games"] == ["island"]
    assert (await island.get("/v1/players/ann"))["name"] == "Ann of everywhere"
    assert (await island.get("/v1/players/ann", namespace="island"))["name"] is None
    found = await island.get("/v1/players", namespace="island")
    assert [one["player"] for one in found["players"]] == ["ann", "bob", "cat"]
    assert (await island.refused("GET", "/v1/players/ann?namespace=&game=island", 400))["where"] == "namespace"


async def test_a_radar_places_among_the_qualified(island: Server) -> None:
    async def axes(player: str) -> dict[str, Any]:
        chart = await island.get(f"/v1/players/{player}/charts/shape", game="island")
        assert chart["points"] == []
        return {axis["column"]: axis for axis in chart["axes"]}

    slow, fast, unqualified = await axes("ann"), await axes("bob"), await axes("cat")
    assert (slow["best"]["value"], slow["best"]["percentile"], slow["best"]["players"]) == (60.0, 50.0, 2)
    assert fast["best"]["percentile"] == 100.0
    assert (unqualified["best"]["value"], unqualified["best"]["percentile"]) == (10.0, None)
    assert (slow["races"]["players"], slow["races"]["percentile"]) == (3, 100.0)
    assert unqualified["races"]["percentile"] == pytest.approx(100 / 3)


async def test_percentiles_beside_the_numbers(island: Server) -> None:
    async def placed(player: str) -> dict[str, Any]:
        stats = await island.get(f"/v1/players/{player}/stats", game="island", percentiles=True)
        (sheet,) = (one for one in stats["games"]["island"]["sheets"].values() if "best" in one["values"])
        percentiles: dict[str, Any] = sheet["percentiles"]
        return percentiles

    assert (await placed("ann"))["best"] == {"percentile": 50.0, "players": 2, "better": "asc"}
    assert (await placed("bob"))["best"]["percentile"] == 100.0
    assert (await placed("cat"))["best"]["percentile"] is None
    plain = await island.get("/v1/players/ann/stats", game="island")
    assert all("percentiles" not in sheet for sheet in plain["games"]["island"]["sheets"].values())


async def test_a_match_has_rows_of_its_own(island: Server) -> None:
    page = await island.get("/v1/games/island/matches/grand/sheets/tracks", order="laps desc, player")
    assert [(row["key"]["track"], row["key"]["player"], row["values"]["laps"]) for row in page["rows"]] == [
        ("sand", "bob", 2),
        ("sand", "ann", 1),
        ("snow", "ann", 1),
        ("sand", "cat", 1),
    ]
    snow = await island.get("/v1/games/island/sheets/tracks", track="snow", player="ann")
    assert snow["total"] == 1

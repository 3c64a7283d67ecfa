"""Failures say what would be right, in words for people, and where."""

import re
from typing import Any

import pytest

from kleos.core.wording import worded
from tests.server.conftest import Server

DECODERS_WORDS = re.compile(r"Expected `|Invalid enum|Object contains|Object missing|RFC3339|JSON is malformed")
SEASON = {"name": "spring", "starts_at": "2026-03-01T00:00:00Z", "ends_at": "2026-06-01T00:00:00Z"}
KEY = {"label": "of a test", "games": None, "scopes": ["read"]}


@pytest.mark.parametrize(
    "path, where, words",
    [
        ("/v1/games/golf/matches?status=asleep", "status", "none of ended, open"),
        ("/v1/players/x/trends?game=golf&sheet=career&every=hour", "every", "none of all, day, month, season, week"),
        ("/v1/games/golf/sheets/career?limit=0", "limit", "between 1 and 1000"),
        ("/v1/games/golf/sheets/career?limit=many", "limit", "an integer"),
        ("/v1/players/x/compare", "with", "missing"),
        ("/api/stats/leaderboard?metric=luck", "metric", "none of avg_score, knockouts, streak, win_rate, wins"),
    ],
)
async def test_parameters(server: Server, path: str, where: str, words: str) -> None:
    said = await server.refused("GET", path, 400)
    assert said["where"] == where
    assert words in said["detail"]
    assert not DECODERS_WORDS.search(str(said))


@pytest.mark.parametrize(
    "path, body, where, words",
    [
        ("/v1/keys", {**KEY, "scopes": ["read", "fly"]}, "scopes[1]", "awards:write, events:write, manage, read"),
        ("/v1/keys", {**KEY, "label": 5}, "label", "must be text, and is an integer"),
        ("/v1/keys", {**KEY, "colour": "red"}, "colour", "there is label, games, scopes, per_minute"),
        ("/v1/keys", {**KEY, "per_minute": 0}, "per_minute", "1 or more"),
        ("/v1/keys", {**KEY, "scopes": []}, "scopes", "1 entry or more"),
        ("/v1/keys", [], None, "an object, and is an array"),
        ("/v1/games/golf/seasons", {**SEASON, "ends_at": "soon"}, "ends_at", "2026-02-14T20:00:00Z"),
        ("/v1/games/golf/seasons", {**SEASON, "ends_at": "2026-06-01T00:00:00"}, "ends_at", "with its offset"),
        ("/v1/games/golf/seasons", {"name": "spring"}, "starts_at", "missing"),
        ("/v1/games/golf/boards/wins/lookup", {"players": ["a", ""]}, "players[1]", "1 character or more"),
    ],
)
async def test_bodies(server: Server, path: str, body: Any, where: str | None, words: str) -> None:
    said = await server.refused("POST", path, 400, json=body)
    assert said.get("where") == where
    assert words in said["detail"]
    assert not DECODERS_WORDS.search(str(said))


@pytest.mark.parametrize("body, words", [(b"", "no body"), (b"{", "ends too early"), (b"{x", "the body is no JSON")])
async def test_what_is_no_json(server: Server, body: bytes, words: str) -> None:
    said = await server.refused("POST", "/v1/keys", 400, content=body)
    assert words in said["detail"]


def test_words_that_are_not_known_stay() -> None:
    assert worded("something new") == "something new"
    assert worded("Expected `int | null`, got `str`") == "it must be an integer or null, and is text"


GAME = """
title = "Weekly"

[events.ran]
player = "player"

[sheets.career]
key = ["player"]
windows = ["all", "week"]

[[sheets.career.on]]
event = "ran"
runs = "count()"

[sheets.laps]
key = ["match", "player"]
windows = ["all"]

[[sheets.laps.on]]
event = "ran"
laps = "count()"

[achievements.runner]
title = "Runner"
sheet = "career"
window = "week"
when = "runs >= 3"
"""


async def test_an_award_of_a_week_that_is_over_is_whole(server: Server) -> None:
    put = await server.http.put("/v1/games/weekly/definition", content=GAME, headers=server.headers)
    assert put.status_code == 200, put.text
    ran = {"type": "ran", "match": "m", "at": "2026-06-01T10:00:00Z"}
    await server.send("weekly", [{**ran, "player": player} for player in ("ann", "ann", "ann", "bob")])
    for player, progress, earned in (("ann", 3, True), ("bob", 0, False)):
        (only,) = (await server.get(f"/v1/players/{player}/achievements", game="weekly"))["achievements"]
        assert (only["earned"], only["progress"], only["target"]) == (earned, progress, 3)
    assert len((await server.get("/v1/games/weekly/matches/m/sheets/laps"))["rows"]) == 2
    assert (await server.get("/v1/games/weekly/matches/m/sheets/laps", offset=5))["rows"] == []
    await server.refused("GET", "/v1/games/weekly/matches/never/sheets/laps", 404)
    opened = await server.http.post("/v1/games/weekly/matches/soon", json={}, headers=server.headers)
    assert opened.status_code == 200
    assert (await server.get("/v1/games/weekly/matches/soon/sheets/laps"))["rows"] == []

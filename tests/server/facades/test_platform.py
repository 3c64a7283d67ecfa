"""What a client written from the document on the achievement platform relies on, over a real server."""

import asyncio
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from kleos.achievements.rarity import Measured
from kleos.core.ids import achievement_uuid
from kleos.server.facades.platform_shown import rarity_of
from tests.server.conftest import Server, problem_of
from tests.server.facades.player_token import token_of

AT = "2026-09-20T10:00:00Z"
PROLOGUE = str(achievement_uuid("quest", "prologue"))


async def post(server: Server, headers: dict[str, str] | None = None, **fields: Any) -> httpx.Response:
    body = {"player_id": "ann", "achievement_id": PROLOGUE, "timestamp": AT, **fields}
    sent = dict(server.headers) if headers is None else headers
    return await server.http.post("/api/v1/achievements/unlock", json=body, headers=sent)


async def unlock(server: Server, **fields: Any) -> Any:
    response = await post(server, **fields)
    assert response.status_code == 200, response.text
    return response.json()


def refused(response: httpx.Response, status: int) -> None:
    said = problem_of(response, status)
    assert said["success"] is False
    assert said["error"] == said["detail"]


@pytest.fixture(scope="module")
async def played(server: Server) -> Server:
    """Three play quest, ann a run of arcade besides; ann then has 35 points of quest, bob 10, cat 5."""
    await server.engine.rankings.ready(server.engine.game("quest"), ["all"])
    hours = {"ann": 1.5, "bob": 0.25, "cat": 2.0}
    sessions = [{"type": "session_ended", "player": player, "hours": each} for player, each in hours.items()]
    run = {"type": "score_submitted", "player": "ann", "score": 5, "game_mode": "classic", "duration_ms": 900_000}
    await server.send("quest", [{**each, "at": "2026-09-19T10:00:00Z"} for each in sessions])
    await server.send("arcade", [{**run, "at": "2026-09-18T10:00:00Z"}])
    await server.put("/v1/players/ann", {"name": "Ann", "region": "eu"})
    await server.put("/v1/players/cat", {"region": "na"})
    assert (await unlock(server))["new_rank"] == 1
    assert (await unlock(server, achievement_id="first_dragon", timestamp="2026-09-20T11:00:00"))["new_rank"] == 1
    assert (await unlock(server, player_id="bob", achievement_id="quest/prologue"))["new_rank"] == 2
    return server


async def test_unlocking_twice_is_a_success_without_a_second_award(played: Server) -> None:
    before = await played.get("/v1/players/ann/achievements", game="quest")
    answers = await asyncio.gather(*(unlock(played, timestamp="2026-09-20T12:00:00Z") for _ in range(5)))
    for answer in answers:
        assert answer["success"] is True
        assert answer["new_rank"] == 1
        created = answer["achievement"].pop("created_at")
        assert created.endswith("Z")
        assert answer["achievement"] == {
            "id": PROLOGUE,
            "game_id": "quest",
            "name": "Out of the Gate",
            "description": "Finish the prologue",
            "points": 5,
            "rarity": "common",
        }
    assert await played.get("/v1/players/ann/achievements", game="quest") == before


async def test_two_unlocks_at_once_are_one_award(played: Server) -> None:
    answers = await asyncio.gather(*(unlock(played, player_id="bob", achievement_id="pacifist") for _ in range(8)))
    assert all(answer["success"] for answer in answers)
    assert (await played.get("/api/v1/leaderboards/quest/player/bob"))["points"] == 5 + 5 + 30
    await unlock(played, achievement_id="pacifist")


async def test_what_cannot_be_unlocked(played: Server) -> None:
    refused(await post(played, player_id="nobody"), 404)
    refused(await post(played, achievement_id=str(uuid4())), 404)
    refused(await post(played, achievement_id="no_such_thing"), 404)
    refused(await post(played, achievement_id="hours_10"), 400)  # earned by playing
    refused(await post(played, player_id="bob", achievement_id="first_dragon", timestamp="soon"), 400)
    refused(await post(played, player_id="cat", achievement_id="first_dragon"), 400)  # needs the prologue
    refused(await post(played, player_id="cat", timestamp="2999-01-01T00:00:00Z"), 400)
    refused(await post(played, player_id=7), 400)
    refused(await post(played, player_id=""), 400)
    refused(await post(played, achievement_id=None), 400)
    sent = {**played.headers, "Content-Type": "application/json"}
    for body in (b"{", b"[]", b'{"player_id": "ann"}'):
        refused(await played.http.post("/api/v1/achievements/unlock", content=body, headers=sent), 400)
    assert (await played.http.get("/v1/players/nobody")).status_code == 404
    assert (await played.get("/api/v1/players/cat/achievements"))["total"] == 1


async def test_only_the_game_and_the_player_unlock(played: Server) -> None:
    refused(await post(played, headers={}), 401)
    refused(await post(played, headers=token_of(played, "bob", 1), player_id="cat"), 401)
    assert (await post(played, headers=token_of(played, "ann", 2))).status_code == 200


async def test_a_players_achievements(played: Server) -> None:
    answer = await played.get("/api/v1/players/ann/achievements")
    names = [one["name"] for one in answer["achievements"]]
    assert names == ["Dragonslayer", "Pacifist", "Out of the Gate", "Once Upon a Time", "Insert Coin"]
    assert answer["total"] == len(names)
    assert {one["game_id"] for one in answer["achievements"]} == {"quest", "arcade"}
    assert all(UUID(one["id"]).version == 5 for one in answer["achievements"])
    await played.refused("GET", "/api/v1/players/nobody/achievements", 404, headers={})


async def test_statistics_and_dashboard(played: Server) -> None:
    of_quest = len(played.engine.game("quest").definition.achievements)
    statistics = (await played.get("/api/v1/players/bob/statistics"))["games"]
    earned = (await played.get("/api/v1/players/bob/achievements"))["total"]
    completion = round(100 * earned / of_quest, 1)
    assert statistics == [{"game_id": "quest", "playtime": 0.25, "achievements": earned, "completion": completion}]
    both = (await played.get("/api/v1/players/ann/statistics"))["games"]
    assert [(one["game_id"], one["playtime"]) for one in both] == [("arcade", 0.25), ("quest", 1.5)]
    dashboard = await played.get("/api/v1/players/ann/dashboard")
    achievements = await played.get("/api/v1/players/ann/achievements")
    assert dashboard == {
        "total_achievements": achievements["total"],
        "total_playtime": 1.75,
        "games_owned": 2,
        "average_completion": pytest.approx(sum(one["completion"] for one in both) / 2, abs=0.1),
        "recent_achievements": achievements["achievements"],
    }
    for path in ("statistics", "dashboard"):
        await played.refused("GET", f"/api/v1/players/nobody/{path}", 404, headers={})


async def test_leaderboards(played: Server) -> None:
    rankings = (await played.get("/api/v1/leaderboards/quest"))["rankings"]
    assert [(one["rank"], one["player_id"], one["username"]) for one in rankings] == [
        (1, "ann", "Ann"),
        (2, "bob", "bob"),
        (3, "cat", "cat"),
    ]
    assert rankings[2] == {"player_id": "cat", "username": "cat", "points": 5, "rank": 3}
    european = (await played.get("/api/v1/leaderboards/quest", region="eu"))["rankings"]
    assert [one["player_id"] for one in european] == ["ann"]
    assert await played.get("/api/v1/leaderboards/quest", region="nowhere") == {"rankings": []}
    mine = await played.get("/api/v1/leaderboards/quest/player/cat")
    assert mine == {"rank": 3, "points": 5, "percentile": 33.3}
    await played.refused("GET", "/api/v1/leaderboards/chess", 404, headers={})
    await played.refused("GET", "/api/v1/leaderboards/quest/player/nobody", 404, headers={})


async def test_an_unlock_is_in_the_audit_log_once(played: Server) -> None:
    await asyncio.gather(*(unlock(played, player_id="bob", achievement_id="cartographer") for _ in range(4)))
    refused(await post(played, player_id="bob", achievement_id="hours_10"), 400)
    audited = await played.http.get("/v1/audit?game=quest&action=award", headers=played.headers)
    entries = [one for one in audited.json()["entries"] if one["detail"]["achievement"] == "cartographer"]
    assert [(one["action"], one["subject"], one["actor"]) for one in entries] == [("award.granted", "bob", "admin")]
    assert entries[0]["address"] == "127.0.0.1"


def test_rarity_by_the_measured_rate() -> None:
    measured = Measured({"a": 200, "b": 199, "c": 50, "d": 49}, 1000)
    assert [rarity_of(measured, name) for name in "abcde"] == ["common", "rare", "rare", "legendary", "legendary"]

"""What a client written from the document on card game stats relies on, over a real server, with data sent to it."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from kleos.players.change import set_hidden
from tests.server.conftest import Server
from tests.server.facades.player_token import token_of

START = datetime(2026, 9, 1, 12, tzinfo=UTC)
DOCUMENTED = (
    ("first_win", "First Victory", "Win your first game", "🏆", "games", 1),
    ("win_10", "Rising Star", "Win 10 games", "⭐", "games", 10),
    ("win_50", "Veteran", "Win 50 games", "🎖️", "games", 50),
    ("win_100", "Champion", "Win 100 games", "👑", "games", 100),
    ("perfect_round", "Perfect", "Score 0 or less in a round", "💎", "rounds", 1),
    ("negative_round", "Below Zero", "Score negative in a round", "❄️", "rounds", 1),
    ("knockout_10", "Closer", "Go out first 10 times", "🚪", "special", 10),
    ("wolfpack", "Wolfpack", "Get all 4 Jacks", "🐺", "special", 1),
    ("streak_5", "Hot Streak", "Win 5 games in a row", "🔥", "special", 5),
    ("streak_10", "Unstoppable", "Win 10 games in a row", "⚡", "special", 10),
)


def game_of(number: int, winner: str, scores: dict[str, int], cpus: tuple[str, ...] = ()) -> list[dict[str, Any]]:
    at = START + timedelta(hours=number)
    match = f"m{number}"
    return [
        {
            "type": "round_ended",
            "match": match,
            "at": at.isoformat(),
            "scores": scores,
            "winner": winner,
            "finisher": winner,
            "cpus": list(cpus),
        },
        {
            "type": "game_ended",
            "match": match,
            "at": (at + timedelta(minutes=30)).isoformat(),
            "totals": scores,
            "winner": winner,
            "humans": len(scores) - len(cpus),
            "cpus": list(cpus),
        },
    ]


@pytest.fixture(scope="module")
async def played(server: Server) -> Server:
    """ann wins six of seven, bob one; robo is a computer player; cat plays two games only; mallory is hidden."""
    events = []
    for number in range(6):
        events += game_of(number, "ann", {"ann": -1 if number == 0 else 3, "bob": 10, "robo": -5}, ("robo",))
    events += game_of(6, "bob", {"ann": 5, "bob": 4})
    events += game_of(7, "robo", {"cat": 20, "robo": 1}, ("robo",))
    events += game_of(8, "robo", {"cat": 21, "robo": 1}, ("robo",))
    for number in range(9, 17):
        events += game_of(number, "mallory", {"mallory": -3, "robo": 9}, ("robo",))
    assert (await server.send("golf", events))["accepted"] == len(events)
    await server.put("/v1/players/ann", {"name": "Ann"})
    await server.put("/v1/players/newcomer", {"name": "New"})
    await set_hidden(server.engine, "mallory", True)
    return server


async def test_leaderboard_by_every_metric(played: Server) -> None:
    board = await played.get("/api/stats/leaderboard")
    assert board == {
        "metric": "wins",
        "entries": [
            {"rank": 1, "user_id": "ann", "username": "Ann", "value": 6, "games_played": 7},
            {"rank": 2, "user_id": "bob", "username": "bob", "value": 1, "games_played": 7},
        ],
    }
    expected = {"win_rate": [85.7, 14.3], "avg_score": [2.7, 9.1], "knockouts": [6, 1], "streak": [6, 1]}
    for metric, values in expected.items():
        board = await played.get("/api/stats/leaderboard", metric=metric)
        assert [entry["value"] for entry in board["entries"]] == values
        assert [entry["user_id"] for entry in board["entries"]] == ["ann", "bob"]
        assert board["metric"] == metric


async def test_leaderboard_pages_and_its_bounds(played: Server) -> None:
    second = await played.get("/api/stats/leaderboard", limit=1, offset=1)
    assert [(entry["rank"], entry["user_id"]) for entry in second["entries"]] == [(2, "bob")]
    for params in ({"limit": 0}, {"limit": 101}, {"offset": -1}, {"limit": "many"}, {"metric": "luck"}):
        await played.refused("GET", "/api/stats/leaderboard", 400, params=params, headers={})


async def test_player_stats(played: Server) -> None:
    assert await played.get("/api/stats/players/ann") == {
        "user_id": "ann",
        "username": "Ann",
        "games_played": 7,
        "games_won": 6,
        "win_rate": 85.7,
        "rounds_played": 7,
        "rounds_won": 6,
        "avg_score": 2.7,
        "best_round_score": -1,
        "knockouts": 6,
        "best_win_streak": 6,
        "achievements": ["perfect_round", "negative_round", "first_win", "streak_5"],
    }
    cat = await played.get("/api/stats/players/cat")
    assert (cat["games_played"], cat["games_won"], cat["win_rate"], cat["achievements"]) == (2, 0, 0.0, [])


async def test_who_is_not_there_is_not_found(played: Server) -> None:
    for player in ("nobody", "robo", "mallory"):
        for path in ("", "/rank", "/achievements"):
            await played.refused("GET", f"/api/stats/players/{player}{path}", 404, headers={})
    await played.refused("GET", "/api/stats/players/newcomer", 404, headers={})
    await played.refused("GET", f"/api/stats/players/{'x' * 129}", 400, headers={})


async def test_rank(played: Server) -> None:
    assert await played.get("/api/stats/players/bob/rank") == {"user_id": "bob", "metric": "wins", "rank": 2}
    for metric in ("wins", "win_rate", "avg_score", "knockouts", "streak"):
        answer = await played.get("/api/stats/players/ann/rank", metric=metric)
        assert answer == {"user_id": "ann", "metric": metric, "rank": 1}
        unranked = await played.get("/api/stats/players/cat/rank", metric=metric)
        assert unranked == {"user_id": "cat", "metric": metric, "rank": None}
    await played.refused("GET", "/api/stats/players/ann/rank", 400, params={"metric": "luck"}, headers={})


async def test_me(played: Server) -> None:
    mine = await played.http.get("/api/stats/me", headers=token_of(played, "ann", 1))
    assert mine.status_code == 200
    assert mine.json() == await played.get("/api/stats/players/ann")
    fresh = await played.http.get("/api/stats/me", headers=token_of(played, "newcomer", 2))
    assert fresh.json() == {"games_played": 0, "games_won": 0, "achievements": []}
    await played.refused("GET", "/api/stats/me", 401, headers={})


async def test_achievements_in_the_documents_order(played: Server) -> None:
    names = ("id", "name", "description", "icon", "category", "threshold")
    answer = await played.get("/api/stats/achievements")
    assert answer == {"achievements": [dict(zip(names, each, strict=True)) for each in DOCUMENTED]}


async def test_earned_achievements_newest_first(played: Server) -> None:
    earned = (await played.get("/api/stats/players/ann/achievements"))["achievements"]
    assert [each["id"] for each in earned] == ["streak_5", "first_win", "negative_round", "perfect_round"]
    assert earned[1] == {
        "id": "first_win",
        "name": "First Victory",
        "description": "Win your first game",
        "icon": "🏆",
        "earned_at": "2026-09-01T12:30:00Z",
    }
    assert await played.get("/api/stats/players/cat/achievements") == {"achievements": []}

"""What a client written from the document on the leaderboard relies on, over a real server, with data sent to it."""

import asyncio
from typing import Any

import httpx
import pytest

from kleos.server.facades.leaderboard import tier
from kleos.store.embedded import EmbeddedPostgres
from kleos.store.pool import open_connection
from tests.server.conftest import Server, problem_of
from tests.server.facades.player_token import token_of
from tests.server.watched import watched


async def post(server: Server, headers: dict[str, str] | None = None, **fields: Any) -> httpx.Response:
    body = {"user_id": 7, "score": 10.0, "game_mode": "classic", **fields}
    sent = dict(server.headers) if headers is None else headers
    return await server.http.post("/api/leaderboard/submit", json=body, headers=sent)


async def submit(server: Server, **fields: Any) -> Any:
    response = await post(server, **fields)
    assert response.status_code == 200, response.text
    return response.json()


@pytest.fixture(scope="module")
async def played(server: Server) -> Server:
    """12 with 300, then 7 and the player "nine" with 100 each."""
    await server.engine.rankings.ready(server.engine.game("arcade"), ["all"])
    assert await submit(server, user_id=7, score=100) == {
        "success": True,
        "user_id": 7,
        "new_rank": 1,
        "old_rank": None,
        "total_score": 100.0,
        "games_played": 1,
    }
    assert (await submit(server, user_id="nine", score=50, multiplier=2.0))["user_id"] == "nine"
    assert (await submit(server, user_id=12, score=90, duration_ms=1, metadata={"level": 3}))["new_rank"] == 3
    raised = await submit(server, user_id=12, score=210)
    assert raised == {
        "success": True,
        "user_id": 12,
        "new_rank": 1,
        "old_rank": 3,
        "total_score": 300.0,
        "games_played": 2,
    }
    await server.put("/v1/players/12", {"name": "Twelve"})
    return server


async def test_top(played: Server) -> None:
    first = {
        "rank": 1,
        "user_id": 12,
        "username": "Twelve",
        "total_score": 300.0,
        "games_played": 2,
        "win_rate": 0.0,
    }
    top = await played.get("/api/leaderboard/top")
    assert top["entries"][0] == first
    assert [(one["rank"], one["user_id"]) for one in top["entries"]] == [(1, 12), (2, 7), (2, "nine")]
    assert top["total"] == 3
    assert await played.get("/api/leaderboard/top", limit=1, offset=0) == {"entries": [first], "total": 3}
    for params in ({"limit": 0}, {"offset": -1}, {"limit": "x"}):
        await played.refused("GET", "/api/leaderboard/top", 400, params=params, headers={})


async def test_rank(played: Server) -> None:
    assert await played.get("/api/leaderboard/rank/12") == {
        "user_id": 12,
        "username": "Twelve",
        "rank": 1,
        "total_score": 300.0,
        "games_played": 2,
        "percentile": 100.0,
        "tier": "top 1%",
    }
    shared = await played.get("/api/leaderboard/rank/7")
    assert (shared["rank"], shared["percentile"], shared["tier"]) == (2, 66.7, "top 50%")
    await played.refused("GET", "/api/leaderboard/rank/99", 404, headers={})


def test_tiers() -> None:
    ranks = (1, 2, 5, 6, 10, 11, 25, 26, 50, 51, 100)
    top = ("1%", "5%", "5%", "10%", "10%", "25%", "25%", "50%", "50%")
    assert [tier(rank, 100) for rank in ranks] == [*(f"top {share}" for share in top), "rest", "rest"]


async def test_bad_scores_count_nothing(played: Server) -> None:
    before = await played.get("/api/leaderboard/top")
    bad: list[dict[str, Any]] = [
        {"score": 0},
        {"score": -1},
        {"score": "ten"},
        {"score": None},
        {"score": 2e9},
        {"game_mode": "cheating"},
        {"game_mode": 3},
        {"user_id": ""},
        {"user_id": "x" * 129},
        {"user_id": True},
        {"user_id": 1.5},
        {"multiplier": -1},
        {"duration_ms": -5},
        {"user": 1},
    ]
    for fields in bad:
        problem_of(await post(played, **fields), 400)
    for body in (b"", b"{", b'{"user_id": 7, "score": NaN, "game_mode": "classic"}', b'{"user_id": 7}', b"[]"):
        sent = {**played.headers, "Content-Type": "application/json"}
        problem_of(await played.http.post("/api/leaderboard/submit", content=body, headers=sent), 400)
    huge = b'{"user_id": 7, "score": 1e999, "game_mode": "classic"}'
    sent = {**played.headers, "Content-Type": "application/json"}
    problem_of(await played.http.post("/api/leaderboard/submit", content=huge, headers=sent), 400)
    assert await played.get("/api/leaderboard/top") == before


async def test_only_the_game_and_the_player_submit(played: Server) -> None:
    before = await played.get("/api/leaderboard/top")
    problem_of(await post(played, headers={}), 401)
    problem_of(await post(played, headers={"Authorization": "Bearer kleos_wrong"}), 401)
    problem_of(await post(played, headers=token_of(played, "somebody", 1), user_id=7), 401)
    assert await played.get("/api/leaderboard/top") == before
    own = await post(played, headers=token_of(played, "42", 2), user_id=42, score=1)
    assert own.status_code == 200, own.text
    assert own.json()["user_id"] == 42


async def test_submissions_at_once_all_count(played: Server) -> None:
    answers = await asyncio.gather(*(submit(played, user_id=1000, score=1) for _ in range(40)))
    assert sorted(answer["games_played"] for answer in answers)[-1] == 40
    assert (await played.get("/api/leaderboard/rank/1000"))["total_score"] == 40.0


async def test_health(played: Server) -> None:
    answer = await played.get("/api/leaderboard/health")
    assert answer == {"status": "healthy", "database": "connected", "cache": answer["cache"], "connections": 0}
    assert answer["cache"] in ("warm", "warming")


END_ITS_CONNECTIONS = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1"
HEALTH = {"status", "database", "cache", "connections"}


async def health_once(http: httpx.AsyncClient, database: str) -> httpx.Response:
    """What it answers as soon as it says this of the database."""
    while (answer := await http.get("/api/leaderboard/health")).json()["database"] != database:
        await asyncio.sleep(0.02)
    return answer


async def test_health_without_the_database(postgres: EmbeddedPostgres, database_url: str) -> None:
    async with watched(database_url) as server:
        assert (await health_once(server.http, "connected")).status_code == 200
        name = await server.engine.pool.fetchval("SELECT current_database()")
        beside = await open_connection(postgres.dsn)
        try:
            await beside.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS false')
            await beside.fetch(END_ITS_CONNECTIONS, name)
            answer = await health_once(server.http, "disconnected")
            assert (answer.status_code, answer.json()["status"], set(answer.json())) == (503, "unhealthy", HEALTH)
        finally:
            await beside.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS true')
            await beside.close()
        answer = await health_once(server.http, "connected")
        assert (answer.status_code, answer.json()["status"]) == (200, "healthy")

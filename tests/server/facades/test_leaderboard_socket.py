"""The leaderboard's WebSocket as its document has it, over a real server and real sockets."""

import asyncio
import json
from typing import Any

from websockets.asyncio.client import ClientConnection, connect

from tests.server.conftest import Server


async def submit(server: Server, user_id: int, score: float) -> Any:
    body = {"user_id": user_id, "score": score, "game_mode": "classic"}
    response = await server.http.post("/api/leaderboard/submit", json=body, headers=server.headers)
    assert response.status_code == 200, response.text
    return response.json()


async def hear(socket: ClientConnection) -> Any:
    async with asyncio.timeout(10):
        return json.loads(await socket.recv())


async def test_snapshot_and_then_who_moved(server: Server) -> None:
    await server.engine.standings.ready(server.engine.game("arcade"), ["all"])
    for user_id in range(1, 11):
        await submit(server, user_id, 100 * (11 - user_id))
    url = server.url.replace("http", "ws", 1) + "/ws/leaderboard/"
    async with connect(url + "10") as mine, connect(url + "99") as other:
        snapshot = await hear(mine)
        assert snapshot["event_type"] == "snapshot"
        assert snapshot["entries"] == (await server.get("/api/leaderboard/top"))["entries"]
        assert snapshot["user"] == await server.get("/api/leaderboard/rank/10")
        assert (await hear(other))["user"] is None
        assert (await submit(server, 10, 550))["new_rank"] == 5
        for socket in (mine, other):
            update = await hear(socket)
            assert update.pop("timestamp") == "2026-09-21T14:13:20Z"
            assert update == {
                "event_type": "leaderboard_update",
                "user_id": 10,
                "username": "10",
                "new_rank": 5,
                "old_rank": 10,
                "rank_change": 5,
            }
        assert (await server.get("/api/leaderboard/health"))["connections"] == 2
        await submit(server, 77, 1)
        entered = await hear(mine)
        assert (entered["user_id"], entered["new_rank"], entered["old_rank"]) == (77, 11, None)
        assert entered["rank_change"] is None

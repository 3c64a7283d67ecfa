"""Whoever listens hears of a ban as of a commit, and nothing of the player while it holds."""

from typing import Any

from tests.feed.conftest import Server

BOARD = "board:arcade/total_score"


async def correct(server: Server, **asked: Any) -> int:
    body = {"reason": "a test", **asked}
    response = await server.http.post("/v1/games/arcade/corrections", json=body, headers=server.headers)
    assert response.status_code == 200, response.text
    number: int = response.json()["correction"]["correction"]
    return number


async def undo(server: Server, number: int) -> None:
    path = f"/v1/games/arcade/corrections/{number}/undo"
    response = await server.http.post(path, json={"reason": "a mistake"}, headers=server.headers)
    assert response.status_code == 200, response.text


async def test_a_ban_takes_a_player_off_the_board_and_silences_their_awards(server: Server) -> None:
    await server.score("ban-ann", 5_000_000)
    async with server.listener(BOARD) as board, server.listener("player:ban-ann") as player:
        first = await board.hear("snapshot")
        assert "ban-ann" in {line["player"] for line in first["entries"]}
        await player.hear("snapshot")
        number = await correct(server, kind="ban", player="ban-ann")
        change = await board.hear_until("board.changed")
        assert change["total"] == first["total"] - 1
        await server.send(
            "arcade", *({"type": "score_submitted", "player": "ban-ann", "score": 9, "game_mode": "timed"},) * 5
        )
        async with server.listener("player:ban-ann") as again:
            snapshot = await again.hear("snapshot")
            assert [one for one in snapshot["standings"] if one["game"] == "arcade"] == []
            assert [one for one in snapshot["awards"] if one["game"] == "arcade"] == []
        await undo(server, number)
        back = await board.hear_until("board.changed")
        assert back["total"] == first["total"]
        await server.score("ban-ann", 1)
        heard = await player.hear()
        assert heard["type"] == "standing.changed", "nothing was told while the ban held"

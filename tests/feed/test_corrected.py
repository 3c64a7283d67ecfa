"""Whoever listens hears of a ban as of a commit, and nothing of the player while it holds."""

from typing import Any

from tests.feed.conftest import Client, Server

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


async def test_a_voided_event_takes_its_points_back(server: Server) -> None:
    first, second = (
        {
            "type": "score_submitted",
            "id": f"void-{n}",
            "player": "void-ann",
            "score": 6_000_000 + n,
            "game_mode": "timed",
        }
        for n in range(2)
    )
    async with server.listener(BOARD) as board, server.listener("player:void-ann") as player:
        await server.send("arcade", first, second)
        before = await told_of(board, "void-ann", 12_000_001)
        await player.hear_until("standing.changed")
        number = await correct(server, kind="void", event="void-1")
        change = await told_of(board, "void-ann", 6_000_000)
        assert change["total"] == before["total"]
        standing = await player.hear_until("standing.changed")
        assert "total_score" in {one["board"] for one in standing["standings"]}
        await undo(server, number)
        await told_of(board, "void-ann", 12_000_001)
        await correct(server, kind="void", match="void-0")
        await told_of(board, "void-ann", 6_000_001)
        await correct(server, kind="void", match="void-1")
        gone = await told_of(board, "void-ann", None)
        assert gone["total"] == before["total"] - 1


async def test_two_who_are_merged_stand_as_one(server: Server) -> None:
    async with server.listener(BOARD) as board:
        await server.score("merge-ann", 7_000_000)
        await server.score("merge-bob", 7_100_000)
        before = await told_of(board, "merge-bob", 7_100_000)
        number = await correct(server, kind="merge", player="merge-bob", into="merge-ann")
        change = await told_of(board, "merge-ann", 14_100_000)
        assert change["total"] == before["total"] - 1
        assert {"player": "merge-bob", "rank": None}.items() <= line_of(change, "merge-bob").items()
        await server.score("merge-bob", 1)
        change = await told_of(board, "merge-ann", 14_100_001)
        assert line_of(change, "merge-bob") is None
        await undo(server, number)
        back = await told_of(board, "merge-ann", 7_000_000)
        assert back["total"] == before["total"]
        assert line_of(back, "merge-bob")["value"] == 7_100_001


def line_of(message: Any, player: str) -> Any:
    lines = (*message.get("changes", ()), *message["entries"])
    return next((one for one in lines if one["player"] == player), None)


async def told_of(board: Client, player: str, value: float | None) -> Any:
    """What is told once the player stands at this value, or no more."""
    while True:
        message = await board.hear()
        line = line_of(message, player)
        if line is not None and line.get("value") == value:
            return message

"""What could not be told while the database was away is told when it answers again."""

import asyncio
from typing import Any

import pytest

from kleos.store.pool import open_connection
from tests.feed.conftest import Client, Server, away_once

BOARD = "board:arcade/total_score/day"
CUT_WHO_WAITS = """
SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
WHERE datname = current_database() AND wait_event_type = 'Lock'
"""


async def test_awards_and_matches_are_told_when_the_connections_are_back(server: Server) -> None:
    other = await open_connection(server.feed.engine.database.dsn)
    async with server.listener("game:golf") as of_game, server.listener("match:golf/cut") as of_match:
        first = (await of_game.hear("snapshot"))["n"]
        await of_match.hear("error")  # there is no such match yet
        await server.send("golf", _round("cut-ann", 5))
        await of_match.say(subscribe=["match:golf/cut"])
        await of_match.hear("snapshot")
        first = await _quiet(of_game, first)
        async with other.transaction():
            await other.execute("LOCK TABLE kleos.opened_matches")
            await server.send("golf", _round("cut-bob", -1))
            cut = 0
            async with asyncio.timeout(10):
                while cut < 2:
                    cut += await other.fetchval(CUT_WHO_WAITS)
        told = [await of_game.hear() for _ in range(2)]
        assert [(one["type"], one["n"] - first) for one in told] == [("achievement.unlocked", 1), ("match.changed", 2)]
        assert {one["player"] for one in told[0]["awards"]} == {"cut-bob"}
        assert [one["match"] for one in told[1]["matches"]] == ["cut"]
        while (await of_match.hear("match.changed"))["events"] < 2:
            pass
    await other.close()


async def test_who_moved_is_told_when_the_board_can_be_read(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    await server.score("away-ann", 10)
    async with server.listener(BOARD) as client:
        first = await client.hear("snapshot")
        away_once(monkeypatch, server.feed.engine.standings, "glance")
        await server.score("away-bob", 20)
        change = await client.hear("board.changed")
        assert (change["n"], change["more"]) == (first["n"] + 1, 0)
        assert [(one["player"], one["previous_rank"]) for one in change["changes"]] == [("away-bob", None)]


async def test_standings_that_memory_does_not_know_are_asked_for_again(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = server.feed.engine
    await server.score("away-cat", 10)
    async with server.listener("player:away-cat") as client:
        await client.hear("snapshot")
        away_once(monkeypatch, engine.standings, "effects")
        engine.rankings.forget("arcade")
        await server.score("away-cat", 5)
        changed = await client.hear("standing.changed")
        assert ("total_score", 15) in {(one["board"], one["value"]) for one in changed["standings"]}


def _round(player: str, score: int) -> dict[str, Any]:
    scores = {player: score, "cut-other": 9}
    return {"type": "round_ended", "match": "cut", "scores": scores, "winner": player}


async def _quiet(client: Client, n: int) -> int:
    """The number of the last message, once the match has been told of; awards of it come before."""
    while (message := await client.hear())["type"] != "match.changed":
        pass
    assert message["n"] > n
    return int(message["n"])

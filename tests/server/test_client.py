"""The Python client against a real server: it reads every answer that it asks for."""

from collections.abc import AsyncIterator

import pytest

from kleos.client import AsyncKleos
from kleos.core.windows import iso
from tests.server.conftest import KEY, NOW_US, Server


@pytest.fixture(scope="module")
async def client(server: Server) -> AsyncIterator[AsyncKleos]:
    async with AsyncKleos(server.url, KEY) as client:
        yield client


async def test_the_client_reads_every_answer(client: AsyncKleos) -> None:
    event = {"type": "score_submitted", "player": "a/b", "score": 50.0, "game_mode": "classic", "at": iso(NOW_US)}
    receipt = await client.send("arcade", [event | {"id": "one", "match": "m"}], effects=True)
    assert receipt.accepted == 1
    assert {change.board for change in receipt.standings} >= {"total_score", "best_score"}
    profile = await client.put_player("a/b", name="Ada", attributes={"club": "north"})
    assert (profile.player, profile.name, profile.attributes) == ("a/b", "Ada", {"club": "north"})

    assert "arcade" in {game.game for game in await client.games()}
    assert "total_score" in {board.board for board in await client.boards("arcade")}
    page = await client.board("arcade", "total_score")
    assert [(entry.rank, entry.player, entry.name) for entry in page.entries] == [(1, "a/b", "Ada")]
    assert (await client.standing("arcade", "total_score", "a/b")).rank == 1
    assert (await client.around("arcade", "total_score", "a/b")).total == 1
    assert len((await client.lookup("arcade", "total_score", ["a/b", "nobody"])).entries) == 1
    assert (await client.sheet("arcade", "career", player="a/b")).total == 1
    assert (await client.seasons("arcade")) == ()
    assert all(one.achievement for one in await client.achievements("quest"))

    assert (await client.player("a/b")).name == "Ada"
    assert "arcade" in (await client.player_stats("a/b")).games
    assert (await client.player_achievements("a/b")).player == "a/b"
    matches = await client.matches("arcade", status="open", player="a/b")
    assert [(match.match, match.status, match.players) for match in matches.matches] == [("m", "open", ("a/b",))]
    assert matches.matches[0].started_at is not None
    assert (await client.match("arcade", "m")).events == 1
    assert len((await client.player_matches("a/b")).matches) == 1

"""The two messages of the document on the achievement platform, over Socket.IO's own wire format."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import uuid4

import pytest
from websockets.asyncio.client import ClientConnection, connect

from kleos.core.ids import achievement_uuid
from tests.feed.conftest import away_once
from tests.server.conftest import Server
from tests.server.facades.player_token import token_of

AT = "2026-09-20T10:00:00Z"
PROLOGUE = str(achievement_uuid("quest", "prologue"))
NAMES = ("achievement.unlocked", "leaderboard.updated")


async def unlock(server: Server, player: str, achievement: str) -> Any:
    body = {"player_id": player, "achievement_id": achievement, "timestamp": AT}
    answer = await server.http.post("/api/v1/achievements/unlock", json=body, headers=dict(server.headers))
    assert answer.status_code == 200, answer.text
    return answer.json()


async def packet(socket: ClientConnection) -> str:
    async with asyncio.timeout(10):
        text = await socket.recv()
    assert isinstance(text, str)
    if text == "2":
        await socket.send("3")
        return await packet(socket)
    return text


async def hear(socket: ClientConnection) -> tuple[str, Any]:
    """The next of the two documented messages."""
    while True:
        text = await packet(socket)
        assert text.startswith("42"), text
        name, told = json.loads(text[2:])
        if name != "feed":
            assert name in NAMES
            return name, told


async def hear_updates(socket: ClientConnection, count: int) -> dict[str, tuple[int | None, int | None]]:
    """By player, the new rank and the change."""
    updates: dict[str, tuple[int | None, int | None]] = {}
    while len(updates) < count:
        name, told = await hear(socket)
        if name == "leaderboard.updated":
            assert told.keys() == {"game_id", "player_id", "new_rank", "rank_change"}
            assert told["game_id"] == "quest"
            updates[told["player_id"]] = (told["new_rank"], told["rank_change"])
    return updates


@asynccontextmanager
async def connected(server: Server, player: str | None) -> AsyncIterator[ClientConnection]:
    token = token_of(server, player, 1)["Authorization"].partition(" ")[2] if player is not None else None
    url = server.url.replace("http", "ws", 1) + "/socket.io/?EIO=4&transport=websocket"
    async with connect(url) as socket:
        assert (await packet(socket)).startswith("0{")
        await socket.send("40" + (json.dumps({"token": token}) if token else ""))
        assert (await packet(socket)).startswith("40{")
        yield socket


@pytest.fixture(scope="module")
async def played(server: Server) -> Server:
    """Three play quest: ann has 10 points of it, bob and cat the 5 of whoever plays."""
    await server.engine.rankings.ready(server.engine.game("quest"), ["all"])
    events = [
        {"type": "session_ended", "player": player, "hours": 0.5, "at": "2026-09-19T10:00:00Z"}
        for player in ("ann", "bob", "cat")
    ]
    await server.send("quest", events)
    await unlock(server, "ann", PROLOGUE)
    return server


async def test_an_unlock_is_told_to_the_player_and_the_ranking_to_all(played: Server) -> None:
    async with connected(played, "ann") as ann, connected(played, "bob") as bob, connected(played, "cat") as cat:
        answer = await unlock(played, "bob", "pacifist")
        name, told = await hear(bob)
        assert name == "achievement.unlocked"
        assert told == {"player_id": "bob", "achievement": answer["achievement"], "timestamp": AT}
        assert told["achievement"].keys() == {
            *("id", "game_id", "name", "description", "points", "rarity", "created_at")
        }
        assert await hear_updates(bob, 1) == {"bob": (1, -1)}
        assert await hear_updates(ann, 2) == {"bob": (1, -1), "ann": (2, 1)}  # who was passed hears that too
        assert await hear_updates(cat, 2) == {"bob": (1, -1), "cat": (3, 1)}


async def test_what_changes_no_rank_is_no_update(played: Server) -> None:
    async with connected(played, "bob") as bob:
        await unlock(played, "bob", PROLOGUE)
        assert (await hear(bob))[0] == "achievement.unlocked"
        await unlock(played, "bob", PROLOGUE)  # a second time it is nothing
        await unlock(played, "bob", "cartographer")
        name, told = await hear(bob)
        assert (name, told["achievement"]["name"]) == ("achievement.unlocked", "Cartographer")


async def test_awards_that_are_played_for_are_told_too(played: Server) -> None:
    async with connected(played, "dan") as dan:
        session = {"type": "session_ended", "player": "dan", "hours": 0.5, "at": AT}
        await played.send("quest", [session])
        assert (await hear(dan))[1]["timestamp"] == AT
        assert await hear_updates(dan, 1) == {"dan": (3, None)}  # new on the board, with cat


async def test_several_changes_that_fall_together_are_one(played: Server) -> None:
    async with connected(played, "cat") as cat:
        await unlock(played, "cat", PROLOGUE)
        await asyncio.gather(*(unlock(played, "cat", each) for each in ("pacifist", "cartographer")))
        (_, rank), *_ = (await played.get("/api/v1/leaderboards/quest/player/cat")).items()
        moved, new_rank = 0, None
        while new_rank != rank:
            name, told = await hear(cat)
            if name == "leaderboard.updated" and told["player_id"] == "cat":
                new_rank, moved = told["new_rank"], moved + told["rank_change"]
        assert moved == rank - 3


async def test_without_a_token_nothing_is_heard_unasked(played: Server) -> None:
    player = f"new-{uuid4().hex[:6]}"
    async with connected(played, None) as nobody, connected(played, player) as somebody:
        await played.send("quest", [{"type": "session_ended", "player": player, "hours": 1.0, "at": AT}])
        await hear_updates(somebody, 1)
        await nobody.send('42["subscribe","game:golf"]')
        text = await packet(nobody)
        assert json.loads(text[2:])[1]["topic"] == "game:golf"  # the first thing that comes


async def test_who_left_is_forgotten(played: Server) -> None:
    voice: Any = played.feed.voice
    async with connected(played, "ann"):
        assert voice.hears("ann")
        assert len(voice.everybody) == 1
    async with connected(played, None):
        pass  # the server has seen the end of the one before
    assert not voice.hears("ann")
    assert len(voice.everybody) == 0


async def test_what_could_not_be_told_is_told_once_when_the_database_answers(
    played: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with connected(played, "dan") as dan:
        away_once(monkeypatch, played.engine.standings, "lookup")
        await unlock(played, "dan", "pacifist")
        assert (await hear(dan))[0] == "achievement.unlocked"
        assert "dan" in await hear_updates(dan, 1)
        await unlock(played, "dan", "cartographer")
        while (told := await hear(dan))[0] == "leaderboard.updated":
            pass
        assert told[1]["achievement"]["name"] == "Cartographer"

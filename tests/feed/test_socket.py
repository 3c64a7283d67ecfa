"""The plain WebSocket, over real sockets: snapshots, changes, numbers, and coming back."""

import asyncio
from contextlib import AsyncExitStack

from kleos.feed.topics import parse_topic
from tests.feed.conftest import Server


async def test_a_board_tells_its_lines_and_then_what_moved(server: Server) -> None:
    board = "board:arcade/total_score/day"
    await server.score("board-ann", 10)
    async with server.listener(board) as client:
        first = await client.hear("snapshot")
        assert (first["topic"], first["board"], first["total"]) == (board, "total_score", len(first["entries"]))
        assert [line["rank"] for line in first["entries"]] == [line["place"] for line in first["entries"]]
        await server.score("board-bob", 1_000_000)
        change = await client.hear("board.changed")
        assert change["n"] == first["n"] + 1
        (moved,) = change["changes"]
        assert (moved["player"], moved["rank"], moved["previous_rank"]) == ("board-bob", 1, None)
        assert change["entries"][0]["player"] == "board-bob"
        assert change["total"] == change["shown"] == first["total"] + 1
        await server.score("board-ann", 2_000_000)
        (moved,) = (await client.hear("board.changed"))["changes"]
        assert (moved["player"], moved["rank"], moved["previous_rank"]) == ("board-ann", 1, 2)


async def test_a_player_hears_standings_awards_and_who_passed(server: Server) -> None:
    async with server.listener("player:duel-ann") as client:
        assert (await client.hear("snapshot"))["standings"] == []
        await server.send(
            "golf",
            {
                "type": "round_ended",
                "match": "duel",
                "scores": {"duel-ann": -1, "duel-bob": 9},
                "winner": "duel-ann",
            },
        )
        unlocked = await client.hear_until("achievement.unlocked")
        assert {"perfect_round", "negative_round"} <= {each["achievement"] for each in unlocked["awards"]}
        await server.score("duel-ann", 5)
        changed = await client.hear_until("standing.changed")
        mine = {(each["board"], each["window"]): each for each in changed["standings"]}
        assert changed["game"] == "arcade"
        assert mine["total_score", "all"]["previous_rank"] is None
        assert mine["total_score", "all"]["value"] == 5
    async with server.listener("player:duel-ann") as client:
        again = await client.hear("snapshot")
        assert {"perfect_round"} <= {each["achievement"] for each in again["awards"]}
        place = next(each for each in again["standings"] if (each["board"], each["window"]) == ("total_score", "all"))
        assert place["value"] == 5


async def test_who_comes_back_gets_what_was_missed_or_a_snapshot(server: Server) -> None:
    topic = "player:returning"
    await server.score("returning", 1)  # the first score is an achievement
    async with server.listener(topic) as client:
        seen = (await client.hear("snapshot"))["n"]
    for score in (1, 2, 3):
        await server.score("returning", score)
    async with server.listener(topic, last={topic: seen}) as client:
        assert (await client.hear("resumed"))["missed"] == 3
        assert [(await client.hear("standing.changed"))["n"] - seen for _ in range(3)] == [1, 2, 3]
    async with server.listener(topic, last={topic: seen + 3}) as client:
        assert (await client.hear("resumed"))["missed"] == 0
    for last in (0, seen - 1, seen + 1_000):
        async with server.listener(topic, last={topic: last}) as client:
            assert (await client.hear("snapshot"))["n"] == seen + 3


async def test_a_message_is_made_once_however_many_listen(server: Server) -> None:
    topic = "player:popular"
    async with AsyncExitStack() as stack:
        clients = [await stack.enter_async_context(server.listener(topic)) for _ in range(20)]
        for client in clients:
            await client.hear("snapshot")
        await server.score("popular", 1)
        heard = [await client.hear_until("standing.changed") for client in clients]
        assert all(message == heard[0] for message in heard)


async def test_a_game_tells_of_awards(server: Server) -> None:
    async with server.listener("game:golf") as client:
        assert (await client.hear("snapshot"))["title"]
        scores = {"crowd-ann": 0, "crowd-bob": 9}
        await server.send("golf", {"type": "round_ended", "match": "crowd", "scores": scores, "winner": "crowd-ann"})
        unlocked = await client.hear("achievement.unlocked")
        assert ("crowd-ann", "perfect_round") in {(one["player"], one["achievement"]) for one in unlocked["awards"]}


async def test_what_was_unsubscribed_is_heard_no_more(server: Server) -> None:
    async with server.listener("player:quiet", "player:loud") as client:
        await client.hear("snapshot")
        await client.hear("snapshot")
        await client.say(unsubscribe=["player:quiet"])
        await client.hear("unsubscribed")
        await server.score("quiet", 1)
        await server.score("loud", 1)
        assert (await client.hear())["topic"] == "player:loud"


async def test_a_closed_connection_listens_to_nothing(server: Server) -> None:
    topic = parse_topic("player:gone")
    async with server.listener(str(topic)) as client:
        await client.hear("snapshot")
        channel = server.feed.hub.channel(topic)
        assert channel is not None
        assert len(channel.listeners) == 1
    async with server.listener("player:other") as client:
        await client.hear("snapshot")  # the server has seen the end of the one before
    assert len(channel.listeners) == 0


async def test_a_new_name_is_told_to_who_looks_at_the_board(server: Server) -> None:
    await server.score("renamed", 7_000_000)
    async with server.listener("board:arcade/total_score/day") as client:
        await client.hear("snapshot")
        response = await server.http.put("/v1/players/renamed", json={"name": "Renée"}, headers=server.headers)
        assert response.status_code == 200
        names: dict[str, str] = {}
        while names.get("renamed") != "Renée":  # the score may be told first
            names |= {line["player"]: line["name"] for line in (await client.hear("board.changed"))["entries"]}


async def test_a_busy_board_is_told_at_most_ten_times_a_second(server: Server) -> None:
    async with server.listener("board:arcade/best_score/day") as client:
        before = await client.hear("snapshot")
        loop = asyncio.get_running_loop()
        started = loop.time()
        for number in range(60):
            await server.score("busy", 20_000_000 + number)
        last, told = 0.0, 0
        while last < 20_000_059:
            change = await client.hear("board.changed")
            last = max([last, *(moved["value"] for moved in change["changes"] if moved["player"] == "busy")])
            told += 1
            assert change["n"] == before["n"] + told
        assert told <= 2 + 10 * (loop.time() - started)

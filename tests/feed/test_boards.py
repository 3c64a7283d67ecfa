"""Boards by their partitions: each tells of its own players, and a commit leaves the others alone."""

from contextlib import AsyncExitStack
from typing import Any

from kleos.feed.boards import BoardSource
from kleos.feed.topics import parse_topic
from tests.feed.conftest import Client, Server

BOARD = "board:arcade/total_score/day"
BY_MODE = "board:arcade/mode_total/day"


async def live_in(server: Server, player: str, region: str) -> None:
    response = await server.http.put(f"/v1/players/{player}", json={"region": region}, headers=server.headers)
    assert response.status_code == 200, response.text


def source_of(server: Server, topic: str) -> BoardSource:
    channel = server.feed.hub.channel(parse_topic(topic))
    assert channel is not None
    assert isinstance(channel.source, BoardSource)
    return channel.source


def has_told(source: BoardSource) -> bool:
    return source._gathering._task is not None or source._gathering._next_at > 0


async def hear_moved(client: Client, player: str) -> Any:
    while True:  # a changed profile is told without anybody having moved
        for moved in (await client.hear("board.changed"))["changes"]:
            if moved["player"] == player:
                return moved


async def test_a_commit_is_told_in_the_partitions_where_its_players_stand(server: Server) -> None:
    await live_in(server, "part-ann", "eu")
    empty = [f"{BOARD}?region=r{number}" for number in range(20)]
    other_mode = f"{BY_MODE}?game_mode=none"
    async with AsyncExitStack() as stack:
        await (crowd := await stack.enter_async_context(server.listener(*empty, other_mode))).hear("snapshot")
        for _ in empty:
            await crowd.hear("snapshot")
        topics = [BOARD, f"{BOARD}?region=eu", f"{BY_MODE}?game_mode=classic"]
        clients = [await stack.enter_async_context(server.listener(topic)) for topic in topics]
        for client in clients:
            await client.hear("snapshot")
        await server.score("part-ann", 3)
        for client in clients:
            assert (await hear_moved(client, "part-ann"))["value"] == 3
        assert not any(has_told(source_of(server, topic)) for topic in (*empty, other_mode))


async def test_who_moves_to_another_partition_is_told_in_both(server: Server) -> None:
    await live_in(server, "part-bob", "xa")
    await server.score("part-bob", 4)
    async with server.listener(f"{BOARD}?region=xa") as before, server.listener(f"{BOARD}?region=xb") as after:
        assert [line["player"] for line in (await before.hear("snapshot"))["entries"]] == ["part-bob"]
        assert (await after.hear("snapshot"))["total"] == 0
        await live_in(server, "part-bob", "xb")
        assert (await before.hear("board.changed"))["total"] == 0
        assert (await after.hear("board.changed"))["entries"][0]["player"] == "part-bob"
        await server.score("part-bob", 1)
        assert (await hear_moved(after, "part-bob"))["value"] == 5


async def test_partitions_are_followed_under_another_definition(server: Server) -> None:
    engine = server.feed.engine
    await live_in(server, "part-cat", "xc")
    async with server.listener(f"{BOARD}?region=xc") as client:
        await client.hear("snapshot")
        await server.score("part-cat", 6)
        await hear_moved(client, "part-cat")
        source = engine.game("arcade").definition.source
        assert source is not None
        await engine.put_definition("arcade", source + "\n# the same, in another version\n")
        await server.score("part-cat", 1)
        assert (await hear_moved(client, "part-cat"))["value"] == 7

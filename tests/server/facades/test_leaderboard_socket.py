"""The leaderboard's WebSocket as its document has it, over a real server and real sockets."""

import asyncio
import json
import socket
from contextlib import AsyncExitStack
from typing import Any

from websockets.asyncio.client import ClientConnection, connect

from kleos.feed.boards import CHANGED
from kleos.feed.message import Message
from kleos.feed.topics import parse_topic
from kleos.server.facades.leaderboard_socket import Words
from tests.server.conftest import Server


async def submit(server: Server, user_id: int, score: float) -> Any:
    body = {"user_id": user_id, "score": score, "game_mode": "classic"}
    response = await server.http.post("/api/leaderboard/submit", json=body, headers=server.headers)
    assert response.status_code == 200, response.text
    return response.json()


async def hear(socket: ClientConnection) -> Any:
    async with asyncio.timeout(10):
        return json.loads(await socket.recv())


async def hear_until(socket: ClientConnection, user_id: int) -> list[Any]:
    """All that comes until it tells of this user."""
    heard = [await hear(socket)]
    while heard[-1].get("user_id") != user_id:
        heard.append(await hear(socket))
    return heard


async def ranked(server: Server) -> int:
    """How many stand on the board, of whom at most fifty are shown."""
    return min(int((await server.get("/api/leaderboard/top"))["total"]), 50)


async def test_snapshot_and_then_who_moved(server: Server) -> None:
    await server.engine.rankings.ready(server.engine.game("arcade"), ["all"])
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
            passed = [await hear(socket) for _ in range(5)]
            places = [(each["user_id"], each["old_rank"], each["new_rank"], each["rank_change"]) for each in passed]
            assert places == [(5, 5, 6, -1), (6, 6, 7, -1), (7, 7, 8, -1), (8, 8, 9, -1), (9, 9, 10, -1)]
        assert (await server.get("/api/leaderboard/health"))["connections"] == 2
        await submit(server, 77, 1)
        entered = await hear(mine)
        assert (entered["user_id"], entered["new_rank"], entered["old_rank"]) == (77, 11, None)
        assert entered["rank_change"] is None


async def test_who_is_passed_hears_of_it(server: Server) -> None:
    url = server.url.replace("http", "ws", 1) + "/ws/leaderboard/"
    async with connect(url + "99") as other, AsyncExitStack() as stack:
        await hear(other)
        for user_id, score in ((901, 90_000), (902, 89_000)):
            await submit(server, user_id, score)
            while (await hear(other))["user_id"] != user_id:
                pass
            for _ in range(await ranked(server) - 1 - (user_id == 902)):  # those whom they passed
                await hear(other)
        mine = await stack.enter_async_context(connect(url + "901"))
        assert (await hear(mine))["user"]["rank"] == 1
        await submit(server, 902, 5_000)
        for socket in (mine, other):
            passing = await hear(socket)
            assert (passing["user_id"], passing["old_rank"], passing["new_rank"]) == (902, 2, 1)
            passed = await hear(socket)
            assert (passed["user_id"], passed["old_rank"], passed["new_rank"]) == (901, 1, 2)
            assert (passed["username"], passed["rank_change"]) == ("901", -1)


async def test_who_is_passed_far_below_what_is_shown_hears_of_it_alone(server: Server) -> None:
    for start in range(0, 80, 40):
        players = range(start, start + 40)
        await asyncio.gather(*(submit(server, 1_000 + n, 1_000 - n) for n in players))
    url = server.url.replace("http", "ws", 1) + "/ws/leaderboard/"
    async with connect(url + "1070") as mine, connect(url + "99") as other:
        rank = (await hear(mine))["user"]["rank"]
        assert rank > 50
        await submit(server, 2_001, 0.4)
        for socket in (mine, other):  # all that came before has been told
            await hear_until(socket, 2001)
        await submit(server, 1_075, 5.5)
        for socket in (mine, other):
            moved = (await hear_until(socket, 1075))[-1]
            assert (moved["old_rank"], moved["new_rank"]) == (rank + 5, rank)
        passed = await hear(mine)
        assert (passed["user_id"], passed["old_rank"], passed["new_rank"]) == (1070, rank, rank + 1)
        await submit(server, 2_000, 0.5)
        assert 1070 not in [each["user_id"] for each in await hear_until(other, 2000)]


async def test_what_changed_is_put_into_words_once_for_all(server: Server) -> None:
    words = Words(server.engine)
    line = {"rank": 1, "previous_rank": 4, "player": "7", "name": "Ann"}
    told = {"changes": [line, line | {"previous_rank": 1}], "entries": [], "shown": 0}
    message = Message("board:arcade/total_score/all", 1, CHANGED, told)
    frames = words.of(message)
    assert frames.count(b'"leaderboard_update"') == 1  # whose rank is what it was is not told
    assert words.of(message) is frames


async def test_who_does_not_keep_up_gets_a_snapshot_in_place_of_what_was_missed(server: Server) -> None:
    await submit(server, 500, 1)
    slow = await never_reading(int(server.url.rpartition(":")[2]))
    async with asyncio.timeout(30):
        topic = parse_topic("board:arcade/total_score/all")
        while (channel := server.feed.hub.channel(topic)) is None or not len(channel.listeners):
            await asyncio.sleep(0.01)
        (follower,) = channel.listeners
        while follower._reading is not None:  # type: ignore[attr-defined]
            await asyncio.sleep(0.01)
        line = {"rank": 1, "previous_rank": 2, "player": "x" * 60_000}
        for _ in range(200):
            channel.publish(CHANGED, {"changes": [line], "entries": [], "shown": 0})
        reader, writer = await asyncio.open_connection(sock=slow)
        heard, snapshots = b"", 0
        while snapshots < 2:
            read = await reader.read(1 << 20)
            assert read, "the connection ended"
            snapshots += (heard[-20:] + read).count(b'"snapshot"') - heard[-20:].count(b'"snapshot"')
            heard = heard[-20:] + read
        await submit(server, 501, 10_000)
        while b'"user_id":501' not in heard:
            heard = heard[-1_000:] + await reader.read(1 << 20)
        writer.close()


async def never_reading(port: int) -> socket.socket:
    """A client whose kernel takes little, and which reads nothing after the handshake."""
    loop, client = asyncio.get_running_loop(), socket.socket()
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
    client.setblocking(False)
    await loop.sock_connect(client, ("127.0.0.1", port))
    handshake = (
        "GET /ws/leaderboard/500 HTTP/1.1\r\nHost: kleos\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
    )
    await loop.sock_sendall(client, handshake.encode())
    return client

"""What goes wrong on sockets: too much, too large, no text, half-open, never read, and a server that stops."""

import asyncio
import json
import socket
import struct
from contextlib import suppress

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from kleos.engine.engine import Engine
from kleos.feed.hub import Channel
from kleos.feed.protocol import CONGESTED_FROM_BYTES
from kleos.feed.topics import parse_topic
from kleos.server.app import create_app
from kleos.server.auth.access import AccessSettings
from kleos.server.auth.limits import LimitSettings
from kleos.server.serving import listen, running
from kleos.store.database import Database
from tests.feed.conftest import KEY, Client, Server

HANDSHAKE = (
    "GET /v1/feed HTTP/1.1\r\nHost: kleos\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)
PAD = "x" * 60_000


async def test_ten_thousand_subscriptions_on_one_socket_are_refused(server: Server) -> None:
    async with server.listener() as client:
        await client.say(subscribe=[f"player:crowd-{number}" for number in range(10_000)])
        refusal = await client.hear("error")
        assert refusal["code"] == "too-many-subscriptions"
        assert "1000" in refusal["detail"]
        await client.say(subscribe=["player:crowd-1"])
        await client.hear("snapshot")


async def test_a_topic_that_is_named_often_is_subscribed_to_once(server: Server) -> None:
    async with server.listener(*["player:named-often"] * 20_000) as client:
        await client.hear("snapshot")
        await client.say(unsubscribe=["player:named-often"] * 20_000, subscribe=["game:golf"])
        await client.hear("unsubscribed")
        assert (await client.hear("snapshot"))["topic"] == "game:golf"


async def test_an_address_subscribes_to_so_many_topics_a_minute(database: Database) -> None:
    access = AccessSettings(limits=LimitSettings(topics_per_minute=10))
    app = create_app(lambda: Engine.open(database), KEY, access=access)
    async with running(app, listen("127.0.0.1", 0)) as url:
        feed_url = url.replace("http", "ws", 1) + "/v1/feed"
        async with connect(feed_url) as first, connect(feed_url) as other:
            crowd, late = Client(first), Client(other)
            await crowd.say(subscribe=[f"player:crowd-{number}" for number in range(9)])
            for _ in range(9):
                await crowd.hear("snapshot")
            await late.say(subscribe=["player:late", "game:golf"])
            refusal = await late.hear("error")
            assert (refusal["code"], "10 topics" in refusal["detail"]) == ("too-many", True)
            assert 0 < refusal["retry_after_s"] <= 60
            await late.say(subscribe=["game:golf"])
            await late.hear("snapshot")
        async with connect(feed_url, additional_headers={"Authorization": f"Bearer {KEY}"}) as socket:
            manager = Client(socket)
            await manager.say(subscribe=["player:late", "game:golf"])
            await manager.hear("snapshot")


@pytest.mark.parametrize(
    "text, code",
    [
        ("no json", "bad-input"),
        ('{"subscribe": "player:ann"}', "bad-input"),
        ('{"subscribed": []}', "bad-input"),
        ('{"subscribe": ["board:golf"]}', "bad-input"),
        ('{"subscribe": ["board:golf/winz"]}', "not-found"),
        ('{"subscribe": ["board:golfe/wins"]}', "not-found"),
        ('{"subscribe": ["board:golf/wins/eon"]}', "not-found"),
        ('{"subscribe": ["board:golf/wins?continent=eu"]}', "bad-input"),
        ('{"subscribe": ["game:chess"]}', "not-found"),
        ('{"subscribe": ["player:ann?namespace=chess"]}', "not-found"),
        ('{"unsubscribe": ["nothing"]}', "bad-input"),
        ("[" * 100_000, "bad-input"),
    ],
)
async def test_what_cannot_be_meant_is_answered_and_ends_nothing(server: Server, text: str, code: str) -> None:
    async with server.listener() as client:
        await client.socket.send(text)
        assert (await client.hear("error"))["code"] == code
        await client.say(subscribe=["game:golf"])
        await client.hear("snapshot")


async def test_a_huge_frame_closes_the_socket(server: Server) -> None:
    async with connect(server.feed_url) as client:
        with suppress(ConnectionClosed):  # it may be closed before all of it is sent
            await client.send("x" * 5_000_000)
        with pytest.raises(ConnectionClosed) as closed:
            await client.recv()
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 1009


async def test_what_is_no_utf8_closes_the_socket(server: Server) -> None:
    reader, writer = await _shake_hands(server)
    writer.write(_text(b"\xff\xfe"))
    frame = await reader.readexactly(4)
    assert frame[0] == 0x88
    assert struct.unpack(">H", frame[2:4])[0] == 1007
    writer.close()


async def test_a_half_open_socket_is_dropped(server: Server) -> None:
    reader, writer = await _shake_hands(server)
    writer.write(_text(b'{"subscribe": ["player:half-open"]}'))
    await reader.readuntil(b'"snapshot"')
    channel = _channel(server, "player:half-open")
    assert len(channel.listeners) == 1
    await asyncio.wait_for(reader.read(), 10)  # it never answers a ping
    assert len(channel.listeners) == 0
    writer.close()


async def test_who_never_reads_is_skipped_bounded_and_dropped_while_others_hear_all(server: Server) -> None:
    stuck = await _never_reading(server.port, "player:stuck")
    async with server.listener("player:stuck") as client:
        await client.hear("snapshot")
        channel = _channel(server, "player:stuck")
        async with asyncio.timeout(10):
            while len(channel.listeners) < 2:
                await asyncio.sleep(0.01)
        for number in range(200):
            channel.publish("test", {"number": number, "pad": PAD})
            assert (await client.hear("test"))["number"] == number
            for waiting in _waiting_bytes(channel):
                assert waiting < CONGESTED_FROM_BYTES + 2 * len(PAD)
        async with asyncio.timeout(10):
            while len(channel.listeners) > 1:
                await asyncio.sleep(0.01)
    stuck.close()


async def test_who_was_slow_is_told_to_ask_again(database: Database) -> None:
    app = create_app(lambda: Engine.open(database), KEY)
    async with running(app, listen("127.0.0.1", 0)) as url:
        slow = await _never_reading(int(url.rpartition(":")[2]), "player:slow")
        hub, topic = app.state.feed.hub, parse_topic("player:slow")
        async with asyncio.timeout(10):
            while (channel := hub.channel(topic)) is None or not channel.listeners:
                await asyncio.sleep(0.01)
        for number in range(200):
            channel.publish("test", {"number": number, "pad": PAD})
        reader, writer = await asyncio.open_connection(sock=slow)
        heard = b""
        async with asyncio.timeout(10):
            while b'"resync"' not in heard:
                read = await reader.read(1 << 20)
                assert read, "the connection ended"
                heard = heard[-4_000:] + read
        assert b'"topics":["player:slow"]' in heard
        writer.close()


async def test_who_pings_and_never_reads_is_owed_one_pong(database: Database) -> None:
    app, loop = create_app(lambda: Engine.open(database), KEY), asyncio.get_running_loop()
    async with running(app, listen("127.0.0.1", 0)) as url, asyncio.timeout(60):
        stuck = await _never_reading(int(url.rpartition(":")[2]), "player:pinging")
        hub, topic = app.state.feed.hub, parse_topic("player:pinging")
        while (channel := hub.channel(topic)) is None or not channel.listeners:
            await asyncio.sleep(0.01)
        flood, most = _frame(0x89, b"x" * 125) * 1_000, 0
        for _ in range(150):
            await loop.sock_sendall(stuck, flood)
            most = max([most, *_waiting_bytes(channel)])
        assert CONGESTED_FROM_BYTES < most < 4 * CONGESTED_FROM_BYTES
        await loop.sock_sendall(stuck, _frame(0x89, b"the last"))
        heard = b""
        while not heard.endswith(b"\x8a\x08the last"):
            read = await loop.sock_recv(stuck, 1 << 20)
            assert read, "the connection ended"
            heard = heard[-1_000:] + read
        stuck.close()


async def test_a_server_that_stops_says_when_to_come_back(database: Database) -> None:
    app = create_app(lambda: Engine.open(database), KEY)
    async with running(app, listen("127.0.0.1", 0)) as url:
        client = await connect(url.replace("http", "ws", 1) + "/v1/feed")
        await client.send('{"subscribe": ["game:golf"]}')
        await client.recv()
    with pytest.raises(ConnectionClosed) as closed:
        await client.recv()
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 1012
    assert 500 <= json.loads(closed.value.rcvd.reason)["retry_after_ms"] <= 5_000


def _channel(server: Server, topic: str) -> Channel:
    channel = server.feed.hub.channel(parse_topic(topic))
    assert channel is not None
    return channel


def _waiting_bytes(channel: Channel) -> list[int]:
    """What the transports of its WebSockets hold for the other ends."""
    wires = [listening._wire for listening in channel.listeners]  # type: ignore[attr-defined]
    return [wire._protocol.transport.get_write_buffer_size() for wire in wires]


async def _never_reading(port: int, topic: str) -> socket.socket:
    """A client whose kernel takes little, and which reads nothing after it has subscribed."""
    loop, client = asyncio.get_running_loop(), socket.socket()
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
    client.setblocking(False)
    await loop.sock_connect(client, ("127.0.0.1", port))
    await loop.sock_sendall(client, HANDSHAKE.encode())
    assert b" 101 " in await loop.sock_recv(client, 4_096)
    await loop.sock_sendall(client, _text(json.dumps({"subscribe": [topic]}).encode()))
    return client


async def _shake_hands(server: Server) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    writer.write(HANDSHAKE.encode())
    assert b" 101 " in await reader.readuntil(b"\r\n\r\n")
    return reader, writer


def _text(payload: bytes) -> bytes:
    return _frame(0x81, payload)


def _frame(kind: int, payload: bytes) -> bytes:
    size = len(payload)
    assert size < 126
    return bytes((kind, 0x80 | size)) + b"\0\0\0\0" + payload

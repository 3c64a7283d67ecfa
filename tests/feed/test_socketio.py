"""Socket.IO, by its own wire format over real sockets: WebSocket from the start, polling, and the upgrade."""

import asyncio
import json
from contextlib import suppress
from typing import Any

import httpx
import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from kleos.feed.socketio import MOST_WAITING
from kleos.feed.topics import parse_topic
from tests.feed.conftest import Server


def _url(server: Server, sid: str = "") -> str:
    address = server.url.replace("http", "ws", 1) + "/socket.io/?EIO=4&transport=websocket"
    return f"{address}&sid={sid}" if sid else address


async def _text(socket: ClientConnection) -> str:
    text = await socket.recv()
    assert isinstance(text, str)
    if text == "2":
        await socket.send("3")
        return await _text(socket)
    return text


async def _event(socket: ClientConnection) -> Any:
    text = await _text(socket)
    assert text.startswith("42"), text
    name, message = json.loads(text[2:])
    assert name == "feed"
    return message


async def _opened(socket: ClientConnection, auth: Any = None) -> None:
    assert (await _text(socket)).startswith("0{")
    await socket.send("40" + (json.dumps(auth) if auth is not None else ""))
    assert (await _text(socket)).startswith("40{")


async def test_a_websocket_hears_what_it_subscribes_to(server: Server) -> None:
    async with connect(_url(server)) as socket:
        await _opened(socket)
        await socket.send('421["subscribe",["player:io-ann","board:arcade/total_score/day"]]')
        first = [await _event(socket) for _ in range(2)]
        assert [message["type"] for message in first] == ["snapshot", "snapshot"]
        assert (await _text(socket)).startswith("431")  # acknowledged after what it asked for
        await server.score("io-ann", 9_000_000)
        heard = [await _event(socket) for _ in range(3)]
        assert {message["type"] for message in heard} == {"standing.changed", "achievement.unlocked", "board.changed"}


async def test_polling_hears_too_and_can_be_upgraded(server: Server) -> None:
    base = f"{server.url}/socket.io/?EIO=4&transport=polling"
    async with httpx.AsyncClient() as http:
        opened = json.loads((await http.get(base)).text[1:])
        polled = f"{base}&sid={opened['sid']}"
        await http.post(polled, content="40")
        assert (await http.get(polled)).text.startswith("40")
        await http.post(polled, content='42["subscribe","player:polling"]')
        assert '"snapshot"' in (await http.get(polled)).text
        await server.score("polling", 1)
        assert '"standing.changed"' in (await http.get(polled)).text
        async with connect(_url(server, opened["sid"])) as socket:
            await socket.send("2probe")
            assert await _text(socket) == "3probe"
            await http.get(polled)  # ends with nothing: the transport is changing
            await socket.send("5")
            await server.score("polling", 2)
            kinds = set()
            while "standing.changed" not in kinds:
                text = await _text(socket)
                if text.startswith("42"):
                    kinds.add(json.loads(text[2:])[1]["type"])


async def _polling(http: httpx.AsyncClient, server: Server, topic: str) -> str:
    """The address from which a connection polls that listens to a topic and has heard its snapshot."""
    base = f"{server.url}/socket.io/?EIO=4&transport=polling"
    polled = f"{base}&sid={json.loads((await http.get(base)).text[1:])['sid']}"
    await http.post(polled, content="40")
    assert (await http.get(polled)).text.startswith("40")
    await http.post(polled, content="42" + json.dumps(["subscribe", topic]))
    assert '"snapshot"' in (await http.get(polled)).text
    return polled


def _publish_too_much(server: Server, topic: str) -> None:
    channel = server.feed.hub.channel(parse_topic(topic))
    assert channel is not None
    for number in range(2 * MOST_WAITING):
        channel.publish("test", {"number": number})


async def test_who_polls_too_seldom_is_told_to_ask_again(server: Server) -> None:
    async with httpx.AsyncClient(timeout=30) as http:
        polled = await _polling(http, server, "player:seldom")
        _publish_too_much(server, "player:seldom")
        heard = [json.loads(text[2:])[1] for text in (await http.get(polled)).text.split("\x1e") if text != "2"]
        assert [message.get("number") for message in heard[:-1]] == list(range(MOST_WAITING))
        assert heard[-1] == {"type": "resync", "topics": ["player:seldom"]}


async def test_who_missed_something_before_the_upgrade_is_told_to_ask_again_after_it(server: Server) -> None:
    async with httpx.AsyncClient(timeout=30) as http:
        polled = await _polling(http, server, "player:upgrading")
        _publish_too_much(server, "player:upgrading")
        async with connect(_url(server, polled.rpartition("=")[2])) as socket:
            await socket.send("2probe")
            assert await _text(socket) == "3probe"
            await socket.send("5")
            numbers = []
            while (text := await _text(socket))[:2] != "42" or (told := json.loads(text[2:])[1])["type"] == "test":
                if text.startswith("42"):
                    numbers.append(told["number"])
            assert numbers == list(range(MOST_WAITING))
            assert told == {"type": "resync", "topics": ["player:upgrading"]}


async def test_what_is_asked_wrongly_is_answered(server: Server) -> None:
    async with connect(_url(server)) as socket:
        await _opened(socket)
        await socket.send('42["subscribe",{"not":"a list"}]')
        assert (await _event(socket))["code"] == "bad-input"
        await socket.send('42["subscribe","board:golf/winz"]')
        assert (await _event(socket))["code"] == "not-found"
        await socket.send('42["subscribe","player:other/private"]')
        assert (await _event(socket))["code"] == "unauthorized"
        await socket.send('42["token","kleos_none-of-ours"]')
        assert (await _event(socket))["code"] == "unauthorized"


async def test_a_player_s_token_hears_that_player_unasked(server: Server) -> None:
    async with connect(_url(server)) as socket:
        await _opened(socket, {"token": server.token("io-own")})
        topics = {(await _event(socket))["topic"] for _ in range(2)}
        assert topics == {"player:io-own", "player:io-own/private"}
        await server.score("io-own", 3)
        assert (await _event(socket))["topic"] == "player:io-own"


async def test_a_bad_token_is_refused(server: Server) -> None:
    async with connect(_url(server)) as socket:
        assert (await _text(socket)).startswith("0{")
        await socket.send('40{"token":"a.b.c"}')
        refusal = await _text(socket)
        assert refusal.startswith("44")
        assert "token" in json.loads(refusal[2:])["message"]


async def test_a_connection_that_ends_listens_to_nothing(server: Server) -> None:
    async with connect(_url(server)) as socket:
        await _opened(socket)
        await socket.send('42["subscribe","player:io-gone"]')
        await _event(socket)
        channel = server.feed.hub.channel(parse_topic("player:io-gone"))
        assert channel is not None
        assert len(channel.listeners) == 1
    async with connect(_url(server)) as socket:
        await _opened(socket)
    assert len(channel.listeners) == 0


async def test_too_much_is_refused_here_too(server: Server) -> None:
    async with connect(_url(server), max_size=None) as socket:
        await _opened(socket)
        topics = [f"player:io-crowd-{number}" for number in range(10_000)]
        await socket.send("42" + json.dumps(["subscribe", topics]))
        assert (await _event(socket))["code"] == "too-many-subscriptions"
        with suppress(ConnectionClosed):  # it may be closed before all of it is sent
            await socket.send("42" + json.dumps(["subscribe", "x" * 5_000_000]))
        with pytest.raises(ConnectionClosed):
            await _event(socket)


@pytest.mark.parametrize("text", ["", "9", "4", "49", "42[", '42{"no": "list"}', '42["unknown",1]', "451-[]", "2probe"])
async def test_what_is_no_packet_harms_nobody_else(server: Server, text: str) -> None:
    async with connect(_url(server)) as other, connect(_url(server)) as socket:
        await _opened(other)
        await _opened(socket)
        await socket.send(text)
        await other.send('42["subscribe","game:golf"]')
        assert (await _event(other))["type"] == "snapshot"


@pytest.mark.parametrize(
    "text",
    ['["connect",{"asgi.scope":{}}]', '["connect"]', '["disconnect","x"]', '["token",1,2,3]', '{"a":1}', "[[1]]"],
)
async def test_what_clients_do_not_emit_is_none_of_the_server_s_own_events(server: Server, text: str) -> None:
    topic = parse_topic("player:only-once")
    async with connect(_url(server)) as socket:
        await _opened(socket)
        await socket.send('42["subscribe","player:only-once"]')
        assert (await _event(socket))["type"] == "snapshot"
        await socket.send("42" + text)
        assert (await _event(socket))["type"] == "error"
        await socket.send('42["subscribe","player:only-once"]')
        assert (await _event(socket))["type"] == "snapshot"
        channel = server.feed.hub.channel(topic)
        assert channel is not None
        assert len(channel.listeners) == 1
    async with asyncio.timeout(10):
        while len(channel.listeners):
            await asyncio.sleep(0.01)

"""The door: so many connections from an address, and none that stands there without asking for anything."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress

import httpx
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from kleos.engine.engine import Engine
from kleos.server.app import create_app
from kleos.server.auth.access import AccessSettings
from kleos.server.auth.addresses import Addresses, parse_networks
from kleos.server.auth.limits import LimitSettings
from kleos.server.door import STATE_KEY, Door, DoorSettings
from kleos.server.serving import listen, running
from kleos.store.database import Database

SLOW_S = 0.5


@asynccontextmanager
async def opened(
    database: Database, proxies: str = "", most: int = 5, body_timeout_s: float = 30.0
) -> AsyncIterator[str]:
    door = DoorSettings(most, SLOW_S)
    access = AccessSettings(door=door, trusted_proxies=parse_networks(proxies), body_timeout_s=body_timeout_s)
    app = create_app(lambda: Engine.open(database), "kleos_the-key-of-these-tests", access=access)
    async with running(app, listen("127.0.0.1", 0)) as url:
        yield url


async def open_to(url: str, source: str = "127.0.0.1") -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    port = int(url.rpartition(":")[2])
    return await asyncio.open_connection("127.0.0.1", port, local_addr=(source, 0))


async def all_of(reader: asyncio.StreamReader) -> bytes:
    async with asyncio.timeout(10):
        return await reader.read()


async def test_an_address_has_so_many_connections_and_others_are_served(database: Database) -> None:
    async with opened(database) as url, AsyncExitStack() as stack:
        feed = url.replace("http", "ws", 1) + "/v1/feed"
        sockets = [await stack.enter_async_context(connect(feed)) for _ in range(5)]
        reader, writer = await open_to(url)
        said = await all_of(reader)
        assert said.startswith(b"HTTP/1.1 429 ")
        assert b"5 connections open" in said
        writer.close()
        with pytest.raises((InvalidStatus, OSError)):
            await connect(feed)
        other, writer = await open_to(url, "127.0.0.2")
        writer.write(b"GET /health HTTP/1.1\r\nHost: kleos\r\nConnection: close\r\n\r\n")
        assert (await all_of(other)).startswith(b"HTTP/1.1 200 ")
        writer.close()
        await sockets[0].close()
        async with asyncio.timeout(10):
            while True:  # the server may not have seen the end yet
                try:
                    async with connect(feed):
                        break
                except (InvalidStatus, OSError):
                    await asyncio.sleep(0.01)


@pytest.mark.parametrize(
    "sent",
    [b"", b"G", b"GET /health HTTP/1.1\r\nHost: kleos\r\n", b"\r\n"],
    ids=["nothing", "a byte", "half a head", "an empty line"],
)
async def test_who_asks_for_nothing_is_shown_out(database: Database, sent: bytes) -> None:
    async with opened(database) as url:
        reader, writer = await open_to(url)
        writer.write(sent)
        assert (await all_of(reader)).startswith(b"HTTP/1.1 408 ")
        writer.close()


async def test_a_head_that_comes_byte_by_byte_is_not_waited_for(database: Database) -> None:
    async with opened(database) as url:
        reader, writer = await open_to(url)
        writer.write(b"GET /health HTTP/1.1\r\nHost: kleos\r\n\r\n")  # a good one first: the next is counted anew
        assert b" 200 " in await reader.readuntil(b"\r\n\r\n")

        async def trickle() -> None:
            for byte in b"GET /health HTTP/1.1\r\nX-Slow: " + b"x" * 10_000:
                writer.write(bytes((byte,)))
                await asyncio.sleep(0.02)

        trickling = asyncio.create_task(trickle())
        # not to the end: the server closes, and what still trickles in resets the connection
        assert b"HTTP/1.1 408 " in await reader.readuntil(b"\r\n\r\n")
        trickling.cancel()
        writer.close()


async def test_a_head_without_end_is_refused(database: Database) -> None:
    async with opened(database) as url:
        reader, writer = await open_to(url)
        writer.write(b"GET /health HTTP/1.1\r\nX-Long: " + b"x" * 66_000)
        assert (await all_of(reader)).startswith(b"HTTP/1.1 431 ")
        writer.close()


REFUSED_EARLY = b"POST /v1/games/golf/events HTTP/1.1\r\nHost: kleos\r\nContent-Length: 10\r\n\r\n["


async def refusal(reader: asyncio.StreamReader) -> bytes:
    """The head of the next answer, whose body is read too."""
    async with asyncio.timeout(10):
        head = await reader.readuntil(b"\r\n\r\n")
        await reader.readexactly(int(head.lower().split(b"content-length:")[1].split(b"\r\n")[0]))
    return head


async def test_who_is_refused_before_the_body_has_come_does_not_stay_for_ever(database: Database) -> None:
    async with opened(database, body_timeout_s=SLOW_S) as url:
        reader, writer = await open_to(url)
        writer.write(REFUSED_EARLY)
        assert (await refusal(reader)).startswith(b"HTTP/1.1 401 ")
        writer.write(b" ")
        assert await all_of(reader) == b""
        writer.close()


async def test_after_a_refusal_and_the_rest_of_its_body_the_next_request_is_answered(database: Database) -> None:
    async with opened(database) as url:
        reader, writer = await open_to(url)
        for _ in range(2):
            writer.write(REFUSED_EARLY)
            assert (await refusal(reader)).startswith(b"HTTP/1.1 401 ")
            writer.write(b"123456789")
        writer.write(b"GET /heal")
        assert (await all_of(reader)).startswith(b"HTTP/1.1 408 ")
        writer.close()


async def test_requests_one_after_the_other_are_answered_however_long_it_goes_on(database: Database) -> None:
    async with opened(database) as url, httpx.AsyncClient(base_url=url) as http:
        loop = asyncio.get_running_loop()
        until = loop.time() + 3 * SLOW_S
        while loop.time() < until:
            assert (await http.get("/health")).status_code == 200
            await asyncio.sleep(0.02)


async def test_socketio_without_its_handshake_is_closed(database: Database) -> None:
    async with opened(database) as url:
        address = url.replace("http", "ws", 1) + "/socket.io/?EIO=4&transport=websocket"
        async with connect(address) as silent, connect(address) as polite:
            assert str(await polite.recv()).startswith("0{")
            await polite.send("40")
            assert str(await polite.recv()).startswith("40{")
            async with asyncio.timeout(10):
                await silent.wait_closed()
            await polite.send('42["subscribe","game:golf"]')
            assert '"snapshot"' in str(await polite.recv())


async def test_behind_a_trusted_proxy_websockets_count_by_the_address_it_names(database: Database) -> None:
    async with opened(database, "127.0.0.0/8", most=2) as url, AsyncExitStack() as stack:
        feed = url.replace("http", "ws", 1) + "/v1/feed"
        for address in ("198.51.100.1", "198.51.100.2"):
            named = {"X-Forwarded-For": address}
            for _ in range(2):
                await stack.enter_async_context(connect(feed, additional_headers=named))
            with pytest.raises(InvalidStatus) as refused:
                await connect(feed, additional_headers=named)
            assert refused.value.response.status_code == 429


def test_the_door_forgets_who_left() -> None:
    door = Door(DoorSettings(most_from_address=2), Addresses())
    left = [door.enter("a"), door.enter("a"), door.enter("b")]
    assert door.enter("a") is None
    assert (door.addresses, door.too_many) == (2, 1)
    for each in left:
        assert each is not None
        each()
    assert door.addresses == 0
    boundless = Door(DoorSettings(most_from_address=0), Addresses())
    assert all(boundless.enter("a") is not None for _ in range(10_000))
    assert boundless.addresses == 0


@pytest.mark.parametrize("reads", [False, True])
async def test_an_answer_is_read_in_time_or_given_up(database: Database, reads: bool) -> None:
    """Nothing is known of who reads slowly but that: an answer that is read on and on may take as long as it likes."""
    door = DoorSettings(5, 30.0, 30.0 if reads else SLOW_S)
    access = AccessSettings(door=door, limits=LimitSettings(0, 0, 0, 0, 0, 0))
    app = create_app(lambda: Engine.open(database), "kleos_the-key-of-these-tests", access=access)
    async with running(app, listen("127.0.0.1", 0)) as url:
        async with httpx.AsyncClient(base_url=url, timeout=60) as http:
            whole = len((await http.get("/openapi.json", headers={"Accept-Encoding": "identity"})).content)
        times = (12_000_000 if reads else 40_000_000) // whole + 1  # more than the sockets between them hold
        reader, writer = await open_to(url)
        writer.write(b"GET /openapi.json HTTP/1.1\r\nHost: kleos\r\n\r\n" * times)
        came = 0
        if not reads:
            async with asyncio.timeout(30):
                while not app.state[STATE_KEY].too_slow:
                    await asyncio.sleep(0.01)
        with suppress(ConnectionResetError):
            async with asyncio.timeout(60):
                while came < whole * times and (some := await reader.read(1_000_000)):
                    came += len(some)
        writer.close()
        assert (came >= whole * times) == reads

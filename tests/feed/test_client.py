"""The client: it goes on where it was, through lost connections and a server that restarts."""

import asyncio

import pytest

from kleos.client import Feed, KleosAPIError
from kleos.engine.engine import Engine
from kleos.server.app import create_app
from kleos.server.auth.caller import Caller
from kleos.server.auth.limits import Policy, Verdict
from kleos.server.auth.tokens import LIFETIME_S
from kleos.server.serving import listen, running
from kleos.store.database import Database
from tests.feed.conftest import KEY, Server
from tests.feed.test_tenure import token


async def test_after_a_lost_connection_it_goes_on_behind_what_it_heard(server: Server) -> None:
    await server.score("lost", 1)
    async with asyncio.timeout(30), Feed(server.url, ["player:lost"]) as feed:
        messages = aiter(feed)
        first = await anext(messages)
        assert first.type == "snapshot"
        assert feed._socket is not None
        feed._socket.transport.abort()
        await server.score("lost", 2)
        await server.score("lost", 3)
        heard = [await anext(messages) for _ in range(2)]
        assert [(message.type, message.n - first.n) for message in heard] == [
            ("standing.changed", 1),
            ("standing.changed", 2),
        ]


async def test_what_is_refused_is_raised_and_the_rest_goes_on(server: Server) -> None:
    async with asyncio.timeout(30), Feed(server.url, ["board:arcade/none", "player:rest"]) as feed:
        with pytest.raises(KleosAPIError, match="none"):
            await anext(aiter(feed))
        assert (await anext(aiter(feed))).topic == "player:rest"


async def test_who_is_told_to_come_back_comes_back(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """Topics are limited for each address; what was refused so is asked for again."""
    holders, refused = server.feed.holders, list[int]()
    admit = holders.admit

    def admitted_the_second_time(caller: Caller, address: str, topics: int) -> Verdict | None:
        if refused:
            return admit(caller, address, topics)
        refused.append(topics)
        return Verdict(Policy("topics", 7, 60), 0, 60, retry_after_s=1)

    monkeypatch.setattr(holders, "admit", admitted_the_second_time)
    async with asyncio.timeout(30), Feed(server.url, ["player:patient"]) as feed:
        assert (await anext(aiter(feed))).topic == "player:patient"
    assert refused == [1]


async def test_a_player_s_token_opens_the_private_topic(server: Server) -> None:
    topic = "player:tokened/private"
    async with asyncio.timeout(30), Feed(server.url, [topic], server.token("tokened")) as feed:
        assert (await anext(aiter(feed))).topic == topic
        await feed.unsubscribe(topic)
        await feed.subscribe("game:arcade")
        assert (await anext(aiter(feed))).topic == "game:arcade"


async def test_a_token_that_ends_is_renewed_where_there_is_a_way(server: Server) -> None:
    topic, given = "player:renewed/private", list[int]()
    await server.score("renewed", 50)

    async def renewed() -> str:
        given.append(2 if not given else LIFETIME_S)
        return token(server, "renewed", 201, lives_s=given[-1])

    async with asyncio.timeout(30), Feed(server.url, [topic], renewed) as feed:
        messages = aiter(feed)
        assert (await anext(messages)).type == "snapshot"
        heard = asyncio.ensure_future(anext(messages))
        while len(given) < 2:
            await asyncio.sleep(0.01)
        while not heard.done():  # it may not have said so yet
            await server.score("passing-renewed", 60)
            await asyncio.wait((heard,), timeout=0.2)
        assert heard.result().type == "overtaken"
    spent = token(server, "renewed", 201, lives_s=1)
    async with asyncio.timeout(30), Feed(server.url, [topic], spent) as feed:
        assert (await anext(aiter(feed))).type == "snapshot"
        with pytest.raises(KleosAPIError, match="expired"):
            await anext(aiter(feed))


async def test_a_token_that_cannot_be_had_for_a_while_leaves_no_connection_behind(server: Server) -> None:
    asked = 0

    async def given() -> str:
        nonlocal asked
        asked += 1
        if asked < 4:
            raise OSError("who gives tokens is away")
        return server.token("patient")

    before = await sockets(server)
    async with asyncio.timeout(30), Feed(server.url, ["player:patient/private"], given) as feed:
        assert (await anext(aiter(feed))).type == "snapshot"
        assert await sockets(server) == before + 1


@pytest.mark.parametrize("failing", [1, 2], ids=["at the first connection", "when the one before has ended"])
async def test_a_token_s_function_that_fails_is_raised_and_the_next_iteration_begins_anew(
    server: Server, failing: int
) -> None:
    topic, player, asked = f"player:failing-{failing}/private", f"failing-{failing}", 0

    async def given() -> str:
        nonlocal asked
        asked += 1
        if asked == failing:
            raise LookupError("no token here")
        return token(server, player, 300 + failing, lives_s=2 if asked < failing else LIFETIME_S)

    await server.score(player, 50)
    async with asyncio.timeout(30), Feed(server.url, [topic], given) as feed:
        for _ in range(failing - 1):
            assert (await anext(aiter(feed))).type == "snapshot"
        with pytest.raises(LookupError):
            await anext(aiter(feed))
        heard = asyncio.ensure_future(anext(aiter(feed)))
        while not heard.done():  # after a snapshot it hears only who passes
            await server.score(f"passing-{player}", 60)
            await asyncio.wait((heard,), timeout=0.2)
        assert heard.result().topic == topic


async def sockets(server: Server) -> int:
    """How many WebSockets of the feed are open at the server."""
    metrics = (await server.http.get("/metrics", headers=server.headers)).text
    found = [line for line in metrics.splitlines() if line.startswith('kleos_sockets{route="/v1/feed"}')]
    return int(float(found[0].rpartition(" ")[2])) if found else 0


async def test_it_comes_back_to_a_server_that_restarts(database: Database) -> None:
    listening = listen("127.0.0.1", 0)
    port = listening.getsockname()[1]
    async with asyncio.timeout(60), Feed(f"http://127.0.0.1:{port}", ["game:golf"]) as feed:
        messages = aiter(feed)
        numbers = []
        for number in range(2):
            taken = listening if number == 0 else listen("127.0.0.1", port)
            async with running(create_app(lambda: Engine.open(database), KEY), taken):
                message = await anext(messages)
                assert message.type == "snapshot"
                numbers.append(message.n)
        assert numbers[1] > numbers[0]


async def test_a_server_may_be_away_for_days(monkeypatch: pytest.MonkeyPatch) -> None:
    waits: list[float] = []

    async def sleep(wait_s: float) -> None:
        waits.append(wait_s)

    monkeypatch.setattr("kleos.client.feed.asyncio.sleep", sleep)
    feed = Feed("http://127.0.0.1:9", ["game:golf"])
    for _ in range(2_000):
        await feed._wait(None)
    assert max(waits) <= 30

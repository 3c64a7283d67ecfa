"""What a credential opens is heard for as long as it holds: the end is told, and a new token goes on."""

import time
from typing import Any

import pytest
from websockets.asyncio.client import connect

from kleos.server.auth.tokens import LIFETIME_S, AccessTokens, Holder
from tests.feed.conftest import Client, Server
from tests.feed.test_socketio import _event, _opened, _url

SECOND_US = 1_000_000


def token(server: Server, player: str, account: int, session: str = "", lives_s: int = LIFETIME_S) -> str:
    """One that was issued a while ago, so that it lives only so long from now."""
    ours = server.access.tokens
    issued_at = time.time_ns() // 1_000 - (LIFETIME_S - lives_s) * SECOND_US
    tokens = AccessTokens(ours.keys, lambda: issued_at, ours.issuer)
    return tokens.issue(Holder(account, player, (), (), session or f"of-{player}", 0))


async def hear_end(client: Client) -> Any:
    ended = await client.hear("ended")
    assert ended["detail"]
    return ended["topics"]


async def test_an_expired_token_ends_what_it_opened_and_a_new_one_goes_on(server: Server) -> None:
    private = "player:brief/private"
    async with server.listener(private, "player:brief", token=token(server, "brief", 101, lives_s=2)) as client:
        welcome = await client.hear("welcome")
        assert welcome["expires_at"].endswith("Z")
        assert [(await client.hear("snapshot"))["topic"] for _ in range(2)] == [private, "player:brief"]
        assert await hear_end(client) == [private]
        await client.say(subscribe=[private])
        assert (await client.hear("error"))["code"] == "unauthorized"
        await server.score("brief", 5)  # what is public is still heard
        assert (await client.hear_until("standing.changed"))["topic"] == "player:brief"
        await client.say(token=token(server, "brief", 101), subscribe=[private])
        await client.hear_until("welcome")
        assert (await client.hear_until("snapshot"))["topic"] == private
    assert len(server.feed.tenures) == 0


async def test_a_token_that_is_renewed_in_time_ends_nothing(server: Server) -> None:
    private = "player:renewing/private"
    async with server.listener(private, token=token(server, "renewing", 102, lives_s=3)) as client:
        await client.hear("welcome")
        await client.hear("snapshot")
        await client.say(token=token(server, "renewing", 102, lives_s=LIFETIME_S - 60))
        await client.hear("welcome")
        other = token(server, "other", 103, lives_s=3)
        async with server.listener("player:other/private", token=other) as witness:
            await witness.hear("welcome")
            await witness.hear("snapshot")
            assert await hear_end(witness) == ["player:other/private"]  # by then the first one's old token is over too
        await client.say(unsubscribe=["nothing"])
        await client.hear("error")  # and nothing has come before
        channel_names = [str(topic) for topic in next(iter(server.feed.tenures._holders)).topics]  # type: ignore[attr-defined]
        assert channel_names == [private]


async def test_another_s_token_on_the_same_socket_ends_the_first_one_s_topics(server: Server) -> None:
    async with server.listener("player:first/private", token=token(server, "first", 104)) as client:
        await client.hear("welcome")
        await client.hear("snapshot")
        await client.say(token=token(server, "second", 105), subscribe=["player:second/private"])
        assert (await client.hear("welcome"))["player"] == "second"
        assert await hear_end(client) == ["player:first/private"]
        assert (await client.hear("snapshot"))["topic"] == "player:second/private"


@pytest.mark.parametrize("how", ["session", "generation"])
async def test_the_end_of_a_session_is_told(server: Server, how: str) -> None:
    player = f"leaving-{how}"
    account = 106 if how == "session" else 107
    async with server.listener(f"player:{player}/private", token=token(server, player, account)) as client:
        await client.hear("welcome")
        await client.hear("snapshot")
        if how == "session":
            server.access.tokens.end_session(f"of-{player}")
        else:  # deactivated, deleted, a new password or role
            server.access.tokens.end_before(account, 1)
        assert await hear_end(client) == [f"player:{player}/private"]


async def test_a_revoked_key_hears_no_private_match(server: Server) -> None:
    id, key = await server.access.keys.make("a test's", ["golf"], ["read"], None, "a test")
    opened = {"controllers": ["ann"], "visibility": "private"}
    made = await server.http.post("/v1/games/golf/matches/closed", json=opened, headers=server.headers)
    assert made.status_code == 200
    async with server.listener("match:golf/closed", token=key) as client:
        await client.hear("welcome")
        await client.hear("snapshot")
        await server.access.keys.revoke(id)
        assert await hear_end(client) == ["match:golf/closed"]


async def test_a_whole_account_that_is_deactivated_or_deleted(server: Server) -> None:
    for how in ("deactivated", "deleted"):
        player, secret = f"account-{how}", "correct horse battery"
        body = {"address": f"{player}@example.org", "password": secret, "player": player}
        registered = await server.http.post("/v1/auth/register", json=body)
        assert registered.status_code < 300, registered.text
        access = registered.json()["access_token"]
        async with server.listener(f"player:{player}/private", token=access) as client:
            await client.hear("welcome")
            await client.hear("snapshot")
            headers = {"Authorization": f"Bearer {access}"}
            if how == "deactivated":
                left = await server.http.post("/v1/me/deactivate", json={"password": secret}, headers=headers)
            else:
                left = await server.http.request("DELETE", "/v1/me", json={"password": secret}, headers=headers)
            assert left.status_code < 300, left.text
            assert await hear_end(client) == [f"player:{player}/private"]


async def test_socketio_is_told_too_and_renews(server: Server) -> None:
    async with connect(_url(server)) as socket:
        await _opened(socket, {"token": token(server, "io-brief", 108, lives_s=2)})
        assert [(await _event(socket))["type"] for _ in range(2)] == ["snapshot", "snapshot"]
        ended = await _event(socket)
        assert (ended["type"], ended["topics"]) == ("ended", ["player:io-brief/private"])
        await socket.send(f'42["token","{token(server, "io-brief", 108)}"]')
        assert (await _event(socket))["player"] == "io-brief"
        await socket.send('42["subscribe","player:io-brief/private"]')
        assert (await _event(socket))["type"] == "snapshot"

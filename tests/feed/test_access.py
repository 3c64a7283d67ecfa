"""Who may listen: boards are public, a player's private topic is that player's, a private match its controllers'."""

from typing import Any

import httpx
import pytest
from websockets.asyncio.client import connect

from tests.feed.conftest import Client, Server


async def test_a_player_hears_who_has_passed_and_nobody_else_does(server: Server) -> None:
    await server.score("passed", 50)
    async with server.listener("player:passed/private", token=server.token("passed")) as client:
        assert (await client.hear("welcome"))["player"] == "passed"
        await client.hear("snapshot")
        await server.score("behind", 10)
        await server.score("passing", 60)
        told: list[dict[str, Any]] = []
        while not told:  # who is new passes on other boards too
            message = await client.hear("overtaken")
            told = [one for one in message["overtaken"] if (one["board"], one["window"]) == ("total_score", "all")]
        assert told[0]["by"]["player"] == "passing"
        assert told[0]["rank"] == told[0]["by"]["rank"] + 1


@pytest.mark.parametrize("who, code", [(None, "unauthorized"), ("eve", "forbidden")])
async def test_the_private_topic_of_another_is_refused(server: Server, who: str | None, code: str) -> None:
    async with server.listener() as client:
        if who is not None:
            await client.say(token=server.token(who))
            await client.hear("welcome")
        await client.say(subscribe=["player:ann/private"])
        refusal = await client.hear("error")
        assert (refusal["code"], refusal["topic"]) == (code, "player:ann/private")


async def test_a_token_that_is_not_good_is_told(server: Server) -> None:
    async with server.listener() as client:
        for token in ("a.b.c", "kleos_nothing", "x" * 10_000):
            await client.say(token=token)
            assert (await client.hear("error"))["code"] == "unauthorized"
    async with connect(server.feed_url, additional_headers={"Authorization": "Bearer a.b.c"}) as socket:
        assert (await Client(socket).hear("error"))["code"] == "unauthorized"


async def test_a_private_match_is_for_its_controllers(server: Server) -> None:
    path = "/v1/games/golf/matches/secret"
    opened = {"controllers": ["ann", "bob"], "visibility": "private"}
    made = await server.http.post(path, json=opened, headers=server.headers)
    assert made.status_code == 200, made.text
    assert made.json()["controllers"] == ["ann", "bob"]
    async with server.listener("match:golf/secret", token=server.token("ann")) as client:
        await client.hear("welcome")
        assert (await client.hear("snapshot"))["events"] == 0
        scores = {"ann": 3, "cat": 4}
        await server.send("golf", {"type": "round_ended", "match": "secret", "scores": scores, "winner": "ann"})
        change = await client.hear("match.changed")
        assert (change["events"], change["players"]) == (1, ["ann", "cat"])
    for who, code, status in ((None, "unauthorized", 401), ("cat", "forbidden", 403)):
        headers = {"Authorization": f"Bearer {server.token(who)}"} if who else {}
        for part in ("", "/events"):
            assert (await server.http.get(path + part, headers=headers)).status_code == status
        async with connect(server.feed_url, additional_headers=headers) as socket:
            client = Client(socket)
            await client.say(subscribe=["match:golf/secret"])
            assert (await client.hear("error"))["code"] == code
    listed = (await server.http.get("/v1/games/golf/matches")).json()["matches"]
    assert "secret" not in [match["match"] for match in listed]


async def test_a_match_that_is_opened_as_private_is_told_to_its_controllers_only(server: Server) -> None:
    topic, path = "match:arcade/soon-private", "/v1/games/arcade/matches/soon-private"
    await server.score("soon-ann", 5, match="soon-private")
    async with server.listener(topic) as nobody, server.listener(topic, token=server.token("soon-ann")) as controller:
        await nobody.hear("snapshot")
        await controller.hear("welcome")
        await controller.hear("snapshot")
        opened = {"controllers": ["soon-ann"], "visibility": "private"}
        made = await server.http.post(path, json=opened, headers=server.headers)
        assert made.status_code == 200, made.text
        ended = await nobody.hear("ended")
        assert (ended["topics"], "controllers" in ended["detail"]) == ([topic], True)
        assert (await controller.hear("match.changed"))["visibility"] == "private"
        await server.score("soon-ann", 6, match="soon-private")
        assert (await controller.hear("match.changed"))["events"] == 2
        await nobody.say(subscribe=["game:golf"])
        assert (await nobody.hear("snapshot"))["topic"] == "game:golf"  # and nothing has come before
        await controller.say(token=server.token("soon-bob"))  # what is private ends with the token that opened it
        await controller.hear("welcome")
        assert (await controller.hear("ended"))["topics"] == [topic]


async def test_the_awards_of_a_private_match_do_not_name_it(server: Server) -> None:
    opened = {"controllers": ["kept-ann"], "visibility": "private"}
    path = "/v1/games/arcade/matches/kept"
    assert (await server.http.post(path, json=opened, headers=server.headers)).status_code == 200
    topics = ["game:arcade", "player:kept-ann"]
    async with server.listener(*topics) as client:
        for _ in topics:
            await client.hear("snapshot")
        await server.score("kept-ann", 10, match="kept")
        await server.score("kept-bob", 10, match="seen")
        told: dict[str, list[Any]] = {}
        while set(told) != set(topics) or len(told["game:arcade"]) < 2:
            message = await client.hear()
            if message["type"] == "achievement.unlocked":
                awards = [one for one in message["awards"] if one["achievement"] == "first_run"]
                told.setdefault(message["topic"], []).extend((one["player"], one["match"]) for one in awards)
        assert told == {topics[0]: [("kept-ann", None), ("kept-bob", "seen")], topics[1]: [("kept-ann", None)]}
    async with server.listener(*topics) as client:
        for _ in topics:
            awards = (await client.hear("snapshot"))["awards"]
            assert {one["match"] for one in awards if one["player"] == "kept-ann"} == {None}

    paths = ["/v1/players/kept-ann/achievements", "/v1/games/arcade/achievements?latest=20"]
    headers = {"Authorization": f"Bearer {server.token('kept-ann')}"}
    for path in paths:
        assert '"kept"' not in (await server.http.get(path)).text
        assert '"kept"' in (await server.http.get(path, headers=headers)).text


async def test_a_match_is_opened_once(server: Server) -> None:
    async def opens(**body: object) -> httpx.Response:
        return await server.http.post("/v1/games/golf/matches/once", json=body, headers=server.headers)

    assert (await opens(controllers=["ann"])).status_code == 200
    assert (await opens(controllers=["ann"], visibility="public")).status_code == 200
    assert (await opens(controllers=["bob"])).status_code == 409
    assert (await opens(controllers=["ann"], visibility="secret")).status_code == 400
    assert (await opens(controllers=[], visibility="private")).status_code == 400
    unkeyed = await server.http.post("/v1/games/golf/matches/other", json={})
    assert unkeyed.status_code == 401


async def test_a_public_match_is_heard_by_all(server: Server) -> None:
    scores = {"open-ann": 3, "open-bob": 4}
    await server.send("golf", {"type": "round_ended", "match": "open", "scores": scores, "winner": "open-ann"})
    async with server.listener("match:golf/open", "match:golf/none") as client:
        assert (await client.hear("snapshot"))["players"] == ["open-ann", "open-bob"]
        assert (await client.hear("error"))["code"] == "not-found"

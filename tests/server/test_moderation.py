"""Corrections over HTTP: what is shown first, what becomes of boards and rarity, what is refused, and undoing."""

import json
from pathlib import Path
from typing import Any

import pytest

from kleos.engine.engine import Engine
from kleos.moderation.answers import outcome_answer
from kleos.moderation.asked import Ban, Void
from kleos.moderation.corrections import Corrections
from kleos.sheets.verify import snapshot, verify_game
from kleos.store.database import Database
from tests.server.conftest import Server

GAME = """
title = "Darts"

[events.thrown]
player = "player"
points = "int"

[sheets.career]
key     = ["player"]
windows = ["all", "week"]

[[sheets.career.on]]
event  = "thrown"
throws = "count()"
total  = "sum(max(0, points))"
best   = "max(points)"
run    = "streak(points > 50)"

[boards.total]
sheet = "career"
by    = "total desc"

[achievements.hundred]
title  = "Hundred"
points = 5
sheet  = "career"
when   = "total >= 100"

[[checks]]
event  = "thrown"
that   = "points <= 180"
reason = "nobody throws that"
"""
NAMES = ("ann", "bob", "cy", "dee")


@pytest.fixture
async def darts(server: Server) -> str:
    """A game of its own, in which four have thrown."""
    server_games = [each["game"] for each in (await server.get("/v1/games"))["games"]]
    game = f"darts_{len(server_games)}"
    source = GAME.replace('title = "Darts"', 'title = "Darts"\nidentities = "own"')
    response = await server.http.put(
        f"/v1/games/{game}/definition", content=source.encode(), headers={**server.headers}
    )
    assert response.status_code == 200, response.text
    await server.send(game, [thrown(name, 60 - 5 * n, number) for n, name in enumerate(NAMES) for number in range(2)])
    await server.engine.rankings.ready(server.engine.game(game), ["all", "week"])
    return game


def thrown(player: str, points: int, number: int, **more: Any) -> dict[str, Any]:
    return {
        "type": "thrown",
        "id": f"{player}-{number}",
        "match": f"m{player}{number}",
        "at": f"2026-09-2{number % 2}T1{number % 10}:00:00Z",
        "player": player,
        "points": points,
        **more,
    }


async def board(server: Server, game: str, window: str = "all") -> list[tuple[int, str, int]]:
    page = await server.get(f"/v1/games/{game}/boards/total", window=window)
    return [(line["rank"], line["player"], line["value"]) for line in page["entries"]]


async def correct(server: Server, game: str, dry_run: bool = False, **asked: Any) -> dict[str, Any]:
    return await post(server, f"/v1/games/{game}/corrections", dry_run, {"reason": "a test", **asked})


async def post(server: Server, path: str, dry_run: bool, body: dict[str, Any]) -> dict[str, Any]:
    params = {"dry_run": "true"} if dry_run else None
    response = await server.http.post(path, json=body, params=params, headers=server.headers)
    assert response.status_code == 200, response.text
    answer: dict[str, Any] = response.json()
    return answer


async def undo(server: Server, game: str, answer: dict[str, Any]) -> None:
    number = answer["correction"]["correction"]
    await post(server, f"/v1/games/{game}/corrections/{number}/undo", False, {"reason": "a mistake"})


async def check(server: Server, game: str) -> None:
    async with server.engine.pool.acquire() as connection, snapshot(connection):
        assert not (await verify_game(connection, game)).differences


async def completed(server: Server, game: str) -> tuple[int, int]:
    answer = await server.get(f"/v1/games/{game}/achievements")
    return answer["achievements"][0]["completed"], answer["players"]


async def test_a_void_is_shown_first_then_made_then_undone(server: Server, darts: str) -> None:
    before = await board(server, darts)
    assert before == [(1, "ann", 120), (2, "bob", 110), (3, "cy", 100), (4, "dee", 90)]
    shown = await correct(server, darts, True, kind="void", match="mann1")
    assert shown["correction"] is None
    assert await board(server, darts) == before
    made = await correct(server, darts, kind="void", match="mann1")
    assert made["effects"] == shown["effects"]
    (effect,) = made["effects"]
    assert (effect["events"], effect["players"], effect["awards_lost"]) == (1, 1, 1)
    row = next(each for each in effect["rows"] if each["sheet"] == "career" and each["window"] == "all")
    assert row["key"] == {"player": "ann"}
    assert row["cells"]["total"] == [120, 60]
    assert {"board": "total", "window": "all", "partition": {}, "player": "ann", "before": 1, "after": 4} in effect[
        "ranks"
    ]
    assert await board(server, darts) == [(1, "bob", 110), (2, "cy", 100), (3, "dee", 90), (4, "ann", 60)]
    assert await completed(server, darts) == (2, 4)
    await server.send(darts, [thrown("dee", 170, 5, match="mann1")])
    assert (4, "ann", 60) in await board(server, darts), "what comes of a voided match is void"
    await check(server, darts)
    await undo(server, darts, made)
    assert await board(server, darts) == [(1, "dee", 260), (2, "ann", 120), (3, "bob", 110), (4, "cy", 100)]
    assert await completed(server, darts) == (4, 4)
    await check(server, darts)
    number = made["correction"]["correction"]
    kept = (await server.http.get(f"/v1/games/{darts}/corrections/{number}", headers=server.headers)).json()
    assert kept["undone"]["reason"] == "a mistake"
    path = f"/v1/games/{darts}/corrections/{number}/undo"
    await server.refused("POST", path, 409, json={"reason": "again"})


async def test_a_ban_hides_in_its_game_and_everywhere(server: Server, darts: str) -> None:
    made = await correct(server, darts, kind="ban", player="ann")
    (effect,) = made["effects"]
    assert {"board": "total", "window": "all", "partition": {}, "player": "ann", "before": 1, "after": None} in effect[
        "ranks"
    ]
    assert await board(server, darts) == [(1, "bob", 110), (2, "cy", 100), (3, "dee", 90)]
    assert await board(server, darts, "2026-W38") == await board(server, darts, "2026-W38")
    assert await completed(server, darts) == (2, 3)
    await server.send(darts, [thrown("ann", 100, 7)])
    await check(server, darts)
    everywhere = await post(server, f"/v1/players/ann/ban?namespace={darts}", False, {"reason": "worse"})
    await undo(server, darts, made)
    assert "ann" not in [player for _, player, _ in await board(server, darts)], "banned everywhere still"
    await server.refused("GET", f"/v1/players/ann?namespace={darts}", 404)
    assert everywhere["correction"]["game"] is None
    ended = await server.http.delete(f"/v1/players/ann/ban?namespace={darts}&reason=over", headers=server.headers)
    assert ended.status_code == 200, ended.text
    assert (await board(server, darts))[0] == (1, "ann", 220)
    await check(server, darts)


async def test_ranks_that_move_are_shown_right_after_a_start(server: Server, darts: str) -> None:
    warm = await correct(server, darts, True, kind="ban", player="ann")
    assert warm["effects"][0]["ranks_moved"] > 0
    server.engine.rankings.forget(darts)
    server.engine.rankings.start(server.engine.game(darts))
    assert await correct(server, darts, True, kind="ban", player="ann") == warm
    assert warm["effects"][0]["ranks_untold"] == []


async def test_where_it_cannot_be_said_which_ranks_move_is_told(database: Database, tmp_path: Path) -> None:
    (tmp_path / "darts.toml").write_text(GAME)
    async with Engine.open(database, games_dir=tmp_path, memory_mb=0) as engine:
        facts = [thrown(name, 50, 0) for name in NAMES]
        assert (await engine.ingest_body("darts", json.dumps(facts).encode())).accepted == len(facts)
        engine.rankings.forget("darts")
        corrections = Corrections(engine)
        banned = await corrections.make("darts", Ban(player="ann", reason="a test"), "a moderator", rehearse=True)
        assert {place for place in banned.untold["darts"] if place[0] == "total"} >= {("total", "all")}
        voided = await corrections.make("darts", Void(match="mann0", reason="a test"), "a moderator", rehearse=True)
        (effect,) = outcome_answer(voided).effects
        assert (effect.ranks_moved, [each.board for each in effect.ranks_untold]) == (0, ["total"])


async def test_a_merge_makes_one_of_two(server: Server, darts: str) -> None:
    await correct(server, darts, True, kind="merge", player="dee", into="ann")
    made = await correct(server, darts, kind="merge", player="dee", into="ann")
    assert await board(server, darts) == [(1, "ann", 210), (2, "bob", 110), (3, "cy", 100)]
    assert (await server.get("/v1/players/dee", namespace=darts))["player"] == "ann"
    standing = await server.get(f"/v1/games/{darts}/boards/total/players/dee")
    assert (standing["player"], standing["value"]) == ("ann", 210)
    await server.send(darts, [thrown("dee", 40, 6)])
    assert (await board(server, darts))[0] == (1, "ann", 250)
    assert await completed(server, darts) == (3, 3)
    await check(server, darts)
    again = {"kind": "merge", "player": "dee", "into": "bob", "reason": "no"}
    await server.refused("POST", f"/v1/games/{darts}/corrections", 409, json=again)
    await undo(server, darts, made)
    assert await board(server, darts) == [(1, "dee", 130), (2, "ann", 120), (3, "bob", 110), (4, "cy", 100)]
    await check(server, darts)


async def test_two_who_met_are_not_one(server: Server, darts: str) -> None:
    await server.send(darts, [thrown("bob", 1, 8, match="both"), thrown("cy", 1, 8, match="both")])
    asked = {"kind": "merge", "player": "bob", "into": "cy", "reason": "no"}
    problem = await server.refused("POST", f"/v1/games/{darts}/corrections", 409, json=asked)
    assert "both" in problem["detail"]
    await correct(server, darts, kind="void", match="both")
    await correct(server, darts, kind="merge", player="bob", into="cy")
    assert (await board(server, darts))[0] == (1, "cy", 210)
    await check(server, darts)


async def test_quarantine_is_accepted_refused_and_taken_back(server: Server, darts: str) -> None:
    receipt = await server.send(darts, [thrown("eve", 181, 2), thrown("eve", 999, 3)])
    assert receipt["quarantined"] == 2
    path = f"/v1/games/{darts}/quarantine"
    listed = (await server.http.get(path, params={"status": "waiting"}, headers=server.headers)).json()
    assert (listed["total"], [each["id"] for each in listed["events"]]) == (2, ["eve-3", "eve-2"])
    matches = {each["match"] for each in (await server.get(f"/v1/games/{darts}/matches"))["matches"]}
    assert all(each["match_known"] == (each["match"] in matches) for each in listed["events"])
    worse, good = listed["events"]
    refused = await post(server, f"{path}/{worse['seq']}/refuse", False, {"reason": "no"})
    await post(server, f"{path}/{good['seq']}/accept", True, {"reason": "seen"})
    for _ in range(2):
        made = await post(server, f"{path}/{good['seq']}/accept", False, {"reason": "seen"})
        assert (await board(server, darts))[0] == (1, "eve", 181)
        await check(server, darts)
        await server.refused("POST", f"{path}/{good['seq']}/refuse", 409, json={"reason": "no"})
        await undo(server, darts, made)
        assert len(await board(server, darts)) == 4
        await check(server, darts)
    await undo(server, darts, refused)
    listed = (await server.http.get(path, params={"status": "waiting"}, headers=server.headers)).json()
    assert listed["total"] == 2


@pytest.mark.parametrize(
    "asked, status",
    [
        ({"kind": "void", "reason": "x"}, 400),
        ({"kind": "void", "match": "none", "reason": "x"}, 404),
        ({"kind": "void", "event": "none", "reason": "x"}, 404),
        ({"kind": "void", "match": "mann1", "reason": " "}, 400),
        ({"kind": "void", "match": "mann1", "player": "ann", "reason": "x"}, 400),
        ({"kind": "ban", "player": "nobody", "reason": "x"}, 404),
        ({"kind": "merge", "player": "ann", "into": "ann", "reason": "x"}, 409),
        ({"kind": "other", "reason": "x"}, 400),
    ],
)
async def test_what_cannot_be_corrected_is_said(server: Server, darts: str, asked: dict[str, Any], status: int) -> None:
    await server.refused("POST", f"/v1/games/{darts}/corrections", status, json=asked)
    await server.refused("POST", f"/v1/games/{darts}/corrections", 401, json=asked, headers={})


async def test_what_no_column_can_hold_is_not_accepted(server: Server, darts: str) -> None:
    """A sum that is full has let an event into quarantine; it stays there, and the game goes on."""
    source = GAME.replace('title = "Darts"', 'title = "Darts"\nidentities = "own"').replace("<= 180", "<= 1e16")
    await server.http.put(f"/v1/games/{darts}/definition", content=source.encode(), headers={**server.headers})
    large = [thrown("eve", 2**53, n, id=f"eve-{n}", match=f"meve{n // 100}") for n in range(1_100)]
    for start in range(0, len(large), 100):
        await server.send(darts, large[start : start + 100])
    waiting = (await server.http.get(f"/v1/games/{darts}/quarantine", headers=server.headers)).json()
    assert waiting["total"] == 77
    path = f"/v1/games/{darts}/quarantine/{waiting['events'][0]['seq']}/accept"
    for params in ({"dry_run": "true"}, {}):
        said = await server.refused("POST", path, 409, json={"reason": "fine"}, params=params)
        assert "too large" in said["detail"]
    assert (await server.send(darts, [thrown("fay", 1, 0)]))["accepted"] == 1

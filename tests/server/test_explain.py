"""`/explain`: from a number to the events behind it, over a real server."""

from typing import Any
from uuid import uuid4

import pytest

from kleos.core.windows import iso
from kleos.players.change import put_profile, set_hidden
from kleos.players.profiles import ProfileChange
from tests.server.conftest import HOUR_US, NOW_US, Server

GAME = """
title = "Duels"

[events.duel]
scores = "map[player, int]"
weapon = "str"
winner = "player"

[sheets.fighter]
key = ["player"]
windows = ["all", "day"]

[[sheets.fighter.on]]
event = "duel"
for = "player, score in scores"
where = "score > -100"
duels = "count()"
wins = "count(player == winner)"
points = "sum(score)"
best = "max(score)"
run = "streak(player == winner)"
beaten_by = "last(winner)"

[sheets.fighter.formulas]
win_rate = "100 * wins / duels"

[sheets.weapon]
key = ["weapon"]
[[sheets.weapon.on]]
event = "duel"
duels = "count()"

[sheets.armed]
key = ["player", "weapon"]
[[sheets.armed.on]]
event = "duel"
for = "player, score in scores"
points = "sum(score)"

[boards.scored]
sheet = "fighter"
by = "points desc, wins desc"
where = "duels >= 2 and win_rate > 0"
partitions = [[], ["region"]]

[boards.runs]
sheet = "fighter"
by = "run_best desc"
ties = "ordinal"

[boards.streaks]
sheet = "fighter"
by = "run_best desc"

[achievements.winner]
title = "Winner"
points = 5
sheet = "fighter"
when = "wins >= 2"

[achievements.hero]
title = "Hero"
hidden = true
points = 20
requires = ["winner"]
event = "duel"
for = "player, score in scores"
when = "score >= 9"

[achievements.thanks]
manual = true
points = 1
"""


def duel(number: int, scores: dict[str, int], hours_ago: float, **more: Any) -> dict[str, Any]:
    winner = max(scores, key=lambda player: scores[player])
    at = iso(NOW_US - int(hours_ago * HOUR_US))
    fact = {"type": "duel", "id": f"d{number}", "match": f"m{number}", "at": at, "scores": scores}
    return {**fact, "winner": winner, "weapon": "axe" if number % 2 else "bow", **more}


@pytest.fixture(scope="module")
async def duels(server: Server) -> str:
    """A game of its own: ann wins d1 and d3, bob d2 and d4, which is private."""
    game = f"duels_{uuid4().hex[:8]}"
    await server.engine.put_definition(game, GAME.replace("title", 'identities = "own"\ntitle', 1))
    opened = await server.http.post(
        f"/v1/games/{game}/matches/m4",
        json={"controllers": ["bob"], "visibility": "private"},
        headers=server.headers,
    )
    assert opened.status_code == 200, opened.text
    events = [
        duel(1, {"ann": 9, "bob": 3, "cid": -100}, 60),
        duel(2, {"ann": 2, "bob": 6, "cid": 0}, 50),
        duel(3, {"ann": 4, "bob": 1, "cid": 4}, 40),
        duel(4, {"ann": 0, "bob": 8}, 1),
    ]
    receipt = await server.send(game, [events[2], events[0], events[3], events[1]])
    assert receipt["accepted"] == 4, receipt
    await put_profile(server.engine, "ann", ProfileChange(region="eu"), namespace=game)
    return game


async def explained(server: Server, game: str, **params: Any) -> Any:
    return await server.get(f"/v1/games/{game}/explain", **{"sheet": "fighter", "player": "ann", **params})


async def test_a_sum(server: Server, duels: str) -> None:
    found = await explained(server, duels, column="points")
    assert (found["value"], found["window"], found["key"], found["formula"]) == (15, "all", {"player": "ann"}, None)
    (cell,) = found["cells"]
    assert cell["rules"] == [
        {"event": "duel", "for": "player, score in scores", "where": "score > -100", "fold": "sum(score)"}
    ]
    assert [(each["event"], each["given"], each["value"]) for each in cell["contributions"]] == [
        ("d1", 9, 9),
        ("d2", 2, 11),
        ("d3", 4, 15),
    ], "the fourth gave nothing"
    assert {each["type"] for each in cell["contributions"]} == {"duel"}
    assert [each["position"] for each in cell["contributions"]] == [0, 0, 0]
    assert (cell["deciding"], cell["next"]) == (None, None)


async def test_page_by_page(server: Server, duels: str) -> None:
    first = (await explained(server, duels, column="points", limit=2))["cells"][0]
    assert ([each["event"] for each in first["contributions"]], first["next"]) == (["d1", "d2"], 2)
    second = (await explained(server, duels, column="points", limit=2, offset=2))["cells"][0]
    assert ([each["value"] for each in second["contributions"]], second["next"]) == ([15], None)


async def test_what_decides(server: Server, duels: str) -> None:
    best = (await explained(server, duels, column="best", limit=1, offset=3))["cells"][0]
    assert (best["value"], best["deciding"]["event"], best["contributions"][0]["given"]) == (9, "d1", 0)
    streak = (await explained(server, duels, column="run_best", player="bob"))["cells"][0]
    assert [each["given"] for each in streak["contributions"]] == [False, True, False, True]
    assert streak["deciding"]["event"] == "d2"
    last = await explained(server, duels, column="beaten_by")
    assert (last["value"], last["cells"][0]["deciding"]["given"]) == ("bob", "bob")


async def test_a_formula_and_what_it_takes(server: Server, duels: str) -> None:
    found = await explained(server, duels, column="win_rate")
    assert (found["value"], found["formula"]) == (50.0, "100 * wins / duels")
    assert {cell["column"]: cell["value"] for cell in found["cells"]} == {"wins": 2, "duels": 4}
    assert {cell["column"]: len(cell["contributions"]) for cell in found["cells"]} == {"wins": 2, "duels": 4}


async def test_a_window_and_other_keys(server: Server, duels: str) -> None:
    today = await explained(server, duels, column="duels", window="day")
    assert (today["value"], [each["at"] for each in today["cells"][0]["contributions"]]) == (1, [iso(NOW_US - HOUR_US)])
    weapon = await server.get(f"/v1/games/{duels}/explain", sheet="weapon", column="duels", weapon="axe")
    assert [each["event"] for each in weapon["cells"][0]["contributions"]] == ["d1", "d3"]
    armed = await explained(server, duels, sheet="armed", column="points", weapon="bow")
    assert [each["given"] for each in armed["cells"][0]["contributions"]] == [2]


@pytest.mark.parametrize("column", ["points", "wins", "best", "run_best", "beaten_by", "win_rate"])
async def test_a_number_of_the_past_is_what_the_events_up_to_then_come_to(
    server: Server, duels: str, column: str
) -> None:
    then = iso(NOW_US - 45 * HOUR_US)
    past = await explained(server, duels, column=column, as_of=then, limit=1)
    sheet = await server.get(f"/v1/games/{duels}/sheets/fighter", player="ann", as_of=then)
    assert (past["value"], past["as_of"]) == (sheet["rows"][0]["values"][column], then)
    for cell in past["cells"]:
        whole = (await explained(server, duels, column=cell["column"], as_of=then))["cells"][0]
        assert {each["event"] for each in whole["contributions"]} <= {"d1", "d2"}
        assert cell["value"] == whole["value"] == whole["contributions"][-1]["value"]


async def test_a_window_of_the_past(server: Server, duels: str) -> None:
    then = iso(NOW_US - 45 * HOUR_US)
    day = await explained(server, duels, column="duels", window="day", as_of=then)
    assert (day["window"], day["value"]) == (then[:10], len(day["cells"][0]["contributions"]))
    before = await explained(server, duels, column="points", as_of=iso(NOW_US - 70 * HOUR_US))
    assert (before["value"], before["cells"][0]["contributions"]) == (0, [])
    later = await explained(server, duels, column="duels", window=iso(NOW_US)[:10], as_of=then)
    assert (later["value"], later["cells"][0]["contributions"]) == (0, [])
    awards = await explained(server, duels, sheet="awards", column="points", as_of=then)
    assert (awards["value"], awards["cells"][0]["contributions"]) == (0, []), "both came with the third"


async def test_the_sheet_of_awards(server: Server, duels: str) -> None:
    found = await explained(server, duels, sheet="awards", column="points")
    told = [(each["achievement"], each["given"], each["value"]) for each in found["cells"][0]["contributions"]]
    assert (found["value"], told) == (25, [("hero", 20, 20), ("winner", 5, 25)])
    assert {each["event"] for each in found["cells"][0]["contributions"]} == {"d3"}


async def rank(server: Server, game: str, board: str, player: str, **params: Any) -> Any:
    return await server.get(f"/v1/games/{game}/boards/{board}/players/{player}/explain", **params)


@pytest.mark.parametrize("is_warm", [True, False])
async def test_a_rank(server: Server, duels: str, is_warm: bool) -> None:
    if is_warm:
        await server.engine.rankings.ready(server.engine.game(duels), ["all"])
    else:
        server.engine.rankings.forget(duels)
    found = await rank(server, duels, "scored", "ann")
    assert (found["ranked"], found["rank"], found["total"], found["percentile"]) == (True, 2, 2, 50.0)
    assert [(each["column"], each["direction"], each["value"]) for each in found["by"]] == [
        ("points", "desc", 15),
        ("wins", "desc", 2),
    ]
    above = found["above"]
    assert (above["player"], above["rank"], above["column"], above["by"]) == ("bob", 1, "points", 3)
    assert found["since"] == iso(NOW_US - 40 * HOUR_US)
    assert (found["shared_by"], found["reason"], found["where"]) == (1, None, "duels >= 2 and win_rate > 0")
    assert [each["holds"] for each in found["qualifications"]] == [True, True]
    assert (await rank(server, duels, "scored", "bob"))["above"] is None


async def test_a_shared_rank(server: Server, duels: str) -> None:
    found = await rank(server, duels, "runs", "ann")
    other = await rank(server, duels, "runs", "bob")
    assert (found["rank"], other["rank"], other["above"]["player"], other["above"]["column"]) == (1, 2, "ann", None)
    day = await rank(server, duels, "streaks", "ann")
    assert (day["shared_by"], day["rank"], day["above"]) == (2, 1, None)
    yesterday = iso(NOW_US - 40 * HOUR_US)[:10]
    closed = await rank(server, duels, "streaks", "cid", window=yesterday)
    assert (closed["shared_by"], closed["rank"], closed["above"]["player"], closed["above"]["by"]) == (1, 3, "bob", 1)
    tied = await rank(server, duels, "streaks", "bob", window=yesterday)
    assert (tied["shared_by"], tied["rank"], tied["above"]) == (2, 1, None)


async def test_who_has_no_rank(server: Server, duels: str) -> None:
    found = await rank(server, duels, "scored", "cid")
    assert (found["ranked"], found["rank"], found["reason"]) == (False, None, "not qualified")
    assert [(each["condition"], each["holds"], each["missing"]) for each in found["qualifications"]] == [
        ("duels >= 2", True, None),
        ("win_rate > 0", False, 0),
    ]
    today = await rank(server, duels, "scored", "ann", window="day")
    assert [(each["value"], each["missing"]) for each in today["qualifications"]] == [(1, 1), (0.0, 0)]
    assert (await rank(server, duels, "scored", "cid", window="day"))["reason"] == "no row"


async def test_a_rank_in_a_part_of_the_board(server: Server, duels: str) -> None:
    found = await rank(server, duels, "scored", "ann", region="eu")
    assert (found["rank"], found["partition"]) == (1, [{"name": "region", "asked": "eu", "has": "eu"}])
    elsewhere = await rank(server, duels, "scored", "bob", region="eu")
    assert (elsewhere["reason"], elsewhere["partition"][0]["has"], elsewhere["total"]) == ("elsewhere", None, 1)
    path = f"/v1/games/{duels}/boards/scored/players"
    await server.refused("GET", f"{path}/nobody/explain", 404)
    assert "region" in str(await server.refused("GET", f"{path}/ann/explain", 400, params={"clan": "x"}))


async def award(server: Server, game: str, achievement: str, player: str) -> Any:
    return await server.get(f"/v1/games/{game}/achievements/{achievement}/explain", player=player)


async def test_an_award_on_a_row(server: Server, duels: str) -> None:
    found = await award(server, duels, "winner", "ann")
    assert (found["earned"], found["event"], found["match"], found["title"]) == (True, "d3", "m3", "Winner")
    assert found["condition"]["when"] == "wins >= 2"
    assert (found["condition"]["sheet"], found["condition"]["window"]) == ("fighter", "all")
    assert (found["own"]["key"], found["own"]["values"]) == ({"player": "ann"}, {"wins": 2})
    assert (found["progress"], found["target"], found["requires"]) == (2, 2, [])


async def test_an_award_that_waited_for_another(server: Server, duels: str) -> None:
    found = await award(server, duels, "hero", "ann")
    assert (found["event"], found["own"]["event"]) == ("d3", "d1"), "nine points at once, but two wins only later"
    assert [(each["achievement"], each["event"]) for each in found["requires"]] == [("winner", "d3")]
    assert (found["condition"]["when"], found["condition"]["for"]) == ("score >= 9", "player, score in scores")


async def test_an_award_that_nobody_gave_yet(server: Server, duels: str) -> None:
    found = await award(server, duels, "winner", "cid")
    assert (found["earned"], found["event"], found["own"], found["progress"], found["target"]) == (
        False,
        None,
        None,
        0,
        2,
    )
    hidden = await award(server, duels, "hero", "bob")
    assert (hidden["title"], hidden["condition"], hidden["requires"]) == ("Hidden achievement", None, [])
    manual = await award(server, duels, "thanks", "bob")
    assert (manual["condition"]["kind"], manual["earned"]) == ("manual", False)


async def test_an_award_earned_in_a_private_match(server: Server, duels: str) -> None:
    found = await award(server, duels, "winner", "bob")
    assert (found["earned"], found["event"], found["match"], found["own"]["event"]) == (True, None, None, None)
    assert found["at"] == found["own"]["at"] == iso(NOW_US - HOUR_US)


async def test_no_such_award(server: Server, duels: str) -> None:
    path = f"/v1/games/{duels}/achievements"
    assert "winner" in str(await server.refused("GET", f"{path}/winer/explain", 404, params={"player": "ann"}))
    await server.refused("GET", f"{path}/winner/explain", 404, params={"player": "nobody"})
    await server.refused("GET", f"{path}/winner/explain", 400)


async def test_a_private_match_is_not_named(server: Server, duels: str) -> None:
    last = (await explained(server, duels, column="duels"))["cells"][0]["contributions"][-1]
    assert (last["event"], last["match"], last["given"]) == (None, None, 1)
    path = f"/v1/games/{duels}/explain?sheet=fighter&column=duels&player=ann"
    for_the_game = (await server.http.get(path, headers=server.headers)).json()
    assert for_the_game["cells"][0]["contributions"][-1]["event"] == "d4"


@pytest.mark.parametrize(
    "params, status, words",
    [
        ({"column": "wins", "player": "nobody"}, 404, "nobody"),
        ({"column": "wins", "sheet": "figther"}, 404, "fighter"),
        ({"column": "won"}, 400, "duels, wins, points"),
        ({"column": "wins", "window": "week"}, 400, "all, day"),
        ({"column": "wins", "window": "2001-01-01"}, 404, "player=ann"),
        ({"column": "wins", "weapon": "axe"}, 400, "player"),
        ({"column": "points", "sheet": "armed"}, 400, "player, weapon"),
        ({"column": "wins", "limit": 0}, 400, "limit"),
        ({}, 400, "column"),
    ],
)
async def test_bad_questions(server: Server, duels: str, params: dict[str, Any], status: int, words: str) -> None:
    given = {"sheet": "fighter", "player": "ann", **params}
    problem = await server.refused("GET", f"/v1/games/{duels}/explain", status, params=given)
    assert words in str(problem)


async def test_a_board_of_the_past(server: Server, duels: str) -> None:
    path = f"/v1/games/{duels}/boards/scored"
    then = iso(NOW_US - 45 * HOUR_US)
    page = await server.get(path, as_of=then)
    assert (page["as_of"], page["total"]) == (then, 2)
    assert [(each["rank"], each["player"], each["values"]["points"]) for each in page["entries"]] == [
        (1, "ann", 11),
        (2, "bob", 9),
    ]
    mine = await server.get(f"{path}/players/bob", as_of=then)
    assert (mine["rank"], mine["place"], mine["total"], mine["percentile"]) == (2, 2, 2, 50.0)
    assert mine["as_of"] == then
    around = await server.get(f"{path}/players/bob/around", as_of=then, span=0)
    assert [each["player"] for each in around["entries"]] == ["bob"]
    assert (await server.get(path, as_of=then, region="eu"))["total"] == 0, "ann was nowhere yet"
    assert (await server.get(path, as_of=iso(NOW_US), region="eu"))["total"] == 1
    day = await server.get(path, as_of="2026-09-19", window="day")
    assert (day["window"], day["total"], day["as_of"]) == ("2026-09-19", 2, "2026-09-19T23:59:59.999999Z")
    await server.refused("GET", f"{path}/players/cid", 404, params={"as_of": then})


async def test_a_sheet_of_the_past(server: Server, duels: str) -> None:
    then = iso(NOW_US - 45 * HOUR_US)
    path = f"/v1/games/{duels}/sheets/fighter"
    found = await server.get(path, as_of=then, order="points desc", limit=2)
    assert [(row["key"]["player"], row["values"]["points"]) for row in found["rows"]] == [("ann", 11), ("bob", 9)]
    assert (found["total"], found["as_of"]) == (3, then)
    one = await server.get(path, as_of=then, player="bob")
    assert [row["values"]["win_rate"] for row in one["rows"]] == [50.0]
    now = await server.get(path, player="ann")
    assert now["rows"][0]["values"]["beaten_by"] == "bob", "a player goes out by the id"
    awards = await server.get(f"/v1/games/{duels}/sheets/awards", as_of=iso(NOW_US - 40 * HOUR_US))
    assert [(row["key"]["player"], row["values"]["points"]) for row in awards["rows"]] == [("ann", 25)]
    assert (await server.get(f"/v1/games/{duels}/sheets/awards", as_of=then))["total"] == 0


async def test_a_rank_over_days(server: Server, duels: str) -> None:
    path = f"/v1/games/{duels}/boards/scored/players/bob"
    found = await server.get(f"{path}/history", **{"from": "2026-09-18", "to": "2026-09-21"})
    assert [(each["day"], each["rank"], each["value"], each["total"]) for each in found["points"]] == [
        ("2026-09-18", None, None, 0),
        ("2026-09-19", 2, 10, 2),
        ("2026-09-20", 2, 10, 2),
        ("2026-09-21", 1, 18, 2),
    ]
    for each in found["points"][1:]:
        then = await server.get(path, as_of=each["as_of"])
        assert (then["rank"], then["value"], then["total"]) == (each["rank"], each["value"], each["total"])
    assert len((await server.get(f"{path}/history"))["points"]) == 30


@pytest.mark.parametrize(
    "as_of, words",
    [
        ("2026-09-21T14:13:21Z", "future"),
        ("2027-01-01", "future"),
        ("yesterday", "2026-03-01T12:00:00Z"),
        ("2026-03-01T12:00:00", "time zone"),
        ("2026-13-01", "moment"),
        ("0001-01-01T00:00:00Z", "before all time"),
    ],
)
async def test_moments_that_are_none(server: Server, duels: str, as_of: str, words: str) -> None:
    for path in ("boards/scored", "boards/scored/players/ann", "boards/scored/players/ann/around", "sheets/fighter"):
        problem = await server.refused("GET", f"/v1/games/{duels}/{path}", 400, params={"as_of": as_of})
        assert problem["where"] == "as_of"
        assert words in problem["detail"]


@pytest.mark.parametrize(
    "params, words",
    [
        ({"from": "2027-01-01"}, "from"),
        ({"from": "2026-09-20", "to": "2026-09-10"}, "later than"),
        ({"from": "2020-01-01"}, "366"),
        ({"from": "soon"}, "soon"),
        ({"to": "week"}, "no day"),
        ({"every": "hour"}, "every"),
        ({"days": "3"}, "days"),
    ],
)
async def test_days_that_are_none(server: Server, duels: str, params: dict[str, str], words: str) -> None:
    path = f"/v1/games/{duels}/boards/scored/players/ann/history"
    response = await server.http.get(path, params=params)
    assert response.status_code in (400, 404)
    assert words in response.text


async def test_who_is_hidden_is_not_explained(server: Server, duels: str) -> None:
    await set_hidden(server.engine, "cid", True, duels)
    try:
        await server.refused(
            "GET",
            f"/v1/games/{duels}/explain",
            404,
            params={"sheet": "fighter", "column": "wins", "player": "cid"},
        )
    finally:
        await set_hidden(server.engine, "cid", False, duels)
    assert (await explained(server, duels, column="duels", player="cid"))["value"] == 2


async def test_the_schema_tells_of_it(server: Server) -> None:
    assert "/v1/games/{game}/explain" in (await server.get("/openapi.json"))["paths"]

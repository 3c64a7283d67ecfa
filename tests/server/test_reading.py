"""The read routes, over a server in which a few games were played."""

import asyncio
import re
from typing import Any

import httpx
import pytest

from kleos.core.windows import iso
from kleos.sheets.cursor import cursor_of
from tests.server.conftest import HOUR_US, NOW_US, Server, problem_of

DAY_US = 24 * HOUR_US


def round_ended(match: str, number: int, scores: dict[str, int], hours_ago: float, **more: Any) -> dict[str, Any]:
    winner = min(scores, key=lambda player: scores[player])
    return {
        "type": "round_ended",
        "id": f"{match}-r{number}",
        "match": match,
        "at": iso(NOW_US - int(hours_ago * HOUR_US)),
        "scores": scores,
        "winner": winner,
        **more,
    }


def game_ended(match: str, totals: dict[str, int], hours_ago: float) -> dict[str, Any]:
    winner = min(totals, key=lambda player: totals[player])
    at = iso(NOW_US - int(hours_ago * HOUR_US))
    return {
        "type": "game_ended",
        "id": f"{match}-end",
        "match": match,
        "at": at,
        "totals": totals,
        "winner": winner,
        "humans": len(totals),
    }


@pytest.fixture(scope="module")
async def played(server: Server) -> Server:
    events = [
        round_ended("m1", 1, {"ann": -2, "bob": 10, "cpu": 7}, 50, cpus=["cpu"], finisher="ann"),
        game_ended("m1", {"ann": 20, "bob": 30}, 49),
        round_ended("m2", 1, {"ann": 4, "bob": 3}, 26, finisher="bob"),
        game_ended("m2", {"ann": 25, "bob": 21}, 25),
        round_ended("m3", 1, {"ann": 1, "weird/id é": 9}, 0.9),
    ]
    receipt = await server.send("golf", events)
    assert receipt["accepted"] == len(events), receipt
    await server.put("/v1/players/ann", {"name": "Ann", "region": "eu", "attributes": {"club": "north"}})
    await server.send("quest", [{"type": "session_ended", "id": "q1", "player": "ann", "hours": 2.5}])
    return server


async def test_health_and_readiness(played: Server) -> None:
    assert (await played.get("/health"))["status"] == "ok"
    async with asyncio.timeout(120):
        while (response := await played.http.get("/ready")).status_code != 200:  # other games' boards still warm
            assert response.json()["trouble"] is None
            await asyncio.sleep(0.05)
    ready = response.json()
    assert ready["ready"] is True
    assert ready["warm"] == ready["boards"]
    assert ready["database"] == "reachable"
    assert ready["boards"] > 0


async def test_games_are_listed_and_described(played: Server) -> None:
    games = await played.get("/v1/games")
    assert {"arcade", "battle_royale", "golf", "quest"} <= {game["game"] for game in games["games"]}
    golf = await played.get("/v1/games/golf")
    assert golf["title"] == "Six-Card Golf"
    assert golf["matches"] == {"ended_by": ["game_ended"]}
    (round_event,) = [event for event in golf["events"] if event["name"] == "round_ended"]
    assert {
        "name": "scores",
        "type": "map[player, int]",
        "required": True,
        "default": None,
        "choices": [],
    } in round_event["fields"]
    (career,) = [sheet for sheet in golf["sheets"] if sheet["name"] == "career"]
    assert career["key"] == [{"name": "player", "type": "player"}]
    rate = next(column for column in career["columns"] if column["name"] == "win_rate")
    assert (rate["unit"], rate["decimals"], rate["fold"]) == ("%", 1, None)
    assert rate["formula"]
    board = next(board for board in golf["boards"] if board["name"] == "wins")
    assert board["by"][0] == {"column": "games_won", "direction": "desc"}
    assert board["partitions"] == [[], ["region"]]


async def test_a_sheet_by_player_and_in_order(played: Server) -> None:
    page = await played.get("/v1/games/golf/sheets/career", order="games_won desc, games_played")
    assert page["window"] == "all"
    assert page["total"] == 3
    players = [row["key"]["player"] for row in page["rows"]]
    assert set(players) == {"ann", "bob", "weird/id é"}
    assert "cpu" not in players
    (row,) = (await played.get("/v1/games/golf/sheets/career", player="ann"))["rows"]
    assert row["names"] == {"player": "Ann"}
    assert row["values"]["games_played"] == 2
    assert row["values"]["games_won"] == 1
    assert row["values"]["win_rate"] == 50.0
    assert row["values"]["first_game"] == iso(NOW_US - 49 * HOUR_US)
    assert not [name for name in row["values"] if name.endswith(("_since", "_millionths")) or name == "version"]


async def test_a_sheet_by_window_and_pages(played: Server) -> None:
    page = await played.get("/v1/games/golf/sheets/career", window="day", limit=1)
    assert page["window"] == iso(NOW_US)[:10]
    assert page["total"] == 2
    assert len(page["rows"]) == 1
    rest = await played.get("/v1/games/golf/sheets/career", window="day", limit=1, offset=1)
    assert rest["rows"] != page["rows"]
    assert (await played.get("/v1/games/golf/sheets/career", player="nobody"))["rows"] == []


@pytest.mark.parametrize("order", ["", "games_won desc, games_played", "win_rate", "best_round desc", "player desc"])
async def test_cursors_walk_over_all_rows_in_order(played: Server, order: str) -> None:
    sheet = "/v1/games/golf/sheets/career"
    whole = await played.get(sheet, order=order)
    for limit in (1, 2):
        walked: list[Any] = []
        cursor: dict[str, str] = {}
        while True:
            page = await played.get(sheet, order=order, limit=limit, **cursor)
            assert page["total"] == whole["total"]
            walked += page["rows"]
            if page["next"] is None:
                break
            cursor = {"after": page["next"]}
        assert walked == whole["rows"]
    one = await played.get(sheet, order=order, limit=1)
    forged = cursor_of("all", [("games_won", True), ("player", False)], ["many", "ann"])
    for wrong in (
        {"after": one["next"], "order": "rounds_won"},
        {"after": "x"},
        {"after": one["next"], "offset": "1"},
        {"after": forged, "order": "games_won desc"},
    ):
        query = httpx.QueryParams({"order": order, **wrong})
        assert (await played.refused("GET", f"{sheet}?{query}", 400))["where"] == "after"


@pytest.mark.parametrize(
    "path, status, where",
    [
        ("/v1/games/golf/sheets/career?order=nonsense", 400, "order"),
        ("/v1/games/golf/sheets/career?order=games_won%20up", 400, "order"),
        ("/v1/games/golf/sheets/career?order=games_won;drop", 400, "order"),
        ("/v1/games/golf/sheets/career?weapon=bow", 400, "weapon"),
        ("/v1/games/golf/sheets/career?player=a&player=b", 400, "player"),
        ("/v1/games/golf/sheets/career?player=%00", 400, "player"),
        ("/v1/games/golf/sheets/career?window=2026-W99", 400, "window"),
        ("/v1/games/golf/sheets/career?limit=0", 400, "limit"),
        ("/v1/games/golf/sheets/career?limit=9999999999999999999999", 400, "limit"),
        ("/v1/games/golf/matches?before=yesterday", 400, "before"),
        ("/v1/games/golf/matches?status=asleep", 400, "status"),
        ("/v1/games/golf/matches/m1/events?after=x", 400, "after"),
        ("/v1/games/golf/matches/m1/sheets/career", 400, "sheet"),
        ("/v1/players/ann/trends?game=golf&sheet=career&columns=nope", 400, "columns"),
        ("/v1/players/ann/trends?game=golf&sheet=career&every=minute", 400, "every"),
        ("/v1/players/%00", 400, "player"),
        ("/v1/players/" + "x" * 129, 400, "player"),
    ],
)
async def test_bad_parameters_are_named(played: Server, path: str, status: int, where: str) -> None:
    assert (await played.refused("GET", path, status))["where"] == where


@pytest.mark.parametrize(
    "path, meant",
    [
        ("/v1/games/glof", "golf"),
        ("/v1/games/golf/sheets/carer", "career"),
        ("/v1/players/ann/charts/from?game=golf", "form"),
        ("/v1/games/golf/sheets/career?window=sumer", None),
        ("/v1/games/golf/matches/none", None),
        ("/v1/games/golf/matches/none/events", None),
        ("/v1/players/nobody", None),
        ("/v1/players/cpu", None),
        ("/v1/players/ann?namespace=nowhere", None),
    ],
)
async def test_unknown_names_say_what_exists(played: Server, path: str, meant: str | None) -> None:
    assert (await played.refused("GET", path, 404)).get("did_you_mean") == meant


async def test_matches_newest_first_and_by_status(played: Server) -> None:
    listed = (await played.get("/v1/games/golf/matches"))["matches"]
    assert [match["match"] for match in listed] == ["m3", "m2", "m1"]
    assert [match["status"] for match in listed] == ["open", "ended", "ended"]
    assert listed[1]["players"] == ["ann", "bob"]
    assert listed[1]["names"] == {"ann": "Ann", "bob": "bob"}
    ended = (await played.get("/v1/games/golf/matches", status="ended", player="bob"))["matches"]
    assert [match["match"] for match in ended] == ["m2", "m1"]
    only = (await played.get("/v1/games/golf/matches", status="open"))["matches"]
    assert [match["match"] for match in only] == ["m3"]


async def test_matches_are_paged_by_key(played: Server) -> None:
    seen: list[str] = []
    before: str | None = None
    for _ in range(4):
        page = await played.get("/v1/games/golf/matches", limit=1, **({"before": before} if before else {}))
        seen += [match["match"] for match in page["matches"]]
        before = page["next"]
        if before is None:
            break
    assert seen == ["m3", "m2", "m1"]


async def test_one_match_and_its_events(played: Server) -> None:
    match = await played.get("/v1/games/golf/matches/m1")
    assert match["counts"] == {"game_ended": 1, "round_ended": 1}
    assert match["events"] == 2
    assert match["players"] == ["ann", "bob"]
    events = (await played.get("/v1/games/golf/matches/m1/events"))["events"]
    assert [event["id"] for event in events] == ["m1-r1", "m1-end"]
    assert events[0]["fields"]["scores"] == {"ann": -2, "bob": 10, "cpu": 7}
    assert events[0]["fields"]["winner"] == "ann"
    assert events[0]["fields"]["cpus"] == ["cpu"]
    first = await played.get("/v1/games/golf/matches/m1/events", limit=1)
    rest = await played.get("/v1/games/golf/matches/m1/events", after=first["next"])
    assert [event["id"] for event in rest["events"]] == ["m1-end"]
    newest = await played.get("/v1/games/golf/matches/m1/events", limit=1, order="newest")
    before = await played.get("/v1/games/golf/matches/m1/events", after=newest["next"], order="newest")
    assert [[event["id"] for event in page["events"]] for page in (newest, before)] == [["m1-end"], ["m1-r1"]]


async def test_one_player(played: Server) -> None:
    ann = await played.get("/v1/players/ann")
    assert (ann["name"], ann["region"], ann["attributes"]) == ("Ann", "eu", {"club": "north"})
    assert ann["games"] == ["golf", "quest"]
    mine = await played.get("/v1/players/ann/achievements")
    assert ann["gamerscore"] == mine["points"] > 0
    bob = await played.get("/v1/players/bob")
    assert (bob["name"], bob["shown_name"]) == (None, "bob")


async def test_ids_with_slashes_and_letters_of_any_kind(played: Server) -> None:
    response = await played.http.get("/v1/players/weird%2Fid%20%C3%A9")
    assert response.json()["player"] == "weird/id é"
    matches = await played.http.get("/v1/players/weird%2fid%20%C3%A9/matches")
    assert [match["match"] for match in matches.json()["matches"]] == ["m3"]


async def test_players_are_found_by_id_and_name(played: Server) -> None:
    assert [one["player"] for one in (await played.get("/v1/players", query="an"))["players"]] == ["ann"]
    assert [one["player"] for one in (await played.get("/v1/players", query="AN"))["players"]] == ["ann"]
    assert [one["player"] for one in (await played.get("/v1/players", query="bo"))["players"]] == ["bob"]
    first = await played.get("/v1/players", limit=1)
    rest = await played.get("/v1/players", after=first["next"])
    assert [one["player"] for one in first["players"] + rest["players"]] == ["ann", "bob", "weird/id é"]


async def test_a_players_stats(played: Server) -> None:
    stats = await played.get("/v1/players/ann/stats")
    assert set(stats["games"]) >= {"golf", "quest"}
    assert stats["games"]["golf"]["sheets"]["career"]["values"]["games_won"] == 1
    today = await played.get("/v1/players/ann/stats", game="golf", window="day")
    assert today["games"]["golf"]["sheets"]["career"]["values"]["rounds_played"] == 1


async def test_the_matches_of_two(played: Server) -> None:
    mine = (await played.get("/v1/players/ann/matches"))["matches"]
    met = (await played.http.get("/v1/players/ann/matches", params={"with": "bob"})).json()["matches"]
    assert met
    assert met == [match for match in mine if "bob" in match["players"]]
    await played.refused("GET", "/v1/players/ann/matches?with=nobody", 404)


async def test_a_players_standings_on_every_board(played: Server) -> None:
    answer = await played.get("/v1/players/ann/standings")
    places = {(one["game"], one["board"], *one["partition"].values()): one for one in answer["standings"]}
    for (game, board, *_), place in places.items():
        path = f"/v1/games/{game}/boards/{board}/players/ann"
        alone = await played.get(path, window=place["window"], **place["partition"])
        assert {name: place[name] for name in ("rank", "total", "value")} == {
            name: alone[name] for name in ("rank", "total", "value")
        }
    only = await played.get("/v1/players/ann/standings", game="golf", window="all")
    assert {one["game"] for one in only["standings"]} <= {"golf"}
    assert places


async def test_a_players_achievements(played: Server) -> None:
    mine = (await played.get("/v1/players/ann/achievements", game="golf"))["achievements"]
    by_name = {one["achievement"]: one for one in mine}
    assert by_name["first_win"]["earned"] is True
    assert by_name["first_win"]["match"] == "m1"
    assert by_name["first_win"]["at"] == iso(NOW_US - 49 * HOUR_US)
    assert by_name["win_10"]["earned"] is False
    assert (by_name["win_10"]["progress"], by_name["win_10"]["target"]) == (1, 10)
    earned = [one["earned"] for one in mine]
    assert earned == sorted(earned, reverse=True)


async def test_trends_run_from_old_to_new(played: Server) -> None:
    path = "/v1/players/ann/trends"
    trend = await played.get(path, game="golf", sheet="career", columns="rounds_played,win_rate", every="day")
    days = [iso(NOW_US - days * DAY_US)[:10] for days in (2, 1, 0)]
    assert [point["window"] for point in trend["points"]] == days
    assert [point["values"]["rounds_played"] for point in trend["points"]] == [1, 1, 1]
    assert set(trend["points"][0]["values"]) == {"rounds_played", "win_rate"}
    newest = await played.get(path, game="golf", sheet="career", every="day", limit=1)
    assert [point["window"] for point in newest["points"]] == days[-1:]
    whole = await played.get(path, game="golf", sheet="career", every="all")
    assert [point["values"]["rounds_played"] for point in whole["points"]] == [3]


async def test_a_trend_chart(played: Server) -> None:
    chart = await played.get("/v1/players/ann/charts/form", game="golf")
    assert chart["kind"] == "trend"
    assert [column["column"] for column in chart["columns"]] == ["avg_score", "win_rate"]
    assert len(chart["points"]) == 3
    assert chart["axes"] == []


async def test_two_players_compared(played: Server) -> None:
    beside = await played.http.get("/v1/players/ann/compare", params={"with": "bob", "game": "golf"})
    columns = {column["column"]: column for column in beside.json()["games"]["golf"]["columns"]}
    assert columns["knockouts"]["values"] == [1, 1]
    assert columns["knockouts"]["leader"] is None
    assert columns["avg_score"]["better"] == "asc"
    assert columns["avg_score"]["leader"] == "ann"
    assert columns["worst_round"]["leader"] is None


async def test_what_only_a_radar_draws_has_a_leader(played: Server) -> None:
    """More is better there, as it is for the percentiles: no board of the game ranks by it."""
    runs = [("far_1", 90, 8_000), ("far_2", 80, 9_000), ("near_1", 10, 4_000)]
    told = [
        {"type": "score_submitted", "player": run[:-2], "score": score, "game_mode": "classic", "duration_ms": long}
        for run, score, long in runs
    ]
    await played.send("arcade", told)
    beside = await played.http.get("/v1/players/near/compare", params={"with": "far", "game": "arcade"})
    columns = {column["column"]: column for column in beside.json()["games"]["arcade"]["columns"]}
    for drawn in ("best_score", "avg_score", "total_score", "games_played", "longest_run"):
        assert (columns[drawn]["better"], columns[drawn]["leader"]) == ("desc", "far"), drawn
    assert (columns["first_played"]["better"], columns["first_played"]["leader"]) == (None, None)
    stats = await played.get("/v1/players/far/stats", game="arcade", percentiles=True)
    shown = stats["games"]["arcade"]["sheets"]["career"]["percentiles"]
    assert {place["better"] for place in shown.values()} == {"desc"}


async def test_achievements_of_a_game(played: Server) -> None:
    listed = await played.get("/v1/games/golf/achievements", latest=5)
    assert listed["players"] == 3
    first = next(one for one in listed["achievements"] if one["achievement"] == "first_win")
    assert first["completed"] == 2
    assert first["rate"] == pytest.approx(200 / 3)
    assert [winner["player"] for winner in first["latest"]] == ["bob", "ann"]
    again = await played.get("/v1/games/golf/achievements")
    assert [one["uuid"] for one in again["achievements"]] == [one["uuid"] for one in listed["achievements"]]


async def test_openapi_documents_every_route(played: Server) -> None:
    document = await played.get("/openapi.json")
    for path, item in document["paths"].items():
        for method, operation in item.items():
            assert operation["summary"], f"{method} {path}"
            assert operation["tags"], f"{method} {path}"
            if path != "/health":
                assert "application/problem+json" in operation["responses"]["503"]["content"], f"{method} {path}"
            if operation.get("security"):
                assert "401" in operation["responses"], f"{method} {path}"


async def test_the_pages_of_the_document_need_nothing_from_elsewhere(played: Server) -> None:
    for page in ("/docs", "/redoc"):
        response = await played.http.get(page)
        assert response.status_code == 200
        assert "text/html" in response.headers["content-type"]
        policy = response.headers["content-security-policy"]
        assert policy.startswith("default-src 'none'; script-src 'self'; ")
        assert "unsafe" not in policy
        linked = re.findall(r'(?:src|href)="([^"]+)"', response.text)
        assert any(name.endswith(".js") for name in linked)
        for name in linked:
            if name == "data:,":
                continue
            assert name.startswith("/docs/assets/"), name
            asset = await played.http.get(name)
            assert (asset.status_code, len(asset.content) > 10) == (200, True), name
            assert asset.headers["content-type"].partition(";")[0] == ("text/javascript", "text/css")["css" in name]
    problem_of(await played.http.get("/docs/assets/none.js"), 404)


async def test_unknown_places_are_problems(played: Server) -> None:
    response: httpx.Response
    for path in ("/v1", "/v1/games/golf/nothing", "/docs/nothing", "/v2/x"):
        response = await played.http.get(path)
        problem_of(response, 404)


async def test_a_match_of_which_nothing_is_heard_does_not_run_for_ever(played: Server) -> None:
    run = {"type": "score_submitted", "player": "runner", "score": 5.0, "game_mode": "classic"}
    await played.send(
        "arcade",
        [
            {**run, "id": f"score-{hours}", "match": f"run-{hours}", "at": iso(NOW_US - hours * HOUR_US)}
            for hours in (0, 2)
        ],
    )
    told = (await played.get("/v1/games/arcade/matches", player="runner"))["matches"]
    assert [(each["match"], each["status"]) for each in told] == [("run-0", "open"), ("run-2", "ended")]
    assert (await played.get("/v1/games/arcade/matches/run-2"))["status"] == "ended"
    played.clock.now_us += HOUR_US  # the last of this module: a clock goes on only
    for game, status, matches in (
        ("golf", "open", []),
        ("golf", "quiet", ["m3"]),
        ("golf", "ended", ["m2", "m1"]),
        ("arcade", "open", []),
        ("arcade", "quiet", []),
        ("arcade", "ended", ["run-0", "run-2"]),
    ):
        listed = (await played.get(f"/v1/games/{game}/matches", status=status))["matches"]
        assert [(each["match"], each["status"]) for each in listed] == [(match, status) for match in matches]

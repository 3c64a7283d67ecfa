"""What the insight page and the home page ask: activity, histograms, matches by id, what runs, who asks."""

from typing import Any

import pytest

from kleos.core.windows import iso
from tests.server.conftest import HOUR_US, KEY, NOW_US, Server

DAY_US = 24 * HOUR_US


def round_ended(id: str, match: str, hours_ago: float, **scores: int) -> dict[str, Any]:
    at = iso(NOW_US - int(hours_ago * HOUR_US))
    winner = min(scores, key=lambda player: scores[player])
    return {"type": "round_ended", "id": id, "match": match, "at": at, "scores": scores, "winner": winner}


@pytest.fixture(scope="module")
async def played(server: Server) -> Server:
    ended = {"type": "game_ended", "id": "m1-end", "match": "m1", "at": iso(NOW_US - 49 * HOUR_US)}
    events = [
        round_ended("a", "m1", 50, ann=-2, bob=10),
        {**ended, "totals": {"ann": 1, "bob": 9}, "winner": "ann", "humans": 2},
        round_ended("b", "m2", 26, ann=4, cy=3),
        round_ended("c", "m3", 0.5, ann=1, bob=9),
        round_ended("d", "m4", 0.2, bob=60),
    ]
    assert (await server.send("golf", events))["accepted"] == len(events)
    private = {"controllers": ["ann"], "visibility": "private"}
    opened = await server.http.post("/v1/games/golf/matches/m4", json=private, headers=server.headers)
    assert opened.status_code == 200, opened.text
    return server


async def test_activity_is_told_for_each_day_without_gaps(played: Server) -> None:
    activity = await played.get("/v1/games/golf/activity", **{"from": "2026-09-18", "to": "2026-09-21"})
    assert activity["every"] == "day"
    told = [(each["window"], each["events"], each["matches"], each["players"]) for each in activity["points"]]
    assert told == [
        ("2026-09-18", 0, 0, 0),
        ("2026-09-19", 2, 1, 2),
        ("2026-09-20", 1, 1, 2),
        ("2026-09-21", 2, 2, 2),
    ]
    usual = (await played.get("/v1/games/golf/activity"))["points"]
    assert (len(usual), usual[-1]["window"], usual[-4:]) == (30, "2026-09-21", activity["points"])


async def test_activity_by_week_and_by_month(played: Server) -> None:
    weeks = await played.get("/v1/games/golf/activity", every="week", **{"from": "2026-09-14"})
    assert [(each["window"], each["events"], each["players"]) for each in weeks["points"]] == [
        ("2026-W38", 3, 3),
        ("2026-W39", 2, 2),
    ]
    months = await played.get("/v1/games/golf/activity", every="month")
    assert [(each["events"], each["matches"]) for each in months["points"][-2:]] == [(0, 0), (5, 4)]


@pytest.mark.parametrize(
    "params, where",
    [
        ({"from": "2026-09-22", "to": "2026-09-21"}, "from"),
        ({"from": "1026-09-22"}, "from"),
        ({"to": "0001-01-01"}, "to"),
        ({"to": "9999-12-31"}, "to"),
        ({"to": "yesterday"}, "to"),
        ({"every": "hour"}, "every"),
    ],
)
async def test_activity_of_what_is_no_time(played: Server, params: dict[str, str], where: str) -> None:
    said = await played.refused("GET", "/v1/games/golf/activity", 400, params=params)
    assert where in str(said)


async def test_who_comes_back_is_told_by_the_span_first_seen_in(played: Server) -> None:
    days = await played.get("/v1/games/golf/retention", every="day", cohorts=3)
    assert (days["every"], [(each["window"], each["returned"]) for each in days["cohorts"]]) == (
        "day",
        [
            ("2026-09-19", [2, 1, 2]),  # Ann and Bob; Ann on the next day, both on the one after
            ("2026-09-20", [1, 0]),
            ("2026-09-21", [0]),
        ],
    )
    weeks = await played.get("/v1/games/golf/retention", cohorts=2)
    assert [(each["window"], each["returned"]) for each in weeks["cohorts"]] == [
        ("2026-W38", [3, 2]),
        ("2026-W39", [0]),
    ]
    later = await played.get("/v1/games/golf/retention", every="day", cohorts=1)
    assert [(each["window"], each["returned"]) for each in later["cohorts"]] == [("2026-09-21", [0])]
    await played.refused("GET", "/v1/games/golf/retention", 400, params={"cohorts": 1000})


async def test_totals_are_added_up_over_players(played: Server) -> None:
    run = {"type": "score_submitted", "game_mode": "classic", "at": iso(NOW_US)}
    runs = [
        {**run, "id": "run-1", "player": "ann", "score": 10.5},
        {**run, "id": "run-2", "player": "bob", "score": 4.25},
        {**run, "id": "run-3", "player": "bob", "score": 1.0, "game_mode": "timed"},
    ]
    assert (await played.send("arcade", runs))["accepted"] == 3
    path = "/v1/games/arcade/sheets/by_mode/totals"
    told = await played.get(path, by="game_mode")
    assert [(each["value"], each["players"]) for each in told["values"]] == [("classic", 2), ("timed", 1)]
    assert told["values"][0]["totals"] == {"games_played": 2, "total_score": 14.75}
    assert told["columns"] == ["games_played", "total_score"]
    assert "game_mode" in (await played.refused("GET", path, 400, params={"by": "weapon"}))["detail"]
    nothing = "/v1/games/golf/sheets/career/totals"
    await played.refused("GET", nothing, 400, params={"by": "player"})


async def test_a_histogram_counts_every_row_once(played: Server) -> None:
    spread = await played.get("/v1/games/golf/sheets/career/histogram", column="total_points")
    assert (spread["rows"], spread["empty"], spread["min"], spread["max"]) == (3, 0, 3, 79)
    assert spread["mean"] == pytest.approx((3 + 3 + 79) / 3)
    assert sum(each["rows"] for each in spread["bins"]) == 3
    assert len(spread["bins"]) <= 20
    edges = [each["from"] for each in spread["bins"]]
    assert edges == sorted(edges)
    assert spread["bins"][0]["rows"] == 2
    rate = await played.get("/v1/games/golf/sheets/career/histogram", column="avg_score", bins=2)
    assert [each["rows"] for each in rate["bins"]] == [2, 1]
    assert rate["bins"][-1]["to"] == rate["max"]
    assert rate["bins"][0]["from"] == rate["min"]


async def test_a_histogram_of_values_that_are_all_one_and_of_none(played: Server) -> None:
    one = await played.get("/v1/games/golf/sheets/career/histogram", column="avg_score", window="2026-09-20", bins=5)
    assert sum(each["rows"] for each in one["bins"]) == one["rows"] == 2
    wins = await played.get("/v1/games/golf/sheets/career/histogram", column="games_won", window="2026-09-20")
    assert [each["rows"] for each in wins["bins"]] == [2]
    none = await played.get("/v1/games/golf/sheets/career/histogram", column="best_game", window="2026-09-20")
    assert (none["rows"], none["empty"], none["min"], none["bins"]) == (0, 2, None, [])
    unplayed = await played.get("/v1/games/golf/sheets/career/histogram", column="best_game", window="2020-01-01")
    assert (unplayed["rows"], unplayed["empty"], unplayed["bins"]) == (0, 0, [])


async def test_a_histogram_names_the_columns_with_numbers(played: Server) -> None:
    said = await played.refused("GET", "/v1/games/golf/sheets/career/histogram", 400, params={"column": "nothing"})
    assert said["where"] == "column"
    assert "games_won" in said["detail"]


async def test_a_match_is_found_by_its_id_and_a_private_one_is_not(played: Server) -> None:
    (found,) = (await played.get("/v1/matches", match="m1"))["matches"]
    assert (found["game"], found["match"], found["status"], found["players"]) == ("golf", "m1", "ended", ["ann", "bob"])
    assert (await played.get("/v1/matches", match="m4"))["matches"] == []
    assert (await played.get("/v1/matches", match="m"))["matches"] == []


async def test_what_runs_is_open_public_and_was_heard_of_lately(played: Server) -> None:
    assert (await played.get("/v1/matches/running"))["games"] == [{"game": "golf", "running": 1}]


async def test_who_asks(played: Server) -> None:
    nobody = await played.get("/v1/caller")
    assert (nobody["kind"], nobody["everywhere"], nobody["in_games"]) == ("anonymous", [], [])
    admin = (await played.http.get("/v1/caller", headers={"Authorization": f"Bearer {KEY}"})).json()
    assert admin["kind"] == "admin"
    assert {"manage", "keys", "audit"} <= set(admin["everywhere"])
    asked = {"label": "one game", "games": ["golf"], "scopes": ["manage"]}
    made = (await played.http.post("/v1/keys", json=asked, headers=played.headers)).json()
    theirs = (await played.http.get("/v1/caller", headers={"Authorization": f"Bearer {made['key']}"})).json()
    assert (theirs["kind"], theirs["everywhere"], theirs["games"]) == ("key", [], ["golf"])
    assert "moderation" in theirs["in_games"]
    await played.refused("GET", "/v1/caller", 401, headers={"Authorization": "Bearer kleos_wrong"})


async def test_reasons_of_the_quarantine_are_counted_by_type(played: Server) -> None:
    doubtful = [round_ended(f"doubt-{n}", "m9", 40, dee=999, eve=n) for n in range(3)]
    assert (await played.send("golf", doubtful))["quarantined"] == 3
    path = "/v1/games/golf/quarantine/reasons"
    (told,) = (await played.http.get(path, headers=played.headers)).json()["reasons"]
    assert (told["type"], told["waiting"], told["accepted"], told["refused"]) == ("round_ended", 3, 0, 0)
    assert told["reason"]
    later = await played.http.get(path, params={"since": iso(NOW_US - HOUR_US)}, headers=played.headers)
    assert later.json()["reasons"] == []
    await played.refused("GET", path, 401, headers={})

"""`kleos explain` against a real server."""

from uuid import uuid4

import pytest

from tests.cli.conftest import Served, ndjson, runs


@pytest.fixture(scope="module")
def player(served: Served) -> str:
    """Somebody with three runs: 10, 30 and 20."""
    name = f"why-{uuid4().hex[:8]}"
    scores = (10.0, 30.0, 20.0)
    events = [
        {**runs(1, player=name)[0], "score": score, "id": f"{name}-{place}", "at": f"2026-03-0{place}T12:00:00Z"}
        for place, score in enumerate(scores, 1)
    ]
    assert served.run("import", "arcade", "-", given=ndjson(events)).code == 0
    return name


def test_a_number(served: Served, player: str) -> None:
    shown = served.run("explain", "arcade", "career", "total_score", f"player={player}")
    assert shown.code == 0, shown.err
    lines = [line.split() for line in shown.out.splitlines() if f"{player}-" in line]
    assert [line[0] for line in lines] == ["2026-03-01", "2026-03-02", "2026-03-03"]
    assert [line[-2:] for line in lines] == [["10", "10"], ["30", "40"], ["20", "60"]]
    page = served.run("explain", "arcade", "career", "total_score", f"player={player}", "--limit", "2").out
    assert "More: --offset 2" in page


def test_as_json(served: Served, player: str) -> None:
    options = ("--offset", "1", "--window", "2026-03", "--json")
    found = served.run("explain", "arcade", "career", "total_score", f"player={player}", *options).json
    assert (found["value"], found["window"]) == (60.0, "2026-03")
    assert [each["given"] for each in found["cells"][0]["contributions"]] == [30.0, 20.0]


@pytest.mark.parametrize(
    "arguments, words",
    [
        (("career", "total_scores", "player=x"), "total_score"),
        (("career", "total_score"), "player"),
        (("career", "total_score", "x"), "name=value"),
        (("carer", "total_score", "player=x"), "did you mean 'career'"),
    ],
)
def test_what_is_refused(served: Served, arguments: tuple[str, ...], words: str) -> None:
    result = served.run("explain", "arcade", *arguments)
    assert (result.code, result.out) == (1, "")
    assert words in result.err


def test_the_past(served: Served, player: str) -> None:
    everybody = ("top", "arcade", "total_score", "--limit", "1000", "--json", "--as-of")
    then = served.run(*everybody, "2026-03-02")
    assert then.code == 0, then.err
    assert {entry["player"]: entry["value"] for entry in then.json["entries"]}[player] == 40.0
    assert "2026-03-02 23:59:59" in served.run("top", "arcade", "total_score", "--as-of", "2026-03-02").out
    days = ("--from", "2026-02-28", "--to", "2026-03-03")
    shown = served.run("history", "arcade", "total_score", player, *days)
    assert shown.code == 0, shown.err
    assert "2026-03-03" in shown.out
    found = served.run("history", "arcade", "total_score", player, *days, "--json").json
    assert [point["value"] for point in found["points"]] == [None, 10.0, 40.0, 60.0]
    refused = served.run(*everybody, "3000-01-01")
    assert (refused.code, "future" in refused.err) == (1, True)


def test_a_number_of_the_past(served: Served, player: str) -> None:
    asked = ("explain", "arcade", "career", "total_score", f"player={player}", "--as-of", "2026-03-02")
    shown = served.run(*asked)
    assert (shown.code, "as of 2026-03-02 23:59:59 · 40" in shown.out) == (0, True), shown.out
    assert served.run(*asked, "--json").json["value"] == 40.0


def test_a_rank(served: Served, player: str) -> None:
    asked = ("explain-rank", "arcade", "total_score", player)
    told = served.run(*asked, "--json").json
    shown = served.run(*asked)
    assert shown.code == 0, shown.err
    assert f"{player} is {told['rank']:,}. of {told['total']:,} on total_score" in shown.out
    nobody = served.run("explain-rank", "golf", "wins", player)
    assert (nobody.code, "has no rank on wins" in nobody.out) == (0, True), (nobody.out, nobody.err)
    refused = served.run("explain-rank", "arcade", "total_scores", player)
    assert (refused.code, "did you mean" in refused.err) == (1, True)


def test_an_award(served: Served) -> None:
    player = f"new-{uuid4().hex[:8]}"
    session = {"type": "session_ended", "id": f"{player}-1", "at": "2026-03-01T12:00:00Z", "player": player, "hours": 2}
    assert served.run("import", "quest", "-", given=ndjson([session])).code == 0
    held = served.run("player", player, "--json").json["achievements"]
    named = sorted(each["achievement"] for each in held["achievements"] if each["game"] == "quest")
    shown = {name: served.run("explain-award", "quest", name, player) for name in named}
    assert {each.code for each in shown.values()} == {0}, shown
    assert any(f"{player}-1, 2026-03-01 12:00:00" in each.out for each in shown.values()), shown
    assert any("not earned" in each.out for each in shown.values()), shown
    assert served.run("explain-award", "quest", named[0], player, "--json").json["player"] == player

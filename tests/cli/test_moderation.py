"""`kleos void`, `ban`, `unban`, `merge`, `quarantine`, `corrections` and `history`, against a real server."""

import json
from typing import Any
from uuid import uuid4

import pytest

from tests.cli.conftest import Result, Served, kleos, ndjson, runs

WHY = ("--reason", "a test")


@pytest.fixture
def players(served: Served) -> tuple[str, str]:
    """Two of a test's own: the first with runs of 10, 30 and 20 on three days, the second with one of 25."""
    tag = uuid4().hex[:8]
    one, two = f"{tag}-one", f"{tag}-two"
    played = [(one, 1, 10.0), (one, 2, 30.0), (one, 3, 20.0), (two, 2, 25.0)]
    events = [
        {
            **runs(1, player=player)[0],
            "score": score,
            "id": f"{player}-{day}",
            "match": f"m-{player}-{day}",
            "at": f"2026-03-0{day}T12:00:00Z",
        }
        for player, day, score in played
    ]
    assert served.run("import", "arcade", "-", given=ndjson(events)).code == 0
    return one, two


def totals(served: Served, *players: str) -> list[float | None]:
    """What each has on the board; None for who is not on it."""
    board = served.run("top", "arcade", "total_score", "--limit", "1000", "--json").json
    found = {entry["player"]: entry["value"] for entry in board["entries"]}
    return [found.get(player) for player in players]


def made(result: Result) -> int:
    assert result.code == 0, result.err
    number: int = result.json["correction"]["correction"]
    return number


def listed(served: Served, player: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = served.run("corrections", "list", "arcade", "--player", player, "--json").json[
        "corrections"
    ]
    return found


def test_a_void_is_shown_made_and_undone(served: Served, players: tuple[str, str]) -> None:
    one, _ = players
    asked = ("void", "arcade", "--match", f"m-{one}-2", *WHY)
    shown = served.run(*asked, "--dry-run")
    assert shown.code == 0, shown.err
    assert shown.out.startswith("Nothing is changed; this is what would be:\narcade: 1 events, ")
    assert totals(served, one) == [60.0]
    assert served.run(*asked, "--dry-run", "--json").json["correction"] is None
    said = served.run(*asked)
    assert said.code == 0, said.err
    assert f"match m-{one}-2 is void" in said.out
    rows = [line.split() for line in said.out.splitlines() if "total_score" in line and one in line]
    assert any(row[-2:] == ["60.00", "30.00"] for row in rows), said.out
    assert totals(served, one) == [30.0]
    of_event = made(served.run("void", "arcade", "--event", f"{one}-1", "--match", f"m-{one}-1", *WHY, "--json"))
    assert totals(served, one) == [20.0]
    span = ("--from", "2026-03-03", "--to", "2026-03-04")
    of_span = made(served.run("void", "arcade", "--player", one, *span, *WHY, "--json"))
    assert totals(served, one) == [None]
    for number, left in ((of_event, 10.0), (of_span, 30.0)):
        undone = served.run("corrections", "undo", "arcade", str(number), "--reason", "a mistake")
        assert (undone.code, undone.out.startswith(f"Correction {number}: ")) == (0, True), undone.err
        assert totals(served, one) == [left]


def test_a_ban_ends(served: Served, players: tuple[str, str]) -> None:
    one, two = players
    assert f"{one} is banned" in served.run("ban", one, "--game", "arcade", *WHY).out
    assert f"{two} is banned everywhere" in served.run("ban", two, *WHY).out
    assert totals(served, one, two) == [None, None]
    assert [each["kind"] for each in listed(served, two)] == ["ban"]
    assert served.run("history", "arcade", "total_score", one).code == 1
    assert served.run("player", two).code == 1
    shown = served.run("unban", one, "--game", "arcade", *WHY, "--dry-run")
    assert (shown.code, "Nothing is changed" in shown.out) == (0, True)
    assert served.run("unban", one, "--game", "arcade", *WHY).code == 0
    assert served.run("unban", two, *WHY, "--json").json["correction"]["undone"]["reason"] == "a test"
    assert totals(served, one, two) == [60.0, 25.0]
    again = served.run("unban", two, *WHY)
    assert (again.code, f"no ban of player '{two}'" in again.err) == (1, True)


def test_a_merge_makes_one_of_two(served: Served, players: tuple[str, str]) -> None:
    one, two = players
    shown = served.run("merge", "arcade", two, one, *WHY, "--dry-run", "--json").json
    assert {effect["game"] for effect in shown["effects"]} >= {"arcade", "golf"}
    said = served.run("merge", "arcade", two, one, *WHY)
    assert (said.code, f"{two} counts as {one}" in said.out) == (0, True)
    assert totals(served, one, two) == [85.0, None]
    days = ("--from", "2026-03-01", "--to", "2026-03-03", "--json")
    points = served.run("history", "arcade", "total_score", one, *days).json["points"]
    assert [point["value"] for point in points] == [10.0, 65.0, 85.0]
    explained = served.run("explain", "arcade", "career", "total_score", f"player={two}", "--json").json
    assert (explained["value"], len(explained["cells"][0]["contributions"])) == (85.0, 4)
    (merge,) = listed(served, one)
    assert served.run("corrections", "undo", "arcade", str(merge["correction"]), *WHY).code == 0
    assert totals(served, one, two) == [60.0, 25.0]
    table = served.run("corrections", "list", "arcade", "--kind", "merge").out
    assert "undone by admin: a test" in " ".join(table.split())


def test_quarantine(served: Served) -> None:
    player = f"q-{uuid4().hex[:8]}"
    events = [{**runs(1, player=player)[0], "id": f"{player}-{n}", "game_mode": "secret"} for n in range(2)]
    served.run("import", "arcade", "-", given=ndjson(events))
    page = served.run("quarantine", "list", "arcade", "--status", "waiting", "--json").json
    first, second = (each["seq"] for each in page["events"][:2])
    shown = served.run("quarantine", "list", "arcade", "--limit", "2")
    assert (str(first) in shown.out, "waiting" in shown.out) == (True, True)
    rehearsed = served.run("quarantine", "accept", "arcade", str(first), *WHY, "--dry-run")
    assert (rehearsed.code, totals(served, player)) == (0, [None])
    said = served.run("quarantine", "accept", "arcade", str(first), *WHY)
    assert (said.code, "is accepted" in said.out) == (0, True)
    assert totals(served, player) == [1.0]
    assert "is refused" in served.run("quarantine", "refuse", "arcade", str(second), *WHY).out
    again = served.run("quarantine", "refuse", "arcade", str(first), *WHY)
    assert (again.code, "accepted already" in again.err) == (1, True)
    found = served.run("quarantine", "list", "arcade", "--status", "refused", "--json").json["events"]
    assert second in {each["seq"] for each in found}


@pytest.mark.parametrize(
    "arguments, words",
    [
        (("void", "arcade", *WHY), "void either an event, or a match"),
        (("void", "arcade", "--match", "no-such-match", *WHY), "no match 'no-such-match'"),
        (("void", "arcade", "--event", "no-such-event", *WHY), "no event 'no-such-event'"),
        (("void", "arcade", "--match", "m", "--player", "x", *WHY), "void either an event, or a match"),
        (("void", "arcade", "--match", "m", "--from", "2026-03-01", *WHY), "a span goes with a player"),
        (("void", "arcade", "--player", "x", "--from", "soon", *WHY), "soon"),
        (("void", "arcade", "--match", "m", "--reason", " "), "say why"),
        (("void", "acade", "--match", "m", *WHY), "did you mean 'arcade'"),
        (("ban", "nobody-knows", *WHY), "no player 'nobody-knows'"),
        (("ban", "nobody-knows", "--game", "arcade", *WHY), "no player 'nobody-knows'"),
        (("unban", "nobody-knows", *WHY), "no player 'nobody-knows'"),
        (("merge", "arcade", "nobody-knows", "nor-this-one", *WHY), "no player 'nobody-knows'"),
        (("quarantine", "accept", "arcade", "999999", *WHY), "no event in quarantine '999999'"),
        (("quarantine", "list", "arcade", "--status", "lost"), "lost"),
        (("corrections", "undo", "arcade", "999999", *WHY), "no correction '999999'"),
        (("corrections", "list", "arcade", "--kind", "curse"), "curse"),
        (("history", "arcade", "total_score", "nobody-knows"), "no player 'nobody-knows'"),
        (("history", "arcade", "total_scores", "x"), "did you mean 'total_score'"),
        (("history", "arcade", "total_score", "x", "--from", "yesterday"), "x"),
    ],
)
def test_what_is_refused(served: Served, arguments: tuple[str, ...], words: str) -> None:
    result = served.run(*arguments)
    assert (result.code, result.out) == (1, "")
    assert words in result.err
    assert "Traceback" not in result.err


@pytest.mark.parametrize(
    "arguments, words",
    [
        (("void", "arcade", "--match", "m"), "--reason"),
        (("quarantine", "accept", "arcade", "some", *WHY), "some"),
        (("corrections", "undo", "arcade", *WHY), "NUMBER"),
        (("merge", "arcade", "x", *WHY), "INTO"),
        (("unban", *WHY), "PLAYER"),
    ],
)
def test_a_wrong_command_line(served: Served, arguments: tuple[str, ...], words: str) -> None:
    result = served.run(*arguments)
    assert (result.code, result.out) == (2, "")
    assert words in result.err


def test_a_correction_needs_a_key(served: Served) -> None:
    for arguments in (("void", "arcade", "--match", "m"), ("ban", "x"), ("unban", "x"), ("merge", "arcade", "x", "y")):
        result = kleos(*arguments, *WHY, env={"KLEOS_URL": served.url})
        assert (result.code, "needs a key" in result.err) == (1, True)
    listed = kleos("corrections", "list", "arcade", env={"KLEOS_URL": served.url})
    assert (listed.code, "401" in listed.err) == (1, True)
    wrong = kleos("void", "arcade", "--match", "m", *WHY, "--url", served.url, "--key", "kleos_wrong")
    assert (wrong.code, "401" in wrong.err) == (1, True)


def test_answers_are_the_servers_own_as_json(served: Served, players: tuple[str, str]) -> None:
    one, _ = players
    answer = json.loads(served.run("void", "arcade", "--match", f"m-{one}-1", *WHY, "--json").out)
    assert answer["correction"]["subject"]["match"] == f"m-{one}-1"
    assert answer["effects"][0]["game"] == "arcade"
    assert listed(served, one) == []

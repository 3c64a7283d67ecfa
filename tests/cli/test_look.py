"""`kleos games`, `top`, `player` and `seasons`, against a real server."""

import socket
from collections.abc import Iterator
from uuid import uuid4

import pytest

from tests.cli.conftest import KEY, Served, kleos, ndjson, runs


@pytest.fixture(scope="module")
def players(served: Served) -> list[str]:
    """Three players of a mode of their own: first, second and third."""
    tag = uuid4().hex[:8]
    names = [f"{tag}-{place}" for place in ("first", "second", "third")]
    events = [
        {**runs(1, player=name)[0], "game_mode": "survival", "score": 1_000_000.0 - 10.5 * place, "id": f"{name}-run"}
        for place, name in enumerate(names)
    ]
    result = served.run("import", "arcade", "-", given=ndjson(events))
    assert result.code == 0, result.err
    return names


def test_games(served: Served) -> None:
    shown = served.run("games")
    assert shown.code == 0
    assert "Six-Card Golf" in shown.out
    names = [game["game"] for game in served.run("games", "--json").json["games"]]
    assert {"arcade", "golf", "quest", "battle_royale"} <= set(names)


def test_top(served: Served, players: list[str]) -> None:
    options = ("--partition", "game_mode=survival", "--limit", "3")
    shown = served.run("top", "arcade", "mode_best", *options)
    assert shown.code == 0, shown.err
    lines = [line for line in shown.out.splitlines() if any(player in line for player in players)]
    assert [line.split()[:2] for line in lines] == [[str(rank), name] for rank, name in enumerate(players, 1)]
    page = served.run("top", "arcade", "mode_best", *options, "--json").json
    assert [entry["player"] for entry in page["entries"]] == players
    later = served.run("top", "arcade", "mode_best", *options, "--offset", "1", "--window", "2026-03", "--json").json
    assert [entry["rank"] for entry in later["entries"]][:2] == [2, 3]
    assert later["window"] == "2026-03"


def test_a_part_of_a_board_by_region(served: Served, players: list[str]) -> None:
    nobody = served.run("top", "golf", "wins", "--region", "atlantis")
    assert (nobody.code, "nobody" in nobody.out) == (0, True)


def test_a_player(served: Served, players: list[str]) -> None:
    shown = served.run("player", players[0])
    assert (shown.code, players[0] in shown.out) == (0, True)
    assert f"kleos player {players[0]} --game arcade" in shown.out
    assert "1,000,000" not in shown.out
    of_game = served.run("player", players[0], "--game", "arcade")
    assert (of_game.code, "1,000,000" in of_game.out) == (0, True)
    found = served.run("player", players[0], "--game", "arcade", "--window", "2026-03", "--json").json
    assert found["profile"]["player"] == players[0]
    assert list(found["stats"]["games"]) == ["arcade"]
    assert found["stats"]["games"]["arcade"]["sheets"]["career"]["window"] == "2026-03"
    assert found["achievements"]["player"] == players[0]


@pytest.mark.parametrize(
    "arguments, words",
    [
        (("top", "golf", "win"), "did you mean 'wins'"),
        (("top", "gofl", "wins"), "did you mean 'golf'"),
        (("top", "golf", "wins", "--window", "yesterday"), "yesterday"),
        (("top", "golf", "wins", "--partition", "eu"), "name=value"),
        (("player", "nobody-knows"), "nobody-knows"),
        (("seasons", "add", "golf", "x", "--starts", "soon", "--ends", "2030-01-01"), "soon"),
        (("seasons", "add", "golf", "x", "--starts", "2030-02-01", "--ends", "2030-01-01"), "end after it starts"),
        (("seasons", "change", "golf", "never_made", "--title", "X"), "never_made"),
        (("seasons", "change", "golf", "never_made"), "nothing to change"),
    ],
)
def test_what_is_refused(served: Served, arguments: tuple[str, ...], words: str) -> None:
    result = served.run(*arguments)
    assert (result.code, result.out) == (1, "")
    assert words in result.err
    assert "Traceback" not in result.err


def test_seasons(served: Served) -> None:
    name = f"s_{uuid4().hex[:8]}"
    dates = ("--starts", "2031-03-01", "--ends", "2031-06-01T02:00:00+02:00")
    made = served.run("seasons", "add", "quest", name, *dates, "--title", "Spring", "--json")
    assert (made.code, made.json["ends_at"]) == (0, "2031-06-01T00:00:00Z")
    changed = served.run("seasons", "change", "quest", name, "--ends", "2031-05-01")
    assert (changed.code, "2031-05-01 00:00:00" in changed.out) == (0, True)
    listed = served.run("seasons", "list", "quest", "--json").json
    assert [season["ends_at"] for season in listed["seasons"] if season["name"] == name] == ["2031-05-01T00:00:00Z"]
    assert "Spring" in served.run("seasons", "list", "quest").out
    again = served.run("seasons", "add", "quest", name, *dates)
    assert (again.code, name in again.err) == (1, True)


def test_keys(served: Served) -> None:
    label = f"k {uuid4().hex[:8]}"
    made = served.run("keys", "make", label, "--game", "golf", "--scope", "read", "--scope", "manage", "--json")
    assert (made.code, set(made.json)) == (0, {"id", "key"})
    listed = [each for each in served.run("keys", "list", "--json").json["keys"] if each["label"] == label]
    assert [(each["games"], each["scopes"], each["last_used_at"]) for each in listed] == [
        (["golf"], ["manage", "read"], None)
    ]
    shown = served.run("keys", "list")
    assert made.json["id"] in shown.out
    assert made.json["key"] not in shown.out
    revoked = served.run("keys", "revoke", made.json["id"])
    assert (revoked.code, made.json["id"] in revoked.out) == (0, True)
    assert served.run("keys", "revoke", made.json["id"]).code == 1
    another = served.run("keys", "make", "north", "--scope", "read", "--json").json["id"]
    assert served.run("keys", "revoke", another, "--json").json == {"revoked": another}
    assert "golff" in served.run("keys", "make", "x", "--game", "golff").err


def test_writing_without_a_key(served: Served) -> None:
    arguments = ("seasons", "add", "golf", "y", "--starts", "2032-01-01", "--ends", "2032-02-01")
    result = kleos(*arguments, env={"KLEOS_URL": served.url})
    assert (result.code, "401" in result.err) == (1, True)
    right = kleos(*arguments, "--url", served.url, "--key", KEY)
    assert right.code == 0, right.err


@pytest.fixture
def nobody_there() -> Iterator[str]:
    with socket.socket() as held:  # bound, so that nobody takes it; not listening, so that nobody answers
        held.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{held.getsockname()[1]}"


@pytest.mark.parametrize("command", [("games",), ("top", "golf", "wins"), ("import", "golf", "-"), ("player", "x")])
def test_no_server(nobody_there: str, command: tuple[str, ...]) -> None:
    result = kleos(*command, "--url", nobody_there)
    assert (result.code, result.out) == (1, "")
    assert f"no answer from {nobody_there}" in result.err


def test_an_url_that_is_none() -> None:
    result = kleos("games", "--url", "localhost:8000")
    assert (result.code, "http://" in result.err) == (1, True)

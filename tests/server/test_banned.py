"""Who is banned in one game is nowhere in it, is as ever in every other, and is back as if nothing had been."""

from dataclasses import dataclass
from typing import Any, Final

import pytest

from tests.server.conftest import Server
from tests.server.test_moderation import GAME, correct, post, thrown

CHART: Final = """
[charts.form]
kind    = "trend"
sheet   = "career"
columns = ["total"]
every   = "week"
"""
PLAYERS: Final = ("anna", "bert", "cleo")


@dataclass(frozen=True, slots=True)
class Games:
    """Two that share their players; what is asked of one is asked of the other as well."""

    here: str = "darts_here"
    there: str = "darts_there"


@pytest.fixture(scope="module")
async def games(server: Server) -> Games:
    games = Games()
    for game in (games.here, games.there):
        response = await server.http.put(
            f"/v1/games/{game}/definition", content=(GAME + CHART).encode(), headers={**server.headers}
        )
        assert response.status_code == 200, response.text
        events = [thrown(name, 60 - 5 * n, number) for n, name in enumerate(PLAYERS) for number in range(2)]
        events += [thrown(name, 10, 4, match="all") for name in PLAYERS]
        await server.send(game, events)
        await server.engine.rankings.ready(server.engine.game(game), ["all", "week"])
    return games


def of_player(game: str, player: str) -> list[str]:
    """What is asked about one player in one game."""
    board = f"/v1/games/{game}/boards/total/players/{player}"
    return [
        board,
        f"{board}?as_of=2026-09-21T14:00:00Z",
        f"{board}?window=2026-W38",
        f"{board}/around",
        f"{board}/around?as_of=2026-09-21T14:00:00Z",
        f"{board}/explain",
        f"{board}/history",
        f"/v1/games/{game}/explain?sheet=career&column=total&player={player}",
        f"/v1/games/{game}/achievements/hundred/explain?player={player}",
        f"/v1/games/{game}/matches?player={player}",
        *(
            f"/v1/players/{player}/{what}game={game}"
            for what in (
                "?",
                "stats?",
                "stats?percentiles=true&",
                "achievements?",
                "matches?",
                "standings?",
                "trends?sheet=career&columns=total&every=week&",
                "charts/form?",
                "compare?with=cleo&",
            )
        ),
        f"/v1/players/cleo/compare?with={player}&game={game}",
    ]


def of_everybody(game: str) -> list[str]:
    """What is asked about all players of a game: those who are seen."""
    board = f"/v1/games/{game}/boards/total"
    return [
        board,
        f"{board}?as_of=2026-09-21T14:00:00Z",
        f"{board}?window=2026-W38",
        f"{board}/partitions",
        f"{board}/players/cleo",
        f"{board}/players/cleo/around",
        f"{board}/players/cleo/explain",
        f"{board}/players/cleo/history",
        f"/v1/games/{game}/sheets/career",
        f"/v1/games/{game}/sheets/career?as_of=2026-09-21T14:00:00Z",
        f"/v1/games/{game}/sheets/career?player=anna",
        f"/v1/games/{game}/sheets/career/histogram?column=total",
        f"/v1/games/{game}/achievements",
        f"/v1/games/{game}/matches/all",
        f"/v1/games/{game}/activity",
        f"/v1/players/cleo/stats?percentiles=true&game={game}",
        f"/v1/players/cleo/standings?game={game}",
        "/v1/players/anna",
        "/v1/players/anna/stats",
        "/v1/players/anna/achievements",
        "/v1/players/anna/matches",
        "/v1/players/anna/standings",
    ]


async def answers(server: Server, paths: list[str]) -> dict[str, tuple[int, Any]]:
    found = {}
    for path in paths:
        response = await server.http.get(path)
        found[path] = response.status_code, response.json()
    return found


async def test_banned_in_one_game_is_nobody_there(server: Server, games: Games) -> None:
    paths = [path for game in (games.here, games.there) for path in (*of_player(game, "anna"), *of_everybody(game))]
    before = await answers(server, paths)
    amiss = {path: status for path, (status, _) in before.items() if status != 200}
    assert not amiss
    ban = await correct(server, games.here, kind="ban", player="anna")
    now = await answers(server, paths)
    for path in of_player(games.here, "anna"):
        status, said = now[path]
        assert (status, said.get("title")) == (404, "Not Found"), (path, status, said)
        assert "player" in said["detail"], (path, said)
        assert "anna" in said["detail"], (path, said)
    for path in [*of_everybody(games.here), "/v1/players/anna", "/v1/players/anna/matches"]:
        assert now[path][0] == 200, path
    for path in of_everybody(games.here):
        if not path.startswith("/v1/players/anna"):
            assert '"anna"' not in str(now[path][1]).replace("'", '"'), path
    for path in (*of_player(games.there, "anna"), *of_everybody(games.there)):
        if not path.startswith("/v1/players/anna"):
            assert now[path] == before[path], path
    ended = {"reason": "a mistake"}
    await post(server, f"/v1/games/{games.here}/corrections/{ban['correction']['correction']}/undo", False, ended)
    assert await answers(server, paths) == before


async def test_what_counts_players_counts_without_them(server: Server, games: Games) -> None:
    ban = await correct(server, games.here, kind="ban", player="anna")
    try:
        here = f"/v1/games/{games.here}"
        page = await server.get(f"{here}/boards/total")
        assert [(line["rank"], line["player"]) for line in page["entries"]] == [(1, "bert"), (2, "cleo")]
        assert page["total"] == 2
        standing = await server.get(f"{here}/boards/total/players/cleo")
        assert (standing["rank"], standing["total"], standing["percentile"]) == (2, 2, 50.0)
        achievements = await server.get(f"{here}/achievements")
        assert (achievements["players"], achievements["achievements"][0]["completed"]) == (2, 2)
        rows = await server.get(f"{here}/sheets/career")
        assert (rows["total"], [row["key"]["player"] for row in rows["rows"]]) == (2, ["bert", "cleo"])
        assert (await server.get(f"{here}/sheets/career", player="anna"))["rows"] == []
        looked_up = await server.http.post(f"{here}/boards/total/lookup", json={"players": list(PLAYERS)})
        found = looked_up.json()
        assert (found["total"], [line["player"] for line in found["entries"]]) == (2, ["bert", "cleo"])
        activity = await server.get(f"{here}/activity")
        assert max(point["players"] for point in activity["points"]) == 2
        profile = await server.get("/v1/players/anna")
        assert profile["games"] == [games.there]
        assert profile["achievements"] == 1
        assert list((await server.get("/v1/players/anna/stats"))["games"]) == [games.there]
        matches = await server.get("/v1/players/anna/matches")
        assert {match["game"] for match in matches["matches"]} == {games.there}
        assert "anna" not in (await server.get(f"{here}/matches/all"))["players"]
    finally:
        path = f"/v1/games/{games.here}/corrections/{ban['correction']['correction']}/undo"
        await post(server, path, False, {"reason": "over"})


async def test_what_they_do_meanwhile_counts_unseen(server: Server, games: Games) -> None:
    ban = await correct(server, games.here, kind="ban", player="anna")
    await server.send(games.here, [thrown("anna", 150, 9)])
    assert (await server.get(f"/v1/games/{games.here}/boards/total"))["total"] == 2
    path = f"/v1/games/{games.here}/corrections/{ban['correction']['correction']}/undo"
    await post(server, path, False, {"reason": "over"})
    first = (await server.get(f"/v1/games/{games.here}/boards/total"))["entries"][0]
    assert (first["rank"], first["player"], first["value"]) == (1, "anna", 280)

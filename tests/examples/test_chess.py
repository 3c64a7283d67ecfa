"""A thousand real games through `examples/chess`: every player's figures as this test counts them itself."""

import csv
import json
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from kleos.engine.engine import Engine
from kleos.sheets.verify import snapshot, verify_game
from kleos.store.database import Database

REPOSITORY = Path(__file__).resolve().parents[2]
BATCH_EVENTS = 77


@pytest.fixture(scope="module")
def games(shared_data: Path) -> list[dict[str, Any]]:
    with (shared_data / "chess" / "lichess_1000_games_2012-12-31.csv").open(encoding="utf-8") as file:
        return [
            {
                "id": f"game-{number:04d}",
                "type": "game_ended",
                "at": row["utc_date_time"].replace(" ", "T") + "Z",
                "white": row["white"],
                "black": row["black"],
                "result": row["result"],
            }
            for number, row in enumerate(csv.DictReader(file))
        ]


def batches(events: list[dict[str, Any]]) -> Iterator[bytes]:
    for start in range(0, len(events), BATCH_EVENTS):
        yield json.dumps(events[start : start + BATCH_EVENTS]).encode()


def counted(games: list[dict[str, Any]]) -> dict[str, dict[str, int]]:
    """Games, wins, draws, losses and longest run of wins, the plain way."""
    outcomes: dict[str, list[str]] = defaultdict(list)
    for game in sorted(games, key=lambda game: (game["at"], game["id"])):
        white, black = {"1-0": ("+", "-"), "0-1": ("-", "+"), "1/2-1/2": ("=", "=")}[game["result"]]
        outcomes[game["white"]].append(white)
        outcomes[game["black"]].append(black)
    return {
        player: {
            "games": len(results),
            "wins": results.count("+"),
            "draws": results.count("="),
            "losses": results.count("-"),
            "win_streak_best": max(len(run) for run in "".join(results).replace("=", "-").split("-")),
        }
        for player, results in outcomes.items()
    }


async def test_every_player_has_the_figures_that_the_file_gives(
    database: Database, games: list[dict[str, Any]]
) -> None:
    async with Engine.open(database) as engine:
        await engine.put_definition("chess", (REPOSITORY / "examples" / "chess.toml").read_text("utf-8"))
        # Newest first, so that every batch but the first comes late for the streaks.
        for body in batches(games[::-1]):
            receipt = await engine.ingest_body("chess", body)
            assert (receipt.rejected, receipt.quarantined) == ([], 0)
        rows = await database.pool.fetch(
            "SELECT i.id, s.* FROM chess.career s JOIN kleos.identities i USING (player) WHERE s.\"window\" = 'all'"
        )
        expected = counted(games)
        stored = {row["id"]: {name: row[name] for name in next(iter(expected.values()))} for row in rows}
        assert len(expected) == 324
        assert stored == expected

        page = await engine.standings.page(engine.game("chess"), "streak", "all", {}, 0, 1000)
        assert page.total == 324
        by_rank = {line.player: line.rank for line in page.entries}
        for player, figures in expected.items():
            better = sum(other["win_streak_best"] > figures["win_streak_best"] for other in expected.values())
            assert by_rank[player] == 1 + better, player
        async with database.pool.acquire() as connection, snapshot(connection):
            verdict = await verify_game(connection, "chess")
        assert (verdict.differences, verdict.events) == ([], 1000)

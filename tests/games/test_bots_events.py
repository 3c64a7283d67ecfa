"""What the demo's bots report is what the shipped definitions take: decoded, and no check objects."""

from datetime import UTC, datetime
from pathlib import Path
from random import Random

import msgspec
import pytest

from kleos.core.definition.load import load
from kleos.core.plan import Plan, compile_plan
from kleos.demo.play import Event, play_arcade_match, play_golf_match
from kleos.demo.roster import make_bots

SHIPPED = Path(__file__).resolve().parents[2] / "src" / "kleos" / "games"
NOW = datetime(2026, 3, 1, tzinfo=UTC)


def plan_of(game: str) -> Plan:
    return compile_plan(load((SHIPPED / f"{game}.toml").read_text(encoding="utf-8"), game))


def objections(plan: Plan, events: list[Event]) -> list[str | None]:
    decoded = plan.decode_many(msgspec.json.encode(events))
    assert len(decoded) == len(events)
    return [plan.of_struct[type(event)].objection(event) for event in decoded]


@pytest.mark.parametrize("seed", range(20))
def test_golf_takes_a_played_game(seed: int) -> None:
    events = play_golf_match("m", make_bots(Random(seed)), Random(seed), ended_at=NOW)
    assert objections(plan_of("golf"), events) == [None] * 10


def test_arcade_takes_played_runs_and_refuses_others() -> None:
    bots, rng, plan = make_bots(Random(1)), Random(1), plan_of("arcade")
    runs = [event for number in range(200) for event in play_arcade_match(f"r{number}", bots, rng, at=NOW)]
    assert objections(plan, runs) == [None] * 200
    assert objections(plan, [{**runs[0], "score": 0.0}, {**runs[0], "game_mode": "zen"}]) == [
        "score must be over 0",
        "game_mode must be classic, ranked, timed, survival or challenge",
    ]

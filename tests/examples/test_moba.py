"""One real match through `examples/moba`: its timeline gives all ten what the match file says, exactly."""

import gzip
import json
import random
from pathlib import Path
from typing import Any

import pytest

from kleos.engine.engine import Engine
from kleos.store.database import Database

REPOSITORY = Path(__file__).resolve().parents[2]
PUBLISHED = {
    "kills": "kills",
    "deaths": "deaths",
    "assists": "assists",
    "turrets": "turretKills",
    "inhibitors": "inhibitorKills",
    "wards_placed": "wardsPlaced",
    "wards_killed": "wardsKilled",
}
"""The sheet's columns, and what the match file calls them."""


def read(path: Path) -> Any:
    return json.loads(gzip.decompress(path.read_bytes()))


def moment(event: dict[str, Any]) -> str:
    seconds, ms = divmod(event["timestamp"], 1000)
    return f"2020-01-01T{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}.{ms:03d}Z"


def player(number: int | None) -> str | None:
    """Number 0 is a minion, a turret or a monster."""
    return f"participant-{number}" if number else None


def translated(event: dict[str, Any]) -> dict[str, Any] | None:
    """A timeline's event as the example's definition has it; None for what it does not count."""
    match event["type"]:
        case "CHAMPION_KILL":
            assists = [player(number) for number in event["assistingParticipantIds"]]
            return {
                "type": "champion_kill",
                "killer": player(event["killerId"]),
                "victim": player(event["victimId"]),
                "assists": assists,
            }
        case "BUILDING_KILL":
            building = {"TOWER_BUILDING": "turret", "INHIBITOR_BUILDING": "inhibitor"}[event["buildingType"]]
            return {"type": "building_kill", "killer": player(event["killerId"]), "building": building}
        case "ELITE_MONSTER_KILL":
            return {
                "type": "elite_monster_kill",
                "killer": player(event["killerId"]),
                "monster": event["monsterType"].lower(),
            }
        case "WARD_PLACED":
            return {"type": "ward_placed", "creator": player(event["creatorId"]), "ward": event["wardType"].lower()}
        case "WARD_KILL":
            return {"type": "ward_kill", "killer": player(event["killerId"]), "ward": event["wardType"].lower()}
    return None


@pytest.fixture(scope="module")
def folder(shared_data: Path) -> Path:
    return shared_data / "lol"


async def test_all_ten_participants_are_as_published(database: Database, folder: Path) -> None:
    timeline = read(folder / "EUW1_4151547270_timeline.json.gz")
    match = read(folder / "EUW1_4151547270_match.json.gz")
    happened = [event for frame in timeline["frames"] for event in frame["events"]]
    events = [
        {"id": f"e{number}", "match": "EUW1_4151547270", "at": moment(event), **body}
        for number, event in enumerate(happened)
        if (body := translated(event)) is not None
    ]
    random.Random(7).shuffle(events)
    async with Engine.open(database) as engine:
        await engine.put_definition("moba", (REPOSITORY / "examples" / "moba.toml").read_text("utf-8"))
        receipt = await engine.ingest_body("moba", json.dumps(events).encode())
        assert (receipt.accepted, receipt.rejected, receipt.quarantined) == (len(events), [], 0)
        rows = await database.pool.fetch(
            "SELECT i.id, s.* FROM moba.participants s JOIN kleos.identities i USING (player)"
        )
    stored = {row["id"]: {column: row[column] for column in PUBLISHED} for row in rows}
    published = {
        f"participant-{one['participantId']}": {column: one["stats"][name] for column, name in PUBLISHED.items()}
        for one in match["participants"]
    }
    assert len(published) == 10
    assert stored == published

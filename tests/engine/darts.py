"""A small game, and legs of it at days of one's choosing."""

import json
from collections.abc import Mapping
from typing import Any, Final

from kleos.core.windows import iso
from kleos.engine.engine import Engine
from tests.laws.world import NOW

DAY_US: Final = 86_400_000_000
PLAIN: Final = """
title = "Darts"
[events.leg]
player = "player"
score  = "int"
[sheets.career]
key = ["player"]
[[sheets.career.on]]
event = "leg"
legs  = "count()"
best  = "max(score)"
"""
AWARDS: Final = """
[achievements.three]
sheet = "career"
when  = "legs >= 3"
from  = "today"
[achievements.high]
event = "leg"
when  = "score >= 100"
from  = "today"
[achievements.given]
manual = true
from   = "today"
[achievements.both]
requires = ["three"]
sheet = "career"
when  = "legs >= 1"
[achievements.ever]
sheet = "career"
when  = "legs >= 3"
"""


async def play(engine: Engine, *legs: tuple[str, int, int]) -> None:
    """Each a player, a score, and when: days after NOW."""
    events: list[Mapping[str, Any]] = []
    for player, score, day in legs:
        at = iso(NOW + day * DAY_US)
        events.append({"id": f"{player}{score}@{day}", "type": "leg", "player": player, "score": score, "at": at})
    receipt = await engine.ingest_body("darts", json.dumps(events).encode())
    assert receipt.accepted == len(legs)

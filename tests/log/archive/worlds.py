"""A game whose events have a field of every type, and whose log a test archives as it likes."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from kleos.engine import catalog
from kleos.engine.engine import Engine
from kleos.engine.game import Game
from kleos.log.archive.location import Location
from kleos.log.archive.manifest import Span, set_location
from kleos.log.archive.retention import remove_old
from kleos.log.archive.seal import SPAN_EVENTS, seal
from kleos.store.database import Database
from kleos.store.pool import Connection, open_connection

KINDS: Final = """
title = "Kinds"

[types.side]
name    = "str"
captain = "player?"
size    = "int = 3"

[types.spot]
x = "float"
name = "str?"

[events.played]
player = "player"
rival  = "player?"
word   = "str = 'quiet'"
count  = "int"
part   = "float?"
won    = "bool"
when   = "time?"
extra  = "json?"
mood   = "str? = 'calm'"
tags   = "list[str] = []"
spots  = "list[spot] = []"
scores = "map[player, int] = {}"
bag    = "map[str, float] = {}"
lucky  = "map[int, bool]?"
sides  = "map[player, side] = {}"
home   = "side?"

[events.left]
player = "player"

[sheets.career]
key     = ["player"]
windows = ["all", "season", "month"]
[[sheets.career.on]]
event = "played"
games = "count()"
total = "sum(part)"
last  = "last(word)"
run   = "streak(won)"
[[sheets.career.on]]
event = "left"
lefts = "count()"

[sheets.table]
key = ["match"]
[[sheets.table.on]]
event = "played"
played = "count()"
last   = "last(word)"

[boards.games]
sheet = "career"
by    = "games desc, run_best desc"

[achievements.five]
sheet  = "career"
points = 5
when   = "games >= 5"

[achievements.hot]
sheet  = "career"
points = 7
when   = "run_best >= 3"
"""

Fact = dict[str, Any]


def played(id: str, at: str, player: str = "ann", **fields: Any) -> Fact:
    event = {"type": "played", "id": id, "at": at, "player": player, "count": 1, "won": True}
    return {**event, **fields}


EVERY_KIND: Final[list[Fact]] = [
    played("plain", "2026-01-01T00:00:00Z"),
    played(
        'full\n"quoted", é\r\'\\',
        "2026-02-28T23:59:59.999999Z",
        match='m, "1"\n',
        rival="bob",
        word='a\tb\n"c" é 💥 \\ null',
        part=-0.1,
        won=False,
        when="2026-01-02T03:04:05.000006+02:00",
        extra={"deep": [1, {"a": None}], "text": "x'y\"z"},
        mood=None,
        tags=["", "b", "NULL", "a,b"],
        spots=[{"x": 1.5}, {"x": 2.0, "name": "top"}],
        scores={"zed": 2, "ann": -1},
        bag={"b": 1.0, "a": 2.5, "": 0.0},
        lucky={"7": True, "-1": False},
        sides={"zed": {"name": "red", "captain": "ann"}, "bob": {"name": "blue", "size": 9}},
        home={"name": "home"},
    ),
    played("large", "2026-03-01T00:00:00Z", match="m1", count=2**53, part=1e9, bag={"tiny": 0.000001}),
    {"type": "left", "id": "left", "at": "2026-03-01T00:00:00Z", "match": "m1", "player": "ann"},
]


@dataclass(slots=True)
class World:
    engine: Engine
    connection: Connection
    location: Location
    name: str = "kinds"

    @property
    def game(self) -> Game:
        return self.engine.game(self.name)

    async def send(self, *facts: Fact) -> None:
        receipt = await self.engine.ingest_body(self.name, json.dumps(facts).encode())
        assert receipt.accepted == len(facts), receipt

    async def seal(self, span_events: int = SPAN_EVENTS) -> list[Span]:
        lock = catalog.lock_of(self.name)
        return await seal(self.connection, self.location, self.game, lock, self.engine.now(), span_events=span_events)

    async def remove(self) -> list[Span]:
        now = self.engine.now()
        return await remove_old(self.connection, self.location, self.name, now + 1, now)

    async def log(self) -> list[dict[str, Any]]:
        rows = await self.connection.fetch("SELECT * FROM kleos.events WHERE game = $1 ORDER BY at, id", self.name)
        return [{**row, "body": json.loads(row["body"])} for row in rows]


@asynccontextmanager
async def world_of(database: Database, place: str, folder: Path, source: str = KINDS) -> AsyncIterator[World]:
    """An engine with the game, and an archive at ``place``."""
    (folder / "kinds.toml").write_text(source)
    async with Engine.open(database, games_dir=folder) as engine:
        connection = await open_connection(database.dsn)
        await set_location(connection, place)
        try:
            yield World(engine, connection, Location.at(place))
        finally:
            await connection.close()

"""A small world of boards: rows and profiles in a real database, and beside them in plain Python."""

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import asyncpg
import msgspec

from kleos.boards.rankings import Rankings
from kleos.boards.rankkey import RankColumn, Value, keys_of
from kleos.boards.standings import Standings
from kleos.core.definition.load import load
from kleos.core.definition.model import Board
from kleos.core.plan import compile_plan
from kleos.core.windows import Calendar, from_datetime, to_datetime
from kleos.engine.game import Game
from kleos.players.directory import Card, Directory
from kleos.sheets.changes import RowChange
from kleos.sheets.layout import board_columns, since_columns
from kleos.sheets.schema import apply_schema
from tests.boards.model import NaiveBoard, Row

TRIAL = """
title = "Trial"
attributes = ["clan"]

[events.scored]
player = "player"
points = "int"
ratio  = "float"
lucky  = "bool"
mode   = "str"

[sheets.career]
key = ["player"]
windows = ["all", "day"]

[[sheets.career.on]]
event  = "scored"
points = "max(points)"
ratio  = "min(ratio)"
lucky  = "last(lucky)"
latest = "max(at)"
played = "count()"

[sheets.career.formulas]
share = "points / played"

[sheets.by_mode]
key = ["player", "mode"]
windows = ["all", "day"]

[[sheets.by_mode.on]]
event  = "scored"
points = "max(points)"

[boards.most]
sheet = "career"
by = "points desc, ratio asc"
partitions = [[], ["region"], ["clan"], ["clan", "region"]]

[boards.shares]
sheet = "career"
by = "share asc"
where = "played >= 2 and points > -2"

[boards.places]
sheet = "career"
by = "points desc"
ties = "ordinal"

[boards.fortune]
sheet = "career"
by = "lucky desc, latest asc, ratio desc"
partitions = [["region"]]

[boards.modes]
sheet = "by_mode"
by = "points asc"
partitions = [["mode"], ["mode", "region"]]
"""

DAY_US = 86_400_000_000
NOON = from_datetime(to_datetime(0)) + 20_000 * DAY_US + DAY_US // 2
IDS = [f"p{number}" for number in range(12)] + ["é", "P1", "p1 ", "\U0001f3c6", "~", "p\x01"]
REGIONS = [None, "eu", "us"]
CLANS = [None, "red", "blue"]
MODES = ["solo", "duo"]


@dataclass
class Person:
    player: int
    id: str
    region: str | None = None
    clan: str | None = None
    past: list[tuple[int, str | None, str | None]] = field(default_factory=list)

    def at_end(self, end: int) -> Mapping[str, str | None]:
        for at, region, clan in reversed(self.past):
            if at < end:
                return {"region": region, "clan": clan}
        return {"region": None, "clan": None}

    @property
    def card(self) -> Card:
        attributes = {} if self.clan is None else {"clan": self.clan}
        return Card(self.player, self.id, True, None, self.region, None, attributes)


class World:
    """Writes what a commit writes, tells ``standings`` after it, and remembers both for the naive boards."""

    def __init__(self, pool: asyncpg.Pool, rng: random.Random) -> None:
        self.pool = pool
        self.rng = rng
        self.now = NOON
        self.directory = Directory(pool)
        definition = load(TRIAL, "trial")
        self.game = Game(definition, compile_plan(definition), 1, Calendar("UTC"), 1)
        self.people: dict[str, Person] = {}
        self.rows: dict[tuple[str, str, tuple[Any, ...]], dict[str, Any]] = {}
        self.listeners: list[Rankings] = []
        self.hidden: set[str] = set()

    @classmethod
    async def made(cls, pool: asyncpg.Pool, rng: random.Random) -> "World":
        world = cls(pool, rng)
        async with pool.acquire() as connection, connection.transaction():
            await apply_schema(connection, world.game.definition)
        for id in IDS:
            player = await pool.fetchval(
                "INSERT INTO kleos.identities (namespace, id) VALUES ('', $1) RETURNING player", id
            )
            await pool.execute("INSERT INTO kleos.players (player) VALUES ($1)", player)
            world.people[id] = Person(player, id)
        await world.directory.cards("", IDS)
        return world

    def standings(self, **options: Any) -> Standings:
        rankings = Rankings(self.pool, self.directory, lambda: self.now, **options)
        self.listeners.append(rankings)
        return Standings(self.pool, self.directory, rankings, lambda: self.now)

    @property
    def today(self) -> str:
        return self.game.calendar.names(("day",), self.now)[0]

    async def write_row(self, sheet: str, id: str, mode: str = "solo", window: str | None = None) -> RowChange:
        """A row with random measures, as a commit would leave it."""
        rng = self.rng
        window = window if window is not None else rng.choice(["all", self.today])
        row: dict[str, Any] = {
            "points": rng.choice([None, -3, -1, 0, 2, 2**53, 2**53 + 1]),
            "points_since": rng.choice([None, NOON, NOON + 1]),
            "present": rng.random() > 0.1,
        }
        if sheet == "career":
            row |= {
                "ratio": rng.choice([None, -0.5, 0.0, 0.1, 1e9]),
                "ratio_since": rng.choice([None, NOON, NOON + 2]),
                "lucky": rng.choice([None, False, True]),
                "lucky_since": rng.choice([None, NOON, NOON + 3]),
                "latest": rng.choice([None, NOON, NOON + 5]),
                "latest_since": rng.choice([None, NOON + 1]),
                "played": rng.randint(1, 3),
                "played_since": rng.choice([NOON, NOON + 4]),
            }
        key = {"window": window, "player": self.people[id].player}
        if sheet == "by_mode":
            key["mode"] = mode
        returned = await self._upsert(sheet, key, row)
        self.rows[(sheet, window, tuple(key.values()))] = {**dict(returned), **row, "id": id, "key": key}
        return RowChange(sheet, window, returned)

    async def _upsert(self, sheet: str, key: Mapping[str, Any], row: Mapping[str, Any]) -> asyncpg.Record:
        names = ", ".join(f'"{name}"' for name in (*key, *row))
        values = ", ".join(f"${place}" for place in range(1, len(key) + len(row) + 1))
        sets = ", ".join(f'"{name}" = excluded."{name}"' for name in row)
        needed = board_columns(self.game.definition, self.game.sheet(sheet))
        returning = ", ".join(f'"{name}"' for name in (*key, *needed, "present", "version"))
        found = await self.pool.fetchrow(
            f"""INSERT INTO trial.{sheet} ({names}, version)
            VALUES ({values}, nextval('kleos.version_seq'))
            ON CONFLICT ({", ".join(f'"{name}"' for name in key)})
            DO UPDATE SET {sets}, version = nextval('kleos.version_seq') RETURNING {returning}""",
            *key.values(),
            *row.values(),
        )
        assert found is not None
        return found

    def tell(self, *changes: RowChange) -> None:
        ids = {person.player: person.id for person in self.people.values()}
        for rankings in self.listeners:
            rankings.apply(self.game, changes, ids)

    async def write_profile(self, id: str, at: int | None = None) -> None:
        person = self.people[id]
        before = person.card
        region, clan = self.rng.choice(REGIONS), self.rng.choice(CLANS)
        attributes = msgspec.json.encode({} if clan is None else {"clan": clan}).decode()
        moment = at if at is not None else self.now
        async with self.pool.acquire() as connection, connection.transaction():
            await connection.execute(
                "UPDATE kleos.players SET region = $2, attributes = $3::text::jsonb WHERE player = $1",
                person.player,
                region,
                attributes,
            )
            await connection.execute(
                """INSERT INTO kleos.profiles (player, at, seq, region, attributes)
                VALUES ($1, $2, $3, $4, $5::text::jsonb)""",
                person.player,
                moment,
                len(person.past),
                region,
                attributes,
            )
        person.region, person.clan = region, clan
        person.past.append((moment, region, clan))
        self.directory.keep("", [person.card])
        for rankings in self.listeners:
            rankings.moved("", before, person.card)

    async def hide_or_show(self, id: str) -> None:
        hidden = id not in self.hidden
        change = (
            "INSERT INTO kleos.hidden VALUES ($1, now())" if hidden else "DELETE FROM kleos.hidden WHERE player = $1"
        )
        await self.pool.execute(change, self.people[id].player)
        for ids in (self.hidden, self.directory.hidden("")):
            (ids.add if hidden else ids.discard)(id)
        for rankings in self.listeners:
            rankings.hidden_or_shown("", id)

    async def step(self) -> None:
        id = self.rng.choice(IDS)
        choice = self.rng.random()
        if self.rng.random() < 0.1:
            await self.hide_or_show(id)
        if choice < 0.2:
            await self.write_profile(id)
        elif choice < 0.7:
            self.tell(await self.write_row("career", id))
        else:
            self.tell(await self.write_row("by_mode", id, self.rng.choice(MODES)))

    # What is right ----------------------------------------------------------------------------------------------------

    def naive(self, board: Board, window: str, partition: Mapping[str, str]) -> NaiveBoard:
        sheet = self.game.sheet(board.sheet)
        end = self.game.calendar.named(window, self.now).end
        columns: list[RankColumn] = list(keys_of(board, sheet).columns)
        rows = []
        for (of_sheet, of_window, _), row in self.rows.items():
            if of_sheet != board.sheet or of_window != window or not row["present"]:
                continue
            if row["id"] in self.hidden or not self._is_in(row, partition, end) or not QUALIFIES[board.name](row):
                continue
            values: tuple[Value, ...] = tuple(row_value(row, column.name) for column in columns)
            times = [row[name] for name in since_columns(sheet, board) if row[name] is not None]
            rows.append(Row(row["id"], values, max(times, default=None), row["version"]))
        return NaiveBoard(columns, board.ties, rows)

    def _is_in(self, row: Mapping[str, Any], partition: Mapping[str, str], end: int | None) -> bool:
        person = self.people[row["id"]]
        is_closed = end is not None and end <= self.now
        attributes = (
            person.at_end(end) if is_closed and end is not None else {"region": person.region, "clan": person.clan}
        )
        known = {**attributes, **row["key"]}
        return all(known[name] == value for name, value in partition.items())

    def partitions(self, board: Board) -> list[dict[str, str]]:
        """Every partition of a board with values that occur, and one that does not."""
        choices = {"region": ["eu", "us", "mars"], "clan": ["red", "blue"], "mode": [*MODES, "none"]}
        found: list[dict[str, str]] = []
        for names in board.partitions:
            combined: list[dict[str, str]] = [{}]
            for name in names:
                combined = [{**one, name: value} for one in combined for value in choices[name]]
            found += combined
        return found


def row_value(row: Mapping[str, Any], name: str) -> Value:
    if name == "share":
        return None if row["points"] is None else float(row["points"]) / float(row["played"])
    value: Value = row[name]
    return value


QUALIFIES: Mapping[str, Callable[[Mapping[str, Any]], bool]] = {
    "most": lambda row: True,
    "shares": lambda row: row["played"] >= 2 and row["points"] is not None and row["points"] > -2,
    "places": lambda row: True,
    "fortune": lambda row: True,
    "modes": lambda row: True,
}

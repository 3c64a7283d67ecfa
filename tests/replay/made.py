"""Logs made at random for any definition, and what Python makes of them: what replay is compared with."""

import random
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import duckdb
import msgspec

from kleos.core.cells import Cells, Row, RowKey
from kleos.core.completion import Award, Happened, all_awards
from kleos.core.definition.model import AWARD_GRANTED, Definition, EventType, Manual
from kleos.core.plan import Plan
from kleos.core.types import Field, ListOf, MapOf, RecordOf, Type
from kleos.core.windows import Calendar, Season, iso
from kleos.sheets.merge import SheetWriter

DAY_US: Final = 86_400_000_000
START_US: Final = 1_711_800_000_000_000
"""2024-03-30: summer time begins in Europe the night after."""
PLAYERS: Final = {"a": 11, "é": 12, "\uffee": 13, "\U0001d4b3": 14}
SEASONS: Final = (
    Season("winter", "", START_US - 40 * DAY_US, START_US + 3_600_000_001),
    Season("spring", "", START_US + DAY_US, START_US + 5 * DAY_US + 7),
)
_NUMBER: Final = re.compile(r"\d+")
_TEXT: Final = re.compile(r'"([a-z_]+)"')


@dataclass(frozen=True)
class LogRow:
    seq: int
    id: str
    match: str
    type: str
    at: int
    body: bytes


def made_log(plan: Plan, seed: int, count: int) -> list[LogRow]:
    """Events of all types with values that mean something to the definition; times and ids in no order."""
    return _Maker(plan, random.Random(seed)).log(count)


@dataclass(frozen=True, slots=True)
class Fields:
    """Values for fields of any type as a game sends them, drawn from what is given."""

    rng: random.Random
    players: Sequence[str]
    texts: Sequence[str]
    ints: Sequence[int]
    times: Sequence[int]

    def of(self, holder: EventType | RecordOf) -> dict[str, Any]:
        return {field.name: self._value(field.type) for field in holder.fields.values() if not self._left_out(field)}

    def _left_out(self, field: Field) -> bool:
        return not field.required and self.rng.random() < 0.3

    def _value(self, type_: Type) -> Any:
        rng = self.rng
        if type_.optional and rng.random() < 0.2:
            return None
        if isinstance(type_, ListOf):
            return [self._value(type_.item) for _ in range(rng.randrange(4))]
        if isinstance(type_, MapOf):
            return {self._value(type_.key): self._value(type_.value) for _ in range(rng.randrange(4))}
        if isinstance(type_, RecordOf):
            return self.of(type_)
        return self._scalar(type_.kind)

    def _scalar(self, kind: str) -> Any:
        rng = self.rng
        match kind:
            case "player":
                return rng.choice(self.players)
            case "str":
                return rng.choice(self.texts)
            case "int":
                return rng.choice([rng.randint(-3, 12), rng.randint(-3, 12), *rng.choices(self.ints or [0], k=2)])
            case "float":
                return rng.choice([rng.randint(-20, 80) / 8, rng.uniform(-2, 12), float(rng.choice(self.ints or [0]))])
            case "bool":
                return rng.random() < 0.6
            case "time":
                return iso(rng.choice(self.times))
        return {"any": [1, "x"]}


class _Maker:
    def __init__(self, plan: Plan, rng: random.Random) -> None:
        self.plan, self.rng = plan, rng
        source = plan.definition.source
        texts = [*sorted({text for text in _TEXT.findall(source) if len(text) < 12})[:30], "", "é", "it's"]
        ints = [int(text) for text in _NUMBER.findall(source) if len(text) < 7]
        self.manual = [n for n, a in plan.definition.achievements.items() if isinstance(a.condition, Manual)]
        self.times = [START_US + rng.randrange(6 * DAY_US) for _ in range(6)]
        self.times += [start for season in SEASONS for start in (season.start, season.end, season.end - 1)]
        self.fields = Fields(rng, list(PLAYERS), texts, ints, self.times)

    def log(self, count: int) -> list[LogRow]:
        types = [name for name in self.plan.events if name != AWARD_GRANTED or self.manual]
        return [self._event(number, self.rng.choice(types)) for number in range(count)]

    def _event(self, number: int, type_: str) -> LogRow:
        plan = self.plan.events[type_]
        id = f"{self.rng.choice(['z', 'a', 'é'])}{number}"
        match = self.rng.choice([id, "m1", "m2", "m3"])
        at = self.rng.choice(self.times) if self.rng.random() < 0.6 else START_US + self.rng.randrange(40 * DAY_US)
        sent = self.fields.of(plan.type)
        if type_ == AWARD_GRANTED:
            sent["achievement"] = self.rng.choice(self.manual)
        wire = self.plan.decode_one(msgspec.json.encode({"type": type_, "id": id, **sent}))
        plan.normalise(wire)
        return LogRow(number + 1, id, match, type_, at, plan.write_body(wire, PLAYERS))


def insert(duck: duckdb.DuckDBPyConnection, log: Sequence[LogRow]) -> None:
    """The log as rows of PostgreSQL come into a session."""
    duck.execute("DELETE FROM replay.rows")
    columns = [[getattr(row, name) for row in log] for name in ("seq", "id", "match", "at", "type")]
    bodies = [row.body.decode() for row in log]
    if log:
        marks = ", ".join(f"unnest(${n}::{t}[])" for n, t in enumerate(("BIGINT", "VARCHAR", "VARCHAR", "BIGINT"), 1))
        duck.execute(
            f"INSERT INTO replay.rows SELECT {marks}, 0, unnest($5::VARCHAR[]), unnest($6::VARCHAR[])",
            [*columns, bodies],
        )


def history(plan: Plan, log: Sequence[LogRow], until: int | None = None) -> list[Happened]:
    rows = sorted((row for row in log if until is None or row.at < until), key=lambda row: (row.at, row.id))
    plans = plan.events
    return [Happened(plans[row.type], plans[row.type].read_log(row.id, row.match, row.at, row.body)) for row in rows]


Cell = Any
Table = dict[RowKey, dict[str, Cell]]


def folded_in_python(plan: Plan, calendar: Calendar, events: Sequence[Happened]) -> dict[str, Table]:
    rows: dict[str, dict[RowKey, Row]] = {name: {} for name in plan.definition.sheets}
    for happened in events:
        for name, fold in happened.plan.folds.items():
            windows = calendar.names(plan.definition.sheets[name].windows, happened.event.at)
            for rule in fold.rules:
                rule(happened.event, windows, rows[name], set())
    return {name: cells_of(plan, name, found) for name, found in rows.items()}


def cells_of(plan: Plan, name: str, rows: Mapping[RowKey, Row]) -> Table:
    """Every column that the table of a sheet has of these rows."""
    sheet = plan.definition.sheets[name]
    writer, cells = SheetWriter.of(plan.definition, sheet), Cells.of(sheet)
    found: Table = {}
    for key, row in rows.items():
        values = cells.values(row)
        found[key] = {**writer.stored_values(row), **values, **plan.formulas[name](values)}
    return found


def folded_in_duckdb(duck: duckdb.DuckDBPyConnection, definition: Definition, name: str) -> Table:
    sheet = definition.sheets[name]
    cursor = duck.execute(f'SELECT * FROM folded."{name}"')
    names = [column[0] for column in cursor.description]
    keys = ["window", *(column.name for column in sheet.key)]
    found: Table = {}
    for values in cursor.fetchall():
        row = dict(zip(names, values, strict=True))
        key = tuple([row.pop(name) for name in keys])
        assert key not in found, f"{name} has {key} twice"
        found[key] = row
    return found


def awarded_in_python(plan: Plan, calendar: Calendar, events: Sequence[Happened]) -> dict[tuple[int, str], Award]:
    return {
        (player, name): award
        for player in PLAYERS.values()
        for name, award in all_awards(plan, calendar, player, events).items()
    }


def assert_same_tables(wanted: Table, got: Table, what: str) -> None:
    assert got.keys() == wanted.keys(), f"{what}: rows differ: {sorted(got.keys() ^ wanted.keys())}"
    for key, row in wanted.items():
        assert got[key].keys() == row.keys(), f"{what}: columns differ: {got[key].keys() ^ row.keys()}"
        for column, value in row.items():
            other = got[key][column]
            same = other == value and isinstance(other, float) == isinstance(value, float)
            assert same, f"{what} {key} {column}: Python has {value!r}, DuckDB {other!r}"

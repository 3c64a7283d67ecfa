"""What DuckDB reads of a body, at once or by way of Parquet, is what Python reads of it."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import duckdb
import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kleos.core.definition.load import load
from kleos.core.definition.model import Definition, EventType
from kleos.core.plan import EventPlan, compile_plan
from kleos.core.types import ListOf, MapOf, RecordOf, Scalar, Type
from kleos.core.windows import EARLIEST_AT, LATEST_AT, iso
from kleos.replay.columns import (
    LOG_ROW,
    bodies_to_parquet,
    bodies_to_view,
    parquet_columns,
    unreadable,
    view_columns,
)
from kleos.replay.parquet import parquet_to_view

DEFINITION: Final = load(
    """
title = "Columns"

[types.inner]
since = "time?"
count = "int = 3"
label = "str? = 'q'"

[types.part]
who   = "player"
hp    = "float"
inner = "inner?"
all   = "list[inner]"

[types.plain]
a = "int"
b = "list[time]"

[events.all]
who     = "player"
maybe   = "player?"
text    = "str"
note    = "str? = 'it is'"
number  = "int"
seven   = "int? = 7"
exact   = "float"
some    = "float? = None"
yes     = "bool = true"
when    = "time"
then    = "time?"
raw     = "json?"
rest    = "int = 5"
seq     = "int"
scores  = "map[player, int]"
parts   = "map[player, part]"
deep    = "map[player, map[player, str]]"
words   = "map[str, inner?]"
numbers = "map[int, float?]"
given   = "map[str, int] = {'b': 1, 'a': 2}"
nobody  = "map[player, int] = {}"
list    = "list[part]"
texts   = "list[str?]?"
lists   = "list[list[time?]]"
inner   = "inner?"
plain   = "plain?"

[events.empty]
""",
    "columns",
)
EVENT: Final = DEFINITION.events["all"]
PLAN: Final = compile_plan(DEFINITION)
PLAYERS: Final = {name: number for number, name in enumerate(("a", "é", "\uffee", "\U0001d4b3", "zed", 'q"\\'), 11)}
TEXTS: Final = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=8)
INTS: Final = st.integers(-(2**53), 2**53)
FLOATS: Final = st.floats(-1e9, 1e9, allow_nan=False) | st.sampled_from([1e9, -1e9, 1e-6, 0.1, 123456789.123457])
TIMES: Final = st.integers(EARLIEST_AT, LATEST_AT - 1)
JSON: Final = st.recursive(
    st.none() | st.booleans() | INTS | TEXTS, lambda inner: st.lists(inner, max_size=2) | st.dictionaries(TEXTS, inner)
)


def values(type_: Type) -> st.SearchStrategy[Any]:
    """What a game may send of a type."""
    found = _some(type_)
    return st.none() | found if type_.optional else found


def _some(type_: Type) -> st.SearchStrategy[Any]:
    if isinstance(type_, ListOf):
        return st.lists(values(type_.item), max_size=3)
    if isinstance(type_, MapOf):
        keys = st.sampled_from(sorted(PLAYERS)) if type_.key.kind == "player" else values(type_.key)
        return st.dictionaries(keys, values(type_.value), max_size=3)
    if isinstance(type_, RecordOf):
        return fields(type_)
    kinds: dict[str, st.SearchStrategy[Any]] = {
        "player": st.sampled_from(sorted(PLAYERS)),
        "str": TEXTS,
        "int": INTS,
        "float": FLOATS,
        "bool": st.booleans(),
        "time": TIMES.map(iso),
        "json": JSON,
    }
    return kinds[type_.kind]


def fields(holder: EventType | RecordOf) -> st.SearchStrategy[dict[str, Any]]:
    needed = {f.name: values(f.type) for f in holder.fields.values() if f.required}
    others = {f.name: values(f.type) for f in holder.fields.values() if not f.required}
    return st.fixed_dictionaries(needed, optional=others)


def stored(plan: EventPlan, sent: dict[str, Any]) -> bytes:
    """The body that the log keeps of what a game sends."""
    wire = PLAN.decode_one(msgspec.json.encode({"type": plan.type.name, "id": "i", **sent}))
    plan.normalise(wire)
    return plan.write_body(wire, PLAYERS)


def plain(value: Any, type_: Type) -> Any:
    """A value of the log form as DuckDB's Python client gives it."""
    if value is None:
        return None
    if isinstance(type_, ListOf):
        return [plain(item, type_.item) for item in value]
    if isinstance(type_, MapOf):
        return [(key, plain(item, type_.value)) for key, item in value.items()]
    if isinstance(type_, RecordOf):
        return {name: plain(getattr(value, name), field.type) for name, field in type_.fields.items()}
    return value


def shaped(value: Any, type_: Type) -> Any:
    """A value of DuckDB's Python client in the same shape: a map as pairs, json as values."""
    if value is None:
        return None
    if isinstance(type_, ListOf):
        return [shaped(item, type_.item) for item in value]
    if isinstance(type_, MapOf):
        return [(key, shaped(item, type_.value)) for key, item in value.items()]
    if isinstance(type_, RecordOf):
        return {name: shaped(value[name], field.type) for name, field in type_.fields.items()}
    if type_.kind == "json":
        return msgspec.json.decode(value)
    return value


@pytest.fixture(scope="module")
def duck() -> Iterator[duckdb.DuckDBPyConnection]:
    connection = duckdb.connect()
    columns = ", ".join(f'"{name}" {type_}' for name, type_ in LOG_ROW.items())
    connection.execute(f"CREATE TABLE rows ({columns}, body JSON)")
    yield connection
    connection.close()


def fill(duck: duckdb.DuckDBPyConnection, bodies: list[bytes]) -> None:
    duck.execute("DELETE FROM rows")
    for number, body in enumerate(bodies):
        duck.execute("INSERT INTO rows VALUES (?, ?, 'm', ?, 9, ?)", [number, f"é{number}", number - 5, body.decode()])


def read(duck: duckdb.DuckDBPyConnection, select: str, source: str, event: EventType) -> list[list[Any]]:
    rows = duck.execute(f"SELECT {select} FROM {source} ORDER BY _seq").fetchall()
    types = [Scalar("int")] * len(LOG_ROW) + [field.type for field in event.fields.values()]
    return [[shaped(value, type_) for value, type_ in zip(row, types, strict=True)] for row in rows]


def by_python(plan: EventPlan, bodies: list[bytes]) -> list[list[Any]]:
    found = []
    for number, body in enumerate(bodies):
        event = plan.read_log(f"é{number}", "m", number - 5, body)
        fields = [plain(getattr(event, field.name), field.type) for field in plan.type.fields.values()]
        found.append([number, event.id, event.match, event.at, 9, *fields])
    return found


def types_of(duck: duckdb.DuckDBPyConnection, select: str) -> dict[str, str]:
    return {name: type_ for name, type_, *_ in duck.execute(f"DESCRIBE {select}").fetchall()}


def described(duck: duckdb.DuckDBPyConnection, select: str) -> dict[str, str]:
    """The types as `columns` writes them, without quotes."""
    found = types_of(duck, select)
    return {name: t.replace('"', "").replace("TIMESTAMP WITH TIME ZONE", "TIMESTAMPTZ") for name, t in found.items()}


def unquoted(columns: dict[str, str]) -> dict[str, str]:
    return {name: type_.replace('"', "") for name, type_ in columns.items()}


@settings(deadline=None, max_examples=25, suppress_health_check=list(HealthCheck))
@given(st.lists(fields(EVENT), min_size=1, max_size=6))
def test_views_read_what_python_reads(
    duck: duckdb.DuckDBPyConnection, tmp_path_factory: pytest.TempPathFactory, sent: list[dict[str, Any]]
) -> None:
    plan = PLAN.events["all"]
    bodies = [stored(plan, one) for one in sent]
    fill(duck, bodies)
    wanted = by_python(plan, bodies)
    assert read(duck, bodies_to_view(EVENT), "rows", EVENT) == wanted
    file = tmp_path_factory.getbasetemp() / "columns.parquet"
    duck.execute(f"COPY (SELECT {bodies_to_parquet(EVENT)} FROM rows) TO '{file}' (FORMAT parquet)")
    source = f"read_parquet('{file}')"
    assert described(duck, f"SELECT * FROM {source}") == unquoted(parquet_columns(EVENT))
    present = types_of(duck, f"SELECT * FROM {source}")
    assert read(duck, parquet_to_view(EVENT, present), source, EVENT) == wanted
    assert duck.execute(f"SELECT count(*) FROM {source} WHERE {unreadable(EVENT)} OR _rest IS NOT NULL").fetchall() == [
        (0,)
    ]


def test_columns_have_the_types_that_are_promised(duck: duckdb.DuckDBPyConnection) -> None:
    for event in DEFINITION.events.values():
        assert described(duck, f"SELECT {bodies_to_view(event)} FROM rows") == unquoted(view_columns(event))
        assert described(duck, f"SELECT {bodies_to_parquet(event)} FROM rows") == unquoted(parquet_columns(event))
    assert described(duck, f"SELECT {bodies_to_parquet(None)} FROM rows") == parquet_columns(None)


def test_what_was_not_declared_when_it_was_written_is_read_from_the_rest(
    duck: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    old = _version('[events.hit]\ndamage = "float"')
    new = _version(
        '[events.hit]\ndamage = "float"\nby = "player?"\nkind = "str? = \'cut\'"\nparts = "map[str, int] = {}"'
    )
    fill(duck, [b'{"damage":1.5}', b'{"damage":2,"by":7,"kind":null,"parts":{"b":1,"a":2}}'])
    wanted = [[1.5, None, "cut", {}], [2.0, 7, None, {"a": 2, "b": 1}]]
    for written in (old, None):
        file = tmp_path / "old.parquet"
        duck.execute(f"COPY (SELECT {bodies_to_parquet(written)} FROM rows) TO '{file}' (FORMAT parquet)")
        select = parquet_to_view(new, parquet_columns(written))
        rows = duck.execute(f"SELECT {select} FROM read_parquet('{file}') ORDER BY _seq").fetchall()
        assert [list(row[len(LOG_ROW) :]) for row in rows] == wanted


def test_a_field_that_a_record_gained_has_its_default_in_older_files(
    duck: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    events = "[events.hit]\nspot = 'spot'\nspots = 'map[str, spot]'"
    old, new = (
        _version(f"[types.spot]\nx = 'int'\n{more}\n{events}")
        for more in ("", "y = 'int = 5'\nz = 'str?'\nw = \"str? = 'q'\"")
    )
    fill(duck, [b'{"spot":{"x":1},"spots":{"b":{"x":2},"a":null}}'])
    file = tmp_path / "old.parquet"
    duck.execute(f"COPY (SELECT {bodies_to_parquet(old)} FROM rows) TO '{file}' (FORMAT parquet)")
    source = f"read_parquet('{file}')"
    select = parquet_to_view(new, types_of(duck, f"SELECT * FROM {source}"))
    ((*_, spot, spots),) = duck.execute(f"SELECT {select} FROM {source}").fetchall()
    assert (spot, spots["b"]) == ({"x": 1, "y": 5, "z": None, "w": "q"}, {"x": 2, "y": 5, "z": None, "w": "q"})


def test_a_body_without_what_it_must_have_is_unreadable(duck: duckdb.DuckDBPyConnection) -> None:
    event = _version('[events.hit]\ndamage = "float"\nnote = "str?"')
    fill(duck, [b'{"damage":1.5}', b'{"note":"x"}', b'{"damage":"much"}'])
    rows = duck.execute(f"SELECT _seq FROM (SELECT {bodies_to_view(event)} FROM rows) WHERE {unreadable(event)}")
    assert rows.fetchall() == [(1,), (2,)]


def _version(text: str) -> EventType:
    definition: Definition = load(f'title = "Versions"\n{text}', "versions")
    return definition.events["hit"]

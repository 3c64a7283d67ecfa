"""Python, PostgreSQL and DuckDB give the same value, for random expressions over random rows."""

import asyncio
import contextlib
import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import duckdb
import pytest
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st

from kleos.core.errors import ExpressionError
from kleos.core.expression import Expression, compile_python, order_formulas, parse, parse_fold, sql_source
from kleos.core.types import Field, ListOf, MapOf, RecordOf, Scalar, Type
from kleos.store.embedded import EmbeddedPostgres
from tests.core.expression_cases import SCALARS, any_expression, expressions, random_rows

SEED = int(os.environ.get("KLEOS_TEST_SEED", "20260"))
ROWS = random_rows(SEED, 80)
SCOPE: dict[str, Type] = dict(SCALARS)
EXAMPLES = int(os.environ.get("KLEOS_TEST_EXAMPLES", "100"))
PROFILE = settings(
    max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck), report_multiple_bugs=False
)
COLUMNS = {name: f'"{name}"' for name in SCALARS}
POSTGRES_TYPES = {
    "int": "bigint",
    "player": "bigint",
    "time": "timestamptz",
    "float": "double precision",
    "str": 'text COLLATE "C"',
    "bool": "boolean",
}
DUCKDB_TYPES = {
    "int": "BIGINT",
    "player": "BIGINT",
    "time": "BIGINT",
    "float": "DOUBLE",
    "str": "VARCHAR",
    "bool": "BOOLEAN",
}


def same(left: object, right: object) -> bool:
    return type(left) is type(right) and repr(left) == repr(right)


def pass_over(error: ExpressionError, *reasons: str) -> None:
    """Rejects the example where it was refused for its size or range; other refusals are mistakes here."""
    assume(not any(reason in error.message for reason in reasons))


def parsed(text: str) -> Expression:
    """The expression, or the example is passed over where it is refused for its size or its range."""
    try:
        return parse(text, SCOPE)
    except ExpressionError as error:
        pass_over(error, "range of numbers", "too large", "too deeply", "1000", "brackets")
        raise


def in_python(expression: Expression, rows: list[dict[str, Any]]) -> list[object]:
    function = compile_python(expression, expression.names)
    return [function(*(row[name] for name in expression.names)) for row in rows]


def check(text: str, expression: Expression, wanted: list[object], got: list[object]) -> None:
    for row, left, right in zip(ROWS, wanted, got, strict=True):
        used = {name: row[name] for name in expression.names}
        assert same(left, right), f"seed {SEED}: {text} on {used}: Python {left!r}, SQL {right!r}"
        assert left is not None or expression.type.optional, f"{text} on {used} is None, but not optional"


EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def to_datetime(at: int | None) -> datetime | None:
    return None if at is None else EPOCH + timedelta(microseconds=at)


def from_datetime(value: object) -> object:
    return (value - EPOCH) // timedelta(microseconds=1) if isinstance(value, datetime) else value


class Postgres:
    """One connection, driven from synchronous tests."""

    def __init__(self, dsn: str) -> None:
        self.loop = asyncio.new_event_loop()
        self.connection: Any = self.loop.run_until_complete(asyncpg.connect(dsn))

    def execute(self, sql: str) -> None:
        self.loop.run_until_complete(self.connection.execute(sql))

    def insert(self, table: str, rows: list[dict[str, Any]]) -> None:
        names = list(rows[0])
        records = [
            (index, *(to_datetime(row[name]) if name in ("t", "ot") else row[name] for name in names))
            for index, row in enumerate(rows)
        ]
        columns = ["n", *names]
        self.loop.run_until_complete(self.connection.copy_records_to_table(table, records=records, columns=columns))

    def fetch(self, sql: str) -> list[tuple[Any, ...]]:
        return [
            tuple(from_datetime(value) for value in row)
            for row in self.loop.run_until_complete(self.connection.fetch(sql))
        ]

    def close(self) -> None:
        self.loop.run_until_complete(self.connection.close())
        self.loop.close()


def create(table: str, types: dict[str, str]) -> str:
    columns = [f'"{name}" {types[t.kind]}{"" if t.optional else " NOT NULL"}' for name, t in SCALARS.items()]
    return f"CREATE TEMP TABLE {table} (n integer, {', '.join(columns)})"


@pytest.fixture(scope="module")
def sheet(postgres: EmbeddedPostgres) -> Iterator[Postgres]:
    connection = Postgres(postgres.dsn)
    connection.execute(create("given", POSTGRES_TYPES))
    connection.insert("given", ROWS)
    yield connection
    connection.close()


@pytest.fixture(scope="module")
def duck() -> Iterator[duckdb.DuckDBPyConnection]:
    connection = duckdb.connect()
    connection.execute(create("given", DUCKDB_TYPES))
    marks = ", ".join("?" for _ in range(len(SCALARS) + 1))
    connection.executemany(f"INSERT INTO given VALUES ({marks})", [[n, *row.values()] for n, row in enumerate(ROWS)])
    yield connection
    connection.close()


def postgres_sql(expression: Expression) -> str:
    try:
        return sql_source(expression, COLUMNS, "postgresql")
    except ExpressionError as error:
        pass_over(error, "as SQL")
        raise


@PROFILE
@given(any_expression(SCOPE))
@example("i // j")
@example("i % j")
@example("f // g")
@example("f % g")
@example("i * j // oi")
@example("i / j == f")
@example("-(f * 0.0)")
@example("0.0 * -1.0")
@example("floor(f * 1e18)")
@example("round(f * 1000000.0)")
@example("lower(s)")
@example("s < os")
@example("-(-9223372036854775808)")
@example("(t if False else None) if b else None")
@example("not (oi < 3)")
def test_postgresql_selects_what_python_computes(sheet: Postgres, text: str) -> None:
    expression = parsed(text)
    sql = postgres_sql(expression)
    got = [row[0] for row in sheet.fetch(f"SELECT {sql} FROM given ORDER BY n")]
    check(text, expression, in_python(expression, ROWS), got)


@settings(PROFILE, max_examples=EXAMPLES // 8)
@example(
    [
        'p if ("" == "") else p',
        '("a" if (True or b) else s) == "a"',
        'lower("A") in ("a", "b")',
        '(s if i // 0 > f else "") == ""',
        '(s if (f < 0.0 <= -0.5) else "") == ""',
        's == "a"',
    ]
)
@given(st.lists(any_expression(SCOPE), min_size=8, max_size=12))
def test_postgresql_stores_what_python_computes(sheet: Postgres, texts: list[str]) -> None:
    found: list[tuple[str, Expression]] = []
    for text in texts:
        with contextlib.suppress(ExpressionError):
            expression = parse(text, SCOPE)
            sql_source(expression, COLUMNS, "postgresql")
            found.append((text, expression))
    assume(found)
    columns = []
    for n, (_, expression) in enumerate(found):
        assert isinstance(expression.type, Scalar)
        type_, sql = POSTGRES_TYPES[expression.type.kind], sql_source(expression, COLUMNS, "postgresql")
        columns.append(f"x{n} {type_} GENERATED ALWAYS AS ({sql}) STORED")
    sheet.execute("DROP TABLE IF EXISTS stored")
    sheet.execute(create("stored", POSTGRES_TYPES)[:-1] + ", " + ", ".join(columns) + ")")
    sheet.insert("stored", ROWS)
    stored = sheet.fetch(f"SELECT {', '.join(f'x{n}' for n in range(len(found)))} FROM stored ORDER BY n")
    for n, (text, expression) in enumerate(found):
        check(text, expression, in_python(expression, ROWS), [row[n] for row in stored])


@settings(PROFILE, max_examples=EXAMPLES // 2)
@given(expressions("bool", 3, SCOPE))
def test_a_where_keeps_the_rows_that_python_keeps(sheet: Postgres, text: str) -> None:
    expression = parsed(text)
    sql = postgres_sql(expression)
    kept = [row[0] for row in sheet.fetch(f"SELECT n FROM given WHERE {sql} ORDER BY n")]
    assert kept == [n for n, value in enumerate(in_python(expression, ROWS)) if value], text


@PROFILE
@given(any_expression(SCOPE))
@example("i // j")
@example("i % j")
@example("f % g")
@example("i / j == f")
@example("(i + j) / oi")
@example("-(f * 0.0)")
@example("floor(f * 1e18)")
@example("s < os")
def test_duckdb_selects_what_python_computes(duck: duckdb.DuckDBPyConnection, text: str) -> None:
    expression = parsed(text)
    try:
        sql = sql_source(expression, COLUMNS, "duckdb")
    except ExpressionError as error:
        pass_over(error, "as SQL", "126 bits")
        raise
    got = [row[0] for row in duck.execute(f"SELECT {sql} FROM given ORDER BY n").fetchall()]
    check(text, expression, in_python(expression, ROWS), got)


@settings(PROFILE, max_examples=EXAMPLES // 2)
@given(expressions("int", 2, SCOPE), expressions("float", 2, SCOPE), expressions("int", 1, SCOPE))
def test_formulas_of_formulas_are_the_same_everywhere(sheet: Postgres, first: str, second: str, third: str) -> None:
    texts = {"x": first, "y": f"x * ({second}) + 1", "z": f"(y / x if x > 0 else y) - ({third})"}
    try:
        formulas = order_formulas(texts, SCOPE)
        sql = [sql_source(formulas[name], COLUMNS, "postgresql") for name in texts]
    except ExpressionError:
        assume(False)
        raise
    got = sheet.fetch(f"SELECT {', '.join(sql)} FROM given ORDER BY n")
    for n, name in enumerate(texts):
        assert set(formulas[name].names) <= set(SCOPE)
        check(f"{texts} {name}", formulas[name], in_python(formulas[name], ROWS), [row[n] for row in got])


class Hit:
    """A record as the decoder makes it."""

    def __init__(self, damage: float, by: int | None) -> None:
        self.damage = damage
        self.by = by


HIT = RecordOf("hit", {"damage": Field("damage", Scalar("float")), "by": Field("by", Scalar("player", True))})
EVENT: dict[str, Type] = {
    **SCALARS,
    "scores": MapOf(Scalar("player"), Scalar("int")),
    "oscores": MapOf(Scalar("str"), Scalar("float", True), True),
    "cpus": ListOf(Scalar("player")),
    "ocpus": ListOf(Scalar("int", True), True),
    "hit": HIT,
    "ohit": RecordOf("hit", HIT.fields, True),
}
EXTRA = {
    "int": ["scores[p]", "scores[op]", "len(cpus)", "len(ocpus)", "len(scores)", "len(oscores)"],
    "float": ["oscores[s]", "oscores[os]", "hit.damage", "ohit.damage"],
    "player": ["hit.by", "ohit.by"],
    "bool": [
        "(p in cpus)",
        "(op not in cpus)",
        "(op in scores)",
        "(os not in oscores)",
        "(oi in ocpus)",
        "(oi not in ocpus)",
        "(i not in ocpus)",
        "(ohit.by not in scores)",
        "(ocpus is None)",
        "(ohit is not None)",
    ],
}
NESTED: list[dict[str, Any]] = [
    {"scores": {}, "oscores": None, "cpus": [], "ocpus": None, "hit": Hit(0.5, None), "ohit": None},
    {
        "scores": {1: 5, 2: -3},
        "oscores": {"a": 1.5, "É": None},
        "cpus": [1, 2],
        "ocpus": [1, None, -7],
        "hit": Hit(2.5, 1),
        "ohit": Hit(-1.0, 2),
    },
    {
        "scores": {3: 2**53},
        "oscores": {},
        "cpus": [3],
        "ocpus": [],
        "hit": Hit(1e9, 3),
        "ohit": Hit(0.0, None),
    },
]
NESTED_TYPES = {
    "scores": "MAP(BIGINT, BIGINT)",
    "oscores": "MAP(VARCHAR, DOUBLE)",
    "cpus": "BIGINT[]",
    "ocpus": "BIGINT[]",
    "hit": 'STRUCT("damage" DOUBLE, "by" BIGINT)',
    "ohit": 'STRUCT("damage" DOUBLE, "by" BIGINT)',
}


def duckdb_value(value: Any) -> Any:
    if isinstance(value, Hit):
        return {"damage": value.damage, "by": value.by}
    if isinstance(value, dict):
        return {"key": list(value), "value": list(value.values())}
    return value


@pytest.fixture(scope="module")
def events() -> Iterator[tuple[duckdb.DuckDBPyConnection, list[dict[str, Any]]]]:
    connection = duckdb.connect()
    nested = ", ".join(f'"{name}" {type_}' for name, type_ in NESTED_TYPES.items())
    connection.execute(create("event", DUCKDB_TYPES)[:-1] + f", {nested})")
    rows = [{**row, **NESTED[n % len(NESTED)]} for n, row in enumerate(ROWS)]
    casts = [f"?::{DUCKDB_TYPES[t.kind]}" for t in SCALARS.values()]
    casts += [f"?::{type_}" for type_ in NESTED_TYPES.values()]
    for n, row in enumerate(rows):
        values = [duckdb_value(value) for value in row.values()]
        connection.execute(f"INSERT INTO event VALUES ({n}, {', '.join(casts)})", values)
    yield connection, rows
    connection.close()


@PROFILE
@given(any_expression(EVENT, EXTRA))
@example("ohit.by not in scores")
@example("oi not in ocpus")
def test_duckdb_reads_events_as_python_does(
    events: tuple[duckdb.DuckDBPyConnection, list[dict[str, Any]]], text: str
) -> None:
    connection, rows = events
    try:
        expression = parse(text, EVENT)
        sql = sql_source(expression, {name: f'"{name}"' for name in EVENT}, "duckdb")
    except ExpressionError as error:
        pass_over(error, "range of numbers", "too large", "too deeply", "as SQL", "126 bits", "1000", "brackets")
        raise
    got = [row[0] for row in connection.execute(f"SELECT {sql} FROM event ORDER BY n").fetchall()]
    for row, left, right in zip(rows, in_python(expression, rows), got, strict=True):
        used = {name: row[name] for name in expression.names}
        assert same(left, right), f"seed {SEED}: {text} on {used}: Python {left!r}, DuckDB {right!r}"


def test_formulas_over_the_largest_and_smallest_that_folds_keep(sheet: Postgres) -> None:
    largest, smallest = "max(f * f * f * f)", "min(f / 1e9 / 1e9 / 1e9)"
    folds = {name: parse_fold(text, SCOPE) for name, text in (("peak", largest), ("low", smallest))}
    floats = {name: found for name, fold in folds.items() if (found := fold.floats) is not None}
    types: dict[str, Type] = {name: fold.type for name, fold in folds.items()}
    texts = [" * ".join(["peak"] * 5), " * ".join(["low"] * 9), "peak / low"]
    rows = [{"peak": peak, "low": low} for peak in (1e36, -1e36, 1e-24, 0.0, None) for low in (1e-18, 1e-33, 0.0)]
    columns = {name: f'"{name}"' for name in folds}
    values = ", ".join(f"({row['peak'] or 'NULL'}::float8, {row['low']}::float8)" for row in rows)
    for text in texts:
        expression = parse(text, types, floats=floats)
        stored = sheet.fetch(
            f"SELECT {sql_source(expression, columns, 'postgresql')} FROM (VALUES {values}) AS given(peak, low)"
        )
        compute = compile_python(expression, expression.names)
        shown = [row | {"peak": row["peak"] or None} for row in rows]
        assert [row[0] for row in stored] == [compute(*[row[name] for name in expression.names]) for row in shown]
    for text in (" * ".join(["peak"] * 6), " * ".join(["low"] * 11)):
        with pytest.raises(ExpressionError, match="range of numbers"):
            parse(text, types, floats=floats)

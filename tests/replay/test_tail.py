"""What PostgreSQL has comes into a session to the bit."""

from pathlib import Path
from typing import Final

from kleos.replay.session import open_session
from kleos.replay.tail import copy_query
from kleos.store.embedded import EmbeddedPostgres
from kleos.store.pool import open_connection

TEXTS: Final = [
    "",
    "NULL",
    "\\N",
    '"',
    '""',
    "a,b",
    "a\nb",
    "\r\n",
    "é\uffee\U0001d4b3",
    " x ",
    "\\.",
    "'",
    "a\n1,b,,,\n2",
]
TEXTS_WITH_BACKSLASHES: Final = ["\\n", "\\\n", "\\b", "\\bn", "\r", "\n", "\\", "\\r\\\r"]
FLOATS: Final = [0.1, 1e9, -1e-6, 123456789.123457, 5e-324, 0.0, -2.5, 1.7976931348623157e308]


async def test_values_come_as_they_are(postgres: EmbeddedPostgres, tmp_path: Path) -> None:
    connection = await open_connection(postgres.dsn)
    columns = {"n": "BIGINT", "t": "VARCHAR", "f": "DOUBLE", "b": "BOOLEAN", "i": "BIGINT"}
    rows = [
        (n, t, FLOATS[n % len(FLOATS)], n % 2 == 0, -(2**63) + n) for n, t in enumerate(TEXTS + TEXTS_WITH_BACKSLASHES)
    ]
    rows.append((len(rows), None, None, None, None))  # type: ignore[arg-type]
    query = "SELECT * FROM unnest($1::bigint[], $2::text[], $3::float8[], $4::bool[], $5::bigint[])"
    try:
        with open_session(tmp_path) as duck:
            duck.execute(f"CREATE TABLE came ({', '.join(f'{name} {type_}' for name, type_ in columns.items())})")
            arguments = [list(column) for column in zip(*rows, strict=True)]
            done = await copy_query(connection, duck, tmp_path, query, arguments, columns, "came")
            assert done == len(rows)
            assert duck.execute("SELECT * FROM came ORDER BY n").fetchall() == rows
            assert not list(tmp_path.glob("*.csv"))
    finally:
        await connection.close()


async def test_more_than_memory_holds(postgres: EmbeddedPostgres, tmp_path: Path) -> None:
    """Line breaks in it, wherever a file is parted; what memory does not hold is spilled."""
    connection = await open_connection(postgres.dsn)
    query = "SELECT n, n || E'\\n1,2\\n' || repeat(md5(n::text), 30) FROM generate_series(1, $1::bigint) AS n"
    columns = {"n": "BIGINT", "t": "VARCHAR"}
    rows = 500_000
    try:
        with open_session(tmp_path, memory_mb=256) as duck:
            duck.execute("CREATE TABLE came (n BIGINT, t VARCHAR)")
            assert await copy_query(connection, duck, tmp_path, query, (rows,), columns, "came") == rows
            same = "t = n || chr(10) || '1,2' || chr(10) || repeat(md5(n::VARCHAR), 30)"
            assert duck.execute(f"SELECT count(*), count(DISTINCT n) FROM came WHERE {same}").fetchall() == [
                (rows, rows)
            ]
    finally:
        await connection.close()

"""What PostgreSQL has comes into a session to the bit."""

from pathlib import Path
from typing import Final

from kleos.replay.session import open_session
from kleos.replay.tail import copy_query
from kleos.store.embedded import EmbeddedPostgres
from kleos.store.pool import open_connection

TEXTS: Final = ["", "NULL", "\\N", '"', '""', "a,b", "a\nb", "\r\n", "é\uffee\U0001d4b3", " x ", "\\.", "'"]
FLOATS: Final = [0.1, 1e9, -1e-6, 123456789.123457, 5e-324, 0.0, -2.5, 1.7976931348623157e308]


async def test_values_come_as_they_are(postgres: EmbeddedPostgres, tmp_path: Path) -> None:
    connection = await open_connection(postgres.dsn)
    columns = {"n": "BIGINT", "t": "VARCHAR", "f": "DOUBLE", "b": "BOOLEAN", "i": "BIGINT"}
    rows = [(n, t, FLOATS[n % len(FLOATS)], n % 2 == 0, -(2**63) + n) for n, t in enumerate(TEXTS)]
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

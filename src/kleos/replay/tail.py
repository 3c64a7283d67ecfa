"""Rows of PostgreSQL brought into a DuckDB session: by COPY to a file, since no extension may be downloaded."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from kleos.replay.columns import LOG_ROW
from kleos.replay.csv import read_csv, without_breaks
from kleos.replay.session import Duck, in_thread
from kleos.store.pool import Connection

_JSON: Final = ("body",)
_ROWS: Final = """
SELECT seq, id, match, (extract(epoch FROM at) * 1000000)::bigint, (extract(epoch FROM received_at) * 1000000)::bigint,
       type, body::text
FROM kleos.events
WHERE game = $1 AND seq > $2 AND ($3::bigint IS NULL OR seq <= $3) AND type = ANY($4::text[])
"""


async def copy_rows(
    connection: Connection,
    duck: Duck,
    folder: Path,
    game: str,
    types: Sequence[str],
    after_seq: int = 0,
    until_seq: int | None = None,
) -> int:
    """Adds to ``replay.rows`` the events of these types with ``after_seq < seq <= until_seq`` that PostgreSQL has.

    Answers how many. What is read is of the connection's snapshot.
    """
    columns = {**LOG_ROW, "type": "VARCHAR", "body": "VARCHAR"}
    arguments = (game, after_seq, until_seq, list(types))
    return await copy_query(connection, duck, folder, _ROWS, arguments, columns, "replay.rows")


async def copy_query(
    connection: Connection,
    duck: Duck,
    folder: Path,
    query: str,
    arguments: Sequence[Any],
    columns: Mapping[str, str],
    table: str,
) -> int:
    """Adds what a query of PostgreSQL gives to a DuckDB table with these columns, and answers how many rows.

    Times must come as ``bigint`` microseconds. A column named body is JSON.
    """
    path = folder / f"{table.replace('.', '-').replace(chr(34), '')}.csv"
    try:
        csv = without_breaks(query, columns, _JSON)
        done = await connection.copy_from_query(csv, *arguments, output=path, format="csv", timeout=None)
        await in_thread(duck, Duck.execute, f"INSERT INTO {table} {read_csv(path, columns, _JSON)}")
    finally:
        path.unlink(missing_ok=True)
    return int(done.rpartition(" ")[2])

"""Rows of PostgreSQL brought into a DuckDB session: by COPY to a file, since no extension may be downloaded."""

import asyncio
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from kleos.replay.columns import LOG_ROW
from kleos.replay.session import Duck, text
from kleos.store.pool import Connection

_LONGEST_LINE_BYTES: Final = 40 * 1024 * 1024
"""A body has at most 16 MiB; what it doubles are the quotes."""

_ROWS: Final = """
SELECT seq, id, match, (extract(epoch FROM at) * 1000000)::bigint, (extract(epoch FROM received_at) * 1000000)::bigint,
       type, body::text
FROM kleos.events
WHERE game = $1 AND seq > $2 AND ($3::bigint IS NULL OR seq <= $3) AND type = ANY($4::text[])
"""
_READ: Final = """
INSERT INTO {table} SELECT * FROM read_csv({path}, header = false, auto_detect = false, delim = ',', quote = '"',
    escape = '"', new_line = '\\n', nullstr = '', allow_quoted_nulls = false, parallel = false, strict_mode = true,
    max_line_size = {longest}, buffer_size = {buffer}, columns = {{{columns}}})
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

    Times must come as ``bigint`` microseconds.
    """
    path = folder / f"{table.replace('.', '-').replace(chr(34), '')}.csv"
    try:
        done = await connection.copy_from_query(query, *arguments, output=path, format="csv", timeout=None)
        declared = ", ".join(f"{text(name)}: {text(type_)}" for name, type_ in columns.items())
        read = _READ.format(
            table=table,
            path=text(str(path)),
            longest=_LONGEST_LINE_BYTES,
            buffer=2 * _LONGEST_LINE_BYTES,
            columns=declared,
        )
        await asyncio.to_thread(duck.execute, read)
    finally:
        path.unlink(missing_ok=True)
    return int(done.rpartition(" ")[2])

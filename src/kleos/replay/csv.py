"""Rows of PostgreSQL as a CSV file that DuckDB reads in bounded memory, however large the file is.

DuckDB holds the whole of a file in memory that it may not read in parts, and from the middle of a file it cannot tell a
line break in a text from one between rows. So no text has one: a line feed is written as backslash and n, a carriage
return as backslash and r, a backslash as backslash and b.
"""

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Final

_LONGEST_LINE_BYTES: Final = 40 * 1024 * 1024
"""A body has at most 16 MiB; what it doubles are the quotes."""
_UNBROKEN: Final = """replace(replace(replace({column}, '\\', '\\b'), E'\\n', '\\n'), E'\\r', '\\r')"""
_BROKEN: Final = """replace(replace(replace({column}, '\\n', chr(10)), '\\r', chr(13)), '\\b', '\\')"""
_READ: Final = """
SELECT {chosen} FROM read_csv({path}, header = false, auto_detect = false, delim = ',', quote = '"', escape = '"',
    new_line = '\\n', nullstr = '', allow_quoted_nulls = false, strict_mode = true, max_line_size = {longest},
    buffer_size = {buffer}, columns = {{{columns}}})
"""


def without_breaks(query: str, columns: Mapping[str, str], as_it_is: Collection[str] = ()) -> str:
    """A query of PostgreSQL with its texts written so. ``columns`` are its columns in order, with their types in
    DuckDB; texts that are ``as_it_is`` have no line breaks, as JSON that PostgreSQL writes has none."""
    chosen = _chosen(columns, as_it_is, _UNBROKEN)
    return f"SELECT {chosen} FROM ({query}) AS given({', '.join(map(_quoted, columns))})"


def read_csv(path: Path, columns: Mapping[str, str], as_it_is: Collection[str] = ()) -> str:
    """The SELECT, for DuckDB, of what such a query was copied to."""
    return _READ.format(
        chosen=_chosen(columns, as_it_is, _BROKEN),
        path=text(str(path)),
        longest=_LONGEST_LINE_BYTES,
        buffer=_LONGEST_LINE_BYTES,
        columns=", ".join(f"{text(name)}: {text(type_)}" for name, type_ in columns.items()),
    )


def text(value: str) -> str:
    """A text as SQL."""
    return "'" + value.replace("'", "''") + "'"


def _chosen(columns: Mapping[str, str], as_it_is: Collection[str], changed: str) -> str:
    return ", ".join(
        f"{changed.format(column=quoted)} AS {quoted}" if type_ == "VARCHAR" and name not in as_it_is else quoted
        for name, type_ in columns.items()
        for quoted in [_quoted(name)]
    )


def _quoted(name: str) -> str:
    return f'"{name}"'

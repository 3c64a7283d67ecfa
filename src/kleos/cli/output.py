"""What commands print: tables for people, JSON for programs, errors beside both."""

import sys
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Annotated, Any, Final

import msgspec
from cyclopts import Parameter
from rich import box
from rich.console import Console
from rich.table import Table

console: Final = Console()
errors: Final = Console(stderr=True)

AsJson = Annotated[bool, Parameter(name="--json", negative="", show_default=False, help="Print JSON instead of text.")]

JsonAnyway = Annotated[
    bool,
    Parameter(name="--json", negative="", show_default=False, help="As of every command; this one prints JSON anyway."),
]


class Failed(Exception):
    """A command did not do what it was asked; its text goes to stderr, and the exit code is 1."""


def print_json(value: Any) -> None:
    """One JSON value on stdout, whatever the width of the terminal."""
    sys.stdout.buffer.write(msgspec.json.format(msgspec.json.encode(value), indent=2) + b"\n")
    sys.stdout.flush()


def print_json_line(value: Any) -> None:
    """One JSON value on a line of its own, for who reads on while the command runs."""
    sys.stdout.buffer.write(msgspec.json.encode(value) + b"\n")
    sys.stdout.flush()


def print_table(title: str, columns: Sequence[tuple[str, bool]], rows: Iterable[Sequence[str]]) -> None:
    """``columns`` are headings, each with whether it holds numbers."""
    table = Table(title=title, box=box.SIMPLE_HEAD, title_justify="left", title_style="bold")
    for heading, is_number in columns:
        table.add_column(heading, justify="right" if is_number else "left", overflow="fold")
    for row in rows:
        table.add_row(*row)
    console.print(table, highlight=False, markup=False)


def say(text: str, as_json: bool = False) -> None:
    """A message for people; where stdout is for JSON, on stderr."""
    (errors if as_json else console).print(text, markup=False, highlight=False, soft_wrap=True)


def shown(value: Any, decimals: int | None = None) -> str:
    """A value as people read it. Times are ISO 8601 text in answers, and are shown to the second."""
    if value is None:
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, float):
        return f"{value:,.{2 if decimals is None else decimals}f}"
    return str(value)


def shown_time(text: str) -> str:
    """``2026-03-01T12:00:00.123Z`` as ``2026-03-01 12:00:00``, in UTC."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return text
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")

"""The windows of a game as ranges of time that DuckDB joins: made by the calendar, and by no arithmetic in SQL.

Time is cut into pieces, each within one day of UTC and within one window of every kind that is asked for. An event
finds its piece by the number of its UTC day and two comparisons; a piece belongs to a *segment*, which names the
windows that hold it. Only days on which something happened are cut.
"""

from bisect import bisect_right
from collections.abc import Collection, Iterable, Sequence
from itertools import pairwise
from typing import Final

from kleos.core.definition.model import WINDOW_KINDS, Definition, WindowKind
from kleos.core.windows import Calendar
from kleos.replay.session import Duck

_DAY_US: Final = 86_400_000_000
_FIRST_DAY_US: Final = 719_528 * _DAY_US
"""Added before dividing: every moment that an event may have is positive then."""

_BEGINNING_US: Final = -(2**63) + 1
"""Before every moment that an event may have."""

Kinds = tuple[WindowKind, ...]


def create_spans(duck: Duck, definition: Definition, calendar: Calendar) -> None:
    """Makes the tables that :func:`joined` reads, for every set of windows that a sheet of the definition has.

    ``replay.<pieces>(day, starts, ends, segment)`` and ``replay.<segments>(segment, and for each kind its window's name
    and ``<kind>_start``)``, where a segment in no season has NULLs.
    """
    asked = sorted({spanned(sheet.windows) for sheet in definition.sheets.values()} - {()})
    days = _days(duck, definition) if asked else []
    for kinds in asked:
        _create(duck, calendar, kinds, days)


def create_overlapping(duck: Duck, facts: str, spans: Sequence[tuple[str, int | None, int]]) -> None:
    """Makes the tables for one kind, `day`, whose windows are these spans (name, start, end), which may overlap: a
    segment belongs to every span that holds it. ``facts`` has the column ``at``."""
    day_of = f'SELECT DISTINCT ("at" + {_FIRST_DAY_US}) // {_DAY_US} FROM ({facts})'
    days = [day for (day,) in duck.execute(day_of).fetchall()]
    edges = sorted({edge for _, start, until in spans for edge in (start, until) if edge is not None})
    rows = []
    for day in days:
        first = day * _DAY_US - _FIRST_DAY_US
        cuts = [first, *(edge for edge in edges if first < edge < first + _DAY_US), first + _DAY_US]
        rows += [(day, start, end, bisect_right(edges, start)) for start, end in pairwise(cuts)]
    _table(duck, pieces(("day",)), ("day", "starts", "ends", "segment"), ("BIGINT",) * 4, rows)
    held = [
        (segment, name, _BEGINNING_US if start is None else start)
        for name, start, until in spans
        for segment in range(0 if start is None else bisect_right(edges, start), bisect_right(edges, until))
    ]
    _table(duck, segments(("day",)), ("segment", "day", "day_start"), ("BIGINT", "VARCHAR", "BIGINT"), held)


def spanned(windows: Iterable[WindowKind]) -> Kinds:
    """The kinds of windows that have a start and an end."""
    return tuple(kind for kind in WINDOW_KINDS if kind in set(windows) and kind != "all")


def pieces(kinds: Kinds) -> str:
    return f'replay."pieces_{"_".join(kinds)}"'


def segments(kinds: Kinds) -> str:
    return f'replay."segments_{"_".join(kinds)}"'


def joined(kinds: Kinds, facts: str) -> str:
    """The join that finds the segment of every row of ``facts`` by its column ``at``."""
    day = f'({facts}."at" + {_FIRST_DAY_US}) // {_DAY_US}'
    return f'JOIN {pieces(kinds)} AS p ON p.day = {day} AND {facts}."at" >= p.starts AND {facts}."at" < p.ends'


def narrowest(duck: Duck, kinds: Kinds) -> frozenset[WindowKind]:
    """Those of the kinds whose every window is one segment: what is summed by segment is summed by window already."""
    if not kinds:
        return frozenset()
    asked = ", ".join(f'count("{kind}") = count(DISTINCT "{kind}")' for kind in kinds)
    (answers,) = duck.execute(f"SELECT {asked} FROM {segments(kinds)}").fetchall()
    return frozenset(kind for kind, is_one in zip(kinds, answers, strict=True) if is_one)


def _days(duck: Duck, definition: Definition) -> list[int]:
    every = "\nUNION ALL\n".join(
        f'SELECT DISTINCT ("at" + {_FIRST_DAY_US}) // {_DAY_US} AS day FROM log."{name}"' for name in definition.events
    )
    return [day for (day,) in duck.execute(f"SELECT DISTINCT day FROM ({every}) ORDER BY day").fetchall()]


def _create(duck: Duck, calendar: Calendar, kinds: Kinds, days: Sequence[int]) -> None:
    rows: list[tuple[int, int, int, int]] = []
    found: dict[tuple[tuple[str | None, int | None], ...], int] = {}
    for day in days:
        start = day * _DAY_US - _FIRST_DAY_US
        for at, end, windows in _cut(calendar, kinds, start, start + _DAY_US):
            rows.append((day, at, end, found.setdefault(windows, len(found))))
    _table(duck, pieces(kinds), ("day", "starts", "ends", "segment"), ("BIGINT",) * 4, rows)
    names, types = ["segment"], ["BIGINT"]
    for kind in kinds:
        names += [kind, f"{kind}_start"]
        types += ["VARCHAR", "BIGINT"]
    flat = [(segment, *(part for window in windows for part in window)) for windows, segment in found.items()]
    _table(duck, segments(kinds), names, types, flat)


def _cut(
    calendar: Calendar, kinds: Kinds, start: int, end: int
) -> Iterable[tuple[int, int, tuple[tuple[str | None, int | None], ...]]]:
    """The pieces of a span, each with the name and the start of its window of every kind."""
    at = start
    while at < end:
        windows = [calendar.window(kind, at) for kind in kinds]
        ends = [window.end for window in windows if window is not None and window.end is not None]
        ends += [season.start for season in calendar.seasons if season.start > at]
        until = min([end, *ends])
        yield at, until, tuple((None, None) if w is None else (w.name, w.start) for w in windows)
        at = until


def _table(
    duck: Duck, name: str, columns: Sequence[str], types: Sequence[str], rows: Collection[Sequence[object]]
) -> None:
    declared = ", ".join(f'"{column}" {type_}' for column, type_ in zip(columns, types, strict=True))
    duck.execute(f"CREATE OR REPLACE TABLE {name} ({declared})")
    if rows:
        values = [list(column) for column in zip(*rows, strict=True)]
        marks = ", ".join(f"unnest(${n}::{type_}[])" for n, type_ in enumerate(types, 1))
        duck.execute(f"INSERT INTO {name} SELECT {marks}", values)

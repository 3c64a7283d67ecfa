"""How much is played: events, matches and players of each day, week or month of a game's calendar."""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any, Final, Literal

import msgspec

from kleos.analytics import sql
from kleos.analytics.archived import archived_events
from kleos.core.definition.names import BUILT_IN_SHEET
from kleos.core.errors import BadInput
from kleos.core.windows import EARLIEST_AT, LATEST_AT, Calendar, Window, to_datetime
from kleos.engine.engine import Engine
from kleos.engine.game import Game
from kleos.sheets.layout import quoted, table
from kleos.store.pool import Connection

Every = Literal["day", "week", "month"]

USUAL_SPANS: Final = 30
MOST_SPANS: Final = 400
_EARLIEST: Final = to_datetime(EARLIEST_AT).date()
_LATEST: Final = to_datetime(LATEST_AT).date()


class ActivityPoint(msgspec.Struct):
    """One span. ``events`` were reported of it (corrections take none away), ``matches`` began in it, ``players`` have
    something in it that counts, those left out whom nobody sees."""

    window: str
    starts_at: datetime
    events: int
    matches: int
    players: int


class Activity(msgspec.Struct):
    """Oldest first, without gaps: a span in which nothing happened is there, with zeros."""

    game: str
    every: Every
    timezone: str
    points: list[ActivityPoint]


def spans_between(calendar: Calendar, every: Every, first: date | None, last: date | None, now: int) -> list[Window]:
    """The spans from the one that holds ``first`` to the one that holds ``last``. Raises BadInput."""
    until = _holding(calendar, every, last, now, "to")
    if first is None:
        return _back(calendar, every, until)
    span = _holding(calendar, every, first, now, "from")
    if _start(span) > _start(until):
        raise BadInput("it must not be after `to`", "from")
    spans = [span]
    while _start(spans[-1]) < _start(until):
        if len(spans) == MOST_SPANS:
            raise BadInput(
                f"at most {MOST_SPANS} spans are told at once; ask for a shorter time, or longer spans", "from"
            )
        spans.append(_window(calendar, every, _end(spans[-1])))
    return spans


async def activity(engine: Engine, game: Game, every: Every, spans: Sequence[Window]) -> Activity:
    starts, end = [_start(span) for span in spans], _end(spans[-1])
    async with (
        engine.pool.acquire() as connection,
        connection.transaction(isolation="repeatable_read", readonly=True),
    ):
        events = _numbers(await connection.fetch(sql.EVENTS, game.name, starts, end))
        matches = _numbers(await connection.fetch(sql.MATCHES, game.name, starts, end))
        players = await _players(connection, game, every, spans)
        events += await archived_events(connection, game.name, spans)
    points = [
        ActivityPoint(span.name, to_datetime(_start(span)), events[n], matches[n], players[n])
        for n, span in enumerate(spans)
    ]
    return Activity(game.name, every, game.definition.timezone, points)


async def _players(connection: Connection, game: Game, every: Every, spans: Sequence[Window]) -> Counter[int]:
    """By the rows of sheets that are kept by player and such spans, where there are any: few, and corrected."""
    rows = [
        sql.ROWS.format(player=quoted(sheet.player_key), table=table(game.name, sheet.name))
        for sheet in game.definition.sheets.values()
        if sheet.player_key is not None and every in sheet.windows and sheet.name != BUILT_IN_SHEET
    ]
    if rows:
        statement = sql.PLAYERS_OF_ROWS.format(rows=" UNION ".join(rows))
        return _numbers(await connection.fetch(statement, [span.name for span in spans], game.name))
    starts, end = [_start(span) for span in spans], _end(spans[-1])
    return _numbers(await connection.fetch(sql.PLAYERS_OF_MATCHES, game.name, starts, end))


def _numbers(rows: Iterable[Any]) -> Counter[int]:
    """By the number of the span, from 0 on; the database counts them from 1."""
    return Counter({span - 1: number for span, number in rows})


def _back(calendar: Calendar, every: Every, until: Window) -> list[Window]:
    spans = [until]
    while len(spans) < USUAL_SPANS and _start(spans[-1]) > EARLIEST_AT:
        spans.append(_window(calendar, every, _start(spans[-1]) - 1))
    return spans[::-1]


def _holding(calendar: Calendar, every: Every, day: date | None, now: int, where: str) -> Window:
    if day is not None and not _EARLIEST < day < _LATEST:
        raise BadInput("no event can have happened on this day", where)
    at = now if day is None else _start(calendar.named(day.isoformat(), now))
    return _window(calendar, every, at)


def _window(calendar: Calendar, every: Every, at: int) -> Window:
    found = calendar.window(every, at)
    assert found is not None, "days, weeks and months are without gaps"
    return found


def _start(span: Window) -> int:
    assert span.start is not None, "days, weeks and months begin"
    return span.start


def _end(span: Window) -> int:
    assert span.end is not None, "and end"
    return span.end

"""Who comes back: of the players first seen in a span, how many were seen in each span after it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

import msgspec

from kleos.analytics import sql
from kleos.analytics.activity import Every
from kleos.core.definition.names import BUILT_IN_SHEET
from kleos.core.windows import Calendar, Window, to_datetime
from kleos.engine.engine import Engine
from kleos.engine.game import Game
from kleos.sheets.layout import quoted, table

USUAL_COHORTS: Final = 8
MOST_COHORTS: Final = 60
_NAMES: Final = {"day": r"^\d{4}-\d{2}-\d{2}$", "week": r"^\d{4}-W\d{2}$", "month": r"^\d{4}-\d{2}$"}


class Cohort(msgspec.Struct):
    """Those first seen in ``window``. ``returned`` is how many of them were seen in that span, the next, and so on up
    to the span that is not over yet; the first number is all of them."""

    window: str
    starts_at: datetime
    returned: list[int]


class Retention(msgspec.Struct):
    """Oldest first. No cohorts where no sheet is kept by player and such spans."""

    game: str
    every: Every
    timezone: str
    cohorts: list[Cohort]


async def retention(engine: Engine, game: Game, every: Every, count: int) -> Retention:
    """By the rows of the sheets that are kept by player and by such spans."""
    spans = last_spans(game.calendar, every, count, engine.now())
    rows = [
        sql.ROWS_OF_KIND.format(player=quoted(sheet.player_key), table=table(game.name, sheet.name))
        for sheet in game.definition.sheets.values()
        if sheet.player_key is not None and every in sheet.windows and sheet.name != BUILT_IN_SHEET
    ]
    answer = Retention(game.name, every, game.definition.timezone, [])
    if rows:
        statement = sql.RETENTION.format(rows=" UNION ".join(rows))
        counted = await engine.pool.fetch(statement, _NAMES[every], [span.name for span in spans])
        answer.cohorts = _cohorts(spans, {(row["cohort"], row["span"]): row["players"] for row in counted})
    return answer


def last_spans(calendar: Calendar, every: Every, count: int, now: int) -> list[Window]:
    """The span that holds ``now`` and those before it, oldest first."""
    spans: list[Window] = []
    at = now
    while len(spans) < count and (span := calendar.window(every, at)) is not None and span.start is not None:
        spans.append(span)
        at = span.start - 1
    return spans[::-1]


def _cohorts(spans: Sequence[Window], counted: dict[tuple[int, int], int]) -> list[Cohort]:
    """The database numbers spans from 1."""
    numbers = range(1, len(spans) + 1)
    return [
        Cohort(
            span.name,
            to_datetime(span.start or 0),
            [counted.get((cohort, later), 0) for later in numbers if later >= cohort],
        )
        for cohort, span in zip(numbers, spans, strict=True)
    ]

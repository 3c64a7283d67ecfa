"""Rows of a sheet at a moment of the past: as if only the events up to then were there."""

import asyncio
from typing import Any, Final

import asyncpg

from kleos.core.definition.model import Sheet
from kleos.engine.game import Game
from kleos.players.directory import Directory
from kleos.replay.past import (
    HIDDEN,
    Extent,
    Span,
    fetched,
    fold_span,
    literal,
    narrowed,
    open_log,
    past_session,
    span_of,
)
from kleos.replay.session import Duck, in_thread
from kleos.sheets.layout import quoted
from kleos.sheets.query import Question, SheetRow, filter_values, ordered, shown_rows

_SEEN: Final = f" AND {{player}} NOT IN (SELECT player FROM {HIDDEN})"
_PAGE: Final = "SELECT {columns} FROM rows ORDER BY {order} LIMIT {limit} OFFSET {offset}"


async def page_as_of(
    pool: asyncpg.Pool,
    directory: Directory,
    one_at_a_time: asyncio.Semaphore,
    game: Game,
    sheet: Sheet,
    question: Question,
    as_of: int,
) -> tuple[list[SheetRow], int]:
    """One page of rows, and how many there are in all."""
    values = await filter_values(directory, game, sheet, question.filters)
    if None in values.values():
        return [], 0
    span = span_of(question.window, as_of)
    async with one_at_a_time:
        with past_session() as (duck, folder):
            async with pool.acquire() as connection, connection.transaction(isolation="repeatable_read", readonly=True):
                await open_log(connection, duck, folder, game, sheet, Extent(span.start, span.until))
            records, total = await in_thread(duck, _read, game, sheet, span, question, values)
    return await shown_rows(directory, game, sheet, records), total


def _read(
    duck: Duck, game: Game, sheet: Sheet, span: Span, question: Question, values: dict[str, Any]
) -> tuple[list[dict[str, Any]], int]:
    rows = fold_span(duck, game, narrowed(sheet, list(sheet.columns)), span)
    seen = "".join(_SEEN.format(player=quoted(key.name)) for key in sheet.key if key.type.kind == "player")
    filters = "".join(f" AND {quoted(name)} = {literal(value)}" for name, value in values.items())
    duck.execute(f"CREATE TABLE rows AS SELECT * FROM {rows} WHERE TRUE{filters}{seen}")
    ((total,),) = duck.execute("SELECT count(*) FROM rows").fetchall()
    columns = ", ".join(map(quoted, [*(key.name for key in sheet.key), *sheet.columns]))
    order = ordered(sheet, question.order)
    page = _PAGE.format(columns=columns, order=order, limit=question.limit, offset=question.offset)
    return fetched(duck, page).to_pylist(), total

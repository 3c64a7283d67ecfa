"""The route of the archive: what of a game's log lies in files."""

from datetime import datetime
from typing import Final

import msgspec
from litestar import get
from litestar.handlers import BaseRouteHandler

from kleos.core.windows import to_datetime_or_none
from kleos.log.archive.manifest import Span, location_of, retention_days_of, spans_of
from kleos.server.auth.guards import requires
from kleos.server.openapi import KEY, problems
from kleos.server.parameters import GameName, TheEngine


class SpanAnswer(msgspec.Struct):
    """The events with ``first_seq < seq <= last_seq``. ``removed_at`` is set when PostgreSQL no longer has them."""

    first_seq: int
    last_seq: int
    events: int
    files: int
    size_bytes: int
    sealed_at: datetime | None
    removed_at: datetime | None


class ArchiveAnswer(msgspec.Struct):
    """``location`` is null where there is no archive; ``retention_days`` where events stay in PostgreSQL for ever."""

    game: str
    location: str | None
    retention_days: int | None
    spans: list[SpanAnswer]


def span_answer(span: Span) -> SpanAnswer:
    return SpanAnswer(
        span.first_seq,
        span.last_seq,
        span.events,
        len(span.files),
        span.size_bytes,
        to_datetime_or_none(span.sealed_at),
        to_datetime_or_none(span.removed_at),
    )


@get(
    "/v1/games/{game:str}/archive",
    tags=["games"],
    summary="What is archived",
    guards=[requires("manage")],
    security=KEY,
    responses=problems(400, 401, 403, 404),
)
async def get_archive(engine: TheEngine, game: GameName) -> ArchiveAnswer:
    """The sealed spans of the game's log, oldest first. To seal now, ask for the job `archive`."""
    name = engine.game(game).name
    async with engine.pool.acquire() as connection:
        location, days = await location_of(connection), await retention_days_of(connection)
        spans = await spans_of(connection, name)
    place = location.shown if location is not None else None
    return ArchiveAnswer(name, place, days, [span_answer(span) for span in spans])


ROUTES: Final[list[BaseRouteHandler]] = [get_archive]

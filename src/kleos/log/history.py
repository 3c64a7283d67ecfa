"""Reading the log back: the events behind rows, players and matches, in event order.

The log is one, wherever its events are: in PostgreSQL, or after their retention in the archive's files alone.
PostgreSQL is read first and the files after it, so that what leaves it in between is found in either; what is found in
both is taken once.
"""

import heapq
from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator, Collection, Iterable, Mapping, Sequence
from typing import Any, Final

from kleos.core.cells import Values
from kleos.core.completion import Happened
from kleos.core.plan import Plan
from kleos.log import sql
from kleos.log.archive import read
from kleos.log.archive.bodies import Between, LoggedRow
from kleos.store.pool import Connection

Span = Between
EVERYTHING: Final[Span] = (None, None)
"""From the first moment on, up to but without the second; None is open."""
_PAGE_EVENTS: Final = 5_000
_PAGE_OF_ONE_EVENTS: Final = 500


async def of_players(
    connection: Connection,
    plan: Plan,
    players: Sequence[int],
    types: Iterable[str],
    span: Span = EVERYTHING,
) -> dict[int, list[Happened]]:
    """Every event of these types in the matches where each player appeared, by player."""
    game, wanted = plan.definition, sorted(types)
    rows = await connection.fetch(sql.HISTORY_OF_PLAYERS, game.game, players, wanted, *span)
    places = await read.places_of_players(connection, game.game, players)
    archived: dict[Any, list[LoggedRow]] = {}
    if places:
        everywhere = {match: spans for of_player in places.values() for match, spans in of_player.items()}
        found = await read.rows_at(connection, game, everywhere, wanted, span)
        archived = {player: [row for row in found if row.match in mine] for player, mine in places.items()}
    return _grouped(plan, players, rows, archived)


async def of_matches(
    connection: Connection,
    plan: Plan,
    matches: Sequence[str],
    types: Iterable[str],
    span: Span = EVERYTHING,
) -> dict[str, list[Happened]]:
    game, wanted = plan.definition, sorted(types)
    rows = await connection.fetch(sql.HISTORY_OF_MATCHES, game.game, matches, wanted, *span)
    places = await read.places_of_matches(connection, game.game, matches)
    archived: dict[Any, list[LoggedRow]] = {}
    for row in await read.rows_at(connection, game, places, wanted, span):
        archived.setdefault(row.match, []).append(row)
    return _grouped(plan, matches, rows, archived)


async def whole(connection: Connection, plan: Plan, span: Span = EVERYTHING) -> AsyncIterator[Happened]:
    """The whole log of a game, or a span of it, in event order; must run inside a transaction that sees one moment,
    where events leave PostgreSQL meanwhile."""
    async for row in _whole_rows(connection, plan, span):
        happened = _happened(plan, row)
        if happened is not None:
            yield happened


async def behind(
    connection: Connection,
    plan: Plan,
    types: Iterable[str],
    span: Span = EVERYTHING,
    player: int | None = None,
    match: str | None = None,
) -> AsyncGenerator[Happened, None]:
    """The events of one player, else of one match, else of all, in event order, read as they are asked for; must run
    inside a transaction that sees one moment."""
    wanted = sorted(set(types) & plan.events.keys())
    if player is not None:
        rows = _rows_of_player(connection, plan, player, wanted, span)
    elif match is not None:
        rows = _rows_of_match(connection, plan, match, wanted, span)
    else:
        rows = _whole_rows(connection, plan, span)
    async for row in rows:
        if row["type"] in wanted and (happened := _happened(plan, row)) is not None:
            yield happened


async def _whole_rows(connection: Connection, plan: Plan, span: Span) -> AsyncIterator[Values]:
    here = connection.cursor(sql.WHOLE_LOG, plan.definition.game, *span, prefetch=_PAGE_EVENTS)
    async for row in _merged(here, read.months_of_log(connection, plan.definition, plan.events, span)):
        yield row


async def _rows_of_player(
    connection: Connection, plan: Plan, player: int, types: Collection[str], span: Span
) -> AsyncIterator[Values]:
    game = plan.definition
    places = (await read.places_of_players(connection, game.game, [player])).get(player, {})
    arguments = (game.game, [player], types, *span)
    here = connection.cursor(sql.HISTORY_OF_PLAYERS, *arguments, prefetch=_PAGE_OF_ONE_EVENTS)
    async for row in _merged(here, _rows_at(connection, plan, places, types, span)):
        yield row


async def _rows_of_match(
    connection: Connection, plan: Plan, match: str, types: Collection[str], span: Span
) -> AsyncIterator[Values]:
    game = plan.definition
    places = await read.places_of_matches(connection, game.game, [match])
    arguments = (game.game, [match], types, *span)
    here = connection.cursor(sql.HISTORY_OF_MATCHES, *arguments, prefetch=_PAGE_OF_ONE_EVENTS)
    async for row in _merged(here, _rows_at(connection, plan, places, types, span)):
        yield row


async def _rows_at(
    connection: Connection, plan: Plan, places: read.Places, types: Collection[str], span: Span
) -> AsyncIterator[list[LoggedRow]]:
    yield await read.rows_at(connection, plan.definition, places, types, span)


async def _merged(cursor: AsyncIterable[Values], archived: AsyncIterator[list[LoggedRow]]) -> AsyncIterator[Values]:
    """Both in event order, as each is read."""
    here = aiter(cursor)
    nearest = await anext(here, None)
    async for some in archived:
        for row in some:
            while nearest is not None and _place(nearest) < _place(row):
                yield nearest
                nearest = await anext(here, None)
            yield row
    while nearest is not None:
        yield nearest
        nearest = await anext(here, None)


def _grouped(
    plan: Plan, keys: Sequence[Any], rows: Sequence[Any], archived: Mapping[Any, Sequence[LoggedRow]]
) -> dict[Any, list[Happened]]:
    found: dict[Any, list[Any]] = {key: [] for key in keys}
    for row in rows:
        found[row["player"]].append(row)
    for key, more in archived.items():
        found[key] = list(heapq.merge(found[key], more, key=_place))
    read_once: dict[str, Happened | None] = {}
    return {key: _history(plan, mine, read_once) for key, mine in found.items()}


def _history(plan: Plan, rows: Sequence[Any], read_once: dict[str, Happened | None]) -> list[Happened]:
    history: list[Happened] = []
    last = None
    for row in rows:
        id = row["id"]
        if id == last:
            continue
        last = id
        if id not in read_once:
            read_once[id] = _happened(plan, row)
        happened = read_once[id]
        if happened is not None:
            history.append(happened)
    return history


def _place(row: Values) -> tuple[int, str]:
    return row["at"], row["id"]


def _happened(plan: Plan, row: Values) -> Happened | None:
    """None for a type that the definition no longer has: it feeds nothing."""
    event_plan = plan.events.get(row["type"])
    if event_plan is None:
        return None
    return Happened(event_plan, event_plan.read_log(row["id"], row["match"], row["at"], row["body"]))

"""Reading the log back: the events behind rows, players and matches, in event order.

Whoever folds reads here: what corrections void is left out, and a merged player's number is that of the player who
stands for it.

The log is one, wherever its events are: in PostgreSQL, or after their retention in the archive's files alone.
PostgreSQL is read first and the files after it, so that what leaves it in between is found in either; what is found in
both is taken once.
"""

import heapq
from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator, Collection, Iterable, Mapping, Sequence
from typing import Any, Final

from kleos.core.cells import Values
from kleos.core.completion import Happened
from kleos.core.definition.model import AWARD_GRANTED
from kleos.engine.game import Game
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
    game: Game,
    players: Sequence[int],
    types: Iterable[str],
    span: Span = EVERYTHING,
) -> dict[int, list[Happened]]:
    """Every event of these types in the matches where each player appeared, by player."""
    wanted = sorted(types)
    rows = await connection.fetch(_counted(game, sql.HISTORY_OF_PLAYERS), game.name, players, wanted, *span)
    places = await read.places_of_players(connection, game.name, players, game.appearances)
    archived: dict[Any, list[LoggedRow]] = {}
    if places:
        everywhere = {match: spans for of_player in places.values() for match, spans in of_player.items()}
        found = await _archived(connection, game, everywhere, wanted, span)
        archived = {player: [row for row in found if row.match in mine] for player, mine in places.items()}
    return _grouped(game, players, rows, archived)


async def of_matches(
    connection: Connection,
    game: Game,
    matches: Sequence[str],
    types: Iterable[str],
    span: Span = EVERYTHING,
) -> dict[str, list[Happened]]:
    wanted = sorted(types)
    rows = await connection.fetch(_counted(game, sql.HISTORY_OF_MATCHES), game.name, matches, wanted, *span)
    places = await read.places_of_matches(connection, game.name, matches)
    archived: dict[Any, list[LoggedRow]] = {}
    for row in await _archived(connection, game, places, wanted, span):
        archived.setdefault(row.match, []).append(row)
    return _grouped(game, matches, rows, archived)


async def logged(connection: Connection, game: Game, matches: Sequence[str]) -> list[Values]:
    """All that the log holds of these matches, in event order, as it came: what does not count is among it."""
    here = await connection.fetch(sql.LOGGED, game.name, matches)
    places = await read.places_of_matches(connection, game.name, matches)
    archived = await read.rows_at(connection, game.definition, places, None, EVERYTHING)
    known = {row["id"] for row in here}
    return sorted((*here, *(row for row in archived if row.id not in known)), key=_place)


async def matches_naming(
    connection: Connection, game: Game, types: Collection[str], players: Collection[int]
) -> set[str]:
    """The matches of events of these types that name one of the players anywhere, by a look at the whole log: now and
    then one more, where a number is the same."""
    numbers = "|".join(str(player) for player in sorted(players))
    pattern = f'[ "[{{]({numbers})[],}}"]'
    here = await connection.fetch(sql.MATCHES_NAMING, game.name, sorted(types), pattern, timeout=None)
    found = {row["match"] for row in here}
    async for month in read.months_of_log(connection, game.definition, types, EVERYTHING):
        for row in month:
            plan = game.plan.events.get(row.type)
            if plan is not None and not plan.players(plan.read_log(row.id, row.match, row.at, row.body)).isdisjoint(
                players
            ):
                found.add(row.match)
    return found


async def match_of(connection: Connection, game: Game, id: str, match: str | None) -> str | None:
    """The match of an event; None where the log has no such event. One in files alone is found sooner by its match."""
    for guess in dict.fromkeys((match or id, match)):
        found: str | None = await connection.fetchval(sql.MATCH_OF_EVENT, game.name, id, guess)
        if found is not None:
            return found
    places = await read.places_of_matches(connection, game.name, [match or id])
    archived = await read.rows_at(connection, game.definition, places, None, EVERYTHING)
    in_guess = next((row.match for row in archived if row.id == id), None)
    if in_guess is not None or match is not None:
        return in_guess
    return await read.match_of_event(connection, game.name, id)


async def whole(
    connection: Connection, game: Game, span: Span = EVERYTHING, after_seq: int = 0, last_seq: int | None = None
) -> AsyncIterator[Happened]:
    """The whole log of a game, or a span of it, in event order; of the events with ``after_seq < seq <= last_seq``.

    Must run inside a transaction.
    """
    async for row in _whole_rows(connection, game, span, after_seq, last_seq):
        happened = as_counted(game, row)
        if happened is not None:
            yield happened


async def reported(connection: Connection, game: Game, after_seq: int, last_seq: int) -> AsyncIterator[Values]:
    """The rows of all events with ``after_seq < seq <= last_seq`` that count, in event order, those of types that the
    definition does not have included. Must run inside a transaction."""
    async for row in _whole_rows(connection, game, EVERYTHING, after_seq, last_seq, every_type=True):
        if is_reported(row["type"]):
            yield row


def is_reported(type_: str) -> bool:
    """Whether a game reports such events: facts of our own have a dot in their type, and no id that is remembered."""
    return "." not in type_ or type_ == AWARD_GRANTED


async def behind(
    connection: Connection,
    game: Game,
    types: Iterable[str],
    span: Span = EVERYTHING,
    player: int | None = None,
    match: str | None = None,
) -> AsyncGenerator[Happened, None]:
    """The events of one player, else of one match, else of all, in event order, read as they are asked for; must run
    inside a transaction that sees one moment."""
    wanted = sorted(set(types) & game.plan.events.keys())
    if player is not None:
        rows = _rows_of_player(connection, game, player, wanted, span)
    elif match is not None:
        rows = _rows_of_match(connection, game, match, wanted, span)
    else:
        rows = _whole_rows(connection, game, span)
    async for row in rows:
        if row["type"] in wanted and (happened := as_counted(game, row)) is not None:
            yield happened


async def _whole_rows(
    connection: Connection,
    game: Game,
    span: Span,
    after_seq: int = 0,
    last_seq: int | None = None,
    every_type: bool = False,
) -> AsyncIterator[Values]:
    bounds = (*span, after_seq, last_seq)
    here = connection.cursor(_counted(game, sql.WHOLE_LOG), game.name, *bounds, prefetch=_PAGE_EVENTS)
    async for row in _merged(here, _months(connection, game, span, after_seq, last_seq, every_type)):
        yield row


async def _months(
    connection: Connection, game: Game, span: Span, after_seq: int, last_seq: int | None, every_type: bool
) -> AsyncIterator[list[LoggedRow]]:
    types = None if every_type else game.plan.events
    async for month in read.months_of_log(connection, game.definition, types, span, after_seq):
        within = [row for row in month if row.seq > after_seq and (last_seq is None or row.seq <= last_seq)]
        yield await _without_voided(connection, game, within)


async def _rows_of_player(
    connection: Connection, game: Game, player: int, types: Collection[str], span: Span
) -> AsyncIterator[Values]:
    places = (await read.places_of_players(connection, game.name, [player], game.appearances)).get(player, {})
    arguments = (game.name, [player], types, *span)
    here = connection.cursor(_counted(game, sql.HISTORY_OF_PLAYERS), *arguments, prefetch=_PAGE_OF_ONE_EVENTS)
    async for row in _merged(here, _rows_at(connection, game, places, types, span)):
        yield row


async def _rows_of_match(
    connection: Connection, game: Game, match: str, types: Collection[str], span: Span
) -> AsyncIterator[Values]:
    places = await read.places_of_matches(connection, game.name, [match])
    arguments = (game.name, [match], types, *span)
    here = connection.cursor(_counted(game, sql.HISTORY_OF_MATCHES), *arguments, prefetch=_PAGE_OF_ONE_EVENTS)
    async for row in _merged(here, _rows_at(connection, game, places, types, span)):
        yield row


async def _rows_at(
    connection: Connection, game: Game, places: read.Places, types: Collection[str], span: Span
) -> AsyncIterator[list[LoggedRow]]:
    yield await _archived(connection, game, places, types, span)


async def _merged(cursor: AsyncIterable[Values], archived: AsyncIterator[list[LoggedRow]]) -> AsyncIterator[Values]:
    """Both in event order, as each is read."""
    here = aiter(cursor)
    nearest = await anext(here, None)
    async for some in archived:
        for row in some:
            while nearest is not None and _place(nearest) < _place(row):
                yield nearest
                nearest = await anext(here, None)
            if nearest is not None and _place(nearest) == _place(row):  # it left PostgreSQL meanwhile
                nearest = await anext(here, None)
            yield row
    while nearest is not None:
        yield nearest
        nearest = await anext(here, None)


async def _archived(
    connection: Connection, game: Game, places: read.Places, types: Iterable[str], span: Span
) -> list[LoggedRow]:
    return await _without_voided(connection, game, await read.rows_at(connection, game.definition, places, types, span))


async def _without_voided(connection: Connection, game: Game, rows: list[LoggedRow]) -> list[LoggedRow]:
    if not rows or not game.corrected.has_voids:
        return rows
    found = await connection.fetch(sql.VOIDED_AMONG, game.name, [row.id for row in rows])
    voided = {row["id"] for row in found}
    return [row for row in rows if row.id not in voided]


def _counted(game: Game, statement: str) -> str:
    return statement.format(counted=sql.COUNTED if game.corrected.has_voids else "", appearances=game.appearances)


def _grouped(
    game: Game, keys: Sequence[Any], rows: Sequence[Any], archived: Mapping[Any, Sequence[LoggedRow]]
) -> dict[Any, list[Happened]]:
    found: dict[Any, list[Any]] = {key: [] for key in keys}
    for row in rows:
        found[row["player"]].append(row)
    for key, more in archived.items():
        found[key] = list(heapq.merge(found[key], more, key=_place))
    read_once: dict[str, Happened | None] = {}
    return {key: _history(game, mine, read_once) for key, mine in found.items()}


def _history(game: Game, rows: Sequence[Any], read_once: dict[str, Happened | None]) -> list[Happened]:
    history: list[Happened] = []
    last = None
    for row in rows:
        id = row["id"]
        if id == last:
            continue
        last = id
        if id not in read_once:
            read_once[id] = as_counted(game, row)
        happened = read_once[id]
        if happened is not None:
            history.append(happened)
    return history


def _place(row: Values) -> tuple[int, str]:
    return row["at"], row["id"]


def as_counted(game: Game, row: Values) -> Happened | None:
    """An event of the log as it is folded where it counts; None for a type that the definition no longer has."""
    event_plan = game.plan.events.get(row["type"])
    if event_plan is None:
        return None
    event = event_plan.read_log(row["id"], row["match"], row["at"], row["body"])
    merges = game.corrected.merges
    return Happened(event_plan, event_plan.renamed(event, merges) if merges else event)

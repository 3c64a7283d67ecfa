"""Reading the log back: the events behind rows, players and matches, in event order."""

from collections.abc import AsyncIterator, Iterable, Sequence
from typing import Any, Final

from kleos.core.cells import Values
from kleos.core.completion import Happened
from kleos.core.plan import Plan
from kleos.log import sql
from kleos.store.pool import Connection

Span = tuple[int | None, int | None]
"""From the first moment on, up to but without the second; None is open."""

EVERYTHING: Final[Span] = (None, None)
_PAGE_EVENTS: Final = 5_000


async def of_players(
    connection: Connection,
    plan: Plan,
    players: Sequence[int],
    types: Iterable[str],
    span: Span = EVERYTHING,
) -> dict[int, list[Happened]]:
    """Every event of these types in the matches where each player appeared, by player."""
    return await _grouped(connection, sql.HISTORY_OF_PLAYERS, plan, players, types, span)


async def of_matches(
    connection: Connection,
    plan: Plan,
    matches: Sequence[str],
    types: Iterable[str],
    span: Span = EVERYTHING,
) -> dict[str, list[Happened]]:
    return await _grouped(connection, sql.HISTORY_OF_MATCHES, plan, matches, types, span)


async def whole(connection: Connection, plan: Plan, span: Span = EVERYTHING) -> AsyncIterator[Happened]:
    """The whole log of a game, or a span of it, in event order; must run inside a transaction."""
    async for row in connection.cursor(sql.WHOLE_LOG, plan.definition.game, *span, prefetch=_PAGE_EVENTS):
        happened = _happened(plan, row)
        if happened is not None:
            yield happened


async def _grouped(
    connection: Connection,
    statement: str,
    plan: Plan,
    keys: Sequence[Any],
    types: Iterable[str],
    span: Span,
) -> dict[Any, list[Happened]]:
    rows = await connection.fetch(statement, plan.definition.game, keys, sorted(types), *span)
    found: dict[Any, list[Happened]] = {key: [] for key in keys}
    read: dict[str, Happened | None] = {}
    for row in rows:
        id = row["id"]
        if id not in read:
            read[id] = _happened(plan, row)
        happened = read[id]
        if happened is not None:
            found[row["player"]].append(happened)
    return found


def _happened(plan: Plan, row: Values) -> Happened | None:
    """None for a type that the definition no longer has: it feeds nothing."""
    event_plan = plan.events.get(row["type"])
    if event_plan is None:
        return None
    return Happened(event_plan, event_plan.read_log(row["id"], row["match"], row["at"], row["body"]))

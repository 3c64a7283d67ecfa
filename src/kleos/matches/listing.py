"""Matches as they are listed: newest first, with who played."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Final, Literal

import asyncpg
import msgspec

from kleos.core.errors import BadInput
from kleos.core.ids import check_text
from kleos.core.windows import to_datetime, to_datetime_or_none
from kleos.engine.engine import Engine
from kleos.engine.game import Game
from kleos.matches import sql

Status = Literal["open", "quiet", "ended"]
"""Quiet: its end was not told, and nothing was heard of it for long. Where games do not tell ends, that is its end."""

QUIET_US: Final = 3_600_000_000
"""A match of which nothing was heard for so long does not run any more, whether or not its end was told."""


class Match(msgspec.Struct, kw_only=True):
    """``players`` are those for whom any of its events counts; ``names`` says how they are shown."""

    game: str
    match: str
    status: Status
    started_at: datetime
    last_at: datetime
    ended_at: datetime | None
    events: int
    players: list[str]
    names: dict[str, str]


class Matches(msgspec.Struct):
    """``next`` is the `before` of the following page; null on the last."""

    matches: list[Match]
    next: str | None


class RunningIn(msgspec.Struct):
    game: str
    running: int


class Running(msgspec.Struct):
    """Games of which no match runs are left out."""

    games: list[RunningIn]


async def running(engine: Engine) -> Running:
    """Matches that nothing has ended and of which something happened a short while ago, but for private ones."""
    endless = _endless(engine.games())
    rows = await engine.pool.fetch(sql.RUNNING, engine.now() - QUIET_US)
    return Running([RunningIn(*row) for row in rows if row["game"] not in endless])


def status_of(game: Game, last_at: int, ended_at: int | None, now: int) -> Status:
    if ended_at is not None:
        return "ended"
    if last_at > now - QUIET_US:
        return "open"
    return "quiet" if game.definition.ended_by else "ended"


def _endless(games: Iterable[Game]) -> list[str]:
    """Those whose definition does not say what ends a match."""
    return sorted(game.name for game in games if not game.definition.ended_by)


async def named(engine: Engine, match: str) -> list[Match]:
    """The matches of this id, one a game at most, but for private ones."""
    found = []
    for namespace in sorted({game.namespace for game in engine.games()}):
        games = [game.name for game in engine.games() if game.namespace == namespace]
        found += await shown(engine, namespace, await engine.pool.fetch(sql.NAMED, games, match))
    return found


async def newest(
    engine: Engine,
    games: Sequence[Game],
    player: int | None,
    status: Status | None,
    limit: int,
    before: str | None,
    beside: int | None = None,
) -> Matches:
    """Matches of these games (all of one namespace), by the time of their last event; of one player, where given, and
    of those the ones in which another was as well (``beside``)."""
    names, quiet_since = sorted(game.name for game in games), engine.now() - QUIET_US
    bound: list[Any] = [names, status, *_parse_cursor(before), limit, quiet_since, _endless(games)]
    if player is None:
        rows = await engine.pool.fetch(sql.NEWEST, *bound)
    else:
        rows = await engine.pool.fetch(sql.NEWEST_OF_PLAYER, *bound, player, beside)
    matches = await shown(engine, games[0].namespace if games else "", rows)
    return Matches(matches, _cursor(rows[-1]) if len(rows) == limit else None)


async def shown(engine: Engine, namespace: str, rows: Sequence[asyncpg.Record]) -> list[Match]:
    places = [row["game"] for row in rows], [row["match"] for row in rows]
    appeared = await engine.pool.fetch(sql.PLAYERS_OF, *places)
    cards = await engine.directory.by_number(namespace, sorted({row["player"] for row in appeared}))
    names: dict[tuple[str, str], dict[str, str]] = {}
    for row in appeared:
        card = cards.get(row["player"])
        if card is not None:
            names.setdefault((row["game"], row["match"]), {})[card.id] = card.shown_name
    now = engine.now()
    return [_match(engine.game(row["game"]), row, names.get((row["game"], row["match"]), {}), now) for row in rows]


def _match(game: Game, row: asyncpg.Record, names: dict[str, str], now: int) -> Match:
    ended_at = row["ended_at"]
    return Match(
        game=row["game"],
        match=row["match"],
        status=status_of(game, row["last_at"], ended_at, now),
        started_at=to_datetime(row["first_at"]),
        last_at=to_datetime(row["last_at"]),
        ended_at=to_datetime_or_none(ended_at),
        events=row["events"],
        players=sorted(names),
        names=names,
    )


def _cursor(row: asyncpg.Record) -> str:
    return f"{row['last_at']}/{row['game']}/{row['match']}"


def _parse_cursor(cursor: str | None) -> tuple[int | None, str | None, str | None]:
    if cursor is None:
        return None, None, None
    at, _, rest = cursor.partition("/")
    game, _, match = rest.partition("/")
    check_text(cursor, "before")
    if not game or not match or not at.removeprefix("-").isdecimal() or len(at) > 18:
        raise BadInput("this is not the `next` of another page", "before")
    return int(at), game, match

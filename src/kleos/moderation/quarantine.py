"""Events that failed a check, and wait for somebody to accept or refuse them."""

from datetime import datetime
from typing import Any, Literal

import msgspec

from kleos.core.windows import to_datetime
from kleos.engine.engine import Engine
from kleos.engine.game import Game
from kleos.log.outward import outward_bodies
from kleos.moderation import sql

Status = Literal["waiting", "accepted", "refused"]


class Quarantined(msgspec.Struct):
    """An event that failed a check: kept, not counted. In its body players stand as the game named them. `correction`
    is the one that accepted or refused it; null while it waits. `match_known`: whether the match has events that count.
    """

    seq: int
    id: str
    match: str
    match_known: bool
    type: str
    at: datetime
    received_at: datetime
    reason: str
    body: dict[str, Any]
    status: Status
    correction: int | None


class Quarantine(msgspec.Struct):
    game: str
    events: list[Quarantined]
    total: int


class ReasonAnswer(msgspec.Struct):
    """How many events of a type failed a check for this reason, by what became of them."""

    reason: str
    type: str
    waiting: int
    accepted: int
    refused: int
    last_at: datetime


class Reasons(msgspec.Struct):
    """The most frequent first."""

    game: str
    reasons: list[ReasonAnswer]


async def quarantine_reasons(engine: Engine, game: Game, since: int | None, limit: int) -> Reasons:
    """Of the events that happened from ``since`` on."""
    rows = await engine.pool.fetch(sql.QUARANTINE_REASONS, game.name, since, limit)
    reasons = [ReasonAnswer(**{**dict(row), "last_at": to_datetime(row["last_at"])}) for row in rows]
    return Reasons(game.name, reasons)


async def quarantine_page(
    engine: Engine, game: Game, status: Status | None, reason: str | None, limit: int, offset: int
) -> Quarantine:
    """The newest first."""
    rows = await engine.pool.fetch(sql.QUARANTINE, game.name, status, reason, limit, offset)
    total: int = await engine.pool.fetchval(sql.COUNT_QUARANTINE, game.name, status, reason)
    types = [game.definition.events.get(row["type"]) for row in rows]
    logged = [(type_, row["body"]) for type_, row in zip(types, rows, strict=True)]
    bodies = await outward_bodies(engine.directory, game.namespace, logged)
    return Quarantine(game.name, [_quarantined(row, body) for row, body in zip(rows, bodies, strict=True)], total)


def _quarantined(row: Any, body: dict[str, Any]) -> Quarantined:
    return Quarantined(
        row["seq"],
        row["id"],
        row["match"],
        row["match_known"],
        row["type"],
        to_datetime(row["at"]),
        to_datetime(row["received_at"]),
        row["reason"],
        body,
        row["status"],
        row["correction"],
    )

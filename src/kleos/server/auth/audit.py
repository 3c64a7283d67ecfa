"""Who changed or unlocked what, when, and from where."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import asyncpg
import msgspec
from litestar.connection import ASGIConnection

from kleos.server.auth import sql
from kleos.server.auth.caller import address_of, caller_of


@dataclass(frozen=True, slots=True)
class Entry:
    """``actor`` is a caller's name; ``action`` is what was done, as `season.made`, ``subject`` to what; times in µs."""

    seq: int
    at: int
    actor: str
    address: str | None
    action: str
    subject: str
    game: str | None
    detail: dict[str, Any]


class AuditLog:
    """Append-only. ``clock`` gives microseconds since the epoch."""

    def __init__(self, pool: asyncpg.Pool, clock: Callable[[], int]) -> None:
        self._pool = pool
        self._clock = clock

    async def write(
        self, actor: str, address: str | None, action: str, subject: str, game: str | None = None, **detail: Any
    ) -> None:
        body = msgspec.json.encode(detail)
        await self._pool.execute(sql.ADD_AUDIT, self._clock(), actor, address, action, subject, game, body)

    async def page(
        self, before: int | None, game: str | None, actor: str | None, action: str | None, limit: int
    ) -> list[Entry]:
        """Newest first. ``action`` is the beginning of one."""
        rows = await self._pool.fetch(sql.AUDIT_PAGE, before, game, actor, action, limit)
        return [Entry(**{**dict(row), "detail": msgspec.json.decode(row["detail"])}) for row in rows]


async def audit(
    request: ASGIConnection[Any, Any, Any, Any], action: str, subject: str, game: str | None = None, **detail: Any
) -> None:
    """Writes down what the caller of this request has just done."""
    log: AuditLog = request.app.state.access.audit
    await log.write(caller_of(request).name, address_of(request), action, subject, game, **detail)

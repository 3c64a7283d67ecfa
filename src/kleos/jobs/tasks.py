"""What each kind of job does. Each can be run again from its beginning, whatever an earlier run got to."""

import asyncio
import logging
from collections.abc import Mapping, Sequence
from typing import Any, Final

from kleos.core.definition.load import load
from kleos.engine import catalog
from kleos.engine.catalog import Origin
from kleos.jobs import sql
from kleos.jobs.kinds import Kind
from kleos.jobs.queue import defer
from kleos.jobs.running import Do
from kleos.jobs.work import Work, game_of
from kleos.sheets.verify import snapshot, verify_game
from kleos.telemetry.progress import Progress

KEPT_DIFFERENCES: Final = 20

logger = logging.getLogger(__name__)


async def rebuild(work: Work, progress: Progress, game: str, sheets: Sequence[str] | None = None) -> Any:
    """Folds sheets (all, if None) and awards anew from the log, and puts them in the place of those there are."""
    if work.engine is not None:
        return {"sheets": await work.engine.rebuild(game, sheets, progress)}
    async with work.connection() as connection:
        return {"sheets": await catalog.rebuild_game(connection, game, sheets, progress=progress)}


async def verify(work: Work, progress: Progress, game: str) -> Any:
    """Compares what the database holds with what the log makes of it. Differences are told, and fail nothing."""
    async with work.connection() as connection, snapshot(connection):
        verdict = await verify_game(connection, game, KEPT_DIFFERENCES, progress)
    if verdict.different:
        logger.error("%s: %d cells are not what the log makes of them", game, verdict.different)
    return verdict


async def definition(
    work: Work,
    progress: Progress,
    game: str,
    source: str,
    at: int,
    by: str | None = None,
    restores: int | None = None,
) -> Any:
    """Puts a definition in force, as of ``at``. The run after one that was cut off behind its goal finds it in force;
    StaleDefinition, where something else has changed the game meanwhile, has the job done again."""
    wanted = await asyncio.to_thread(load, source, game)
    async with work.connection() as connection:
        before = await game_of(connection, game)
        if before.definition.source == source:
            return {"version": before.version}
        origin = Origin(at, by, restores, await catalog.counted_from(connection, game, restores))
        if work.engine is not None:
            in_force, _ = await work.engine.put_definition(game, source, origin=origin, progress=progress)
        else:
            in_force = await catalog.put_in_force(connection, before, wanted, origin, progress=progress)
    return {"version": in_force.version if in_force is not None else None}


async def schedule(work: Work, progress: Progress, what: Kind, timestamp: int) -> Any:
    """What was due at this time: a job for each game that has events."""
    async with work.connection() as connection:
        games = [row["game"] for row in await connection.fetch(sql.GAMES_WITH_EVENTS)]
        jobs = [await defer(connection, what, game, "schedule") for game in games]
    return {"jobs": jobs}


TASKS: Final[Mapping[Kind, Do]] = {
    "rebuild": rebuild,
    "verify": verify,
    "definition": definition,
    "schedule": schedule,
}

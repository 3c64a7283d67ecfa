"""What each kind of job does. Each can be run again from its beginning, whatever an earlier run got to."""

import asyncio
import logging
import random
from collections.abc import Mapping, Sequence
from typing import Any, Final

from kleos.core.definition.load import load
from kleos.core.errors import BadInput
from kleos.engine import catalog
from kleos.engine import sql as engine_sql
from kleos.engine.catalog import Origin, lock_of, writers_of
from kleos.engine.refolding import refold_postponed
from kleos.jobs import sql
from kleos.jobs.kinds import Kind
from kleos.jobs.queue import defer
from kleos.jobs.running import Do
from kleos.jobs.work import Work, game_of
from kleos.log.archive.manifest import location_of, retention_days_of
from kleos.log.archive.retention import remove_old
from kleos.log.archive.seal import seal
from kleos.sheets.postponed import refold_some
from kleos.sheets.sample import Bounds, verify_sample
from kleos.sheets.verify import snapshot, verify_game
from kleos.telemetry.progress import Progress

KEPT_DIFFERENCES: Final = 20
_DAY_US: Final = 86_400_000_000

logger = logging.getLogger(__name__)


async def rebuild(work: Work, progress: Progress, game: str, sheets: Sequence[str] | None = None) -> Any:
    """Folds sheets (all, if None) and awards anew from the log, and puts them in the place of those there are."""
    if work.engine is not None:
        return {"sheets": await work.engine.rebuild(game, sheets, progress)}
    async with work.connection() as connection:
        return {"sheets": await catalog.rebuild_game(connection, game, sheets, progress=progress)}


async def archive(work: Work, progress: Progress, game: str) -> Any:
    """Seals what the game's log holds, and removes from PostgreSQL what is old enough, if anything ever is."""
    async with work.connection() as connection:
        location = await location_of(connection)
        if location is None:
            raise BadInput("nobody has said where the archive is: start the server with KLEOS_ARCHIVE", "archive")
        in_force = await game_of(connection, game)
        sealed = await seal(connection, location, in_force, lock_of(game), work.clock(), progress)
        files = [file for span in sealed for file in span.files]
    await refold(work, progress, game)
    return {
        "spans": len(sealed),
        "events": sum(span.events for span in sealed),
        "files": len(files),
        "size_bytes": sum(file.size_bytes for file in files),
        **await retention(work, progress, game),
    }


async def retention(work: Work, progress: Progress, game: str) -> Any:
    """Removes from PostgreSQL the events of sealed spans that are older than the retention time."""
    async with work.connection() as connection:
        location, days = await location_of(connection), await retention_days_of(connection)
        if location is None or days is None:
            return {"removed_events": 0}
        now = work.clock()
        removed = await remove_old(connection, location, game, now - days * _DAY_US, now, progress)
    return {"removed_events": sum(span.events for span in removed)}


async def refold(work: Work, progress: Progress, game: str) -> Any:
    """Makes rows and awards right whose history lies in the archive, after events that came late for them."""
    if work.engine is not None:
        return {"refolded": await refold_postponed(work.engine, game)}
    done = 0
    async with work.connection() as connection:
        while True:
            in_force = await game_of(connection, game)
            refolded = await refold_some(connection, in_force, writers_of(in_force.definition), lock_of(game))
            if not refolded.done:
                break
            done += refolded.done
        if done:  # the server's ranks are in its memory: it reads them anew
            await connection.execute(engine_sql.NEW_CALENDAR, game)
    return {"refolded": done}


async def verify(
    work: Work, progress: Progress, game: str, rows: int | None = None, within_s: float | None = None
) -> Any:
    """Compares what the database holds with what the log makes of it: all of it, or a sample of so many rows and
    seconds. Differences are told, and fail nothing; what only waits to be refolded is none."""
    await refold(work, progress, game)
    async with work.connection() as connection, snapshot(connection):
        if rows is None or within_s is None:
            verdict = await verify_game(connection, game, KEPT_DIFFERENCES, progress)
        else:
            bounds = Bounds(rows, within_s)
            verdict = await verify_sample(connection, game, bounds, KEPT_DIFFERENCES, random.Random(), progress)
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


async def schedule(
    work: Work, progress: Progress, what: Kind, timestamp: int, arguments: Mapping[str, Any] | None = None
) -> Any:
    """What was due at this time: a job for each game that has events, with these arguments."""
    async with work.connection() as connection:
        games = [row["game"] for row in await connection.fetch(sql.GAMES_WITH_EVENTS)]
        jobs = [await defer(connection, what, game, "schedule", **(arguments or {})) for game in games]
    return {"jobs": jobs}


TASKS: Final[Mapping[Kind, Do]] = {
    "rebuild": rebuild,
    "archive": archive,
    "retention": retention,
    "refold": refold,
    "verify": verify,
    "definition": definition,
    "schedule": schedule,
}

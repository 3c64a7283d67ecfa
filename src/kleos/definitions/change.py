"""Changing a game's definition: at once where nothing has to be filled from the log, by a job where something has."""

import asyncio
from dataclasses import dataclass
from typing import Final

from kleos.core.definition.changes import Changes
from kleos.core.definition.load import load
from kleos.core.errors import Conflict
from kleos.definitions import sql
from kleos.definitions.answers import Preview
from kleos.definitions.preview import preview
from kleos.engine.catalog import Origin, changes_between, changes_to
from kleos.engine.engine import Engine
from kleos.engine.game import Game
from kleos.jobs.jobs import Jobs
from kleos.jobs.queue import Job
from kleos.sheets.verify import snapshot
from kleos.store.pool import open_connection

HEARD_WITHIN_S: Final = 10.0
"""So long it may take until this server has heard of a change that a worker made."""
_LOOKS_EVERY_S: Final = 0.05


@dataclass(frozen=True, slots=True)
class Tried:
    """``before`` is None for a new game; then there is nothing to measure either."""

    before: Game | None
    changes: Changes
    preview: Preview | None


@dataclass(frozen=True, slots=True)
class Put:
    """``job`` is the one that still works at it; None when the definition is in force."""

    game: Game | None
    changes: Changes
    job: Job | None


async def try_definition(engine: Engine, name: str, source: str, origin: Origin) -> Tried:
    """What putting a definition in force would do. Raises DefinitionError where the file itself has mistakes; what
    cannot be done to a game with events is told in the changes."""
    definition = await asyncio.to_thread(load, source, name)
    before = _in_force(engine, name)
    if before is None:
        return Tried(None, Changes((), (), tuple(definition.sheets), tuple(definition.achievements)), None)
    connection = await open_connection(engine.database.dsn, timeout_s=engine.database.timeout_s)
    try:
        changes = await changes_to(connection, before.definition, definition)
        if changes.refused:
            return Tried(before, changes, None)
        async with engine.past.one_at_a_time, snapshot(connection):
            return Tried(before, changes, await preview(connection, before, definition, changes, origin))
    finally:
        connection.terminate()


async def put_definition(engine: Engine, jobs: Jobs, name: str, source: str, origin: Origin, within_s: float) -> Put:
    """Puts a definition in force. What a job has to do is waited for so many seconds, and goes on without the caller.

    Raises DefinitionError with all problems; Conflict where the job failed.
    """
    definition = await asyncio.to_thread(load, source, name)
    before = _in_force(engine, name)
    changes = Changes((), (), (), ())
    if before is not None:
        async with engine.long_work.connection() as connection:
            changes = await changes_between(connection, before.definition, definition)
    if before is None or not await _needs_job(engine, jobs, before, source, changes):
        game, changes = await engine.put_definition(name, source, origin=origin)
        return Put(game, changes, None)
    restores = {} if origin.restores is None else {"restores": origin.restores}
    id = await jobs.defer("definition", name, origin.actor, source=source, at=origin.at, by=origin.actor, **restores)
    job = await jobs.ended(id, within_s)
    if not job.has_ended:
        return Put(before, changes, job)
    if job.state != "succeeded":
        raise Conflict(f"the definition of {name} stays as it was: {job.error or job.state}")
    return Put(await _heard(engine, name, job.result["version"]), changes, None)


async def _needs_job(engine: Engine, jobs: Jobs, before: Game, source: str, changes: Changes) -> bool:
    """Definitions come into force in the order in which they were put: also a small change waits behind a great one."""
    if not await jobs.can_run():
        return False
    if await jobs.has_unfinished("definition", before.name):
        return True
    has_to_be_filled = bool(changes.refold or changes.rejudge) and before.definition.source != source
    return has_to_be_filled and bool(await engine.pool.fetchval(sql.HAS_EVENTS, before.name))


def _in_force(engine: Engine, name: str) -> Game | None:
    return next((game for game in engine.games() if game.name == name), None)


async def _heard(engine: Engine, name: str, version: int) -> Game:
    """The game as this server knows it, once it knows of this version."""
    deadline = asyncio.get_running_loop().time() + HEARD_WITHIN_S
    while (game := engine.game(name)).version < version and asyncio.get_running_loop().time() < deadline:
        await asyncio.sleep(_LOOKS_EVERY_S)
    return game

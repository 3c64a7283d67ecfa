"""The games a server knows: their definitions in force, read from files and from the database, and how they change."""

import asyncio
import hashlib
import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from importlib import resources
from pathlib import Path
from typing import Final

import asyncpg
import msgspec

from kleos.core.definition.changes import Changes, compare
from kleos.core.definition.load import load
from kleos.core.definition.model import Definition
from kleos.core.errors import BadInput, Conflict, DefinitionError, Problem, Unavailable
from kleos.core.plan import compile_plan
from kleos.core.windows import Calendar, Season
from kleos.engine import sql
from kleos.engine.game import Game
from kleos.log.sql import DATE_MATCHES, LOCK_EXCLUSIVE
from kleos.moderation.corrected import read_corrected
from kleos.sheets.merge import SheetWriter
from kleos.sheets.rebuild import rebuild_awards, rebuild_sheets
from kleos.sheets.schema import apply_schema
from kleos.sheets.write import Writers
from kleos.store.pool import Connection

_SHIPPED: Final = "kleos.games"
DDL_ATTEMPTS: Final = 5

logger = logging.getLogger(__name__)


def lock_of(game: str) -> int:
    """The key of a game's advisory lock: the same on every node."""
    return int.from_bytes(hashlib.blake2b(game.encode(), digest_size=8, person=b"kleos game").digest(), signed=True)


def files(folder: Path | None) -> Iterator[tuple[str, str, str]]:
    """``(game, file, text)`` of the shipped definitions and those of a folder, which win over shipped ones."""
    found: dict[str, tuple[str, str]] = {}
    for shipped in resources.files(_SHIPPED).iterdir():
        if shipped.name.endswith(".toml"):
            found[shipped.name.removesuffix(".toml")] = (shipped.name, shipped.read_text("utf-8"))
    if folder is not None:
        if not folder.is_dir():
            raise BadInput(f"{folder} is no folder", "games")
        for path in sorted(folder.glob("*.toml")):
            found[path.stem] = (str(path), path.read_text("utf-8"))
    for game, (file, text) in sorted(found.items()):
        yield game, file, text


def load_files(folder: Path | None) -> list[Definition]:
    """All definitions of :func:`files`; raises DefinitionError with the problems of every file at once."""
    definitions: list[Definition] = []
    problems: list[Problem] = []
    for game, file, text in files(folder):
        try:
            definitions.append(load(text, game, file))
        except DefinitionError as error:
            problems += error.problems
    if problems:
        raise DefinitionError(problems)
    return definitions


def writers_of(definition: Definition) -> Writers:
    return {name: SheetWriter.of(definition, sheet) for name, sheet in definition.sheets.items()}


async def game_in_force(connection: Connection, definition: Definition, version: int, calendar: int) -> Game:
    seasons = await connection.fetch(sql.SEASONS, definition.game)
    named = [Season(row["name"], row["title"], row["starts_at"], row["ends_at"]) for row in seasons]
    plan = compile_plan(definition, await counted_from(connection, definition.game, version))
    corrected = await read_corrected(connection, definition.game, definition.namespace)
    return Game(definition, plan, version, Calendar(definition.timezone, named), calendar, corrected)


async def read_games(connection: Connection) -> list[Game]:
    """Every game as the database has it in force."""
    rows = await connection.fetch(sql.IN_FORCE)
    return [
        await game_in_force(connection, load(row["source"], row["game"]), row["version"], row["calendar"])
        for row in rows
    ]


async def read_game(connection: Connection, game: str) -> Game | None:
    """One game as the database has it in force; None where it knows no such game."""
    return next((one for one in await read_games(connection) if one.name == game), None)


async def counted_from(connection: Connection, game: str, version: int | None) -> dict[str, int]:
    """Since when the achievements of a version that count "from today" do; nothing where there is no such version."""
    kept = None if version is None else await connection.fetchval(sql.COUNTS_FROM, game, version)
    return {} if kept is None else msgspec.json.decode(kept, type=dict[str, int])


async def is_news(connection: Connection, definition: Definition) -> bool:
    """Whether a file says something that was never in force: one that was, has been superseded on purpose."""
    rows = await connection.fetch(sql.VERSIONS, definition.game)
    return all(row["source"] != definition.source for row in rows)


def changes_between(before: Definition | None, after: Definition) -> Changes:
    """What a change of definition would change; raises DefinitionError where the log or the sheets forbid it."""
    if before is None:
        return Changes((), (), tuple(after.sheets), tuple(after.achievements))
    changes = compare(before, after)
    if changes.refused:
        raise DefinitionError(changes.refused)
    return changes


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a version comes from: when (microseconds), who put it, and which earlier version it brings back.

    ``counted_from`` is that version's, so that achievements which it brings back count from when they did.
    """

    at: int
    actor: str | None = None
    restores: int | None = None
    counted_from: Mapping[str, int] = field(default_factory=dict)

    def counts_from(self, before: Game | None, definition: Definition) -> dict[str, int]:
        """Since when the achievements that count "from today" do: today, for those that did not do so before."""
        known = {**self.counted_from, **(before.plan.counts_from if before is not None else {})}
        achievements = definition.achievements.values()
        return {each.name: known.get(each.name, self.at) for each in achievements if each.counts_from == "today"}


async def put_in_force(connection: Connection, before: Game | None, definition: Definition, origin: Origin) -> Game:
    """As :func:`_put_in_force`; tries again where somebody's long query on a sheet keeps its table from growing."""
    for attempt in range(DDL_ATTEMPTS):
        try:
            return await _put_in_force(connection, before, definition, origin)
        except asyncpg.LockNotAvailableError:
            logger.info("a query holds a sheet of %s; attempt %d to change it", definition.game, attempt + 1)
            await asyncio.sleep(attempt)
    raise Unavailable(f"queries on the sheets of {definition.game} keep them from being changed; end those, and retry")


async def _put_in_force(connection: Connection, before: Game | None, definition: Definition, origin: Origin) -> Game:
    """Makes a definition the one in force: tables, version, new columns filled from the log. One transaction."""
    changes = changes_between(before.definition if before is not None else None, definition)
    async with connection.transaction():
        await connection.execute(LOCK_EXCLUSIVE, lock_of(definition.game))
        await apply_schema(connection, definition)
        version = await _add_version(connection, before, definition, origin)
        calendar = await connection.fetchval(sql.PUT_IN_FORCE, definition.game, version)
        game = await game_in_force(connection, definition, version, calendar)
        if before is not None and await connection.fetchval(sql.EVENTS_BEFORE, definition.game):
            writers = writers_of(definition)
            await rebuild_sheets(connection, game, writers, changes.refold)
            if before.definition.ended_by != definition.ended_by:
                await connection.execute(DATE_MATCHES, definition.game, sorted(definition.ended_by))
            if changes.rejudge or "awards" in changes.refold:
                await rebuild_awards(connection, game, writers)
        return game


async def _add_version(connection: Connection, before: Game | None, definition: Definition, origin: Origin) -> int:
    counts_from = msgspec.json.encode(origin.counts_from(before, definition))
    version: int = await connection.fetchval(
        sql.ADD_VERSION, definition.game, definition.source, origin.actor, origin.restores, counts_from
    )
    return version


def refuse_overlap(calendar: Calendar, season: Season) -> None:
    """A moment belongs to one season at most, so that `window=season` means one thing."""
    if season.start >= season.end:
        raise BadInput("a season must end after it starts", "ends_at")
    for other in calendar.seasons:
        if other.name != season.name and season.start < other.end and other.start < season.end:
            raise Conflict(f"season {season.name!r} would overlap {other.name!r}; seasons of a game follow one another")

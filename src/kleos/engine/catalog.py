"""The games a server knows: their definitions in force, read from files and from the database, and how they change."""

import asyncio
import hashlib
import logging
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Final, Literal

import asyncpg
import msgspec

from kleos.core.definition.changes import Changes, compare
from kleos.core.definition.load import load
from kleos.core.definition.model import Definition, EventType
from kleos.core.errors import BadInput, Conflict, DefinitionError, NotFound, Problem, StaleDefinition, Unavailable
from kleos.core.plan import compile_plan
from kleos.core.windows import Calendar, Season
from kleos.engine import sql
from kleos.engine.game import Game
from kleos.log.sql import LOCK_EXCLUSIVE
from kleos.moderation.corrected import read_corrected
from kleos.replay.appearances import appearances
from kleos.sheets.appeared import appearing
from kleos.sheets.merge import SheetWriter
from kleos.sheets.rebuild import Target, check_in_force, clear_away, rebuilding
from kleos.sheets.schema import apply_schema, outgrown
from kleos.sheets.swap import Change, Quiet, nobody_else, swap
from kleos.sheets.write import Writers
from kleos.store.pool import Connection
from kleos.telemetry.progress import Progress, silent

_SHIPPED: Final = "kleos.games"
DDL_ATTEMPTS: Final = 5
REBUILD_ATTEMPTS: Final = 5

logger = logging.getLogger(__name__)


def lock_of(game: str) -> int:
    """The key of a game's advisory lock: the same on every node."""
    return int.from_bytes(hashlib.blake2b(game.encode(), digest_size=8, person=b"kleos game").digest(), signed=True)


def files(folder: Path | None) -> Iterator[tuple[str, str, Traversable]]:
    """``(game, file, where it is)`` of the shipped definitions and those of a folder, which win over shipped ones."""
    found: dict[str, tuple[str, Traversable]] = {}
    for shipped in resources.files(_SHIPPED).iterdir():
        if shipped.name.endswith(".toml"):
            found[shipped.name.removesuffix(".toml")] = (shipped.name, shipped)
    if folder is not None:
        if not folder.is_dir():
            raise BadInput(f"{folder} is no folder", "games")
        for path in sorted(folder.glob("*.toml")):
            found[path.stem] = (str(path), path)
    for game, (file, place) in sorted(found.items()):
        yield game, file, place


def read_text(file: str, place: Traversable) -> str:
    """A definition's text. Raises DefinitionError, naming the file, where there is none to read."""
    try:
        return place.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise DefinitionError([Problem(file, "", None, f"cannot be read: {error.strerror}")]) from None
    except UnicodeDecodeError as error:
        message = f"is not UTF-8: byte {error.start} begins no character"
        raise DefinitionError([Problem(file, "", None, message)]) from None


def load_files(folder: Path | None) -> list[Definition]:
    """All definitions of :func:`files`; raises DefinitionError with the problems of every file at once."""
    definitions: list[Definition] = []
    problems: list[Problem] = []
    for game, file, place in files(folder):
        try:
            definitions.append(load(read_text(file, place), game, file))
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
    plan = await asyncio.to_thread(compile_plan, definition, await counted_from(connection, definition.game, version))
    corrected = await read_corrected(connection, definition.game, definition.namespace)
    return Game(definition, plan, version, Calendar(definition.timezone, named), calendar, corrected)


async def read_games(connection: Connection) -> tuple[list[Game], dict[str, DefinitionError]]:
    """Every game as the database has it in force, and by name those whose definition is no longer taken: an earlier
    Kleos checked less."""
    games: list[Game] = []
    refused: dict[str, DefinitionError] = {}
    for row in await connection.fetch(sql.IN_FORCE):
        try:
            games.append(await _read(connection, row))
        except DefinitionError as error:
            refused[row["game"]] = error
    return games, refused


async def names(connection: Connection) -> list[str]:
    """Of every game of the database."""
    return [row["game"] for row in await connection.fetch(sql.IN_FORCE)]


async def read_game(connection: Connection, game: str) -> Game | None:
    """One game as the database has it in force; None where it knows no such game.

    Raises DefinitionError where its definition is no longer taken.
    """
    rows = await connection.fetch(sql.IN_FORCE)
    row = next((row for row in rows if row["game"] == game), None)
    return None if row is None else await _read(connection, row)


async def _read(connection: Connection, row: asyncpg.Record) -> Game:
    definition = await asyncio.to_thread(load, row["source"], row["game"])
    return await game_in_force(connection, definition, row["version"], row["calendar"])


async def counted_from(connection: Connection, game: str, version: int | None) -> dict[str, int]:
    """Since when the achievements of a version that count "from today" do; nothing where there is no such version."""
    kept = None if version is None else await connection.fetchval(sql.COUNTS_FROM, game, version)
    return {} if kept is None else msgspec.json.decode(kept, type=dict[str, int])


async def is_news(connection: Connection, definition: Definition) -> bool:
    """Whether a file says something that was never in force: one that was, has been superseded on purpose."""
    rows = await connection.fetch(sql.VERSIONS, definition.game)
    return all(row["source"] != definition.source for row in rows)


async def changes_to(connection: Connection, before: Definition | None, after: Definition) -> Changes:
    """What a change of definition would change, and what the log or the sheets forbid of it."""
    if before is None:
        return Changes((), (), tuple(after.sheets), tuple(after.achievements))
    return compare(before, after, earlier=await _come_again(connection, before, after))


async def changes_between(connection: Connection, before: Definition | None, after: Definition) -> Changes:
    """What a change of definition would change; raises DefinitionError where the log or the sheets forbid it."""
    changes = await changes_to(connection, before, after)
    if changes.refused:
        raise DefinitionError(changes.refused)
    return changes


async def _come_again(connection: Connection, before: Definition, after: Definition) -> dict[str, EventType]:
    """The event types that the log has though the definition in force does not, each as the last version had it.

    Nothing of them can come in between, since no version in force takes them.
    """
    added = after.events.keys() - before.events.keys()
    if not added:
        return {}
    versions = await connection.fetch(sql.VERSIONS, after.game)
    sources = [row["source"] for row in reversed(versions)]
    found = await asyncio.to_thread(_last_of_each, after.game, sources, added)
    return {
        name: event
        for name, event in sorted(found.items())
        if await connection.fetchval(sql.HOLDS_TYPE, after.game, name)
    }


def _last_of_each(game: str, sources: Sequence[str], types: Collection[str]) -> dict[str, EventType]:
    """The event types as the first of these sources has them that has each; most sources need not be loaded."""
    found: dict[str, EventType] = {}
    for source in sources:
        wanted = [name for name in types if name not in found and name in source]
        if wanted:
            with suppress(DefinitionError):  # what an earlier Kleos took and this one does not must not bar a change
                events = load(source, game).events
                found.update((name, events[name]) for name in wanted if name in events)
    return found


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


async def put_in_force(
    connection: Connection,
    before: Game | None,
    definition: Definition,
    origin: Origin,
    quiet: Quiet = nobody_else,
    progress: Progress = silent,
) -> Game:
    """Makes a definition the one in force: tables, version, new columns and awards filled from the log.

    What the log must fill is made beside the commits and swapped in with the version, in one transaction. Raises
    StaleDefinition where ``before`` is no longer in force. ``connection`` is one of its own.
    """
    changes = await changes_between(connection, before.definition if before is not None else None, definition)

    async def put(connection: Connection) -> Game:
        await apply_schema(connection, definition, before.definition if before is not None else None)
        version = await _add_version(connection, before, definition, origin)
        calendar = await connection.fetchval(sql.PUT_IN_FORCE, definition.game, version)
        return await game_in_force(connection, definition, version, calendar)

    if before is None:
        return await at_once(connection, definition.game, None, put, quiet)
    is_empty = not await connection.fetchval(sql.EVENTS_BEFORE, definition.game)
    target = await _target(connection, before, definition, changes, origin)
    if is_empty or not target.parts:
        # A rebuild that was begun was to come from what is now replaced.
        await clear_away(connection, definition.game, gives_up=True)
        return await at_once(connection, definition.game, before, put, quiet, no_events=is_empty)
    return await rebuilt(connection, target, put, quiet, progress)


async def _target(
    connection: Connection, before: Game, definition: Definition, changes: Changes, origin: Origin
) -> Target:
    """What the log must fill. A table that would be written anew as a whole, to change it, is filled too."""
    counts_from = origin.counts_from(before, definition)
    calendar = Calendar(definition.timezone, before.calendar.seasons)
    appears = appearances(before.definition) != appearances(definition)
    game = replace(
        before,
        definition=definition,
        plan=await asyncio.to_thread(compile_plan, definition, counts_from),
        calendar=calendar,
        appearances=appearing(before.name) if appears else before.appearances,
    )
    sheets = {*changes.refold, *await outgrown(connection, definition)} & definition.sheets.keys()
    judges = bool(changes.rejudge) or "awards" in sheets
    return Target(
        game,
        before.version,
        before.calendar_version,
        tuple(sorted(sheets)),
        "decide" if judges and "awards" in definition.sheets else None,
        before.definition.ended_by != definition.ended_by,
        appears,
    )


async def rebuilt(
    connection: Connection, target: Target, change: Change, quiet: Quiet = nobody_else, progress: Progress = silent
) -> Game:
    """Rebuilds to the target's end, and puts the change in force with the swap."""
    async with rebuilding(connection, target, lock_of(target.game.name), progress) as rebuild:
        await rebuild.fill()
        progress("swapping", 0, 0)
        return await swap(rebuild, change, quiet)


async def at_once(
    connection: Connection,
    game: str,
    before: Game | None,
    change: Change,
    quiet: Quiet = nobody_else,
    no_events: bool = False,
) -> Game:
    """Puts in force what nothing has to be folded for; ``no_events`` is what that rests on, if it is that."""
    for attempt in range(DDL_ATTEMPTS):
        try:
            async with quiet() as adopt:
                async with connection.transaction():
                    await connection.execute(LOCK_EXCLUSIVE, lock_of(game))
                    if before is not None:
                        await check_in_force(connection, game, before.version, before.calendar_version)
                    if no_events and await connection.fetchval(sql.EVENTS_BEFORE, game):
                        raise StaleDefinition(f"{game} has got its first events meanwhile")
                    changed = await change(connection)
                adopt(changed)
            return changed
        except asyncpg.LockNotAvailableError:
            logger.info("a query holds a sheet of %s; attempt %d to change it", game, attempt + 1)
            await asyncio.sleep(attempt)
    raise Unavailable(f"queries on the sheets of {game} keep them from being changed; end those, and retry")


async def rebuild_game(
    connection: Connection,
    name: str,
    sheets: Collection[str] | None = None,
    quiet: Quiet = nobody_else,
    progress: Progress = silent,
) -> list[str]:
    """Rebuilds sheets of a game (all of them, if none are named), and awards with the sheet `awards`; answers which.

    With all of them, what is kept of matches and who appears in them too.

    Begins again where a correction that changes rows, a season or a definition comes in between. ``connection`` is one
    of its own. Raises NotFound for what there is not, ArchiveDamaged where a file of the log is not what was written:
    then nothing has changed.
    """
    for _ in range(REBUILD_ATTEMPTS):
        game = await read_game(connection, name)
        if game is None:
            raise NotFound("game", name)
        names = sorted(game.sheet(sheet).name for sheet in sheets or game.definition.sheets)
        awards: Literal["decide"] | None = "decide" if "awards" in names else None
        is_all = game.definition.sheets.keys() == set(names)
        # By who appears anew, and not by who does, is found what late events are folded anew with.
        folded = replace(game, appearances=appearing(name)) if is_all else game
        target = Target(folded, game.version, game.calendar_version, tuple(names), awards, is_all, is_all)
        try:
            await rebuilt(connection, target, _same_again(game), quiet, progress)
        except StaleDefinition as error:
            logger.info("%s", error)
        else:
            return names
    raise Unavailable(f"{name} changes too often to be rebuilt; try again later", 60.0)


def _same_again(game: Game) -> Change:
    async def raise_calendar(connection: Connection) -> Game:
        calendar = await connection.fetchval(sql.NEW_CALENDAR, game.name)
        return await game_in_force(connection, game.definition, game.version, calendar)

    return raise_calendar


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

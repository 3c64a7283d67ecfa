"""A file of the archive that is missing, or is another than was written, is named by whoever would read it; nothing is
put in the place of anything, and all is well when the file is back."""

import asyncio
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any, Final

import pytest

from kleos.analytics.activity import activity, spans_between
from kleos.boards.compiled import CompiledBoard, Partition
from kleos.boards.past import PastQuestion
from kleos.boards.rank_history import days_between, rank_history
from kleos.core.definition.changes import compare
from kleos.core.definition.load import load
from kleos.definitions.preview import preview
from kleos.engine.catalog import Origin
from kleos.engine.refolding import refold_postponed
from kleos.log.archive.location import ArchiveDamaged
from kleos.matches.logged import page_of_events
from kleos.moderation.asked import Void
from kleos.moderation.corrections import Corrections
from kleos.sheets.explain import Place, explain
from kleos.sheets.past import page_as_of
from kleos.sheets.query import Question
from kleos.sheets.verify import snapshot, verify_game
from kleos.store.database import Database
from tests.log.archive.worlds import KINDS, World, played, world_of

LATER: Final = 1_790_000_000_000_000
GROWN: Final = KINDS.replace('games = "count()"', 'games = "count()"\nmost  = "max(count)"')
TABLES: Final = ('"kinds"."career"', '"kinds"."table"', '"kinds"."awards"', "kleos.awards", "kleos.voided")


@pytest.fixture
async def world(database: Database, tmp_path: Path) -> AsyncIterator[World]:
    """A log of which two months lie in files alone."""
    async with world_of(database, str(tmp_path / "archive"), tmp_path) as made:
        facts = [
            played(f"e{n}", f"2026-0{1 + n % 2}-1{n}T00:00:00Z", ("ann", "bob")[n % 2], match=f"m{n % 3}", won=n != 4)
            for n in range(9)
        ]
        await made.send(*facts)
        await made.seal()
        await made.remove()
        await made.send(played("late", "2026-01-05T00:00:00Z", "ann", match="m9", won=False))
        yield made


async def ann(world: World) -> int:
    number: int = await world.connection.fetchval("SELECT player FROM kleos.identities WHERE id = 'ann'")
    return number


def question(world: World) -> PastQuestion:
    board = CompiledBoard(world.game.definition, world.game.board("games"))
    return PastQuestion(board, world.game.calendar.named("all", LATER), Partition((), ()), LATER)


async def explained(world: World) -> Any:
    sheet = world.game.sheet("career")
    place = Place(sheet, "run_best", world.game.calendar.named("all", LATER), (await ann(world),))
    return await explain(world.engine.pool, world.game, place, 0, 100)


async def board_then(world: World) -> Any:
    return await world.engine.past.page(world.game, question(world), 0, 10)


async def sheet_then(world: World) -> Any:
    asked = Question(world.game.calendar.named("all", LATER), {}, (), 100, 0)
    engine, turn = world.engine, asyncio.Semaphore(1)
    return await page_as_of(engine.pool, engine.directory, turn, world.game, world.game.sheet("career"), asked, LATER)


async def rank_over_days(world: World) -> Any:
    game, engine = world.game, world.engine
    day = game.calendar.named("2026-02-20", LATER)
    card = (await engine.directory.cards(game.namespace, ["ann"]))["ann"]
    days = days_between(game.calendar, day, day, LATER)
    board, window = question(world).board, question(world).window
    return await rank_history(engine.past, engine.directory, game, board, Partition((), ()), [window], days, card)


async def events_of_a_match(world: World) -> Any:
    return await page_of_events(world.engine.pool, world.game, "m1", (None, None), 100)


async def activity_by_month(world: World) -> Any:
    spans = spans_between(world.game.calendar, "month", None, None, 1_772_000_000_000_000)
    return await activity(world.engine, world.game, "month", spans)


async def refolded(world: World) -> Any:
    return await refold_postponed(world.engine, "kinds")


async def rebuilt(world: World) -> Any:
    return await world.engine.rebuild("kinds")


async def defined(world: World) -> Any:
    return await world.engine.put_definition("kinds", GROWN)


async def previewed(world: World) -> Any:
    definition = load(GROWN.replace(">= 5", ">= 4"), "kinds")
    changes = compare(world.game.definition, definition)
    async with world.engine.pool.acquire() as connection, snapshot(connection):
        return await preview(connection, world.game, definition, changes, Origin(LATER))


async def voided(world: World) -> Any:
    return await Corrections(world.engine).make("kinds", Void(match="m1", reason="a test"), "a moderator")


async def verified(world: World) -> Any:
    async with snapshot(world.connection):
        return await verify_game(world.connection, "kinds")


READERS: Final[tuple[Callable[[World], Awaitable[Any]], ...]] = (
    explained,
    board_then,
    sheet_then,
    rank_over_days,
    events_of_a_match,
    activity_by_month,
    refolded,
    rebuilt,
    defined,
    previewed,
    voided,
    verified,
)


async def state(world: World) -> list[list[Any]]:
    found = []
    for table in TABLES:
        rows = await world.connection.fetch(f"SELECT * FROM {table} r ORDER BY r::text")
        found.append([{name: value for name, value in row.items() if name != "version"} for row in rows])
    return found


@pytest.mark.parametrize("harm", ["missing", "changed", "shorter"])
async def test_whoever_reads_it_names_it(world: World, tmp_path: Path, harm: str) -> None:
    (file,) = (tmp_path / "archive").rglob("played/2026-02/*.parquet")
    content = file.read_bytes()
    middle = len(content) // 2
    await board_then(world)  # it has been found right once
    world.engine.past.forget("kinds")
    before = await state(world)
    for read in READERS:
        if harm == "missing":
            file.unlink()
        elif harm == "changed":
            file.write_bytes(content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :])
        else:
            file.write_bytes(content[:-1])
        try:
            with pytest.raises(ArchiveDamaged, match=file.name):
                await read(world)
            assert await state(world) == before, read.__name__
        finally:
            file.write_bytes(content)
    for read in READERS:
        await read(world)
    assert (await verified(world)).different == 0


async def test_a_change_that_keeps_size_and_time(world: World, tmp_path: Path) -> None:
    (file,) = (tmp_path / "archive").rglob("played/2026-02/*.parquet")
    await board_then(world)  # it has been found right once
    world.engine.past.forget("kinds")
    content, state = file.read_bytes(), file.stat()
    with file.open("r+b") as opened:
        opened.seek(len(content) // 2)
        opened.write(bytes([content[len(content) // 2] ^ 1]))
    os.utime(file, ns=(state.st_atime_ns, state.st_mtime_ns))
    with pytest.raises(ArchiveDamaged, match=file.name):
        await board_then(world)

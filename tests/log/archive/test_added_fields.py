"""Fields with defaults that are added to a game with events: old events have the default, wherever they lie."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Final

import pytest

from kleos.core.errors import DefinitionError
from kleos.moderation.asked import Void
from kleos.moderation.corrections import Corrections
from kleos.sheets.verify import snapshot, verify_game
from kleos.store.database import Database
from tests.log.archive.worlds import KINDS, World, played, world_of

_MOOD: Final = "mood   = \"str? = 'calm'\"\n"
_WORD: Final = "word   = \"str = 'quiet'\"\n"
_SIZE: Final = 'size    = "int = 3"\n'
_MARK: Final = "mark    = \"str? = 'none'\"\n"
_COUNTED: Final = {
    "calm": "mood == 'calm'",
    "unsaid": "mood is None",
    "quiet": "word == 'quiet'",
    "small": "home.size == 3",
    "plain": "home.mark == 'none'",
}
AFTER: Final = KINDS.replace(_SIZE, _SIZE + _MARK).replace(
    'games = "count()"',
    "\n".join(['games = "count()"', *(f'{name} = "count({when})"' for name, when in _COUNTED.items())]),
)
BEFORE: Final = (
    KINDS.replace(_MOOD, "")
    .replace(_WORD, "")
    .replace(_SIZE, "")
    .replace('last  = "last(word)"', "")
    .replace('last   = "last(word)"', "")
)


@pytest.fixture
async def world(database: Database, tmp_path: Path) -> AsyncIterator[World]:
    async with world_of(database, str(tmp_path / "archive"), tmp_path, BEFORE) as made:
        yield made


async def counts(world: World) -> dict[str, int]:
    columns = ", ".join(("games", *_COUNTED))
    row = await world.connection.fetchrow(f'SELECT {columns} FROM "kinds"."career" WHERE "window" = \'all\'')
    assert row is not None
    return dict(row)


async def send(world: World, name: str, count: int) -> None:
    home = {"name": "red", "captain": "ann"}
    facts = (played(f"{name}{n}", f"2026-01-0{n + 1}T00:00:00Z", match=f"{name}{n}", home=home) for n in range(count))
    await world.send(*facts)


async def check(world: World, expected: int) -> None:
    """Every old event counts by the defaults: as it was folded, and as both folds of the log make it."""
    assert await counts(world) == {"games": expected, **dict.fromkeys(_COUNTED, expected), "unsaid": 0}
    async with snapshot(world.connection):
        assert (await verify_game(world.connection, "kinds")).differences == []


@pytest.mark.parametrize("sealed_under", ["both", "new"])
async def test_old_events_have_the_default_of_an_added_field(world: World, sealed_under: str) -> None:
    await send(world, "old", 3)
    if sealed_under == "both":
        await world.seal()
        await world.remove()
        await send(world, "sealed", 3)
        await world.seal()
    await send(world, "kept", 3)
    games = len(await world.engine.pool.fetch("SELECT FROM kleos.event_ids WHERE game = 'kinds'"))
    await world.engine.put_definition("kinds", AFTER)
    await check(world, games)
    await Corrections(world.engine).make("kinds", Void(match="kept0", reason="folds the rest in Python"), "mod")
    await check(world, games - 1)
    await world.seal()
    await check(world, games - 1)
    await world.remove()
    await check(world, games - 1)
    await Corrections(world.engine).make("kinds", Void(match="kept1", reason="reads it from the files"), "mod")
    await check(world, games - 2)


async def test_what_was_sent_as_null_stays_null(world: World) -> None:
    await world.engine.put_definition("kinds", AFTER)
    await world.send(*(played(f"e{n}", f"2026-01-0{n + 1}T00:00:00Z", match=f"m{n}", mood=None) for n in range(3)))
    for step in (world.seal, world.remove):
        await step()
        await world.engine.rebuild("kinds")
        assert (await counts(world))["unsaid"] == 3
    await Corrections(world.engine).make("kinds", Void(match="m0", reason="reads it from the files"), "mod")
    assert (await counts(world))["unsaid"] == 2


@pytest.mark.parametrize(
    "old, new",
    [(_MOOD, "mood   = \"str? = 'wild'\"\n"), (_MOOD, 'mood   = "str?"\n'), (_SIZE, 'size    = "int = 4"\n')],
)
async def test_a_default_that_the_archive_has_written_stays(world: World, old: str, new: str) -> None:
    await world.engine.put_definition("kinds", AFTER)
    with pytest.raises(DefinitionError, match="may be absent from events in the log"):
        await world.engine.put_definition("kinds", AFTER.replace(old, new))


async def test_another_default_of_any_other_field_holds_for_all_that_lack_it(world: World) -> None:
    await send(world, "old", 3)
    await world.engine.put_definition("kinds", AFTER.replace("'quiet'\"\n", "'loud'\"\n"))
    await world.seal()
    await world.remove()
    await send(world, "kept", 3)
    assert (await counts(world))["quiet"] == 0
    await world.engine.put_definition("kinds", AFTER)
    assert (await counts(world))["quiet"] == 3, "those that came later say that they are loud"
    await Corrections(world.engine).make("kinds", Void(match="old0", reason="reads it from the files"), "mod")
    assert (await counts(world))["quiet"] == 2
    async with snapshot(world.connection):
        assert (await verify_game(world.connection, "kinds")).differences == []

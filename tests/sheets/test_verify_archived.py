"""`verify` reads the archive's files as it reads PostgreSQL, and finds what is wrong with either."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from kleos.engine.refolding import refold_postponed
from kleos.log.archive.location import ArchiveDamaged
from kleos.sheets.verify import Verdict, snapshot, verify_game
from kleos.store.database import Database
from tests.log.archive.worlds import EVERY_KIND, World, played, world_of


@pytest.fixture
async def world(database: Database, tmp_path: Path) -> AsyncIterator[World]:
    """Events in files alone, in files and PostgreSQL, and in PostgreSQL alone."""
    async with world_of(database, str(tmp_path / "archive"), tmp_path) as made:
        await made.send(*EVERY_KIND)
        await made.seal()
        await made.remove()
        await made.send(*(played(f"s{n}", f"2026-03-1{n}T00:00:00Z", match="m1", won=n != 2) for n in range(5)))
        await made.seal()
        await made.send(*(played(f"t{n}", f"2026-04-1{n}T00:00:00Z", match="m2") for n in range(4)))
        await refold_postponed(made.engine, made.name)
        yield made


async def verdict_of(world: World) -> Verdict:
    async with snapshot(world.connection):
        return await verify_game(world.connection, world.name)


async def test_a_log_in_both_places_verifies(world: World) -> None:
    verdict = await verdict_of(world)
    assert verdict.differences == []
    assert verdict.events == len(EVERY_KIND) + 9
    assert await world.connection.fetchval("SELECT count(*) FROM kleos.events WHERE game = 'kinds'") == 9


async def test_a_cell_that_archived_events_make_is_named(world: World) -> None:
    await world.connection.execute('UPDATE "kinds"."career" SET total_millionths = 0 WHERE "window" = \'2026-02\'')
    found = {(one.table, one.column, one.stored, one.expected) for one in (await verdict_of(world)).differences}
    assert ("kinds.career", "total", 0.0, -0.1) in found


async def test_an_archived_id_that_is_forgotten_is_named(world: World) -> None:
    await world.connection.execute("DELETE FROM kleos.event_ids WHERE id = 'plain'")
    (one,) = (await verdict_of(world)).differences
    assert (one.table, one.key, one.column, one.stored) == ("events", {"id": "plain"}, "remembered", False)


@pytest.mark.parametrize("harm", ["missing", "changed"])
async def test_a_file_that_is_not_as_it_was_written_is_named(world: World, tmp_path: Path, harm: str) -> None:
    file = sorted((tmp_path / "archive").rglob("*.parquet"))[0]
    if harm == "missing":
        file.unlink()
    else:
        content = bytearray(file.read_bytes())
        content[len(content) // 2] ^= 1
        file.write_bytes(content)
    with pytest.raises(ArchiveDamaged, match=file.name):
        await verdict_of(world)

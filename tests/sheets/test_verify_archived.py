"""`verify` reads the archive's files as it reads PostgreSQL, and finds what is wrong with either."""

import random
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from kleos.engine.refolding import refold_postponed
from kleos.log.archive.location import ArchiveDamaged
from kleos.sheets.sample import Bounds, verify_sample
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


async def test_what_waits_for_its_refold_is_counted_apart(world: World) -> None:
    await world.send(*(played(f"w{n}", f"2026-05-0{1 + 2 * n}T00:00:00Z", "bob", match="m3") for n in range(4)))
    await world.seal()
    await world.remove()
    await world.send(played("late", "2026-05-04T00:00:00Z", "bob", match="m4", won=False))
    verdict = await verdict_of(world)
    assert (verdict.differences, verdict.different) == ([], 0)
    assert verdict.waiting == await world.connection.fetchval("SELECT count(*) FROM kleos.pending_refolds") > 0
    async with snapshot(world.connection):
        sample = await verify_sample(world.connection, world.name, Bounds(10**6, 60.0), 50, random.Random(1))
    assert (sample.differences, sample.waiting) == ([], verdict.waiting)
    await world.connection.execute("""UPDATE "kinds"."career" SET games = 9 WHERE "window" = '2026-01'""")
    assert [one.key["window"] for one in (await verdict_of(world)).differences] == ["2026-01"]
    await world.connection.execute("""UPDATE "kinds"."career" SET games = 1 WHERE "window" = '2026-01'""")
    await refold_postponed(world.engine, world.name)
    verdict = await verdict_of(world)
    assert (verdict.different, verdict.waiting) == (0, 0)


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

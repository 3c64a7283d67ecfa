"""An archive says whose it is; where it is not this database's, nothing is sealed and nothing leaves PostgreSQL."""

import json
import logging
from pathlib import Path

import pytest

from kleos.core.errors import Conflict
from kleos.jobs import tasks
from kleos.jobs.work import Work
from kleos.log.archive.location import Location
from kleos.log.archive.manifest import set_location, spans_of
from kleos.log.archive.owner import OWNER_PATH, check_owner
from kleos.store.database import Database
from kleos.telemetry.progress import silent
from tests.log.archive.test_seal import PLACES, place_of
from tests.log.archive.worlds import World, played, world_of

FACTS = [played(f"e{n}", f"2026-01-0{n + 1}T00:00:00Z", match=f"m{n}") for n in range(5)]
OTHER = "UPDATE kleos.database_id SET id = gen_random_uuid()::text"


async def events(world: World) -> int:
    count: int = await world.connection.fetchval("SELECT count(*) FROM kleos.events WHERE game = 'kinds'")
    return count


@pytest.mark.parametrize("kind", PLACES)
async def test_a_place_becomes_this_databases(kind: str, database: Database, tmp_path: Path) -> None:
    place = place_of(kind, tmp_path)
    async with world_of(database, place, tmp_path) as world:
        written = json.loads(Location.at(place).read(OWNER_PATH))
        assert written == {"database": await world.connection.fetchval("SELECT id FROM kleos.database_id")}
        await set_location(world.connection, place)
        await check_owner(world.connection, Location.at(place))


async def test_a_worker_whose_disk_is_another(database: Database, tmp_path: Path) -> None:
    """On its machine the same path is another folder: an empty one."""
    async with world_of(database, str(tmp_path / "archive"), tmp_path) as world:
        await world.send(*FACTS)
        await set_location(world.connection, str(tmp_path / "archive"), 1)
        in_three_days = world.engine.now() + 3 * 86_400_000_000
        work = Work(database.dsn, clock=lambda: in_three_days)
        (tmp_path / "archive").rename(tmp_path / "the server's")
        with pytest.raises(Conflict, match="not where the server has its archive"):
            await tasks.archive(work, silent, "kinds")
        assert await spans_of(world.connection, "kinds") == []
        assert not (tmp_path / "archive").exists()

        (tmp_path / "the server's").rename(tmp_path / "archive")
        await world.seal()
        (tmp_path / "archive").rename(tmp_path / "the server's")
        with pytest.raises(Conflict, match="not where the server has its archive"):
            await tasks.retention(work, silent, "kinds")
        assert await events(world) == len(FACTS)

        (tmp_path / "the server's").rename(tmp_path / "archive")
        assert (await tasks.archive(work, silent, "kinds"))["removed_events"] == len(FACTS)


async def test_a_place_of_another_database(
    database: Database, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    place = str(tmp_path / "archive")
    async with world_of(database, place, tmp_path) as world:
        await world.send(*FACTS)
        await world.seal()
        kept = {path: path.read_bytes() for path in (tmp_path / "archive").rglob("*") if path.is_file()}
        await world.connection.execute(OTHER)
        for work in (world.seal, world.remove):
            with pytest.raises(Conflict, match="archive of another database"):
                await work()
        with caplog.at_level(logging.WARNING):
            await set_location(world.connection, place)
        assert "archive of another database" in caplog.text
        assert {path: path.read_bytes() for path in kept} == kept
        assert await events(world) == len(FACTS)


async def test_an_archive_from_before_it_had_an_owner(database: Database, tmp_path: Path) -> None:
    place = str(tmp_path / "archive")
    async with world_of(database, place, tmp_path) as world:
        await world.send(*FACTS)
        (span,) = await world.seal()
        (tmp_path / "archive" / OWNER_PATH).unlink()
        await set_location(world.connection, place)
        assert [each.last_seq for each in await world.remove()] == [span.last_seq]


async def test_a_place_without_the_files_that_should_be_there(
    database: Database, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with world_of(database, str(tmp_path / "archive"), tmp_path) as world:
        await world.send(*FACTS)
        (span,) = await world.seal()
        world.location = Location.at(str(tmp_path / "elsewhere"))
        with caplog.at_level(logging.WARNING):
            await set_location(world.connection, world.location.url)
        assert span.files[0].path in caplog.text
        await world.send(played("more", "2026-01-09T00:00:00Z"))
        for work in (world.seal, world.remove):
            with pytest.raises(Conflict, match="copy all of it"):
                await work()


async def test_a_copy_of_the_database_replaces_nothing(database: Database, tmp_path: Path) -> None:
    """It has the same id, and its log goes on by itself from the same number."""
    archive = tmp_path / "archive"
    async with world_of(database, str(archive), tmp_path) as world:
        await world.send(*FACTS)
        (span,) = await world.seal()
        kept = {path: path.read_bytes() for path in archive.rglob("*") if path.is_file()}
        await world.connection.execute("DELETE FROM kleos.spans")
        assert [each.name for each in await world.seal()] == [span.name]  # the same: nothing is lost
        manifest = archive / "kinds" / f"{span.name}.json"
        assert {path: path.read_bytes() for path in kept if path != manifest} == {
            path: content for path, content in kept.items() if path != manifest
        }

        await world.connection.execute("DELETE FROM kleos.spans")
        await world.connection.execute("UPDATE kleos.events SET id = 'the copy''s' WHERE id = 'e2'")
        kept[manifest] = manifest.read_bytes()
        for _ in range(2):
            with pytest.raises(Conflict, match=span.files[0].path):
                await world.seal()
        await world.connection.execute("DELETE FROM kleos.events WHERE id <> 'e0'")
        await world.connection.execute("UPDATE kleos.events SET type = 'left'")
        with pytest.raises(Conflict, match=f"{span.name}.json"):
            await world.seal()
        assert {path: path.read_bytes() for path in kept} == kept


async def test_what_one_who_was_killed_has_left_is_replaced(database: Database, tmp_path: Path) -> None:
    async with world_of(database, str(tmp_path / "archive"), tmp_path) as world:
        await world.send(*FACTS)
        (span,) = await world.seal()
        await world.connection.execute("DELETE FROM kleos.spans")
        (tmp_path / "archive" / "kinds" / f"{span.name}.json").unlink()
        left = tmp_path / "archive" / span.files[0].path
        left.write_bytes(b"made by an earlier definition")
        await world.seal()
        assert [each.files for each in await world.remove()] == [span.files]

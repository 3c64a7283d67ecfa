"""Sealing: what the log holds lies in files of one type and month each, and can be read back as it was."""

import json
from pathlib import Path
from typing import Any

import msgspec
import pyarrow.parquet as pq
import pytest

from kleos.core.errors import BadInput, Conflict
from kleos.engine.seasons import make_season
from kleos.log.archive.bodies import read_rows
from kleos.log.archive.location import Location
from kleos.log.archive.manifest import Span, manifest_path, set_location, spans_of
from kleos.log.archive.seal import sealing
from kleos.store.database import Database
from kleos.store.pool import open_connection
from tests.log.archive.worlds import EVERY_KIND, World, played, world_of

PLACES = ("folder", "file", "memory")


def place_of(kind: str, folder: Path) -> str:
    where = folder / "archive"
    return {"folder": str(where), "file": f"file://{where}", "memory": f"memory://{folder.name}/archive"}[kind]


def read_back(world: World, spans: list[Span]) -> list[dict[str, Any]]:
    rows = []
    for span in spans:
        for file in span.files:
            content = world.location.read(file.path)
            rows += read_rows(content, file.type, world.game.definition.events.get(file.type), None, (None, None))
    rows.sort(key=lambda row: (row.at, row.id))
    names = ("seq", "id", "match", "type", "at", "received_at")
    return [{**{name: row[name] for name in names}, "body": json.loads(row.body), "game": "kinds"} for row in rows]


@pytest.mark.parametrize("kind", PLACES)
async def test_every_kind_of_field_reads_back_as_it_was(kind: str, database: Database, tmp_path: Path) -> None:
    async with world_of(database, place_of(kind, tmp_path), tmp_path) as world:
        await make_season(world.engine, "kinds", "spring", "Spring", 0, 1_000)
        await world.send(*EVERY_KIND)
        spans = await world.seal()
        assert read_back(world, spans) == await world.log()
        assert spans == await spans_of(world.connection, "kinds")
        (span,) = spans
        beside = msgspec.json.decode(world.location.read(manifest_path("kinds", span.name)), type=Span)
        assert beside == span
        assert (span.events, span.first_seq) == (len(EVERY_KIND) + 1, 0)
        paths = {(file.type, file.month): file.path for file in span.files}
        months = {("played", "2026-01"), ("played", "2026-02"), ("played", "2026-03"), ("left", "2026-03")}
        assert {key for key in paths if "." not in key[0]} == months
        assert paths["played", "2026-02"] == f"kinds/played/2026-02/{span.name}.parquet"
        assert len([key for key in paths if key[0] == "season.set"]) == 1


async def test_a_column_for_each_field(database: Database, tmp_path: Path) -> None:
    async with world_of(database, str(tmp_path / "archive"), tmp_path) as world:
        await world.send(*EVERY_KIND)
        (span,) = await world.seal()
        (file,) = [file for file in span.files if (file.type, file.month) == ("played", "2026-02")]
        parquet = pq.ParquetFile(tmp_path / "archive" / file.path)
        types = {field.name: str(field.type) for field in parquet.schema_arrow}
        assert (types["count"], types["part"], types["won"], types["word"]) == ("int64", "double", "bool", "string")
        assert types["scores"].startswith("map<int64, int64")
        assert parquet.metadata.row_group(0).column(0).compression == "ZSTD"
        assert file.fields["sides"] == "map[player, side]"


async def test_spans_follow_one_another(database: Database, tmp_path: Path) -> None:
    async with world_of(database, str(tmp_path / "archive"), tmp_path) as world:
        assert await world.seal() == []
        await world.send(*(played(f"e{n}", "2026-01-01T00:00:00Z") for n in range(7)))
        spans = await world.seal(span_events=3)
        assert [span.events for span in spans] == [3, 3, 1]
        assert [span.first_seq for span in spans[1:]] == [span.last_seq for span in spans[:-1]]
        assert await world.seal() == []
        await world.send(played("late", "2025-01-01T00:00:00Z"))
        (more,) = await world.seal()
        assert (more.first_seq, more.events) == (spans[-1].last_seq, 1)


async def test_types_that_are_gone_and_bodies_that_do_not_fit_stay_json(database: Database, tmp_path: Path) -> None:
    async with world_of(database, str(tmp_path / "archive"), tmp_path) as world:
        await world.send(*EVERY_KIND)
        await world.connection.execute(
            "UPDATE kleos.events SET type = 'forgotten' WHERE id = 'plain';"
            """UPDATE kleos.events SET body = '{"player": "who", "odd": [1]}' WHERE id = 'large'"""
        )
        (span,) = await world.seal()
        fields = {(file.type, file.month): file.fields for file in span.files}
        assert fields["forgotten", "2026-01"] == fields["played", "2026-03"] == {}
        assert read_back(world, [span]) == await world.log()


async def test_a_span_that_was_begun_is_written_to_its_end(database: Database, tmp_path: Path) -> None:
    async with world_of(database, str(tmp_path / "archive"), tmp_path) as world:
        await world.send(*(played(f"e{n}", "2026-01-01T00:00:00Z") for n in range(5)))
        last = await world.connection.fetchval("SELECT max(seq) FROM kleos.events") - 2
        await world.connection.execute(
            "INSERT INTO kleos.spans (game, first_seq, last_seq) VALUES ('kinds', 0, $1)", last
        )
        left = tmp_path / "archive" / "kinds" / "played" / "2026-01" / "x.parquet.0123abcd.part"
        left.parent.mkdir(parents=True)
        left.write_text("half of it")
        assert [span.events for span in await world.seal()] == [3, 2]
        assert not left.exists()
        assert len(list(left.parent.iterdir())) == 2


async def test_one_seals_at_a_time(database: Database, tmp_path: Path) -> None:
    async with world_of(database, str(tmp_path / "archive"), tmp_path) as world:
        await world.send(*EVERY_KIND)
        other = await open_connection(database.dsn)
        async with sealing(other, "kinds"):
            with pytest.raises(Conflict, match="archived already"):
                await world.seal()
        await other.close()
        assert len(await world.seal()) == 1


async def test_a_place_that_nothing_can_reach(database: Database) -> None:
    with pytest.raises(BadInput, match="no place for an archive"):
        Location.at("carrier-pigeon://loft")
    connection = await open_connection(database.dsn)
    with pytest.raises(BadInput):
        await set_location(connection, "carrier-pigeon://loft")
    await connection.close()

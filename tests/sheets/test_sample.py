"""A sample of a game finds what is wrong with those whom it draws, and ends where it is told to."""

import random
from pathlib import Path

import pytest

from kleos.engine.engine import Engine
from kleos.sheets.sample import Bounds, verify_sample
from kleos.sheets.verify import Verdict, snapshot
from kleos.store.database import Database
from kleos.store.pool import open_connection
from tests.log.archive.test_one_log import some_facts
from tests.log.archive.worlds import world_of
from tests.sheets.test_verify import CELLS, ROWS, told  # noqa: F401

EVERYTHING = Bounds(10**6, 60.0)
UNSEEN = {
    "event twice",
    "id forgotten",
    "end of a match",
    "events of a match",
    "match gone",
    "match too many",
    "appearance gone",
    "appearance too many",
    "player gone",
}
"""What only a comparison of everything finds."""


async def sample_of(database: Database, game: str, bounds: Bounds = EVERYTHING, tampering: str = "") -> Verdict:
    seed = random.randrange(2**32)
    print(f"seed {seed}")
    connection = await open_connection(database.dsn)
    try:
        if tampering:
            await connection.execute(tampering)
        async with snapshot(connection):
            return await verify_sample(connection, game, bounds, 50, random.Random(seed))
    finally:
        await connection.close()


async def test_a_right_database_has_no_difference(told: Database) -> None:  # noqa: F811
    verdict = await sample_of(told, "duel")
    assert (verdict.differences, verdict.different, verdict.is_sample) == ([], 0, True)
    assert (verdict.events, verdict.ranks > 10) == (40, True)
    assert verdict.rows > 30
    assert verdict.cells > 500


@pytest.mark.parametrize("kind", sorted((CELLS.keys() | ROWS.keys()) - UNSEEN))
async def test_what_was_tampered_with_is_named(told: Database, kind: str) -> None:  # noqa: F811
    tampering = (CELLS.get(kind) or ROWS[kind])[0]
    table = CELLS[kind][1] if kind in CELLS else ROWS[kind][2]
    verdict = await sample_of(told, "duel", tampering=tampering)
    assert verdict.different > 0
    assert table in {one.table for one in verdict.differences}


async def test_it_ends_where_it_is_told_to(told: Database) -> None:  # noqa: F811
    whole = await sample_of(told, "duel")
    assert (await sample_of(told, "duel", Bounds(10**6, 0.0))).rows < 5
    async with told.pool.acquire() as connection:
        await connection.execute(
            """
            INSERT INTO kleos.appearances (game, player, match)
            SELECT 'duel', player, 'm' || player FROM generate_series(100000, 101000) AS player
            """
        )
    few = await sample_of(told, "duel", Bounds(1, 60.0))
    assert few.rows < whole.rows


async def test_rows_of_matches_and_archived_histories_are_looked_at(database: Database, tmp_path: Path) -> None:
    async with world_of(database, str(tmp_path / "archive"), tmp_path) as world:
        await world.send(*some_facts(60))
        await world.seal(span_events=20)
        await world.remove()
        assert (await sample_of(database, "kinds")).differences == []
        found = await sample_of(database, "kinds", tampering='UPDATE "kinds"."table" SET played = 99')
        assert {(one.table, one.column) for one in found.differences} == {("kinds.table", "played")}


async def test_a_game_without_players(database: Database) -> None:
    async with Engine.open(database):
        assert (await sample_of(database, "golf")).different == 0

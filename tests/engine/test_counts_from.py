"""Achievements that count from the day of their coming: what happened before is as if it had not."""

from collections.abc import AsyncIterator

import pytest

from kleos.engine.catalog import Origin
from kleos.engine.engine import Engine
from kleos.sheets.verify import snapshot, verify_game
from kleos.store.database import Database
from kleos.store.pool import open_connection
from tests.engine.darts import AWARDS, DAY_US, PLAIN, play
from tests.laws.world import NOW, Clock


@pytest.fixture
def clock() -> Clock:
    return Clock(NOW)


@pytest.fixture
async def engine(database: Database, clock: Clock) -> AsyncIterator[Engine]:
    async with Engine.open(database, clock=clock) as engine:
        yield engine


async def awards(engine: Engine) -> set[tuple[str, str, int]]:
    """Who holds what, and since how many days after NOW; and the log says the same."""
    connection = await open_connection(engine.database.dsn)
    async with snapshot(connection):
        verdict = await verify_game(connection, "darts")
        assert verdict.different == 0, verdict.differences
        rows = await connection.fetch(
            "SELECT i.id, a.achievement, a.at FROM kleos.awards a JOIN kleos.identities i USING (player)"
            " WHERE a.game = 'darts'"
        )
    await connection.close()
    return {(row["id"], row["achievement"], (row["at"] - NOW) // DAY_US) for row in rows}


async def test_only_what_happens_from_its_coming_on_counts(engine: Engine, clock: Clock) -> None:
    await engine.put_definition("darts", PLAIN)
    await play(engine, ("ann", 100, -3), ("ann", 20, -2), ("ann", 30, -1), ("bob", 1, -1))
    await engine.put_definition("darts", PLAIN + AWARDS)
    assert await awards(engine) == {("ann", "ever", -1)}
    clock.at = NOW + 10 * DAY_US
    await play(engine, ("ann", 1, 1), ("ann", 120, 2), ("bob", 2, 1), ("bob", 3, 2))
    assert await awards(engine) == {("ann", "ever", -1), ("ann", "high", 2), ("bob", "ever", 2)}
    await play(engine, ("ann", 4, -4), ("ann", 5, 3))
    assert {("ann", "three", 3), ("ann", "both", 3)} <= await awards(engine)
    await play(engine, ("bob", 150, -4))
    assert not any(who == "bob" and what in ("three", "high") for who, what, _ in await awards(engine))


async def test_the_day_stays_when_other_things_change_and_comes_back_with_a_restored_version(
    engine: Engine, clock: Clock
) -> None:
    await engine.put_definition("darts", PLAIN + AWARDS)
    clock.at = NOW + 5 * DAY_US
    await engine.put_definition("darts", PLAIN.replace("Darts", "Arrows") + AWARDS)
    started = engine.game("darts").plan.counts_from
    assert dict(started) == {"three": NOW, "high": NOW, "given": NOW}
    await engine.put_definition("darts", PLAIN)
    assert engine.game("darts").plan.counts_from == {}
    restored = Origin(clock.at, "admin", 2, started)
    await engine.put_definition("darts", PLAIN.replace("Darts", "Arrows") + AWARDS, origin=restored)
    assert engine.game("darts").plan.counts_from == started
    await engine.put_definition("darts", PLAIN)
    await engine.put_definition("darts", PLAIN + AWARDS)
    assert set(engine.game("darts").plan.counts_from.values()) == {clock.at}


async def test_another_server_reads_the_day_from_the_database(database: Database, clock: Clock) -> None:
    async with Engine.open(database, clock=clock) as engine:
        await engine.put_definition("darts", PLAIN + AWARDS)
    clock.at = NOW + 9 * DAY_US
    async with Engine.open(database, clock=clock) as engine:
        assert set(engine.game("darts").plan.counts_from.values()) == {NOW}

"""Events that come late for what is archived: the commit does not wait for files, and a job makes all of it right."""

import asyncio
import random
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from kleos.boards.compiled import CompiledBoard, Partition
from kleos.boards.past import PastQuestion
from kleos.engine.refolding import refold_postponed
from kleos.sheets.verify import snapshot, verify_game
from kleos.store.database import Database
from kleos.store.pool import open_connection
from tests.log.archive.test_one_log import some_facts
from tests.log.archive.worlds import World, played, world_of


@pytest.fixture
async def world(database: Database, tmp_path: Path) -> AsyncIterator[World]:
    async with world_of(database, str(tmp_path / "archive"), tmp_path) as made:
        yield made


async def check(world: World) -> None:
    connection = await open_connection(world.engine.database.dsn)
    try:
        async with snapshot(connection):
            verdict = await verify_game(connection, "kinds")
        assert verdict.differences == []
    finally:
        await connection.close()


async def pending(world: World) -> int:
    count: int = await world.connection.fetchval("SELECT count(*) FROM kleos.pending_refolds")
    return count


async def career(world: World) -> tuple[int, int]:
    row = await world.connection.fetchrow('SELECT games, run_best FROM "kinds"."career" WHERE "window" = \'all\'')
    assert row is not None
    return row["games"], row["run_best"]


async def test_late_for_a_streak_and_an_award(world: World) -> None:
    await world.send(*(played(f"e{n}", f"2026-01-0{1 + 2 * n}T00:00:00Z", won=True, match="m") for n in range(4)))
    await world.seal()
    await world.remove()
    before = await world.connection.fetchrow("SELECT at FROM kleos.awards WHERE achievement = 'hot'")
    await world.send(played("late", "2026-01-04T00:00:00Z", won=False, match="n"))
    assert await career(world) == (5, 4)
    assert await pending(world) > 0
    asked = "SELECT EXISTS (SELECT FROM kleos_jobs.procrastinate_jobs WHERE task_name = 'refold')"
    while not await world.connection.fetchval(asked):
        await asyncio.sleep(0.02)
    assert await refold_postponed(world.engine, "kinds") > 0
    assert await pending(world) == 0
    assert await career(world) == (5, 2)
    assert before is not None
    names = await world.connection.fetch("SELECT achievement FROM kleos.awards ORDER BY 1")
    assert [one["achievement"] for one in names] == ["five"]
    await check(world)


async def test_a_commit_without_archived_history_waits_for_no_job(world: World) -> None:
    await world.send(*(played(f"e{n}", f"2026-01-0{1 + 2 * n}T00:00:00Z", "ann", match="m") for n in range(3)))
    await world.seal()
    await world.remove()
    await world.send(*(played(f"b{n}", f"2026-01-0{1 + 2 * n}T00:00:00Z", "bob", match="n") for n in range(3)))
    await world.send(played("late", "2026-01-02T00:00:00Z", "bob", match="n", won=False))
    assert await pending(world) == 0
    await check(world)


async def test_any_story_archived_half_way(world: World) -> None:
    facts = some_facts(120)
    rng = random.Random(len(facts[0]["word"]))
    for start in range(0, 120, 12):
        await world.send(*facts[start : start + 12])
        if rng.random() < 0.5:
            await world.seal(span_events=20)
            await world.remove()
        if rng.random() < 0.3:
            await refold_postponed(world.engine, "kinds")
    await refold_postponed(world.engine, "kinds")
    assert await pending(world) == 0
    await check(world)


async def test_a_board_of_awards_as_of_then_follows_the_refold(world: World) -> None:
    await world.send(*(played(f"e{n}", f"2026-01-0{1 + 2 * n}T00:00:00Z", won=False, match="m") for n in range(4)))
    await world.seal()
    await world.remove()
    await world.send(played("late", "2026-01-04T00:00:00Z", won=False, match="n"))
    board, at = CompiledBoard(world.game.definition, world.game.board("points")), world.engine.now()
    question = PastQuestion(board, world.game.calendar.named("all", at), Partition((), ()), at)
    assert (await world.engine.past.page(world.game, question, 0, 9)).total == 0
    await refold_postponed(world.engine, "kinds")
    (line,) = (await world.engine.past.page(world.game, question, 0, 9)).entries
    assert (line.player, line.value) == ("ann", 5)

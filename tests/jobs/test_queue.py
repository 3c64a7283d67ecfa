"""The queue without a worker: what waits, what is listed, what can be ended and done again."""

import pytest

from kleos.core.errors import Conflict, NotFound
from kleos.jobs.queue import Queue, defer
from kleos.store.database import Database


@pytest.fixture
def queue(database: Database) -> Queue:
    return Queue(database.pool)


async def test_of_the_same_job_one_waits(queue: Queue) -> None:
    first = await queue.defer("rebuild", "golf")
    assert await queue.defer("rebuild", "golf") == first
    assert await queue.defer("rebuild", "golf", sheets=["career"]) != first
    assert await queue.defer("rebuild", "arcade") != first
    assert await queue.defer("verify", "golf") != first


async def test_every_definition_waits_its_turn(queue: Queue) -> None:
    ids = [await queue.defer("definition", "golf", source=source) for source in ("a", "b", "a")]
    assert len(set(ids)) == 3


async def test_a_job_is_deferred_with_what_it_is_about_or_not_at_all(database: Database, queue: Queue) -> None:
    async with database.pool.acquire() as connection:
        transaction = connection.transaction()
        await transaction.start()
        await defer(connection, "rebuild", "golf")
        await transaction.rollback()
    assert await queue.page() == []


async def test_pages_go_from_the_newest_to_the_oldest(queue: Queue) -> None:
    ids = [await queue.defer("rebuild", f"game_{n}") for n in range(5)]
    page = await queue.page(limit=2)
    assert [job.id for job in page] == ids[:2:-1]
    assert [job.id for job in await queue.page(before=page[-1].id)] == ids[2::-1]
    assert [job.game for job in await queue.page(games=["game_3"])] == ["game_3"]
    assert await queue.page(games=[]) == []
    assert await queue.page(["running"]) == []
    assert len(await queue.page(["waiting", "failed"], kind="rebuild")) == 5


async def test_what_waits_can_be_cancelled_once_and_done_again(queue: Queue) -> None:
    id = await queue.defer("rebuild", "golf", "ann", sheets=["career"])
    with pytest.raises(Conflict, match="waiting"):
        await queue.retry(id)
    cancelled = await queue.cancel(id)
    assert cancelled.state == "cancelled"
    assert cancelled.ended_at is not None
    with pytest.raises(Conflict, match="cancelled"):
        await queue.cancel(id)
    again = await queue.retry(id, "bob")
    assert (again.state, again.game, again.arguments, again.actor) == ("waiting", "golf", {"sheets": ["career"]}, "bob")
    assert again.id != id


async def test_the_source_of_a_definition_is_no_part_of_what_is_listed(queue: Queue) -> None:
    id = await queue.defer("definition", "golf", source="title = 'Golf'", restores=3)
    assert (await queue.job(id)).arguments == {"restores": 3}
    await queue.cancel(id)
    again = await queue.retry(id)
    assert await queue.has_unfinished("definition", "golf")
    assert again.arguments == {"restores": 3}


async def test_there_is_no_such_job(queue: Queue) -> None:
    for ask in (queue.job, queue.cancel, queue.retry):
        with pytest.raises(NotFound):
            await ask(99)
    assert await queue.live_workers() == 0

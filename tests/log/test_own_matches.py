"""An event that has the id of its match: it is of the match as soon as others are, in whatever order they come."""

import asyncio
import itertools
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, Final

import asyncpg
import pytest

from kleos.log import sql
from kleos.moderation.asked import Void
from kleos.moderation.corrections import Corrections
from kleos.sheets.verify import snapshot, verify_game
from kleos.store.database import Database
from kleos.store.pool import open_connection
from tests.log.archive.worlds import KINDS, Fact, World, played, world_of

ENDING: Final = KINDS.replace('title = "Kinds"', 'title = "Kinds"\n[matches]\nended_by = ["left"]')
END: Final[Fact] = {"type": "left", "id": "m", "match": "m", "at": "2026-01-03T00:00:00Z", "player": "ann"}
FIRST: Final = played("m-1", "2026-01-01T00:00:00Z", match="m")
LATER: Final = played("m-2", "2026-01-02T00:00:00Z", match="m")
WHOLE: Final = [(1, 3, 3, 3)]
"""Of the matches: the days of the first and the last event, how many, and the day of the end."""


@pytest.fixture
async def world(database: Database, tmp_path: Path) -> AsyncIterator[World]:
    async with world_of(database, str(tmp_path / "archive"), tmp_path, ENDING) as made:
        yield made


async def matches(world: World) -> list[Any]:
    """As the table has them, and as the log makes them too."""
    connection = await open_connection(world.engine.database.dsn)
    try:
        async with snapshot(connection):
            assert (await verify_game(connection, "kinds")).differences == []
        days = "EXTRACT(day FROM {} AT TIME ZONE 'UTC')::int"
        chosen = ", ".join(days.format(name) for name in ("first_at", "last_at"))
        rows = await connection.fetch(
            f"SELECT {chosen}, events, {days.format('ended_at')} FROM kleos.matches WHERE game = 'kinds'"
        )
        return [tuple(row) for row in rows]
    finally:
        await connection.close()


async def test_any_order_and_any_cut_give_the_same(world: World) -> None:
    ways = [(order, cut) for order in itertools.permutations((FIRST, LATER, END)) for cut in range(3)]
    for number, (order, cut) in enumerate(ways):
        facts = [{**fact, "id": fact["id"].replace("m", f"m@{number}"), "match": f"m@{number}"} for fact in order]
        if cut:
            await world.send(*facts[:cut])
        await world.send(*facts[cut:])
    assert await matches(world) == WHOLE * len(ways)


async def test_one_that_stands_alone_has_no_match(world: World) -> None:
    await world.send(END, played("x", "2026-01-01T00:00:00Z"), played("y", "2026-01-01T00:00:00Z", match="y"))
    assert await matches(world) == []


async def test_it_is_found_in_files_alone(world: World) -> None:
    await world.send(END)
    await world.seal()
    await world.remove()
    await world.send(FIRST, LATER)
    assert await matches(world) == WHOLE


async def test_it_comes_when_the_others_are_in_files_alone(world: World) -> None:
    await world.send(FIRST, LATER)
    await world.seal()
    await world.remove()
    await world.send(END)
    assert await matches(world) == WHOLE


async def test_corrections_leave_what_the_events_that_count_make(world: World) -> None:
    corrections = Corrections(world.engine)
    await world.send(END, FIRST)
    made = await corrections.make("kinds", Void(event="m-1", match="m", reason="a test"), "a moderator")
    assert await matches(world) == []
    await world.send(LATER)
    assert await matches(world) == [(2, 3, 2, 3)]
    assert made.correction is not None
    await corrections.undo("kinds", made.correction.seq, "a moderator", "a test")
    assert await matches(world) == WHOLE
    await corrections.make("kinds", Void(event="m", match="m", reason="a test"), "a moderator")
    assert await matches(world) == [(1, 2, 2, None)]


async def test_one_that_does_not_count_is_not_of_the_match_that_comes_after(world: World) -> None:
    await world.send(END)
    await Corrections(world.engine).make("kinds", Void(event="m", match="m", reason="a test"), "a moderator")
    await world.send(FIRST)
    assert await matches(world) == [(1, 1, 1, None)]


async def test_an_end_that_a_definition_names_later(world: World) -> None:
    await world.engine.put_definition("kinds", KINDS)
    await world.send(END, FIRST, LATER)
    assert await matches(world) == [(1, 3, 3, None)]
    await world.engine.put_definition("kinds", ENDING)
    assert await matches(world) == WHOLE


async def test_others_that_come_at_the_same_moment_wait_for_it(world: World) -> None:
    """The id is taken in a transaction that has not ended when the first other event is being committed."""
    await world.send(played("m", "2026-01-01T00:00:00Z"))
    body = await world.connection.fetchval("DELETE FROM kleos.events WHERE id = 'm' RETURNING body")
    await world.connection.execute("DELETE FROM kleos.event_ids WHERE id = 'm'")
    async with meeting(world, [LATER]) as other:
        await other.execute("INSERT INTO kleos.event_ids VALUES ('kinds', 'm')")
        await other.execute(sql.ADD_EVENTS, "kinds", ["m"], ["m"], ["played"], [0], [body], 0)
    assert await events_of_m(world) == 2


async def test_it_waits_for_others_that_come_at_the_same_moment(world: World) -> None:
    async with meeting(world, [END]) as other:
        await other.execute("INSERT INTO kleos.matches VALUES ('kinds', 'm', now(), now(), 1)")
        assert len(await other.fetch(sql.HOLD_IDS, "kinds", ["m"])) == 1
        await other.execute(sql.LET_GO_OF_IDS, "kinds", ["m"])
    assert await events_of_m(world) == 2


async def events_of_m(world: World) -> int:
    events: int = await world.connection.fetchval("SELECT events FROM kleos.matches WHERE match = 'm'")
    return events


class meeting:
    """A transaction that ends once the commit of ``facts``, begun after it, waits for it."""

    def __init__(self, world: World, facts: list[Fact]) -> None:
        self.world, self.facts = world, facts

    async def __aenter__(self) -> "asyncpg.Connection[Any]":
        self.other = await open_connection(self.world.engine.database.dsn)
        await self.other.execute("BEGIN")
        return self.other

    async def __aexit__(self, *_: object) -> None:
        sending = asyncio.create_task(self.world.send(*self.facts))
        waits = "SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted)"
        while not await self.world.connection.fetchval(waits):
            assert not sending.done()
            await asyncio.sleep(0.01)
        await self.other.execute("COMMIT")
        await self.other.close()
        await sending

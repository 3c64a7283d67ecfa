"""Activity over a log of which a part lies in files alone."""

import asyncio
import itertools
import random
from collections import Counter
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from kleos.analytics.activity import Every, activity, spans_between
from kleos.analytics.kept import Analytics
from kleos.core.windows import from_datetime
from kleos.engine.slow import Keeping
from kleos.store.database import Database
from tests.log.archive.worlds import World, played, world_of

FIRST = date(2026, 1, 1)
DAYS = 60
EVERY: tuple[Every, ...] = ("day", "week", "month")


@pytest.fixture
async def world(database: Database, tmp_path: Path) -> AsyncIterator[World]:
    async with world_of(database, str(tmp_path / "archive"), tmp_path) as made:
        yield made


async def told(world: World, every: Every) -> list[Any]:
    now = world.engine.now()
    spans = spans_between(world.game.calendar, every, FIRST, FIRST + timedelta(days=DAYS - 1), now)
    return (await activity(world.engine, world.game, every, spans)).points


async def test_the_archive_counts_as_the_log_does(world: World) -> None:
    seed = random.SystemRandom().getrandbits(32)
    print(f"seed {seed}")
    rng = random.Random(seed)
    days = [rng.randrange(DAYS) for _ in range(200)]
    facts = [
        played(
            f"e{n}",
            f"{FIRST + timedelta(days=day)}T{rng.randrange(24):02}:00:00Z",
            f"p{rng.randrange(9)}",
            match=f"m{n}",
        )
        for n, day in enumerate(days)
    ]
    await world.send(*facts[:150])
    before = {every: await told(world, every) for every in EVERY}
    assert [point.events for point in before["day"]] == [Counter(days[:150])[day] for day in range(DAYS)]
    assert sum(point.events for point in before["month"]) == 150
    await world.seal(span_events=40)
    await world.remove()
    assert {every: await told(world, every) for every in EVERY} == before
    await world.send(*facts[150:])
    assert [point.events for point in await told(world, "day")] == [Counter(days)[day] for day in range(DAYS)]


async def test_what_was_slow_to_count_is_kept_and_counted_anew_beside_the_answers(world: World) -> None:
    now = world.engine.now()
    spans = spans_between(world.game.calendar, "day", FIRST, FIRST + timedelta(days=2), now)
    await world.send(played("e0", f"{FIRST}T01:00:00Z", "p0", match="m0"))
    analytics = Analytics(world.engine, Keeping(worth_from_s=0.0, fresh_times=0.0, stale_times=1e9, most=1))
    crowd = await asyncio.gather(*(analytics.activity(world.game, "day", spans) for _ in range(20)))
    assert all(answer is crowd[0] for answer in crowd)
    assert [point.events for point in crowd[0].points] == [1, 0, 0]
    await world.send(played("e1", f"{FIRST}T02:00:00Z", "p0", match="m1"))
    assert await analytics.activity(world.game, "day", spans) is crowd[0]
    while (await analytics.activity(world.game, "day", spans)).points[0].events != 2:
        await asyncio.sleep(0)
    await analytics.activity(world.game, "day", spans[:2])
    assert await analytics.activity(world.game, "day", spans) is not crowd[0]
    await analytics.close()


async def test_what_is_quick_to_count_is_never_old(world: World) -> None:
    spans = spans_between(world.game.calendar, "day", FIRST, FIRST, world.engine.now())
    analytics = Analytics(world.engine, Keeping(worth_from_s=1e9))
    for count in range(3):
        assert (await analytics.activity(world.game, "day", spans)).points[0].events == count
        await world.send(played(f"e{count}", f"{FIRST}T01:00:00Z", "p0", match=f"m{count}"))


async def test_players_are_those_of_the_sheets_by_span_or_else_of_the_matches(world: World) -> None:
    await world.send(
        played("a", "2026-01-03T08:00:00Z", "ann", match="m1"),
        played("b", "2026-01-03T09:00:00Z", "bob", match="m1"),
        played("c", "2026-01-04T09:00:00Z", "ann", match="m2"),
    )
    days = await told(world, "day")  # no sheet of this game is kept by day
    assert [point.players for point in days[2:5]] == [2, 1, 0]
    assert [point.matches for point in days[2:5]] == [1, 1, 0]
    assert [point.players for point in await told(world, "month")] == [2, 0, 0]


@pytest.mark.parametrize("every", ["day", "week", "month"])
async def test_spans_follow_one_another(world: World, every: Every) -> None:
    spans = spans_between(world.game.calendar, every, FIRST, None, world.engine.now())
    assert all(one.end == other.start for one, other in itertools.pairwise(spans))
    assert spans[-1].holds(world.engine.now())
    assert spans[0].holds(from_datetime(datetime(FIRST.year, FIRST.month, FIRST.day, tzinfo=UTC)))

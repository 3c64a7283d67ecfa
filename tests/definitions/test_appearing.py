"""A definition may name players whom none named before: they appear, in all that is known of matches, and go again."""

import asyncio
import itertools
import json
import random
from collections.abc import AsyncIterator
from typing import Any, Final

import pytest

from kleos.achievements.rarity import Rarity
from kleos.engine.engine import Engine
from kleos.sheets.verify import snapshot, verify_game
from kleos.store.database import Database
from kleos.store.pool import open_connection
from tests.laws.world import NOW, Clock, wire_time

DUELS: Final = """
title = "Duels"
[events.duel]
by     = "player"
target = "player?"
hard   = "bool"
[sheets.career]
key = ["player"]
[[sheets.career.on]]
event  = "duel"
player = "by"
duels  = "count()"
[sheets.career.formulas]
twice = "duels * 2"
"""
SUFFERED: Final = """
[sheets.suffered]
key = ["player"]
[[sheets.suffered.on]]
event  = "duel"
player = "target"
hits   = "count()"
run    = "streak(hard)"
[boards.suffered]
sheet = "suffered"
by    = "hits desc"
[achievements.tough]
sheet = "suffered"
when  = "run_best >= 3"
[achievements.hard]
event  = "duel"
player = "target"
when   = "hard"
"""
FIGHTERS: Final = ("ann", "ben")
TARGETS: Final = ("cy", "dee", "eve")


@pytest.fixture
async def engine(database: Database) -> AsyncIterator[Engine]:
    async with Engine.open(database, clock=Clock(NOW)) as engine:
        await engine.put_definition("duels", DUELS)
        yield engine


def duel(number: int, rng: random.Random) -> dict[str, Any]:
    return {
        "type": "duel",
        "id": f"d{number}",
        "match": f"m{rng.randrange(6)}",
        "at": wire_time(NOW - rng.randrange(50) * 1_000_000),
        "by": rng.choice(FIGHTERS),
        "target": rng.choice(TARGETS),
        "hard": rng.random() < 0.7,
    }


async def send(engine: Engine, *events: dict[str, Any]) -> None:
    receipt = await engine.ingest_body("duels", json.dumps(events).encode())
    assert receipt.accepted == len(events), receipt


async def check(engine: Engine) -> None:
    connection = await open_connection(engine.database.dsn)
    try:
        async with snapshot(connection):
            verdict = await verify_game(connection, "duels")
        assert verdict.differences == []
    finally:
        await connection.close()


async def players(engine: Engine) -> set[str]:
    statement = "SELECT DISTINCT id FROM kleos.appearances JOIN kleos.identities USING (player) WHERE game = 'duels'"
    return {row["id"] for row in await engine.pool.fetch(statement)}


async def test_who_is_named_by_a_new_rule_appears_while_events_come(engine: Engine) -> None:
    seed = random.SystemRandom().getrandbits(32)
    print(f"seed {seed}")
    rng, numbers, done = random.Random(seed), itertools.count(), asyncio.Event()
    await send(engine, *(duel(next(numbers), rng) for _ in range(200)))
    assert await players(engine) == set(FIGHTERS)

    async def report() -> None:
        while not done.is_set():
            await send(engine, *(duel(next(numbers), rng) for _ in range(3)))

    reporting = [asyncio.create_task(report()) for _ in range(2)]
    for source in (DUELS + SUFFERED, DUELS, DUELS + SUFFERED):
        await engine.put_definition("duels", source)
        await check(engine)
    done.set()
    await asyncio.gather(*reporting)
    assert await players(engine) == {*FIGHTERS, *TARGETS}
    assert (await Rarity(engine.pool).of("duels")).players == 5
    await check(engine)
    await send(engine, *(duel(next(numbers), rng) for _ in range(20)))
    await check(engine)
    page = await engine.standings.page(engine.game("duels"), "suffered", "all", {}, 0, 9)
    assert {line.player for line in page.entries} == set(TARGETS)


async def test_what_only_an_achievement_names_appears_and_goes(engine: Engine) -> None:
    rng = random.Random(3)
    await send(engine, *(duel(number, rng) for number in range(60)))
    alone = '[achievements.hard]\nevent = "duel"\nplayer = "target"\nwhen = "hard"\n'
    await engine.put_definition("duels", DUELS + alone)
    assert await players(engine) == {*FIGHTERS, *TARGETS}
    await check(engine)
    await engine.put_definition("duels", DUELS)
    assert await players(engine) == set(FIGHTERS)
    await check(engine)


async def test_what_is_dropped_is_gone_from_the_database_unless_a_view_stands_on_it(engine: Engine) -> None:
    rng = random.Random(4)
    await send(engine, *(duel(number, rng) for number in range(20)))
    there = "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = 'duels'"

    async def columns() -> set[tuple[str, str]]:
        return {(row["table_name"], row["column_name"]) for row in await engine.pool.fetch(there)}

    await engine.put_definition("duels", DUELS + SUFFERED)
    assert {("suffered", "hits"), ("career", "twice")} <= await columns()
    without = DUELS.partition("[sheets.career.formulas]")[0]
    await engine.put_definition("duels", without)
    found = await columns()
    assert ("career", "duels") in found
    assert not {("suffered", "hits"), ("career", "twice")} & found
    await engine.put_definition("duels", DUELS + SUFFERED)
    await check(engine)
    await engine.pool.execute('CREATE VIEW watched AS SELECT twice FROM "duels"."career"')
    await engine.put_definition("duels", without)
    assert ("career", "twice") in await columns()
    await check(engine)


async def test_a_column_dropped_before_the_first_event_may_come_again_as_another(engine: Engine) -> None:
    plain, _, formulas = DUELS.partition("[sheets.career.formulas]")
    await engine.put_definition("duels", plain + 'told = "sum(0.25)"\n[sheets.career.formulas]' + formulas)
    await engine.put_definition("duels", DUELS)
    there = "SELECT column_name FROM information_schema.columns WHERE table_schema = 'duels' AND table_name = 'career'"
    names = {row["column_name"] for row in await engine.pool.fetch(there)}
    assert "duels" in names
    assert not {name for name in names if name.startswith("told")}
    await engine.put_definition("duels", plain + 'told = "last(target)"\n[sheets.career.formulas]' + formulas)
    rng = random.Random(5)
    await send(engine, *(duel(number, rng) for number in range(20)))
    await check(engine)

"""Law 1 for long work: killed before anything that it asks of the database or of the archive, an archiving, a rebuild
or a change of the definition leaves a system that verifies, takes events, and is brought to its end by the next run.

``KLEOS_CRASHES`` says how often; ``KLEOS_CRASHES=every`` kills at each step, one after the other, from the step
``KLEOS_CRASHES_FROM`` on.
"""

import asyncio
import itertools
import os
import random
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Final

import pytest

from kleos.core.errors import Unavailable
from kleos.engine.refolding import refold_postponed
from kleos.sheets.verify import snapshot, verify_game
from kleos.store.database import Database
from kleos.store.pool import open_connection
from tests.log.archive.test_one_log import some_facts
from tests.log.archive.worlds import KINDS, World, played, world_of

CRASHES: Final = os.environ.get("KLEOS_CRASHES", "2")
FIRST: Final = int(os.environ.get("KLEOS_CRASHES_FROM", "1"))
GROWN: Final = (
    KINDS.replace('games = "count()"', 'games = "count()"\nmost  = "max(count)"').replace(">= 5", ">= 7")
    + '[sheets.beaten]\nkey = ["player"]\n[[sheets.beaten.on]]\nevent = "played"\nplayer = "rival"\ntimes = "count()"\n'
)
STEPS: Final = {"archive": 88, "rebuild": 130, "definition": 155}
"""About so many there are."""
LEFT_OVER: Final = "SELECT relname FROM pg_class WHERE relkind = 'r' AND relname LIKE '%+%'"


@pytest.fixture
async def world(database: Database, tmp_path: Path) -> AsyncIterator[World]:
    async with world_of(database, str(tmp_path / "archive"), tmp_path) as made:
        facts = [{**fact, "rival": f"r{n % 3}"} if n % 2 else fact for n, fact in enumerate(some_facts(90))]
        for start in range(0, len(facts), 30):
            await made.send(*facts[start : start + 30])
        yield made


async def work(world: World, folder: Path, what: str, dies_at: int) -> int | None:
    """Runs it in a process of its own; answers how much it asked, None where it was killed."""
    (folder / "grown.toml.txt").write_text(GROWN)
    place, dsn = str(folder / "archive"), world.engine.database.dsn
    command = (sys.executable, "-m", "tests.laws.dying", dsn, place, what, str(dies_at), str(folder / "grown.toml.txt"))
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(*command, stdout=pipe, stderr=pipe)
    said, errors = await asyncio.wait_for(process.communicate(), 120)
    if process.returncode == -signal.SIGKILL:
        return None
    assert process.returncode == 0, errors.decode()
    return int(said)


async def send(world: World, number: int) -> None:
    at = f"2026-0{1 + number % 8}-01T00:00:00Z"
    facts = [played(f"x{number}-{n}", at, "ann", won=n > 0, rival=f"r{number % 5}") for n in range(2)]
    for _ in range(100):
        try:
            return await world.send(*facts)
        except Unavailable:  # the game was changed by another process, and is read anew
            await asyncio.sleep(0.05)
    raise AssertionError("events are not taken")


async def check(world: World) -> None:
    await refold_postponed(world.engine, "kinds")
    connection = await open_connection(world.engine.database.dsn)
    try:
        async with snapshot(connection):
            verdict = await verify_game(connection, "kinds")
        assert verdict.differences == []
    finally:
        await connection.close()


@pytest.mark.parametrize("what", ["archive", "rebuild", "definition"])
async def test_killed_anywhere(what: str, world: World, tmp_path: Path) -> None:
    if CRASHES == "every":
        pytest.skip("another test kills at every step")
    seed = random.SystemRandom().getrandbits(32)
    print(f"seed {seed}")
    rng = random.Random(seed)
    numbers = itertools.count()
    killed = 0
    for _ in range(3 * int(CRASHES)):
        killed += await work(world, tmp_path, what, rng.randint(1, STEPS[what])) is None
        await check(world)
        await send(world, next(numbers))
    assert killed > 0
    asked = await work(world, tmp_path, what, 0)
    assert asked
    await check(world)
    await check_ended(world, what)
    await send(world, next(numbers))
    await check(world)


async def check_ended(world: World, what: str) -> None:
    """Nothing is left of what was killed."""
    assert await world.connection.fetch(LEFT_OVER) == []
    assert await world.connection.fetchval("SELECT count(*) FROM kleos.rebuilds") == 0
    assert await world.connection.fetchval("SELECT count(*) FROM kleos.spans WHERE sealed_at IS NULL") == 0
    if what == "definition":
        assert await world.connection.fetchval('SELECT min(most) FROM "kinds"."career" WHERE games > 0') == 1
        assert await world.connection.fetchval('SELECT count(*) FROM "kinds"."beaten"') >= 3


@pytest.mark.skipif(CRASHES != "every", reason="takes many minutes: KLEOS_CRASHES=every")
@pytest.mark.parametrize("what", ["archive", "rebuild", "definition"])
async def test_killed_at_every_step(what: str, world: World, tmp_path: Path) -> None:
    numbers = itertools.count()
    for step in itertools.count(FIRST):
        print(f"{what}: killed before step {step}", flush=True)
        if await work(world, tmp_path, what, step) is not None:
            assert step > 40
            return
        await check(world)
        await send(world, next(numbers))
        assert await work(world, tmp_path, what, 0)
        await check(world)
        await check_ended(world, what)
        if what == "definition":
            await world.engine.put_definition("kinds", KINDS)
        await send(world, next(numbers))

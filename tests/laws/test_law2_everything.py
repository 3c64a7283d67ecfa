"""Law 2, over everything at once: games at random live through events in any order, corrections, an archive, other
definitions and restarts; what there is in the end is what the facts alone say, cell by cell, and so is the past.

``KLEOS_LAW2_S`` says for how many seconds stories are told; each prints its seed, and ``KLEOS_LAW2_SEED`` tells one.
"""

import os
import random
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Final
from uuid import uuid4

import pytest

from kleos.engine.engine import Engine
from kleos.store.database import Database
from kleos.store.embedded import EmbeddedPostgres
from kleos.store.pool import open_connection, open_pool
from tests.laws.playing import Playing, Server

SECONDS: Final = float(os.environ.get("KLEOS_LAW2_S", "20"))
SEED: Final = os.environ.get("KLEOS_LAW2_SEED")


@pytest.fixture(scope="module")
async def prepared(postgres: EmbeddedPostgres, template: str) -> str:
    """The name of a database that a server has been started on."""
    name = await _copy(postgres, template)
    pool = await open_pool(_dsn(postgres, name), min_size=1, max_size=4)
    async with Engine.open(Database(_dsn(postgres, name), pool)):
        pass
    pool.terminate()
    return name


async def _copy(postgres: EmbeddedPostgres, of: str) -> str:
    name = f"story_{uuid4().hex[:12]}"
    admin = await open_connection(postgres.dsn)
    try:
        await admin.execute(f'CREATE DATABASE "{name}" TEMPLATE "{of}" STRATEGY FILE_COPY')
    finally:
        await admin.close()
    return name


def _dsn(postgres: EmbeddedPostgres, name: str) -> str:
    return postgres.dsn.replace("/kleos?", f"/{name}?", 1)


Story = Callable[[Playing], Awaitable[None]]


async def tell(postgres: EmbeddedPostgres, prepared: str, folder: Path, seed: int, story: Story) -> None:
    """A story in a database of its own."""
    name = await _copy(postgres, prepared)
    pool = await open_pool(_dsn(postgres, name), min_size=1, max_size=8)
    server = Server(Database(_dsn(postgres, name), pool))
    await server.start()
    playing = Playing(server, str(folder / f"archive-{seed}"), seed)
    try:
        await playing.begin()
        await story(playing)
    except BaseException:
        print(f"seed {seed}\n{playing.reference.game.definition.source}", *playing.told, sep="\n")
        raise
    finally:
        await server.stop()
        pool.terminate()
        admin = await open_connection(postgres.dsn)
        await admin.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
        await admin.close()


async def tell_many(postgres: EmbeddedPostgres, prepared: str, folder: Path, seconds: float, story: Story) -> None:
    until_s = time.monotonic() + seconds
    told = 0
    while not told or (SEED is None and time.monotonic() < until_s):
        seed = random.randrange(2**32) if SEED is None else int(SEED)
        print(f"seed {seed}", flush=True)
        await tell(postgres, prepared, folder, seed, story)
        told += 1
    print(f"{told} stories")


async def test_everything_at_once(postgres: EmbeddedPostgres, prepared: str, tmp_path: Path) -> None:
    await tell_many(postgres, prepared, tmp_path, SECONDS * 0.7, Playing.play)


async def test_corrections_undone_in_any_order_leave_every_row_as_it_was(
    postgres: EmbeddedPostgres, prepared: str, tmp_path: Path
) -> None:
    await tell_many(postgres, prepared, tmp_path, SECONDS * 0.3, Playing.play_and_take_back)

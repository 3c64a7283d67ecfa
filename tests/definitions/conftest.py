"""A server that runs jobs inside, with a small game that has been played."""

from collections.abc import AsyncIterator

import httpx
import pytest

from kleos.engine.engine import Engine
from kleos.jobs.worker import WorkerSettings
from kleos.server.app import create_app
from kleos.server.serving import listen, running
from kleos.store.database import Database
from tests.engine.darts import PLAIN, play
from tests.jobs.test_api import HEADERS, KEY
from tests.laws.world import NOW, Clock


@pytest.fixture
async def served(database: Database) -> AsyncIterator[tuple[httpx.AsyncClient, Engine]]:
    clock = Clock(NOW)
    app = create_app(lambda: Engine.open(database, clock=clock), KEY, worker=WorkerSettings())
    async with (
        running(app, listen("127.0.0.1", 0)) as url,
        httpx.AsyncClient(base_url=url, headers=HEADERS, timeout=60) as http,
    ):
        engine: Engine = app.state.engine
        await engine.put_definition("darts", PLAIN)
        await play(engine, ("ann", 100, -5), ("ann", 20, -4), ("ann", 30, -3), ("ann", 3, -2), ("bob", 1, -1))
        yield http, engine

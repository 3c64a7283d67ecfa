"""A whole server of the test's own, with settings for those who run it."""

import asyncio
import io
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx
from litestar import Litestar
from litestar.types import ControllerRouterHandler

from kleos.engine.engine import Engine
from kleos.server.app import create_app
from kleos.server.logs import RequestLines
from kleos.server.serving import listen, running
from kleos.server.watch import WatchSettings
from kleos.store.database import Database

KEY = "kleos_the-key-of-these-tests"
HEADERS = {"Authorization": f"Bearer {KEY}"}
EVENTS = "/v1/games/arcade/events"


def score(player: str, points: float = 1.0, **more: Any) -> dict[str, Any]:
    return {"type": "score_submitted", "player": player, "score": points, "game_mode": "ranked", **more}


@dataclass(slots=True)
class Watched:
    """A server, its address, and what it writes of requests."""

    app: Litestar
    url: str
    http: httpx.AsyncClient
    written: io.StringIO
    stop: asyncio.Event

    @property
    def engine(self) -> Engine:
        engine: Engine = self.app.state.engine
        return engine

    @property
    def lines(self) -> list[dict[str, Any]]:
        self.app.state.watch.flush()
        return [json.loads(line) for line in self.written.getvalue().splitlines()]

    async def send(self, *events: dict[str, Any]) -> dict[str, Any]:
        response = await self.http.post(EVENTS, json=list(events), headers=HEADERS)
        assert response.status_code == 200, response.text
        said: dict[str, Any] = response.json()
        return said

    async def ready(self) -> None:
        while (await self.http.get("/ready")).status_code != 200:
            await asyncio.sleep(0.02)


@asynccontextmanager
async def watched(
    database_url: str,
    *,
    lines_percent: int = 100,
    slow_s: float = 60.0,
    slow_statement_s: float = 60.0,
    stop_timeout_s: int = 10,
    more_routes: Sequence[ControllerRouterHandler] = (),
) -> AsyncIterator[Watched]:
    """Serves until the block ends, or somebody sets ``stop``."""
    written = io.StringIO()
    settings = WatchSettings(RequestLines("json", written), lines_percent, slow_s)
    opened = Database.open(url=database_url, pool_size=5, slow_statement_s=slow_statement_s)
    async with opened as database:
        app = create_app(lambda: Engine.open(database), KEY, more_routes=more_routes, watch_settings=settings)
        stop = asyncio.Event()
        address: asyncio.Future[str] = asyncio.get_running_loop().create_future()

        async def serve() -> None:
            async with running(app, listen("127.0.0.1", 0), stop_timeout_s=stop_timeout_s) as url:
                address.set_result(url)
                await stop.wait()

        serving = asyncio.create_task(serve())
        await asyncio.wait((serving, address), return_when=asyncio.FIRST_COMPLETED)
        if serving.done():
            serving.result()
        url = await address
        try:
            async with httpx.AsyncClient(base_url=url, timeout=30) as http:
                yield Watched(app, url, http, written, stop)
        finally:
            stop.set()
            await serving

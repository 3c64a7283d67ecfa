"""A whole Kleos for tests of the client: in a thread, on one port, stopped and started as a test likes."""

import asyncio
import threading
from typing import Any

import httpx

from kleos.engine.engine import Engine
from kleos.server.app import create_app
from kleos.server.serving import listen, running
from kleos.store.database import Database
from kleos.store.pool import open_pool

KEY = "kleos_the-key-of-these-tests"
PATIENCE_S = 60.0


class KleosServer:
    """Started by :meth:`start`; after :meth:`stop` it can be started again, at the same address."""

    def __init__(self, dsn: str) -> None:
        self._dsn = dsn
        self._port = 0
        self._up = threading.Event()
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._down: asyncio.Event | None = None
        self.url = ""

    def start(self) -> None:
        self._up.clear()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()), daemon=True)
        self._thread.start()
        assert self._up.wait(PATIENCE_S), "the server did not start"

    def stop(self) -> None:
        if self._thread is None:
            return
        assert self._loop is not None
        assert self._down is not None
        self._loop.call_soon_threadsafe(self._down.set)
        self._thread.join(PATIENCE_S)
        assert not self._thread.is_alive(), "the server did not stop"
        self._thread = None

    def runs_of(self, player: str) -> int:
        """How many arcade runs count for this player."""
        answer = httpx.get(f"{self.url}/v1/games/arcade/sheets/career", params={"player": player})
        rows: list[dict[str, Any]] = answer.raise_for_status().json()["rows"]
        return int(rows[0]["values"]["games_played"]) if rows else 0

    async def _serve(self) -> None:
        self._loop, self._down = asyncio.get_running_loop(), asyncio.Event()
        pool = await open_pool(self._dsn, min_size=1, max_size=4)
        try:
            app = create_app(lambda: Engine.open(Database(self._dsn, pool)), KEY)
            with listen("127.0.0.1", self._port) as listening:
                self._port = listening.getsockname()[1]
                async with running(app, listening) as self.url:
                    self._up.set()
                    await self._down.wait()
        finally:
            pool.terminate()

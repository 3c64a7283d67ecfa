"""Jobs under SIGKILL: whoever runs one is killed anywhere within it; the next finishes it, and everything verifies."""

import asyncio
import json
import os
import random
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any, Final

import httpx
import pytest

from kleos.core.errors import Unavailable
from kleos.engine.engine import Engine
from kleos.jobs.kinds import Kind
from kleos.jobs.queue import Job, Queue
from kleos.log.archive.manifest import set_location
from kleos.server.app import create_app
from kleos.server.serving import listen, running
from kleos.sheets.verify import snapshot, verify_game
from kleos.store.database import Database
from kleos.store.pool import open_connection
from tests.laws.load import KEY, Ledger, loading, until
from tests.laws.test_law1_crashes import serving

KILLS: Final = int(os.environ.get("KLEOS_CRASHES", "1"))
SOON_S: Final = 120.0
JOBS: Final[tuple[Kind, ...]] = ("rebuild", "verify", "definition")
"""The engine's own work on the log and on the archive is killed elsewhere, at every statement."""
MORE: Final = '\n[achievements.law_ten]\nsheet = "career"\nwhen = "rounds_played >= 10"\n'


@asynccontextmanager
async def worker(url: str, log: Path) -> AsyncIterator[asyncio.subprocess.Process]:
    """`kleos worker` in a process of its own."""
    schedules = {"KLEOS_VERIFY_SCHEDULE": "off", "KLEOS_ARCHIVE_SCHEDULE": "off"}
    environment = {**os.environ, **schedules, "KLEOS_DATABASE_URL": url}
    with log.open("ab") as written:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "kleos", "worker", stdout=written, stderr=written, env=environment
        )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def reached(queue: Queue, id: int, process: asyncio.subprocess.Process) -> Job:
    """The job when it runs, or has ended."""
    async with asyncio.timeout(SOON_S):
        while (job := await queue.job(id)).state == "waiting":
            assert process.returncode is None
            await asyncio.sleep(0.005)
    return job


async def working(queue: Queue) -> None:
    async with asyncio.timeout(SOON_S):
        while not await queue.live_workers():
            await asyncio.sleep(0.05)


@asynccontextmanager
async def reporting(engine: Engine, ledger: Ledger) -> AsyncIterator[None]:
    """A few events all the while. A job that takes over may turn some away: those are sent again."""
    done = asyncio.Event()

    async def report() -> None:
        while not done.is_set():
            body = json.dumps(ledger.batch("golf")).encode()
            while not done.is_set():
                with suppress(Unavailable):
                    await engine.ingest_body("golf", body)
                    break
            await asyncio.sleep(0.05)

    reporter = asyncio.create_task(report())
    try:
        yield
    finally:
        done.set()
        await reporter


async def verified(dsn: str, game: str) -> None:
    connection = await open_connection(dsn)
    try:
        async with snapshot(connection):
            verdict = await verify_game(connection, game)
        assert verdict.different == 0, verdict.differences
    finally:
        await connection.close()


@pytest.mark.parametrize("kind", JOBS)
async def test_a_worker_killed_within_a_job(kind: Kind, database: Database, data_dir: Path) -> None:
    """Beside a server whose clients go on reporting."""
    seed = random.SystemRandom().getrandbits(32)
    print(f"seed {seed}")
    rng, queue, log = random.Random(seed), Queue(database.pool), data_dir / "worker.log"
    async with database.pool.acquire() as connection:
        await set_location(connection, str(data_dir / "archive"), None)
    ledger = Ledger(rng)
    app = create_app(lambda: Engine.open(database), KEY)
    async with running(app, listen("127.0.0.1", 0)) as url:
        engine: Engine = app.state.engine
        async with loading(url, ledger):
            await until(lambda: ledger.answered > 200, "events", SOON_S)
        for round_ in range(KILLS):
            arguments: dict[str, Any] = {}
            if kind == "definition":
                source = engine.game("golf").definition.source
                grown = source + MORE if MORE not in source else source.replace(MORE, "")
                arguments = {"source": grown, "at": engine.now()}
            async with worker(database.dsn, log) as process, reporting(engine, ledger):
                await working(queue)
                id = await queue.defer(kind, "golf", **arguments)
                await reached(queue, id, process)
                await asyncio.sleep(rng.uniform(0, 0.3))
                process.kill()
                async with worker(database.dsn, log):
                    job = await queue.ended(id, SOON_S)
            assert job.state == "succeeded", (round_, job, log.read_text()[-3000:])
            await verified(database.dsn, "golf")
        if kind == "definition":
            assert engine.game("golf").version > 1
    await verified(database.dsn, "golf")


async def test_a_server_killed_within_the_jobs_that_it_runs_itself(data_dir: Path) -> None:
    seed = random.SystemRandom().getrandbits(32)
    print(f"seed {seed}")
    rng = random.Random(seed)
    ledger = Ledger(rng)
    headers = {"Authorization": f"Bearer {KEY}"}
    async with serving(data_dir) as server, httpx.AsyncClient(base_url=server.url, headers=headers) as http:
        async with loading(server.url, ledger):
            await until(lambda: ledger.answered > 100, "events", SOON_S)
        for kind in ("rebuild", "archive", "definition"):
            if kind == "definition":
                path = "/v1/games/golf/definition"
                source = (await http.get(path)).text + MORE
                asked = await http.put(path, content=source, params={"wait_s": 0})
                id = (asked.json()["job"] or {}).get("id")
            else:
                id = (await http.post("/v1/games/golf/jobs", json={"kind": kind})).json()["id"]
            await asyncio.sleep(rng.uniform(0, 0.5))
            await server.kill()
            await server.start()
            async with asyncio.timeout(SOON_S):
                while (job := (await http.get(f"/v1/jobs/{id}")).json())["state"] in ("waiting", "running"):
                    await asyncio.sleep(0.05)
            assert job["state"] == "succeeded", job
            await verified(server.dsn, "golf")
        achievements = (await http.get("/v1/games/golf/achievements")).json()["achievements"]
        assert "law_ten" in {each["achievement"] for each in achievements}

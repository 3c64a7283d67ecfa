"""The end of a server: nothing new is taken, what is under way finishes, sockets learn when to come back."""

import asyncio
import json
import signal
import time
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
import websockets

from kleos.engine import catalog
from kleos.log import sql
from kleos.store.pool import open_connection
from tests.cli.conftest import KEY as CLI_KEY
from tests.cli.conftest import LISTENS, Start, start
from tests.server.conftest import problem_of
from tests.server.watched import EVENTS, HEADERS, Watched, score, watched

__all__ = ["start"]

WAITS = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"


def address(server: Watched) -> tuple[str, int]:
    parts = urlsplit(server.url)
    assert parts.hostname is not None
    assert parts.port is not None
    return parts.hostname, parts.port


async def can_connect(server: Watched) -> bool:
    try:
        _, writer = await asyncio.open_connection(*address(server))
    except OSError:
        return False
    writer.close()
    return True


async def test_once_it_stops_nothing_new_is_taken(database_url: str) -> None:
    async with watched(database_url) as server:
        await server.ready()
        server.app.state.watch.stop()
        for method, path in (("POST", EVENTS), ("GET", "/v1/games"), ("GET", "/nowhere")):
            answer = await server.http.request(method, path, headers=HEADERS)
            assert problem_of(answer, 503)["type"] == "urn:kleos:problem:stopping"
            assert int(answer.headers["retry-after"]) > 0
            assert answer.headers["connection"] == "close"
            assert answer.headers["x-request-id"]
        with pytest.raises(websockets.exceptions.InvalidStatus) as refused:
            await websockets.connect(server.url.replace("http", "ws") + "/v1/feed")
        assert refused.value.response.status_code == 503
        ready = await server.http.get("/ready")
        assert (ready.status_code, ready.json()["stopping"]) == (503, True)
        assert (await server.http.get("/health")).status_code == 200
        assert (await server.http.get("/metrics")).status_code == 200
        assert (await server.engine.pool.fetchval("SELECT count(*) FROM kleos.events")) == 0


async def test_a_commit_under_way_finishes_and_is_acknowledged(database_url: str) -> None:
    async with watched(database_url) as server:
        await server.ready()
        holder = await open_connection(database_url)
        transaction = holder.transaction()
        await transaction.start()
        await holder.execute(sql.LOCK_EXCLUSIVE, catalog.lock_of("arcade"))
        sending = asyncio.create_task(server.send(score("ada"), score("bob")))
        while not await holder.fetchval(WAITS):
            await asyncio.sleep(0.01)
        server.stop.set()
        while not server.app.state.watch.is_stopping:
            await asyncio.sleep(0.01)
        async with asyncio.timeout(10):
            while await can_connect(server):
                await asyncio.sleep(0.01)
        assert not sending.done()
        await transaction.rollback()
        assert (await sending)["accepted"] == 2
        assert await holder.fetchval("SELECT count(*) FROM kleos.events") == 2
        await holder.close()


async def test_a_socket_is_told_when_to_come_back(database_url: str) -> None:
    async with watched(database_url) as server:
        async with websockets.connect(server.url.replace("http", "ws") + "/v1/feed") as socket:
            await socket.send('{"subscribe": ["board:arcade/total_score"]}')
            await socket.recv()
            server.stop.set()
            await socket.wait_closed()
        assert socket.close_code == 1012
        assert 0 < json.loads(socket.close_reason or "")["retry_after_ms"] < 60_000


async def test_a_request_that_does_not_end_is_cut_off(database_url: str) -> None:
    async with watched(database_url, stop_timeout_s=1) as server:
        reader, writer = await asyncio.open_connection(*address(server))
        head = f"POST {EVENTS} HTTP/1.1\r\nHost: x\r\nAuthorization: {HEADERS['Authorization']}\r\n"
        writer.write(f"{head}Content-Length: 100\r\n\r\n[".encode())
        await writer.drain()
        while not server.app.state.watch.in_progress:
            await asyncio.sleep(0.01)
        began_s = time.monotonic()
        server.stop.set()
        async with asyncio.timeout(20):
            await reader.read()
        writer.close()
    assert time.monotonic() - began_s < 15


def test_sigterm_under_load_loses_nothing_that_was_acknowledged(start: Start, data_dir: Path) -> None:
    arguments = ("serve", "--data", str(data_dir), "--port", "0")
    process = start(*arguments, env={"KLEOS_ADMIN_KEY": CLI_KEY})
    url = process.until(LISTENS)[1]
    headers = {"Authorization": f"Bearer {CLI_KEY}"}

    async def send(http: httpx.AsyncClient, sender: int, acknowledged: list[str]) -> None:
        for number in range(10_000):
            id = f"{sender}-{number}"
            try:
                answer = await http.post(EVENTS, json=score(f"player-{sender}", id=id))
            except httpx.TransportError:
                return
            if answer.status_code == 503:
                assert int(answer.headers["retry-after"]) > 0
                return
            assert answer.status_code == 200, answer.text
            acknowledged.append(id)
            if number == 20 and sender == 0:
                process.popen.send_signal(signal.SIGTERM)

    async def load() -> list[str]:
        acknowledged: list[str] = []
        async with httpx.AsyncClient(base_url=url, headers=headers, timeout=30) as http:
            await asyncio.gather(*(send(http, sender, acknowledged) for sender in range(8)))
        return acknowledged

    acknowledged = asyncio.run(load())
    assert process.ended().code == 0
    assert len(acknowledged) > 20
    again = start(*arguments, env={"KLEOS_ADMIN_KEY": CLI_KEY})
    url = again.until(LISTENS)[1]
    events = [score("player", id=id) for id in acknowledged]
    said = httpx.post(f"{url}{EVENTS}", json=events, headers=headers, timeout=60).json()
    assert (said["duplicates"], said["accepted"]) == (len(acknowledged), 0)
    assert again.end().code == 0

"""/metrics: every metric is documented and no other, and the numbers are those of what happened."""

import asyncio
import logging
import re
from pathlib import Path

import pytest
import websockets
from prometheus_client.metrics_core import Metric
from prometheus_client.parser import text_string_to_metric_families

from tests.server.watched import EVENTS, HEADERS, Watched, score, watched

PAGE = Path(__file__).resolve().parents[2] / "docs" / "reference" / "metrics.md"
ROW = re.compile(r"^\| `([a-z_]+)` \| (\w+) \|([^|]*)\|", re.MULTILINE)

Values = dict[tuple[str, frozenset[tuple[str, str]]], float]


async def families(server: Watched) -> list[Metric]:
    answer = await server.http.get("/metrics")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    return list(text_string_to_metric_families(answer.text))


async def values(server: Watched) -> Values:
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in await families(server)
        for sample in family.samples
    }


def of(found: Values, name: str, **labels: str) -> float:
    return found[name, frozenset(labels.items())]


async def test_every_metric_is_documented_and_no_other(database_url: str) -> None:
    text = PAGE.read_text("utf-8")
    said = {name: (kind, set(re.findall(r"`(\w+)`", labels))) for name, kind, labels in ROW.findall(text)}
    async with watched(database_url) as server:
        await server.send(score("ada"), score("bob", -1))
        async with websockets.connect(server.url.replace("http", "ws") + "/v1/feed"):
            found = await families(server)
    assert {family.name: family.type for family in found} == {name: kind for name, (kind, _) in said.items()}
    for family in found:
        assert family.samples, f"{family.name} was not measured"
        for sample in family.samples:
            assert set(sample.labels) - {"le"} == said[family.name][1], sample


async def test_the_numbers_are_those_of_what_happened(database_url: str) -> None:
    async with watched(database_url) as server:
        await server.ready()
        before = await values(server)
        assert of(before, "kleos_quarantine_events", game="arcade") == 0
        said = await server.send(
            score("ada", 5, id="1"), score("ada", 5, id="1"), score("bob", -1), {"type": "nothing"}, score("cyd", 2)
        )
        assert (said["accepted"], said["duplicates"], said["quarantined"], len(said["rejected"])) == (2, 1, 1, 1)
        for _ in range(3):
            await server.http.get("/v1/games/arcade/boards/total_score")
        await server.http.get("/v1/games/nope")
        server.app.state.metrics._counted_at_s = float("-inf")
        after = await values(server)
        sent = {"method": "POST", "route": "/v1/games/{game}/events", "status": "200"}
        assert of(after, "kleos_request_seconds_count", **sent) == 1
        assert 0 < of(after, "kleos_request_seconds_sum", **sent) < 30
        read = {"method": "GET", "route": "/v1/games/{game}/boards/{board}", "status": "200"}
        assert of(after, "kleos_request_seconds_count", **read) == 3
        missed = {"method": "GET", "route": "/v1/games/{game}", "status": "404"}
        assert of(after, "kleos_request_seconds_count", **missed) == 1
        for verdict, count in {"accepted": 2, "duplicate": 1, "quarantined": 1, "rejected": 1}.items():
            assert of(after, "kleos_events_total", game="arcade", verdict=verdict) == count
            assert of(after, "kleos_events_total", game="golf", verdict=verdict) == 0
        assert of(after, "kleos_commit_events_sum", game="arcade") == 4
        assert of(after, "kleos_commit_events_count", game="arcade") == 1
        assert of(after, "kleos_commit_seconds_bucket", game="arcade", le="+Inf") == 1
        assert of(after, "kleos_board_entries", game="arcade", board="total_score", window="all") == 2
        assert of(after, "kleos_board_memory_bytes", game="arcade", board="total_score", window="all") > 0
        assert of(after, "kleos_quarantine_events", game="arcade") == 1
        assert of(after, "kleos_page_cache_hits_total") == 2
        assert of(after, "kleos_page_cache_misses_total") == 1
        assert of(after, "kleos_index_lag_rows", game="arcade") == 0
        assert of(after, "kleos_indexes", state="warm") > 0
        assert of(after, "kleos_indexes", state="warming") == 0
        assert of(after, "kleos_events_waiting", game="arcade") == 0
        assert of(after, "kleos_database_up") == 1
        assert of(after, "kleos_pool_size") == 5
        assert of(after, "kleos_requests_in_progress") == 1
        assert of(after, "kleos_statement_seconds_count") > of(before, "kleos_statement_seconds_count")
        assert of(after, "process_resident_memory_bytes") > 10_000_000


async def test_sockets_are_counted_while_they_are_open(database_url: str) -> None:
    async with watched(database_url) as server:
        async with websockets.connect(server.url.replace("http", "ws") + "/v1/feed") as socket:
            await socket.send('{"subscribe": ["board:arcade/total_score"]}')
            await socket.recv()
            open_ones = await values(server)
            assert of(open_ones, "kleos_sockets", route="/v1/feed") == 1
            assert of(open_ones, "kleos_feed_topics") == 1
        async with asyncio.timeout(30):
            while of(await values(server), "kleos_sockets", route="/v1/feed"):
                await asyncio.sleep(0.01)


async def test_slow_statements_are_counted_and_told_without_their_arguments(
    database_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING, "kleos.store.statements"):
        async with watched(database_url, slow_statement_s=0.0) as server:
            await server.send(score("an-id-that-is-nobody-s-business"))
            found = await values(server)
    assert of(found, "kleos_slow_statements_total") > 5
    assert "INSERT INTO kleos.events" in caplog.text
    assert "an-id-that-is" not in caplog.text


async def test_while_the_database_is_away_the_rest_is_told(database_url: str) -> None:
    async with watched(database_url) as server:
        pool = server.engine.pool
        connections = [await pool.acquire() for _ in range(pool.get_max_size())]
        found = await values(server)
        for connection in connections:
            await pool.release(connection)
        assert of(found, "kleos_database_up") == 0
        assert of(found, "kleos_pool_connections", state="in use") == pool.get_max_size()
        assert not [name for name, _ in found if name.startswith("kleos_quarantine")]
        assert of(await values(server), "kleos_database_up") == 1


async def test_whatever_is_asked_for_there_are_few_routes(database_url: str) -> None:
    async with watched(database_url) as server:
        for number in range(20):
            await server.http.get(f"/v1/games/arcade/boards/total_score/players/{number}")
            await server.http.get(f"/nothing/{number}")
            await server.http.request(f"BREW{number}", "/")
        await server.http.post(EVENTS, content=b"{", headers=HEADERS)
        routes = {route for _, route, _ in server.app.state.watch.requests}
        methods = {method for method, _, _ in server.app.state.watch.requests}
    assert len(routes) <= 4, routes
    assert methods <= {"GET", "POST", "OTHER"}

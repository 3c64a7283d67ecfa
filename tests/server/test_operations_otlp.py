"""Traces and metrics to an OTLP endpoint: one that the test runs, by the environment's variables alone."""

import asyncio
import itertools
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from kleos.telemetry import otlp, spans
from tests.server.watched import HEADERS, score, watched

TRACE = "0af7651916cd43dd8448eb211c80319c"
PARENT = "b7ad6b7169203331"


@dataclass(slots=True)
class Receiver:
    """What came in by OTLP over HTTP, as protobuf."""

    url: str = ""
    keys: set[str] = field(default_factory=set)
    resources: list[dict[str, str]] = field(default_factory=list)
    spans: list[Any] = field(default_factory=list)
    metrics: list[Any] = field(default_factory=list)

    def take(self, path: str, body: bytes) -> None:
        if path == "/v1/traces":
            for of_resource in ExportTraceServiceRequest.FromString(body).resource_spans:
                self._keep_resource(of_resource.resource)
                self.spans += [span for scope in of_resource.scope_spans for span in scope.spans]
        elif path == "/v1/metrics":
            for measured in ExportMetricsServiceRequest.FromString(body).resource_metrics:
                self._keep_resource(measured.resource)
                self.metrics += [metric for scope in measured.scope_metrics for metric in scope.metrics]

    def _keep_resource(self, resource: Any) -> None:
        self.resources.append({one.key: one.value.string_value for one in resource.attributes})

    def named(self, name: str) -> list[Any]:
        return [span for span in self.spans if span.name == name]

    def last(self, name: str) -> Any:
        return [metric for metric in self.metrics if metric.name == name][-1]


@pytest.fixture
def receiver(monkeypatch: pytest.MonkeyPatch) -> Iterator[Receiver]:
    received = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            received.keys.add(self.headers.get("api-key", ""))
            received.take(self.path, self.rfile.read(int(self.headers["content-length"])))
            self.send_response(200)
            self.send_header("content-type", "application/x-protobuf")
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:
            """Not on the test's output."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    serving = threading.Thread(target=server.serve_forever)
    serving.start()
    received.url = f"http://127.0.0.1:{server.server_address[1]}"
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", received.url)
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_HEADERS", "api-key=of-the-vendor")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_COMPRESSION", "none")
    yield received
    server.shutdown()
    serving.join()
    server.server_close()


def attributes(span: Any) -> dict[str, Any]:
    return {one.key: one.value.string_value or one.value.int_value for one in span.attributes}


async def test_a_request_and_its_commit_with_all_steps(database_url: str, receiver: Receiver) -> None:
    async with watched(database_url) as server:
        caller = {"traceparent": f"00-{TRACE}-{PARENT}-01", **HEADERS}
        sent = [score("ada"), score("bob", -1)]
        answer = await server.http.post("/v1/games/arcade/events", json=sent, headers=caller)
        assert answer.json()["accepted"] == 1
        await server.http.get("/v1/games/nope")
    (request,) = receiver.named("POST /v1/games/{game}/events")
    assert (request.trace_id.hex(), request.parent_span_id.hex()) == (TRACE, PARENT)
    told = attributes(request)
    assert (told["http.route"], told["http.response.status_code"]) == ("/v1/games/{game}/events", 200)
    assert told["kleos.request_id"] == answer.headers["x-request-id"]
    (decode,) = receiver.named("decode")
    assert (decode.parent_span_id, decode.trace_id) == (request.span_id, request.trace_id)
    (commit,) = receiver.named("commit")
    assert [link.span_id for link in commit.links] == [request.span_id]
    assert attributes(commit) == {"game": "arcade", "events": 2}
    steps = [span for span in receiver.spans if span.parent_span_id == commit.span_id]
    assert [span.name for span in sorted(steps, key=lambda span: span.start_time_unix_nano)] == [
        "wait for a connection",
        "lock",
        "ids",
        "identities",
        "append and fold",
        "appearances and matches",
        "merge rows",
        "awards",
        "outbox",
        "make durable",
    ]
    for before, after in itertools.pairwise(steps):
        assert before.end_time_unix_nano <= after.start_time_unix_nano
    (missed,) = receiver.named("GET /v1/games/{game}")
    assert attributes(missed)["http.response.status_code"] == 404
    assert receiver.keys == {"of-the-vendor"}
    assert {resource["service.name"] for resource in receiver.resources} == {"kleos"}
    assert b"ada" not in b"".join(span.SerializeToString() for span in receiver.spans)


async def test_metrics_are_those_of_the_page(
    database_url: str, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OTEL_SERVICE_NAME", "games-of-ours")
    async with watched(database_url) as server:
        await server.ready()
        await server.send(score("ada"), score("bob"), score("cyd", -1))
    points = receiver.last("kleos_events").sum.data_points
    assert receiver.last("kleos_events").sum.is_monotonic
    verdicts = {
        told["verdict"]: point.as_double or point.as_int
        for point in points
        if (told := {one.key: one.value.string_value for one in point.attributes})["game"] == "arcade"
    }
    assert verdicts == {"accepted": 2, "duplicate": 0, "quarantined": 1, "rejected": 0}
    spread = next(
        point
        for point in receiver.last("kleos_commit_events").histogram.data_points
        if any(one.value.string_value == "arcade" for one in point.attributes)
    )
    assert (spread.count, spread.sum) == (1, 3)
    assert list(spread.explicit_bounds)[:4] == [1, 2, 5, 10]
    assert list(spread.bucket_counts)[:4] == [0, 0, 1, 0]
    assert len(spread.bucket_counts) == len(spread.explicit_bounds) + 1
    assert receiver.last("process_resident_memory_bytes").gauge.data_points
    assert {resource["service.name"] for resource in receiver.resources} == {"games-of-ours"}


async def test_metrics_come_again_and_again(
    database_url: str, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OTEL_METRIC_EXPORT_INTERVAL", "50")
    async with watched(database_url) as server:
        async with asyncio.timeout(30):
            while len([metric for metric in receiver.metrics if metric.name == "kleos_info"]) < 3:
                await server.http.get("/health")


async def test_a_receiver_that_is_away_harms_nothing(
    database_url: str, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:9")
    monkeypatch.setenv("OTEL_METRIC_EXPORT_INTERVAL", "50")
    async with watched(database_url) as server:
        assert (await server.send(score("ada")))["accepted"] == 1
    assert receiver.spans == []


async def test_without_an_endpoint_nothing_is_traced(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"):
        monkeypatch.delenv(name, raising=False)
    async with watched(database_url) as server:
        await server.send(score("ada"))
        assert spans.here() is None
        assert spans.steps() is spans.NO_STEPS
        assert spans.span("decode") is spans.span("commit")


@pytest.mark.parametrize(
    "environment, traces, metrics",
    [
        ({}, False, False),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://x"}, True, True),
        ({"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://x"}, True, False),
        ({"OTEL_EXPORTER_OTLP_METRICS_ENDPOINT": "http://x"}, False, True),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://x", "OTEL_SDK_DISABLED": "true"}, False, False),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://x", "OTEL_METRICS_EXPORTER": "none"}, True, False),
        ({"OTEL_SERVICE_NAME": "kleos"}, False, False),
    ],
)
def test_what_the_environment_asks_for(environment: dict[str, str], traces: bool, metrics: bool) -> None:
    assert otlp.wanted("traces", environment) is traces
    assert otlp.wanted("metrics", environment) is metrics

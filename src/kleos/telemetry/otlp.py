"""Traces and metrics to any OTLP endpoint, where the environment's ``OTEL_*`` variables name one.

The variables are OpenTelemetry's own, and the SDK reads them: endpoint, headers, resource, sampler, intervals. Metrics
are those of ``/metrics``, under the same names, read from the same place.
"""

from __future__ import annotations

import asyncio
import logging
import os
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, Final

from kleos import __version__
from kleos.telemetry import spans

if TYPE_CHECKING:
    from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
    from opentelemetry.sdk.metrics.export import MetricsData
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from prometheus_client.metrics_core import Metric

_ENDPOINTS: Final = {
    "traces": ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT"),
    "metrics": ("OTEL_EXPORTER_OTLP_METRICS_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT"),
}
_INTERVAL_MS: Final = 60_000
LAST_EXPORT_WITHIN_S: Final = 5.0

Collect = Callable[[], Awaitable[Iterable["Metric"]]]
"""Gives the families of metrics as they are now."""

logger = logging.getLogger(__name__)


def wanted(signal: str, environment: Mapping[str, str] = os.environ) -> bool:
    """Whether the environment names an endpoint for `traces` or `metrics`, and does not switch it off."""
    if environment.get("OTEL_SDK_DISABLED", "").lower() == "true":
        return False
    if environment.get(f"OTEL_{signal.upper()}_EXPORTER", "otlp") == "none":
        return False
    return any(environment.get(name) for name in _ENDPOINTS[signal])


@asynccontextmanager
async def exporting(collect: Collect) -> AsyncIterator[None]:
    """While the block runs, what the environment asks for is exported. It costs nothing where it asks for nothing."""
    provider = _trace() if wanted("traces") else None
    measuring = asyncio.create_task(_measure(collect), name="exports metrics") if wanted("metrics") else None
    try:
        yield
    finally:
        if measuring is not None:
            measuring.cancel()
            await asyncio.gather(measuring, return_exceptions=True)
        if provider is not None:
            spans.use(None)
            await asyncio.to_thread(provider.shutdown)


def _resource() -> Resource:
    from opentelemetry.sdk.resources import Resource

    named = {} if os.environ.get("OTEL_SERVICE_NAME") else {"service.name": "kleos"}
    given = os.environ.get("OTEL_RESOURCE_ATTRIBUTES", "")
    if "service.name=" in given:
        named = {}
    return Resource.create({**named, "service.version": __version__})


def _trace() -> TracerProvider:
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    provider = TracerProvider(resource=_resource(), shutdown_on_exit=False)
    exporter = OTLPSpanExporter(timeout=LAST_EXPORT_WITHIN_S)
    provider.add_span_processor(BatchSpanProcessor(exporter))
    spans.use(provider.get_tracer("kleos", __version__))
    logger.info("traces go to an OTLP endpoint")
    return provider


async def _measure(collect: Collect) -> None:
    from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter

    exporter = OTLPMetricExporter(timeout=LAST_EXPORT_WITHIN_S)
    resource = _resource()
    every_s = int(os.environ.get("OTEL_METRIC_EXPORT_INTERVAL") or _INTERVAL_MS) / 1_000
    started_ns = time.time_ns()
    logger.info("metrics go to an OTLP endpoint every %g s", every_s)
    try:
        while True:
            await asyncio.sleep(every_s)
            await _export(exporter, resource, collect, started_ns)
    finally:
        async with asyncio.timeout(LAST_EXPORT_WITHIN_S):
            await _export(exporter, resource, collect, started_ns)
        exporter.shutdown()


async def _export(exporter: OTLPMetricExporter, resource: Resource, collect: Collect, started_ns: int) -> None:
    try:
        data = as_otlp(await collect(), resource, started_ns, time.time_ns())
        await asyncio.to_thread(exporter.export, data)
    except Exception as error:
        logger.warning("metrics could not be exported: %s", error)


def as_otlp(families: Iterable[Metric], resource: Resource, started_ns: int, now_ns: int) -> MetricsData:
    """The families as OTLP has them: counters as sums, gauges, histograms; all since the server's start."""
    from opentelemetry.sdk.metrics.export import MetricsData, ResourceMetrics, ScopeMetrics
    from opentelemetry.sdk.util.instrumentation import InstrumentationScope

    metrics = [metric for family in families if (metric := _metric(family, started_ns, now_ns)) is not None]
    scope = ScopeMetrics(InstrumentationScope("kleos", __version__), metrics, "")
    return MetricsData([ResourceMetrics(resource, [scope], "")])


def _metric(family: Metric, started_ns: int, now_ns: int) -> Any:
    from opentelemetry.sdk.metrics import export

    if family.type == "histogram":
        points = _histogram_points(family, started_ns, now_ns)
        data: Any = export.Histogram(points, export.AggregationTemporality.CUMULATIVE)
    else:
        numbers = [
            export.NumberDataPoint(dict(sample.labels), started_ns, now_ns, sample.value)
            for sample in family.samples
            if not sample.name.endswith("_created")
        ]
        points = numbers
        is_sum = family.type == "counter"
        data = export.Sum(numbers, export.AggregationTemporality.CUMULATIVE, True) if is_sum else export.Gauge(numbers)
    return export.Metric(family.name, family.documentation, "", data) if points else None


def _histogram_points(family: Metric, started_ns: int, now_ns: int) -> Any:
    from opentelemetry.sdk.metrics.export import HistogramDataPoint

    gathered: dict[tuple[tuple[str, str], ...], tuple[list[tuple[float, int]], list[float]]] = {}
    for sample in family.samples:
        labels = {name: value for name, value in sample.labels.items() if name != "le"}
        upto, total = gathered.setdefault(tuple(labels.items()), ([], []))
        if sample.name.endswith("_bucket"):
            upto.append((float(sample.labels["le"]), int(sample.value)))
        elif sample.name.endswith("_sum"):
            total.append(sample.value)
    points = []
    for key, (upto, total) in gathered.items():
        counts = [count for _, count in upto]
        each = [count - before for count, before in zip(counts, [0, *counts], strict=False)]
        bounds = [bound for bound, _ in upto[:-1]]
        low, high = float("inf"), float("-inf")
        points.append(HistogramDataPoint(dict(key), started_ns, now_ns, counts[-1], total[0], each, bounds, low, high))
    return points

"""Where time goes inside a request and a commit. Until a tracer is set, everything here is one comparison."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import TYPE_CHECKING, Any, Final, TypeAlias

if TYPE_CHECKING:
    from opentelemetry.trace import Span, SpanContext, Tracer

    Cause: TypeAlias = SpanContext

_tracer: Tracer | None = None
_NOTHING: Final = nullcontext()


def use(tracer: Tracer | None) -> None:
    """From here on spans go to this tracer; to none with None."""
    global _tracer
    _tracer = tracer


def here() -> Cause | None:
    """What is being done now, to be named as the cause of something that happens elsewhere."""
    if _tracer is None:
        return None
    from opentelemetry.trace import get_current_span

    context = get_current_span().get_span_context()
    return context if context.is_valid else None


def span(name: str, causes: Sequence[Cause | None] = (), **attributes: str | int) -> AbstractContextManager[object]:
    """The block as a span of this name, within the span around it."""
    if _tracer is None:
        return _NOTHING
    from opentelemetry.trace import Link

    links = [Link(cause) for cause in causes if cause is not None]
    return _tracer.start_as_current_span(name, links=links, attributes=attributes)


class Steps:
    """The steps of a piece of work, each a span from its call to the next one."""

    def __enter__(self) -> Steps:
        return self

    def __call__(self, name: str) -> None: ...

    def __exit__(self, *_: object) -> None: ...


class _TracedSteps(Steps):
    def __init__(self, tracer: Tracer) -> None:
        self._tracer = tracer
        self._current: Span | None = None

    def __call__(self, name: str) -> None:
        self.__exit__()
        self._current = self._tracer.start_span(name)

    def __exit__(self, *_: object) -> None:
        if self._current is not None:
            self._current.end()
            self._current = None


NO_STEPS: Final = Steps()


def steps() -> Steps:
    return NO_STEPS if _tracer is None else _TracedSteps(_tracer)


class Served:
    """The span of a request, while it is answered."""

    def answered(self, method: str, route: str, status: int) -> None: ...


class _TracedServed(Served):
    def __init__(self, span: Span) -> None:
        self._span = span

    def answered(self, method: str, route: str, status: int) -> None:
        from opentelemetry.trace import Status, StatusCode

        self._span.update_name(f"{method} {route}")
        self._span.set_attribute("http.route", route)
        self._span.set_attribute("http.response.status_code", status)
        if status >= 500:
            self._span.set_status(Status(StatusCode.ERROR))


_UNTRACED: Final = nullcontext(Served())


def request(method: str, id: str, headers: Sequence[tuple[bytes, bytes]]) -> AbstractContextManager[Served]:
    """A request as a span, part of the trace that its ``traceparent`` names."""
    return _UNTRACED if _tracer is None else _request(_tracer, method, id, headers)


@contextmanager
def _request(tracer: Tracer, method: str, id: str, headers: Sequence[tuple[bytes, bytes]]) -> Iterator[Served]:
    from opentelemetry.trace import SpanKind
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

    given: Mapping[str, Any] = {
        name.decode("latin-1"): value.decode("latin-1")
        for name, value in headers
        if name in (b"traceparent", b"tracestate")
    }
    context = TraceContextTextMapPropagator().extract(given)
    attributes = {"http.request.method": method, "kleos.request_id": id}
    with tracer.start_as_current_span(method, context, SpanKind.SERVER, attributes) as current:
        yield _TracedServed(current)

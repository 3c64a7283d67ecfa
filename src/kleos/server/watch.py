"""Stands around everything: counts, times and logs each request, gives it an id, and lets nothing new in at the end."""

import re
import secrets
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from itertools import count
from typing import Any, Final

import msgspec

from kleos.feed.routes import SOCKETIO_PATH, WEBSOCKET_PATH
from kleos.server.errors import PROBLEM_JSON, problem
from kleos.server.logs import REQUEST_ID, RequestLines
from kleos.telemetry import spans
from kleos.telemetry.spread import SECONDS, Spread

App = Callable[[Any, Any, Any], Awaitable[None]]

NO_ROUTE: Final = "(none)"
"""Of requests that were turned away before they had a route, or that have none."""
_METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_SANE_ID: Final = re.compile(rb"[A-Za-z0-9._:/+=@-]{1,128}")
_ALWAYS_ANSWERED: Final = frozenset({"/health", "/ready", "/metrics"})
_TOO_MANY: Final = 429
BACK_IN_S: Final = 5
"""So soon a caller may try again, when this server stops: another one is there by then."""
_STOPPING: Final = "the server is stopping: send the same request again in a moment"


@dataclass(frozen=True, slots=True)
class WatchSettings:
    """``lines`` writes the log's lines; ``lines_percent`` of the quick requests that went well get one, failures and
    requests that took ``slow_s`` always do."""

    lines: RequestLines | None = None
    lines_percent: int = 100
    slow_s: float = 1.0


class Watch:
    """What the server is asked, since the start. In its one thread."""

    def __init__(self, settings: WatchSettings) -> None:
        self._settings = settings
        self.requests: dict[tuple[str, str, int], Spread] = {}
        self.sockets: dict[str, int] = {}
        self.in_progress = 0
        self.slow = 0
        self.is_stopping = False
        self._made = count(1)
        self._prefix = secrets.token_hex(6)
        self._due_percent = 0

    def __call__(self, scope: Any, receive: Any, send: Any, app: App) -> Awaitable[None]:
        kind = scope["type"]
        if kind == "http":
            return self._answer(scope, receive, send, app)
        return self._listen(scope, receive, send, app) if kind == "websocket" else app(scope, receive, send)

    @property
    def dropped_lines(self) -> int:
        return 0 if self._settings.lines is None else self._settings.lines.dropped

    def flush(self) -> None:
        """Nothing that was to be logged is kept back."""
        if self._settings.lines is not None:
            self._settings.lines.flush()

    def stop(self) -> None:
        """From here on nothing new is taken; what is under way goes on."""
        self.is_stopping = True

    async def _answer(self, scope: Any, receive: Any, send: Any, app: App) -> None:
        started_s = time.perf_counter()
        id = self._id_of(scope["headers"])
        REQUEST_ID.set(id)
        header = (b"x-request-id", id.encode("ascii"))
        status = 500

        async def answering(message: Any) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message["headers"], header]
            await send(message)

        self.in_progress += 1
        method: str = scope["method"]
        try:
            with spans.request(method, id, scope["headers"]) as served:
                if self.is_stopping and scope["path"] not in _ALWAYS_ANSWERED:
                    await _turn_away(answering, "http.response")
                else:
                    await app(scope, receive, answering)
                served.answered(method, _route_of(scope), status)
        finally:
            self.in_progress -= 1
            self._note(method, _route_of(scope), status, time.perf_counter() - started_s, id)

    def _note(self, method: str, route: str, status: int, took_s: float, id: str) -> None:
        key = (method if method in _METHODS else "OTHER", route, status)
        spread = self.requests.get(key)
        if spread is None:
            spread = self.requests[key] = Spread(SECONDS)
        spread.add(took_s)
        settings = self._settings
        is_slow = took_s >= settings.slow_s
        self.slow += is_slow
        if settings.lines is None:
            return
        if not is_slow and (status < 400 or status == _TOO_MANY):
            self._due_percent += settings.lines_percent
            if self._due_percent < 100:
                return
            self._due_percent -= 100
        settings.lines.tell(key[0], route, status, took_s, id)

    async def _listen(self, scope: Any, receive: Any, send: Any, app: App) -> None:
        REQUEST_ID.set(self._id_of(scope["headers"]))
        if self.is_stopping:
            await receive()
            await _turn_away(send, "websocket.http.response")
            return
        route = _route_of(scope)
        self.sockets[route] = self.sockets.get(route, 0) + 1
        try:
            await app(scope, receive, send)
        finally:
            self.sockets[route] -= 1

    def _id_of(self, headers: Any) -> str:
        """The caller's own id where it is sane, else one made here."""
        for name, value in headers:
            if name == b"x-request-id" and _SANE_ID.fullmatch(value):
                given: str = value.decode("ascii")
                return given
        return f"{self._prefix}-{next(self._made)}"


def _route_of(scope: Any) -> str:
    """The template of the request's path, so that there are few of them whatever is asked for."""
    template: str = scope.get("path_template") or ""
    if template:
        return template
    path: str = scope["path"]
    return next(
        (feed for feed in (WEBSOCKET_PATH, SOCKETIO_PATH) if path == feed or path.startswith(feed + "/")), NO_ROUTE
    )


async def _turn_away(send: Any, kind: str) -> None:
    body = msgspec.json.encode(problem(503, "stopping", _STOPPING, retry_after_s=float(BACK_IN_S)))
    headers = [
        (b"content-type", PROBLEM_JSON.encode()),
        (b"content-length", str(len(body)).encode()),
        (b"retry-after", str(BACK_IN_S).encode()),
        (b"connection", b"close"),
    ]
    await send({"type": f"{kind}.start", "status": 503, "headers": headers})
    await send({"type": f"{kind}.body", "body": body})

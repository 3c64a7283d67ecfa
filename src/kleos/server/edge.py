"""What every request passes first and every answer last: caller, limits, CORS, security headers, slow bodies."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, Final

import msgspec

from kleos.core.errors import Unavailable
from kleos.server.auth.access import Access, AccessSettings
from kleos.server.auth.addresses import Addresses
from kleos.server.auth.caller import ADDRESS_KEY, CALLER_KEY, Caller, refused
from kleos.server.auth.limits import Verdict
from kleos.server.door import Door
from kleos.server.errors import PROBLEM_JSON, Refused, problem

App = Callable[[Any, Any, Any], Awaitable[None]]
Headers = list[tuple[bytes, bytes]]

_ALWAYS: Final[Headers] = [
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
]
_OF_API: Final[Headers] = [
    *_ALWAYS,
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
]
_PRIVATE: Final[Headers] = [*_OF_API, (b"cache-control", b"no-store")]
_API: Final = ("/v1/", "/api/", "/health", "/ready", "/metrics")
_PRIVATE_PATHS: Final = ("/v1/auth/", "/v1/me", "/v1/keys", "/v1/accounts", "/v1/audit")
_METHODS: Final = b"GET, POST, PUT, PATCH, DELETE"
_SENT_HEADERS: Final = b"authorization, content-type, content-encoding"
_SHOWN_HEADERS: Final = b"RateLimit, RateLimit-Policy, Retry-After, Kleos-Version"
_PREFLIGHT_KEPT_S: Final = b"600"
_WITHOUT_BODY: Final = frozenset({"GET", "HEAD", "OPTIONS"})


class Edge:
    """Stands around the application. ``access`` is set once the engine is open."""

    def __init__(self, settings: AccessSettings) -> None:
        self.access: Access | None = None
        self._addresses = Addresses(settings.trusted_proxies)
        self.door = Door(settings.door, self._addresses, settings.body_timeout_s)
        self._origins = frozenset(origin.encode() for origin in settings.origins)
        self._body_timeout_s = settings.body_timeout_s

    async def __call__(self, scope: Any, receive: Any, send: Any, app: App) -> None:
        kind = scope["type"]
        access = self.access
        if access is None or kind not in ("http", "websocket"):
            await app(scope, receive, send)
            return
        authorization = origin = None
        refusal: Refused | None
        for name, value in scope["headers"]:
            if name == b"authorization":
                authorization = value
            elif name == b"origin":
                origin = value
        address = self._addresses.of(scope)
        scope[ADDRESS_KEY] = address
        try:
            caller = access.caller(authorization)
            if not isinstance(caller, Caller):
                caller = await caller
        except Unavailable as error:
            caller = refused(str(error))
            refusal = Refused(503, "unavailable", str(error), {"Retry-After": str(round(error.retry_after_s))})
        else:
            refusal = None
        scope[CALLER_KEY] = caller
        if kind == "websocket":
            await self._listen(scope, receive, send, app, address)
            return
        extra = _headers_of(scope["path"])
        if origin is not None and self._origins:
            extra = [*extra, *self._cors(origin)]
            if scope["method"] == "OPTIONS" and origin in self._origins and _is_preflight(scope):
                await _answer(send, 204, b"", [*extra, *_preflight()])
                return
        if refusal is not None:
            await _refuse(send, refusal, extra)
            return
        verdict = access.limits.admit(caller, address, scope["method"], scope["path"])
        if verdict is not None:
            extra = [*extra, *verdict.headers()]
            if verdict.retry_after_s:
                await _refuse(send, _without(verdict), extra)
                return
        if scope["method"] not in _WITHOUT_BODY:
            receive = _Patient(receive, self._body_timeout_s)

        async def answering(message: Any) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], *extra]
            await send(message)

        await app(scope, receive, answering)

    async def _listen(self, scope: Any, receive: Any, send: Any, app: App, address: str) -> None:
        """Who comes by a trusted proxy has not been counted at the door."""
        client = scope.get("client")
        if client is None or self._addresses.of_peer(client[0]) is not None:
            await app(scope, receive, send)
            return
        left = self.door.enter(address)
        if left is None:
            await receive()
            await _refuse(send, Refused(429, "too-many", self.door.why_not()), [], "websocket.http.response")
            return
        try:
            await app(scope, receive, send)
        finally:
            left()

    def _cors(self, origin: bytes) -> Headers:
        headers = [(b"vary", b"Origin")]
        if origin in self._origins:
            headers += [
                (b"access-control-allow-origin", origin),
                (b"access-control-allow-credentials", b"true"),
                (b"access-control-expose-headers", _SHOWN_HEADERS),
            ]
        return headers


class _Patient:
    """Receives a body, and waits only so long for all of it."""

    __slots__ = ("_deadline", "_is_whole", "_receive", "_timeout_s")

    def __init__(self, receive: Callable[[], Awaitable[Any]], timeout_s: float) -> None:
        self._receive = receive
        self._timeout_s = timeout_s
        self._deadline = 0.0
        self._is_whole = False

    async def __call__(self) -> Any:
        if self._is_whole:
            return await self._receive()
        if not self._deadline:
            self._deadline = asyncio.get_running_loop().time() + self._timeout_s
        try:
            async with asyncio.timeout_at(self._deadline):
                message = await self._receive()
        except TimeoutError:
            detail = f"the body was not here within {self._timeout_s:g} s"
            raise Refused(408, "too-slow", detail, {"Connection": "close"}) from None
        self._is_whole = not message.get("more_body", False)
        return message


def _headers_of(path: str) -> Headers:
    if path.startswith(_PRIVATE_PATHS):
        return _PRIVATE
    return _OF_API if path.startswith(_API) else _ALWAYS


def _is_preflight(scope: Any) -> bool:
    return any(name == b"access-control-request-method" for name, _ in scope["headers"])


def _preflight() -> Headers:
    return [
        (b"access-control-allow-methods", _METHODS),
        (b"access-control-allow-headers", _SENT_HEADERS),
        (b"access-control-max-age", _PREFLIGHT_KEPT_S),
    ]


def _without(verdict: Verdict) -> Refused:
    """The refusal, whose limit headers are among the answer's already."""
    refusal = verdict.refusal()
    return Refused(refusal.status, refusal.kind, refusal.detail, {"Retry-After": refusal.headers["Retry-After"]})


async def _refuse(send: Any, refusal: Refused, extra: Headers, kind: str = "http.response") -> None:
    body = msgspec.json.encode(problem(refusal.status, refusal.kind, refusal.detail))
    headers = [(name.lower().encode(), value.encode()) for name, value in refusal.headers.items()]
    headers = [(b"content-type", PROBLEM_JSON.encode()), *headers, *extra]
    await _answer(send, refusal.status, body, headers, kind)


async def _answer(send: Any, status: int, body: bytes, headers: Headers, kind: str = "http.response") -> None:
    headers = [*headers, (b"content-length", str(len(body)).encode())]
    await send({"type": f"{kind}.start", "status": status, "headers": headers})
    await send({"type": f"{kind}.body", "body": body})

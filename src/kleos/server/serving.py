"""Running the application on uvicorn: in the foreground until a signal, or beside other work."""

import asyncio
import contextlib
import gc
import socket
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from types import FrameType
from typing import Any, Final, cast

import msgspec
import uvicorn
from litestar import Litestar
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol, RequestResponseCycle

from kleos.feed.protocol import FeedProtocol
from kleos.server.door import MOST_HEAD_BYTES, Door
from kleos.server.door import STATE_KEY as DOOR_KEY
from kleos.server.errors import PROBLEM_JSON, problem
from kleos.server.transport import GatheringTransport
from kleos.server.watch import Watch

STOP_TIMEOUT_S: Final = 10
"""So long requests under way may take when the server stops."""
_BACKLOG: Final = 2048
_LARGEST_MESSAGE_BYTES: Final = 1024 * 1024
"""What a WebSocket may send at once; more closes it with 1009."""
PING_EVERY_S: Final = 20.0
"""So often a WebSocket is asked whether it lives; without an answer in as long it is closed."""


class ServerFailed(RuntimeError):
    """The server stopped before it could answer; the log says why."""


class KleosProtocol(HttpToolsProtocol):
    """Answers what is not HTTP at all with a problem too, and sends an answer's head and body together.

    Lets no more connections in than the door allows, and none stand there without asking for anything.
    """

    _left: Callable[[], None] | None = None
    _patience: asyncio.TimerHandle | None = None
    _rest_of_body: asyncio.TimerHandle | None = None
    _unread: asyncio.TimerHandle | None = None
    _head_bytes = 0
    _is_upgraded = False

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        state = getattr(self.config.app, "state", {})
        self._door: Door | None = state.get(DOOR_KEY)

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(cast(asyncio.Transport, GatheringTransport(transport, self.loop)))
        if self._door is None:
            return
        self._left = self._door.enter_from(self.client[0] if self.client else None)
        if self._left is None:
            self._refuse(429, "too-many", self._door.why_not())
        else:
            self._be_patient(self._door)

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_waiting()
        self._stop_waiting_for_body()
        self._stop_waiting_for_reader()
        if self._left is not None:
            self._left()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        door = self._door
        if door is None or self._is_upgraded:
            return
        if self._patience is not None:
            self._head_bytes += len(data)
            if self._head_bytes > MOST_HEAD_BYTES:
                self._refuse(431, "too-large", f"the head of a request has at most {MOST_HEAD_BYTES} bytes")
        elif self._is_idle():
            self._be_patient(door)

    def on_headers_complete(self) -> None:
        self._stop_waiting()
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        super().on_message_complete()
        if self._rest_of_body is not None:
            self._stop_waiting_for_body()
            self.cycle.more_body = False  # uvicorn leaves it where the answer came first

    def on_response_complete(self) -> None:
        """An answer may come before the end of its request's body: of a refusal, mostly.

        The bytes that still come end uvicorn's own wait, so that without a deadline one of them would do for ever.
        """
        super().on_response_complete()
        cycle = self.cycle
        if self._door is not None and cycle.response_complete and cycle.more_body:
            self._rest_of_body = self.loop.call_later(self._door.body_timeout_s, self.timeout_keep_alive_handler)

    def pause_writing(self) -> None:
        """What was answered waits to be read, and its memory with it."""
        super().pause_writing()
        if self._door is not None and self._unread is None:
            self._unread = self.loop.call_later(self._door.read_timeout_s, self._give_reader_up, self._door)

    def resume_writing(self) -> None:
        self._stop_waiting_for_reader()
        super().resume_writing()

    def handle_websocket_upgrade(self) -> None:
        """The feed gathers by itself, and writes to the transport proper."""
        self._stop_waiting_for_reader()
        gathering = cast(GatheringTransport, self.transport)
        gathering.flush()
        self.transport = gathering.inner
        self._is_upgraded = True
        super().handle_websocket_upgrade()
        cast(FeedProtocol, gathering.inner.get_protocol()).left = self._left

    def send_400_response(self, msg: str) -> None:
        self._refuse(400, "bad-request", msg)

    def _is_idle(self) -> bool:
        """Whether no request is being read or answered, and nothing else waits for the next.

        A body that was refused before its end goes on arriving: it is no endless head.
        """
        cycle = cast("RequestResponseCycle | None", self.cycle)
        is_between = cycle is None or (cycle.response_complete and not cycle.more_body)
        return is_between and self.timeout_keep_alive_task is None

    def _be_patient(self, door: Door) -> None:
        self._head_bytes = 0
        self._patience = self.loop.call_later(door.head_timeout_s, self._lose_patience, door)

    def _stop_waiting(self) -> None:
        if self._patience is not None:
            self._patience.cancel()
            self._patience = None

    def _stop_waiting_for_body(self) -> None:
        if self._rest_of_body is not None:
            self._rest_of_body.cancel()
            self._rest_of_body = None

    def _stop_waiting_for_reader(self) -> None:
        if self._unread is not None:
            self._unread.cancel()
            self._unread = None

    def _give_reader_up(self, door: Door) -> None:
        self._unread = None
        door.too_slow += 1
        self.transport.abort()

    def _lose_patience(self, door: Door) -> None:
        self._patience = None
        door.too_slow += 1
        self._refuse(408, "too-slow", f"no request was here within {door.head_timeout_s:g} s")

    def _refuse(self, status: int, kind: str, detail: str) -> None:
        self._stop_waiting()
        if self.transport.is_closing():
            return
        body = msgspec.json.encode(problem(status, kind, detail))
        head = (
            f"content-type: {PROBLEM_JSON}\r\n".encode(),
            f"content-length: {len(body)}\r\nconnection: close\r\n\r\n".encode(),
        )
        self.transport.write(b"".join((STATUS_LINE[status], *head, body)))
        self.transport.close()


class _Server(uvicorn.Server):
    """Tells when it is ready, and leaves signals alone where it is not in the foreground."""

    def __init__(self, app: Litestar, config: uvicorn.Config, foreground: bool) -> None:
        super().__init__(config)
        self._watch: Watch | None = app.state.get("watch")
        self.ready = asyncio.Event()
        self.announce: Callable[[], None] = lambda: None
        self._foreground = foreground

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.ready.set()
        self.announce()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._let_nothing_in()
        await super().shutdown(sockets)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        self._let_nothing_in()
        super().handle_exit(sig, frame)

    def _let_nothing_in(self) -> None:
        if self._watch is not None:
            self._watch.stop()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        if not self._foreground:
            yield
            return
        with super().capture_signals():
            yield


def listen(host: str, port: int) -> socket.socket:
    """A listening socket; port 0 takes any free one. Raises OSError where the address cannot be had."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.create_server((host, port), family=family, backlog=_BACKLOG)
    # Accepted sockets inherit it. Without it, an answer's body waits up to 40 ms for the peer to acknowledge its head.
    listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listening


def address_of(listening: socket.socket) -> str:
    host, port = listening.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def collect_garbage_seldom() -> None:
    """Ingest makes many tuples that live for one commit, and few cycles: looking for these at Python's usual pace,
    through every card and rank key in memory, was seen to take a third of its time.
    """
    gc.set_threshold(50_000, 50, 100)


async def serve_app(
    app: Litestar,
    listening: socket.socket,
    announce_address: Callable[[str], None] = lambda _: None,
    stop_timeout_s: int = STOP_TIMEOUT_S,
) -> None:
    """Serve until SIGINT or SIGTERM; then requests under way are finished, and the engine is closed.

    From the signal on nothing new is taken, and WebSockets are told when to come back.
    """
    collect_garbage_seldom()
    server = _Server(app, _config(app, stop_timeout_s=stop_timeout_s), foreground=True)
    server.announce = lambda: announce_address(address_of(listening))
    await _serve(server, listening)


@asynccontextmanager
async def running(
    app: Litestar,
    listening: socket.socket,
    ping_every_s: float = PING_EVERY_S,
    stop_timeout_s: int = STOP_TIMEOUT_S,
) -> AsyncIterator[str]:
    """Serve while the block runs, in the loop that runs it; gives the base URL."""
    server = _Server(app, _config(app, ping_every_s, stop_timeout_s), foreground=False)
    serving = asyncio.create_task(_serve(server, listening))
    ready = asyncio.create_task(server.ready.wait())
    try:
        await asyncio.wait((serving, ready), return_when=asyncio.FIRST_COMPLETED)
        if serving.done():
            serving.result()
        yield address_of(listening)
    finally:
        ready.cancel()
        server.should_exit = True
        await asyncio.wait((serving,))
        if not serving.cancelled() and server.started:
            serving.result()


async def _serve(server: _Server, listening: socket.socket) -> None:
    # uvicorn ends a failed start with SystemExit, which would tear the whole loop down.
    try:
        await server.serve(sockets=[listening])
    except SystemExit:
        raise ServerFailed("the server could not start; the log says why") from None
    if not server.started:
        raise ServerFailed("the server could not start; the log says why")


def _config(app: Litestar, ping_every_s: float = PING_EVERY_S, stop_timeout_s: int = STOP_TIMEOUT_S) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        loop="uvloop",
        http=KleosProtocol,
        ws=FeedProtocol,
        ws_max_size=_LARGEST_MESSAGE_BYTES,
        ws_ping_interval=ping_every_s,
        ws_ping_timeout=ping_every_s,
        ws_per_message_deflate=False,
        lifespan="on",
        log_config=None,  # its loggers write where all others do
        log_level="warning",
        access_log=False,
        server_header=False,
        proxy_headers=False,  # the edge trusts none but those that a setting names
        timeout_graceful_shutdown=stop_timeout_s,
        backlog=_BACKLOG,
    )

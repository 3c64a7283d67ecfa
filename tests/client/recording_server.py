"""A small real server on 127.0.0.1 that records what it is asked and answers what the test has laid out."""

import asyncio
import socket
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

import msgspec
import uvicorn

STOP_TIMEOUT_S = 60.0
GRACE_S = 30
Message = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Recorded:
    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return msgspec.json.decode(self.body)


@dataclass(slots=True)
class RecordingServer:
    """``answers`` are given in order, the last one again and again: (status, body, headers).

    Where ``respond`` is set it makes the body of every answer instead; where ``judge`` is, the status too.
    """

    url: str = ""
    respond: Callable[[Recorded], Any] | None = None
    judge: Callable[[Recorded], tuple[int, Any]] | None = None
    requests: list[Recorded] = field(default_factory=list)
    answers: list[tuple[int, Any, dict[str, str]]] = field(default_factory=list)

    def answer(self, body: Any, status: int = 200, **headers: str) -> None:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        self.answers.append((status, body, named))

    def forget(self) -> None:
        """Start anew, for the next test."""
        self.requests, self.answers, self.respond, self.judge = [], [], None, None

    async def __call__(
        self,
        scope: Message,
        receive: Callable[[], Awaitable[Message]],
        send: Callable[[Message], Awaitable[None]],
    ) -> None:
        body, more = b"", True
        while more:
            message = await receive()
            body += message.get("body", b"")
            more = message.get("more_body", False)
        status, answer, named = self._take(_recorded(scope, body))
        headers = [(name.encode(), value.encode()) for name, value in named.items()]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": answer})

    def _take(self, recorded: Recorded) -> tuple[int, bytes, dict[str, str]]:
        self.requests.append(recorded)
        if self.judge is not None:
            status, answer = self.judge(recorded)
            return status, msgspec.json.encode(answer), {}
        if self.respond is not None:
            return 200, msgspec.json.encode(self.respond(recorded)), {}
        status, body, headers = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        return status, body if isinstance(body, bytes) else msgspec.json.encode(body), headers


def _recorded(scope: Message, body: bytes) -> Recorded:
    headers = {name.decode(): value.decode() for name, value in scope["headers"]}
    path = scope["raw_path"].decode().split("?")[0]
    return Recorded(scope["method"], path, dict(parse_qsl(scope["query_string"].decode())), headers, body)


@contextmanager
def serve() -> Iterator[RecordingServer]:
    """The server, on a port of its own, in a thread."""
    recording = RecordingServer()
    listening = socket.create_server(("127.0.0.1", 0))
    recording.url = f"http://127.0.0.1:{listening.getsockname()[1]}"
    config = uvicorn.Config(
        recording, log_level="warning", lifespan="off", ws="none", timeout_graceful_shutdown=GRACE_S
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=lambda: asyncio.run(server.serve([listening])), daemon=True)
    thread.start()  # requests wait in the socket until the server takes them
    try:
        yield recording
    finally:
        server.should_exit = True
        thread.join(STOP_TIMEOUT_S)
        listening.close()
        assert not thread.is_alive(), "the server did not stop"

"""The log: one JSON object a line, or lines for people on a terminal. Everything that logs ends up here.

Secrets do not: what looks like a key, a token or a password is blotted out, in messages and in stack traces, and query
strings, headers and the arguments of statements are never given to the log.
"""

import asyncio
import logging
import os
import re
import select
import stat
import sys
from collections.abc import Collection, Mapping, MutableMapping
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any, Final, TextIO

import msgspec
import structlog
from structlog.dev import ConsoleRenderer, plain_traceback
from structlog.stdlib import ProcessorFormatter

from kleos.settings import LogFormat, LogLevel
from kleos.telemetry import spans

REQUEST_ID: Final[ContextVar[str]] = ContextVar("kleos.request_id", default="")
"""The id of the request that is being answered."""

_REQUESTS: Final = "kleos.requests"
_GATHER_S: Final = 0.1
_GATHERED_AT_MOST: Final = 200
_WRITTEN_AT_ONCE: Final = 8
_PIECE_BYTES: Final = select.PIPE_BUF
"""So much a pipe takes whole when it takes anything."""
_FAILED: Final = 500
_BLOT: Final = "[secret]"
_SECRET: Final = re.compile(
    r"(?P<before>\bbearer\s+|\bbasic\s+"
    r"|\b\w*(?:authorization|password|passwd|secret|token|api_?key|admin_key|cookie)['\"]?\s*[:=]\s*"
    r"(?:b?['\"])?(?:(?:bearer|basic)\s+)?"
    r"|\w+://[^\s:/@]*:(?=[^\s@]+@))"
    r"[^\s'\"&,;@}\])]+"
    r"|\bkleos_[A-Za-z0-9_-]{20,}"
    r"|\beyJ[A-Za-z0-9_-]{5,}\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*",
    re.IGNORECASE,
)
_SECRET_NAMES: Final = ("authorization", "password", "secret", "token", "cookie", "credential")

Entry = MutableMapping[str, Any]


def configure_logs(
    style: LogFormat = "auto", level: LogLevel = "info", secrets: Collection[str] = (), stream: TextIO | None = None
) -> None:
    """From here on every logger writes to ``stream`` (by default stderr). ``secrets`` are never written."""
    out = sys.stderr if stream is None else stream
    before: list[Any] = [
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="at"),
        _add_request,
    ]
    after: list[Any] = [
        ProcessorFormatter.remove_processors_meta,
        structlog.processors.format_exc_info,
        Blotter(secrets),
        renderer(_is_for_people(style, out)),
    ]
    handler = LogHandler(LineWriter(out))
    handler.setFormatter(ProcessorFormatter(foreign_pre_chain=before, processors=after))
    root = logging.getLogger()
    for old in root.handlers[:]:
        root.removeHandler(old)
    root.addHandler(handler)
    root.setLevel(logging.WARNING)
    logging.getLogger("kleos").setLevel(level.upper())
    for name in ("uvicorn", "uvicorn.error"):  # whatever set them up before, they write as all others do
        logger = logging.getLogger(name)
        logger.handlers.clear()
        logger.propagate = True
        logger.setLevel(logging.NOTSET)
    logging.captureWarnings(True)


def renderer(for_people: bool) -> Any:
    if for_people:
        return ConsoleRenderer(exception_formatter=plain_traceback, timestamp_key="at")
    return structlog.processors.JSONRenderer(serializer=_json)


def _json(entry: Mapping[str, Any], **_: Any) -> str:
    return msgspec.json.encode(entry, enc_hook=str).decode()


def _add_request(_: Any, __: str, entry: Entry) -> Entry:
    id = REQUEST_ID.get()
    if id:
        entry["request_id"] = id
    cause = spans.here()
    if cause is not None:
        entry["trace_id"] = f"{cause.trace_id:032x}"
    return entry


class Blotter:
    """Blots secrets out of an entry: those given, and whatever looks like one."""

    def __init__(self, secrets: Collection[str] = ()) -> None:
        self._secrets = [secret for secret in secrets if secret]

    def __call__(self, _: Any, __: str, entry: Entry) -> Entry:
        for name, value in entry.items():
            if any(word in name.lower() for word in _SECRET_NAMES):
                entry[name] = _BLOT
            elif isinstance(value, str):
                entry[name] = self.clean(value)
            elif not isinstance(value, (int, float, bool, type(None))):
                entry[name] = self.clean(repr(value))
        return entry

    def clean(self, text: str) -> str:
        for secret in self._secrets:
            text = text.replace(secret, _BLOT)
        return _SECRET.sub(lambda found: (found["before"] or "") + _BLOT, text)


class LineWriter:
    """Whoever reads the log too slowly misses lines, and holds nobody up: a pipe that is full is not waited for."""

    def __init__(self, out: TextIO) -> None:
        self._out = out
        self._pipe = _descriptor_of(out)
        self._is_cut = False

    def write(self, lines: str) -> bool:
        """Whether all of it was taken."""
        if self._pipe is None:
            self._out.write(lines)
            self._out.flush()
            return True
        data = ("\n" * self._is_cut + lines).encode("utf-8", "backslashreplace")
        for start in range(0, len(data), _PIECE_BYTES):
            if not select.select((), (self._pipe,), (), 0)[1]:
                self._is_cut = self._is_cut or start > 0
                return False
            os.write(self._pipe, data[start : start + _PIECE_BYTES])
            self._is_cut = False
        return True


class LogHandler(logging.Handler):
    def __init__(self, writer: LineWriter) -> None:
        super().__init__()
        self._writer = writer

    def emit(self, record: logging.LogRecord) -> None:
        try:
            self._writer.write(self.format(record) + "\n")
        except Exception:
            self.handleError(record)


class RequestLine(msgspec.Struct, frozen=True):
    """What the log says of a request. None of it comes from the caller, but for an id that was looked at."""

    event: str
    method: str
    route: str
    status: int
    ms: float
    request_id: str
    level: str
    logger: str
    at: datetime


class RequestLines:
    """Writes lines like those of :func:`configure_logs` by a shorter way, for it is walked for every request: they are
    gathered, and written together a moment later.
    """

    def __init__(self, style: LogFormat = "auto", stream: TextIO | None = None) -> None:
        out = sys.stderr if stream is None else stream
        self._writer = LineWriter(out)
        self._console = renderer(True) if _is_for_people(style, out) else None
        self._encode = msgspec.json.Encoder().encode
        self._gathered: list[RequestLine] = []
        self.dropped = 0

    def tell(self, method: str, route: str, status: int, took_s: float, request_id: str) -> None:
        """To be called in a running loop."""
        level = "error" if status >= _FAILED else "info"
        ms = round(took_s * 1_000, 3)
        line = RequestLine("request", method, route, status, ms, request_id, level, _REQUESTS, datetime.now(UTC))
        if not self._gathered:
            asyncio.get_running_loop().call_later(_GATHER_S, self.flush)
        self._gathered.append(line)
        if len(self._gathered) >= _GATHERED_AT_MOST:
            self.flush()

    def flush(self) -> None:
        """Writes what was gathered."""
        gathered, self._gathered = self._gathered, []
        for start in range(0, len(gathered), _WRITTEN_AT_ONCE):
            lines = gathered[start : start + _WRITTEN_AT_ONCE]
            if not self._writer.write("".join(map(self._text, lines))):
                self.dropped += len(lines)

    def _text(self, line: RequestLine) -> str:
        if self._console is None:
            return self._encode(line).decode() + "\n"
        entry = msgspec.structs.asdict(line)
        entry["at"] = line.at.isoformat(timespec="milliseconds")
        return f"{self._console(None, 'info', entry)}\n"


def _descriptor_of(out: TextIO) -> int | None:
    """Of a pipe, whose other end may not keep up; None for a file, a terminal or memory."""
    try:
        descriptor = out.fileno()
    except OSError:
        return None
    return descriptor if stat.S_ISFIFO(os.fstat(descriptor).st_mode) else None


def _is_for_people(style: LogFormat, out: TextIO) -> bool:
    return style == "console" or (style == "auto" and out.isatty())

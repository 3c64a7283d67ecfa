"""`kleos serve`: a server in the foreground, until it is told to stop."""

import asyncio
import dataclasses
import os
import signal
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Annotated, Any, Final
from urllib.parse import urlsplit

import uvloop
from cyclopts import Parameter

from kleos.cli.output import AsJson, Failed, print_json_line, say
from kleos.engine.engine import Engine
from kleos.jobs.settings import runs_jobs, worker_settings
from kleos.server.app import create_app, open_engine
from kleos.server.auth.access import access_settings
from kleos.server.facades.binding import Binding
from kleos.server.logs import RequestLines, configure_logs
from kleos.server.serving import address_of, listen, serve_app
from kleos.server.watch import WatchSettings
from kleos.settings import SETTINGS, Settings, read_settings
from kleos.store.database import place_of

STOP_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM)


def serve(
    *,
    data: Annotated[Path | None, Parameter(help="Folder of the embedded database. [KLEOS_DATA, kleos-data]")] = None,
    host: Annotated[str | None, Parameter(help="Address to listen on. [KLEOS_HOST, 127.0.0.1]")] = None,
    port: Annotated[int | None, Parameter(help="Port; 0 for any that is free. [KLEOS_PORT, 8000]")] = None,
    games: Annotated[Path | None, Parameter(help="Folder of definitions to load beside the shipped ones.")] = None,
    as_json: AsJson = False,
) -> None:
    """Run the server, until Ctrl-C or SIGTERM.

    Settings come from the environment (docs/reference/settings.md); options win over them. With
    `KLEOS_DATABASE_URL` that PostgreSQL is used, otherwise one in the data directory is started and stopped with the
    server. The key for writing is `KLEOS_ADMIN_KEY`, or is made at the first start and printed once.

    For example:

        kleos serve

        kleos serve --data /var/lib/kleos --host 0.0.0.0 --port 8000 --games ./games
    """
    settings = _settings(data, host, port, games)
    configure_logs(settings.log_format, settings.log_level, secrets_of(settings))
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_serve(settings, as_json))


def _settings(data: Path | None, host: str | None, port: int | None, games: Path | None) -> Settings:
    given = {"data": data, "host": host, "port": port, "games": games}
    overriding: dict[str, Any] = {name: value for name, value in given.items() if value is not None}
    if data is not None:
        overriding["database_url"] = None  # whoever names a data directory means the database in it
    if port is not None and not 0 <= port <= 65535:
        raise Failed("kleos: --port must be from 0 to 65535")
    if games is not None and not games.is_dir():
        raise Failed(f"kleos: --games: {games} is no folder")
    return dataclasses.replace(read_settings(), **overriding)


async def _serve(settings: Settings, as_json: bool) -> None:
    with _stoppable() as stopping, _listen(settings) as listening:
        try:
            async with open_engine(settings) as engine:
                stopping.leave_to_server()
                await _answer(settings, engine, listening, as_json)
        except asyncio.CancelledError:
            if not stopping.was_told:
                raise
            say("Stopped before it was ready.", as_json)


def _listen(settings: Settings) -> socket.socket:
    try:
        return listen(settings.host, settings.port)
    except OSError as error:
        where = f"{settings.host}:{settings.port}"
        reason = os.strerror(error.errno) if error.errno else str(error)
        raise Failed(f"kleos: cannot listen on {where}: {reason}; choose another --port or --host") from None


async def _answer(settings: Settings, engine: Engine, listening: socket.socket, as_json: bool) -> None:
    @asynccontextmanager
    async def opened() -> AsyncIterator[Engine]:
        yield engine

    place = place_of(settings.database_url) if settings.database_url else str(settings.data.absolute())
    start = _Start(as_json, address_of(listening), place, [game.name for game in engine.games()])
    app = create_app(
        opened,
        announce_key=start.key_made,
        access=access_settings(settings),
        watch_settings=_watch_settings(settings),
        facades=Binding(settings.stats_game, settings.leaderboard_game),
        worker=worker_settings(settings) if runs_jobs(settings) else None,
    )
    await serve_app(app, listening, start.is_ready, settings.stop_timeout_s)
    say("Stopped.", as_json)


def _watch_settings(settings: Settings) -> WatchSettings:
    lines = RequestLines(settings.log_format)
    return WatchSettings(lines, settings.log_requests_percent, settings.slow_request_ms / 1_000)


def secrets_of(settings: Settings) -> list[str]:
    """What is never logged; of the database's address the password only, for the rest tells where it is."""
    secrets: list[str] = []
    for setting in SETTINGS:
        value = getattr(settings, setting.field)
        if setting.secret and isinstance(value, str):
            secrets.append(urlsplit(value).password or "" if setting.field == "database_url" else value)
    return [secret for secret in secrets if secret]


class _Start:
    """What is told of the start: in sentences, or in one line of JSON, which waits for the key that may be made."""

    def __init__(self, as_json: bool, address: str, data: str, games: list[str]) -> None:
        self._line: dict[str, Any] | None = None
        if as_json:
            self._line = {"address": address, "data": data, "games": games, "admin_key": None}
            return
        say(f"Kleos listens on {address} (API: {address}/docs)")
        say(f"Data: {data}")
        say(f"Games: {', '.join(games)}")

    def key_made(self, key: str) -> None:
        """At once: whatever happens next, it is shown only here."""
        if self._line is None:
            say(f"Admin key, shown this once: {key}")
            return
        print_json_line({**self._line, "admin_key": key})
        self._line = None

    def is_ready(self, _: str) -> None:
        if self._line is not None:
            print_json_line(self._line)


class _Stopping:
    """Whether somebody asked to stop, and whether that is still ours to hear."""

    def __init__(self) -> None:
        self.was_told = False
        self._is_ours = True

    def leave_to_server(self) -> None:
        """From here on the server hears signals, finishes what it does and returns."""
        self._is_ours = False

    def tell(self, loop: asyncio.AbstractEventLoop, task: "asyncio.Task[Any]") -> None:
        if self._is_ours:
            self.was_told = True
            loop.call_soon_threadsafe(task.cancel)


@contextmanager
def _stoppable() -> Iterator[_Stopping]:
    """A signal that comes while the database starts ends this task cleanly."""
    stopping, loop, task = _Stopping(), asyncio.get_running_loop(), asyncio.current_task()
    assert task is not None
    before = {number: signal.getsignal(number) for number in STOP_SIGNALS}
    for number in STOP_SIGNALS:
        signal.signal(number, lambda *_: stopping.tell(loop, task))
    try:
        yield stopping
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)

"""`kleos demo`: a server of its own, and bots that play against it."""

import asyncio
import contextlib
import os
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Final

import httpx
from cyclopts import Parameter, validators
from rich.console import Console

from kleos.cli.output import AsJson, Failed, console, errors, print_json_line
from kleos.demo.run import run_demo
from kleos.server.serving import listen
from kleos.store import launch

HOST: Final = "127.0.0.1"
USUAL_PORT: Final = 8000
READY_WITHIN_S: Final = 60.0
STOPPED_WITHIN_S: Final = 45.0
LOOK_AGAIN_S: Final = 0.05
LAST_WORDS: Final = 12

_Above = validators.Number(gt=0)


def demo(
    *,
    data: Annotated[Path | None, Parameter(help="Folder to keep the data in; without it they are dropped.")] = None,
    port: Annotated[int | None, Parameter(help="Port of the server: 8000, or any that is free.")] = None,
    seed: Annotated[int, Parameter(help="The same seed plays the same games.")] = 1,
    duration: Annotated[float | None, Parameter(help="Seconds to play; else until Ctrl-C.", validator=_Above)] = None,
    rate: Annotated[float, Parameter(help="Matches a second.", validator=_Above)] = 3.0,
    as_json: AsJson = False,
) -> None:
    """Watch bots play real games whose events become stats, boards and awards.

    Starts a server with an empty database and lets bots play against it through the HTTP API: first three weeks of
    history in a few seconds, then live. On a terminal the board is shown as it moves; otherwise a line now and then.

    For example:

        kleos demo

        kleos demo --duration 30 --rate 20

        kleos demo --data ./demo-data --port 9000
    """
    key = f"demo-{secrets.token_urlsafe(24)}"
    screen = errors if as_json else console
    with _folder(data) as folder, _server(folder, _free_port(port), key, screen) as url, _every_end_is_an_interrupt():
        if as_json:
            print_json_line({"address": url})
        work = run_demo(url, key, seed=seed, matches_per_second=rate, duration_s=duration, console=screen)
        played = asyncio.run(work)
    if as_json:
        print_json_line({"matches": played.matches, "events": played.events})


@contextmanager
def _folder(data: Path | None) -> Iterator[Path]:
    """The data directory: the one given, or one of our own that PostgreSQL's account can enter, dropped at the end."""
    if data is not None:
        data.mkdir(parents=True, exist_ok=True)
        yield data
        return
    folder = Path(tempfile.mkdtemp(prefix="kleos-demo-"))
    folder.chmod(0o755)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _free_port(wanted: int | None) -> int:
    for port in (wanted,) if wanted is not None else (USUAL_PORT, 0):
        with contextlib.suppress(OSError), listen(HOST, port) as listening:
            found: int = listening.getsockname()[1]
            return found
    raise Failed(f"kleos: port {wanted} of {HOST} is taken; choose another --port")


@contextmanager
def _server(data: Path, port: int, key: str, screen: Console) -> Iterator[str]:
    """A server in a process of its own, ready; gives its address. It ends with the block, or with this process."""
    url, log = f"http://{HOST}:{port}", data / "server.log"
    serve = [sys.executable, "-m", "kleos", "serve", "--data", str(data), "--host", HOST, "--port", str(port)]
    with_us = [sys.executable, "-I", "-S", launch.__file__, str(os.getpid()), "-", "-", str(data)]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("KLEOS_")}
    with log.open("wb") as said:
        child = subprocess.Popen(
            [*with_us, *serve],
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=said,
            env={**environment, "KLEOS_ADMIN_KEY": key},
            start_new_session=True,  # Ctrl-C is for the bots, who leave before the server does
        )
    try:
        with screen.status("Starting the server …"):
            _wait_until_ready(child, url, log)
        yield url
    finally:
        _end(child)


def _wait_until_ready(child: "subprocess.Popen[bytes]", url: str, log: Path) -> None:
    deadline_s = time.monotonic() + READY_WITHIN_S
    with httpx.Client() as http:
        while time.monotonic() < deadline_s:
            if child.poll() is not None:
                raise Failed(f"kleos: the server did not start; it said:\n{_last_words(log)}")
            with contextlib.suppress(httpx.TransportError):
                if http.get(f"{url}/ready").is_success:
                    return
            time.sleep(LOOK_AGAIN_S)
    raise Failed(f"kleos: the server was not ready within {READY_WITHIN_S:g} s; it said:\n{_last_words(log)}")


def _last_words(log: Path) -> str:
    lines = log.read_text(errors="replace").splitlines()[-LAST_WORDS:]
    return "\n".join(f"  {line}" for line in lines)


def _end(child: "subprocess.Popen[bytes]") -> None:
    child.terminate()
    try:
        child.wait(STOPPED_WITHIN_S)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()


@contextmanager
def _every_end_is_an_interrupt() -> Iterator[None]:
    """SIGTERM and a closed terminal end the demo as Ctrl-C does."""
    numbers = (signal.SIGTERM, signal.SIGHUP)
    before = {number: signal.getsignal(number) for number in numbers}
    for number in numbers:
        signal.signal(number, lambda *_: signal.raise_signal(signal.SIGINT))
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)

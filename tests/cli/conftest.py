"""The command line through its real entry, in processes of its own, against a real server."""

import json
import os
import re
import selectors
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import pytest

KEY: Final = "the-key-of-the-tests-of-the-command-line"
PATIENCE_S: Final = 240.0
LISTENS: Final = re.compile(r"Kleos listens on (http://\S+)")


@dataclass(slots=True)
class Result:
    """What a command said, and its exit code."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


@dataclass(slots=True)
class Process:
    """A command that runs; ``until`` reads its stdout until a pattern comes."""

    popen: "subprocess.Popen[bytes]"
    said: str = ""
    _selector: selectors.DefaultSelector = field(default_factory=selectors.DefaultSelector)

    def until(self, pattern: "re.Pattern[str] | str") -> "re.Match[str]":
        out = self.popen.stdout
        assert out is not None
        if not self._selector.get_map():
            self._selector.register(out, selectors.EVENT_READ)
        deadline_s = time.monotonic() + PATIENCE_S
        while (found := re.search(pattern, self.said)) is None:
            assert time.monotonic() < deadline_s, f"{pattern} did not come in:\n{self.said}"
            if self._selector.select(timeout=1.0):
                text = os.read(out.fileno(), 65536)
                assert text, f"it ended without {pattern}:\n{self.said}{self.errors()}"
                self.said += text.decode()
        return found

    def errors(self) -> str:
        assert self.popen.stderr is not None
        return self.popen.stderr.read().decode()

    def end(self, number: signal.Signals = signal.SIGTERM) -> Result:
        """Tell it to stop; its whole output and its exit code."""
        self.popen.send_signal(number)
        return self.ended()

    def ended(self) -> Result:
        out, err = self.popen.communicate(timeout=PATIENCE_S)
        return Result(self.popen.returncode, self.said + out.decode(), err.decode())


def environment(given: Mapping[str, str] | None = None) -> dict[str, str]:
    """Ours, without any setting of Kleos."""
    ours = {name: value for name, value in os.environ.items() if not name.startswith("KLEOS_")}
    return {**ours, "COLUMNS": "120", "PYTHONUNBUFFERED": "1", **(given or {})}


def kleos(*arguments: str, env: Mapping[str, str] | None = None, given: bytes = b"", cwd: Path | None = None) -> Result:
    """Runs a command to its end."""
    done = subprocess.run(
        [sys.executable, "-m", "kleos", *arguments],
        input=given,
        capture_output=True,
        env=environment(env),
        timeout=PATIENCE_S,
        cwd=cwd,
        check=False,
    )
    return Result(done.returncode, done.stdout.decode(), done.stderr.decode())


Start = Callable[..., Process]


@pytest.fixture
def start() -> Iterator[Start]:
    """Starts commands that run; what is left of them at the end is ended."""
    running: list[Process] = []

    def run(*arguments: str, env: Mapping[str, str] | None = None) -> Process:
        process = Process(_popen(arguments, env))
        running.append(process)
        return process

    yield run
    for process in running:
        if process.popen.poll() is None:
            process.popen.kill()
        process.popen.communicate()


def _popen(arguments: Sequence[str], env: Mapping[str, str] | None) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(
        [sys.executable, "-m", "kleos", *arguments],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment(env),
    )


@dataclass(frozen=True, slots=True)
class Served:
    """A server on a free port, with its own embedded database."""

    url: str
    data: Path

    @property
    def env(self) -> dict[str, str]:
        return {"KLEOS_URL": self.url, "KLEOS_KEY": KEY}

    def run(self, *arguments: str, given: bytes = b"") -> Result:
        return kleos(*arguments, env=self.env, given=given)


@pytest.fixture(scope="session")
def served(reachable_dir: Path) -> Iterator[Served]:
    data = Path(tempfile.mkdtemp(dir=reachable_dir))
    data.chmod(0o755)
    popen = _popen(("serve", "--data", str(data), "--port", "0"), {"KLEOS_ADMIN_KEY": KEY})
    process = Process(popen)
    try:
        yield Served(process.until(LISTENS)[1], data)
    finally:
        result = process.end()
        shutil.rmtree(data, ignore_errors=True)
    assert result.code == 0, result.err


def ndjson(events: Sequence[Mapping[str, Any]]) -> bytes:
    return b"".join(json.dumps(event).encode() + b"\n" for event in events)


def runs(count: int, player: str = "p{}", players: int = 50, **more: Any) -> list[dict[str, Any]]:
    """Arcade runs without ids."""
    return [
        {
            "type": "score_submitted",
            "player": player.format(number % players),
            "score": float(number % 977 + 1),
            "game_mode": "ranked",
            "at": f"2026-03-{1 + number % 28:02d}T10:{number % 60:02d}:00Z",
            **more,
        }
        for number in range(count)
    ]

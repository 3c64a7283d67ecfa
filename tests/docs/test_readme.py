"""The README's five minutes, run as they stand: what a newcomer types first must work, and say what the text says."""

import json
import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
BLOCK = re.compile(r"```(\w+)\n(.*?)```", re.DOTALL)
START_TIMEOUT_S = 60.0


@dataclass(frozen=True)
class Tour:
    """The blocks of the tour, in order: the definition, the commands, the Python."""

    definition: str
    commands: list[str]
    python: str


def read_tour(port: int) -> Tour:
    text = (REPOSITORY / "README.md").read_text("utf-8").replace("8000", str(port))
    section = text.partition("## Five minutes")[2].partition("\n## ")[0]
    blocks = BLOCK.findall(section)
    return Tour(
        next(body for kind, body in blocks if kind == "toml"),
        [body.strip() for kind, body in blocks if kind == "sh"],
        next(body for kind, body in blocks if kind == "python"),
    )


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def serving(command: str, folder: Path, environment: dict[str, str], url: str) -> Iterator[None]:
    log = (folder / "server.log").open("wb")
    server = subprocess.Popen(
        ["bash", "-c", f"exec env {command}"], cwd=folder, env=environment, stdout=log, stderr=log
    )
    try:
        deadline = time.monotonic() + START_TIMEOUT_S
        while not _answers(url):
            assert server.poll() is None, (folder / "server.log").read_text()
            assert time.monotonic() < deadline, (folder / "server.log").read_text()
        yield
    finally:
        server.terminate()
        assert server.wait(30) == 0, (folder / "server.log").read_text()
        log.close()


def _answers(url: str) -> bool:
    try:
        return bool(httpx.get(f"{url}/ready", timeout=1).json()["ready"])
    except httpx.HTTPError:
        return False


@pytest.fixture
def environment() -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("KLEOS_")}
    return {**kept, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}", "COLUMNS": "120"}


def test_the_five_minutes_work_as_they_stand(data_dir: Path, environment: dict[str, str]) -> None:
    port = free_port()
    tour = read_tour(port)
    url = f"http://127.0.0.1:{port}"
    environment["KLEOS_URL"] = url
    (data_dir / "games").mkdir()
    (data_dir / "games" / "jumper.toml").write_text(tour.definition, "utf-8")
    check, serve, report, ask, look = tour.commands

    def run(command: str) -> str:
        done = subprocess.run(
            ["bash", "-euc", command], cwd=data_dir, env=environment, capture_output=True, text=True, timeout=60
        )
        assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
        return done.stdout

    run(check)
    with serving(serve, data_dir, environment, url):
        receipt = json.loads(run(report))
        assert (receipt["accepted"], receipt["duplicates"], receipt["quarantined"]) == (2, 1, 1)
        assert [(one["player"], one["achievement"]) for one in receipt["awards"]] == [("ada", "high_flyer")]
        board, ada, achievements = (json.loads(run(line)) for line in ask.splitlines())
        assert [(line["rank"], line["player"], line["value"]) for line in board["entries"]] == [
            (1, "ada", 120),
            (2, "bob", 80),
        ]
        assert (ada["rank"], ada["total"], ada["percentile"]) == (1, 2, 100.0)
        assert achievements["earned"] == 1
        shown = run(look)
        assert "High Flyer" in shown
        assert "ada" in shown
        (data_dir / "report.py").write_text(tour.python, "utf-8")
        assert "140" in run("python report.py")
        assert json.loads(run("kleos top jumper best --json"))["entries"][0]["value"] == 140

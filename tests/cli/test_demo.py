"""`kleos demo`: a server and bots, on a terminal and without one; nothing is left behind."""

import json
import os
import pty
import re
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import httpx

from tests.cli.conftest import PATIENCE_S, Start, environment, kleos

OPEN = re.compile(r"Open (http://127\.0\.0\.1:\d+)/\s")


def servers_on(folder: Path) -> list[str]:
    """Command lines of the processes that have something to do with a folder."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            line = (process / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue
        if str(folder) in line:
            found.append(line)
    return found


def test_it_plays_until_its_time_is_up(data_dir: Path) -> None:
    result = kleos("demo", "--data", str(data_dir), "--duration", "20", "--rate", "40", "--seed", "7", "--port", "0")
    assert result.code == 0, result.err
    assert OPEN.search(result.out)
    assert "golf wins: 1. " in result.out
    assert re.search(r"The bots have left: [\d,]+ matches, [\d,]+ events\.", result.out)
    assert "refused" not in result.out
    assert servers_on(data_dir) == []
    kept = kleos("verify", "--all", "--data", str(data_dir))
    assert (kept.code, "golf: no difference" in kept.out) == (0, True), kept.out


def test_programs_are_told_where_it_is_and_what_was_played(start: Start, data_dir: Path) -> None:
    demo = start("demo", "--port", "0", "--json", env={"TMPDIR": str(data_dir)})
    told = json.loads(demo.until(r"\A{.*}\n")[0])
    while httpx.get(f"{told['address']}/v1/games/golf/boards/wins").json().get("total", 0) == 0:
        assert demo.popen.poll() is None
    ended = demo.end(signal.SIGINT)
    assert ended.code == 0, ended.err
    first, last = map(json.loads, ended.out.splitlines())
    assert (first, last["matches"] > 0, last["events"] > 0) == (told, True, True)
    assert "The bots have left" in ended.err


def test_an_interrupt_ends_it_and_its_server_and_drops_its_data(start: Start, data_dir: Path) -> None:
    for number in (signal.SIGINT, signal.SIGTERM):
        demo = start("demo", "--port", "0", env={"TMPDIR": str(data_dir)})
        demo.until(OPEN)
        assert servers_on(data_dir)
        ended = demo.end(number)
        assert (ended.code, "The bots have left" in ended.out, ended.err) == (0, True, "")
        assert servers_on(data_dir) == []
        assert list(data_dir.iterdir()) == []


def test_a_server_that_does_not_start(data_dir: Path) -> None:
    (data_dir / "postgres").mkdir()
    result = kleos("demo", "--data", str(data_dir), "--port", "0")
    assert (result.code, "the server did not start" in result.err) == (1, True)
    assert "is not a PostgreSQL data directory" in result.err


def test_a_port_that_is_taken() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        result = kleos("demo", "--port", str(taken.getsockname()[1]))
    assert (result.code, "is taken" in result.err) == (1, True)


def test_on_a_terminal_the_board_is_drawn(data_dir: Path) -> None:
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "kleos", "demo", "--port", "0", "--data", str(data_dir)]
    env = environment({"TERM": "xterm-256color", "COLUMNS": "110", "LINES": "40"})
    with subprocess.Popen(command, stdin=theirs, stdout=theirs, stderr=theirs, env=env) as demo:
        os.close(theirs)
        screen, deadline_s = b"", time.monotonic() + PATIENCE_S
        while "🥇 1".encode() not in screen and time.monotonic() < deadline_s:
            screen += os.read(ours, 65536)
        demo.send_signal(signal.SIGINT)
        rest = b""
        try:
            while piece := os.read(ours, 65536):
                rest += piece
        except OSError:  # the other end of a terminal that is gone
            pass
        code = demo.wait(PATIENCE_S)
    os.close(ours)
    text = screen.decode(errors="replace")
    assert "Six-Card Golf · wins" in text
    assert "🥇 1" in text
    assert "Ctrl-C ends the demo" in text
    assert (code, "The bots have left" in rest.decode(errors="replace")) == (0, True)

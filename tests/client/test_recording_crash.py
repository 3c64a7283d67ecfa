"""A game server that is killed while it records: what was safe on the disk arrives, exactly once."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from kleos.client import Recorder, RecorderSettings
from tests.client.kleos_server import KEY, KleosServer

REPOSITORY = Path(__file__).resolve().parent.parent.parent
PATIENCE_S = 60.0


def play_until(safe: int, url: str, spool: Path) -> int:
    """Let a process record until so many of its events are safe, kill it, and give how many were."""
    command = [sys.executable, "-m", "tests.client.recording_process", url, KEY, str(spool)]
    with subprocess.Popen(command, cwd=REPOSITORY, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        told = 0
        for line in process.stdout:
            told = int(line)
            if told >= safe:
                break
        os.kill(process.pid, signal.SIGKILL)
        rest = process.stdout.read().split("\n")[:-1]  # what it could still tell; the last line may be cut
        assert process.wait(PATIENCE_S) == -signal.SIGKILL
    assert told >= safe
    return int(rest[-1]) if rest else told


@pytest.mark.parametrize("is_reachable", [True, False], ids=["while-sending", "without-a-server"])
def test_what_was_safe_arrives_exactly_once(kleos_server: KleosServer, tmp_path: Path, is_reachable: bool) -> None:
    if not is_reachable:
        kleos_server.stop()
    safe = play_until(1500, kleos_server.url, tmp_path)
    if not is_reachable:
        kleos_server.start()
    with Recorder(kleos_server.url, KEY, "arcade", tmp_path, settings=RecorderSettings(send_every_s=0.01)) as recorder:
        assert recorder.flush(PATIENCE_S)
    counted = kleos_server.runs_of("ada")
    assert counted >= safe
    again = [
        {"type": "score_submitted", "id": f"run-{number}", "player": "ada", "score": 1.0, "game_mode": "timed"}
        for number in range(1, safe + 1)
    ]
    answer = httpx.post(
        f"{kleos_server.url}/v1/games/arcade/events", json=again, headers={"Authorization": f"Bearer {KEY}"}
    ).json()
    assert (answer["accepted"], answer["duplicates"]) == (0, safe)
    assert kleos_server.runs_of("ada") == counted


def test_a_process_that_forgets_to_close_writes_its_events_as_it_ends(
    kleos_server: KleosServer, tmp_path: Path
) -> None:
    program = """
import sys
from kleos.client import Recorder
recorder = Recorder("http://127.0.0.1:9", None, "arcade", sys.argv[1])
for number in range(100):
    recorder.record("score_submitted", player="ada", score=1.0, game_mode="timed")
"""
    ended = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path)], capture_output=True, text=True, timeout=PATIENCE_S
    )
    assert ended.returncode == 0, ended.stderr
    with Recorder(kleos_server.url, KEY, "arcade", tmp_path) as recorder:
        assert recorder.flush(PATIENCE_S)
    assert kleos_server.runs_of("ada") == 100


def test_a_disk_that_comes_back_has_lost_nothing(kleos_server: KleosServer, tmp_path: Path) -> None:
    """A limit on the size of files stands for the full disk."""
    program = """
import resource, signal, sys, threading
from pathlib import Path
from kleos.client import Kind, Recorder, Trouble

full, troubles = threading.Event(), []
def tell(trouble: Trouble) -> None:
    if trouble.kind is Kind.DISK:
        troubles.append(trouble)
        full.set()
with Recorder("http://127.0.0.1:9", None, "arcade", sys.argv[1], on_trouble=tell) as recorder:
    recorder.record("score_submitted", player="ada", score=1.0, game_mode="timed")
    assert recorder.sync()
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (250, 1 << 30))
    for number in range(50):
        recorder.record("score_submitted", player="ada", score=1.0, game_mode="timed")
    assert full.wait(30.0)
    assert not recorder.sync(0.5)
    assert Kind.DISK in recorder.statistics().troubles
    assert len(list(Path(sys.argv[1]).glob("*/*.events"))) == 1
    resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 30, 1 << 30))
    assert recorder.sync(30.0)
    assert Kind.DISK not in recorder.statistics().troubles
    assert len(troubles) == 1
    recorder.close(timeout_s=0.0)
"""
    ended = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path)], capture_output=True, text=True, timeout=PATIENCE_S
    )
    assert ended.returncode == 0, ended.stderr
    with Recorder(kleos_server.url, KEY, "arcade", tmp_path) as recorder:
        assert recorder.flush(PATIENCE_S)
        assert recorder.statistics().damaged == 0
    assert kleos_server.runs_of("ada") == 51

"""A game server that records until it is killed: ``python -m tests.client.recording_process URL KEY SPOOL``.

It tells how many of its events are safe on the disk, a number a line, and goes on recording.
"""

import sys
from pathlib import Path

from kleos.client import Recorder, RecorderSettings


def main(url: str, key: str, spool: Path) -> None:
    recorder = Recorder(url, key, "arcade", spool, settings=RecorderSettings(segment_bytes=4096, fsync_within_s=0.01))
    number = 0
    while True:
        for _ in range(20):
            number += 1
            recorder.record("score_submitted", id=f"run-{number}", player="ada", score=1.0, game_mode="timed")
        if recorder.sync(30.0):
            print(number, flush=True)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], Path(sys.argv[3]))

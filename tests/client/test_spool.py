"""The spool: what is in it after crashes and damage, and that nobody shares it."""

import os
import random
import subprocess
import sys
from pathlib import Path

import pytest

from kleos.client import SpoolInUse
from kleos.client.frames import HEADER_BYTES, Damage, Record, frame, read_frames
from kleos.client.spool import Batch, Spool

PAYLOADS = [b'{"n":%d}' % number for number in range(5)]
FRAMES = [frame(payload, 1_000 + number) for number, payload in enumerate(PAYLOADS)]


def payloads(batch: Batch | None) -> list[bytes]:
    assert batch is not None
    return [record.payload for record in batch.records]


def test_frames_are_read_as_they_were_written() -> None:
    found = list(read_frames(b"".join(FRAMES)))
    assert [(one.payload, one.recorded_at_us) for one in found if isinstance(one, Record)] == [
        (payload, 1_000 + number) for number, payload in enumerate(PAYLOADS)
    ]
    assert len(found) == len(PAYLOADS)


def test_any_damaged_byte_costs_one_record_at_most_and_makes_none_up() -> None:
    whole = b"".join(FRAMES)
    seed = random.randrange(2**32)
    print(f"seed {seed}")
    chance = random.Random(seed)
    for position in range(len(whole)):
        damaged = bytearray(whole)
        damaged[position] ^= chance.choice([0x01, 0x20, 0x80, damaged[position] ^ 0x0A or 0x01])
        found = [one.payload for one in read_frames(bytes(damaged)) if isinstance(one, Record)]
        hit = next(n for n in range(len(FRAMES)) if position < sum(map(len, FRAMES[: n + 1])))
        rest = [payload for number, payload in enumerate(PAYLOADS) if number != hit]
        assert found in (rest, PAYLOADS), f"byte {position}"
        in_frame = position - sum(map(len, FRAMES[:hit]))
        if HEADER_BYTES <= in_frame < len(FRAMES[hit]) - 1:
            assert found == rest, f"byte {position}, of a payload"


@pytest.mark.parametrize("kept", range(1, len(FRAMES[-1]) - 1))
def test_a_torn_last_record_is_told_from_damage(kept: int) -> None:
    found = list(read_frames(b"".join(FRAMES[:-1]) + FRAMES[-1][:kept]))
    assert [one.payload for one in found if isinstance(one, Record)] == PAYLOADS[:-1]
    start = sum(map(len, FRAMES[:-1]))
    assert found[-1] == Damage(start, start + kept, is_torn=True)


def test_what_is_not_acknowledged_is_there_again(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "spool", segment_bytes=len(FRAMES[0]) * 2)
    for number, payload in enumerate(PAYLOADS):
        spool.append([(number, payload)])
    first = spool.take(10)
    assert payloads(first) == PAYLOADS[:2]
    assert payloads(spool.take(10)) == PAYLOADS[:2]
    assert first is not None
    spool.acknowledge(first)
    assert payloads(spool.take(1)) == PAYLOADS[2:3]
    assert spool.pending_events == 3
    spool.close()

    again = Spool(tmp_path / "spool")
    assert again.pending_events == 3
    taken = []
    while (batch := again.take(10)) is not None:
        taken += payloads(batch)
        again.acknowledge(batch)
    assert taken == PAYLOADS[2:]
    assert (again.pending_events, again.size_bytes) == (0, 0)
    again.close()
    assert [path.name for path in (tmp_path / "spool").iterdir()] == ["lock"]


def test_only_what_was_taken_is_acknowledged_while_more_is_written(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "spool")
    spool.append(list(enumerate(PAYLOADS[:3])))
    batch = spool.take(2)
    assert payloads(batch) == PAYLOADS[:2]
    spool.append(list(enumerate(PAYLOADS[3:])))
    assert batch is not None
    spool.acknowledge(batch)
    assert payloads(spool.take(10)) == PAYLOADS[2:]
    assert spool.pending_events == 3
    spool.close()


def test_damage_is_reported_skipped_and_kept_for_a_look(tmp_path: Path) -> None:
    folder = tmp_path / "spool"
    spool = Spool(folder)
    spool.append(list(enumerate(PAYLOADS)))
    spool.close()
    (file,) = folder.glob("*.events")
    whole = bytearray(file.read_bytes())
    whole[len(FRAMES[0]) * 2 + 40] ^= 0x40
    file.write_bytes(whole)

    again = Spool(folder)
    batch = again.take(10)
    assert payloads(batch) == PAYLOADS[:2] + PAYLOADS[3:]
    assert batch is not None
    assert [damage.is_torn for damage in batch.damages] == [False]
    again.acknowledge(batch)
    assert again.take(10) is None
    assert again.pending_events == 0
    again.close()
    assert [path.read_bytes() for path in folder.glob("*.damaged")] == [whole]


def test_a_file_that_somebody_cut_or_deleted_does_not_stop_the_rest(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "spool", segment_bytes=1)
    for number, payload in enumerate(PAYLOADS):
        spool.append([(number, payload)])
    files = sorted((tmp_path / "spool").glob("*.events"))
    files[0].unlink()
    os.truncate(files[1], 5)
    taken, damages = [], 0
    while (batch := spool.take(10)) is not None:
        taken += payloads(batch)
        damages += len(batch.damages)
        spool.acknowledge(batch)
    assert taken == PAYLOADS[2:]
    assert damages >= 2
    assert spool.pending_events == 0
    spool.close()


def test_a_full_disk_leaves_no_part_of_a_record(tmp_path: Path) -> None:
    """A limit on the size of files stands for the full disk: the write stops in the middle, then fails."""
    program = """
import resource, signal, sys
from pathlib import Path
from kleos.client.spool import Spool
spool = Spool(Path(sys.argv[1]))
spool.append([(1, b'"first"')])
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (100, 1 << 30))
try:
    spool.append([(2, b'"' + b"x" * 200 + b'"')])
except OSError as error:
    print("refused", error.errno)
resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 30, 1 << 30))
spool.append([(3, b'"third"')])
spool.close()
"""
    ended = subprocess.run(
        [sys.executable, "-c", program, tmp_path / "spool"], capture_output=True, text=True, timeout=60
    )
    assert ended.returncode == 0, ended.stderr
    assert ended.stdout.startswith("refused")
    spool = Spool(tmp_path / "spool")
    found = []
    while (batch := spool.take(10)) is not None:
        assert batch.damages == ()
        found += payloads(batch)
        spool.acknowledge(batch)
    assert found == [b'"first"', b'"third"']
    spool.close()


def test_two_never_share_a_spool(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "spool")
    with pytest.raises(SpoolInUse, match="another recorder"):
        Spool(tmp_path / "spool")
    program = "import sys; from pathlib import Path; from kleos.client.spool import Spool; Spool(Path(sys.argv[1]))"
    ended = subprocess.run(
        [sys.executable, "-c", program, tmp_path / "spool"], capture_output=True, text=True, timeout=60
    )
    assert ended.returncode == 1
    assert "SpoolInUse" in ended.stderr
    spool.close()
    Spool(tmp_path / "spool").close()

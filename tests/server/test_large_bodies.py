"""Large requests: what is taken, what is refused, fast and with bounded memory, and how others fare meanwhile."""

import asyncio
import gzip
import random
import time
import zlib
from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path

import pytest
import zstandard

from kleos.log.pieces import MAX_EVENTS
from kleos.server.bodies import MAX_BODY_BYTES, gunzip, unzstd
from tests.server.conftest import Server, problem_of
from tests.server.probe import NDJSON, array, encoded, fresh, install, post, probe, refused, taken

MIB = 1024 * 1024
REFUSED_WITHIN_S = 20.0
GROWTH_MB = 300
"""Of the server and the test together, which share a process: the body as sent, as held, and as read."""
WORST_GAP_S = 1.5
WORST_SHARE = 0.4
"""On a machine that others use too: of the time that the longest batch takes."""


@pytest.fixture(scope="module")
async def probed(server: Server) -> Server:
    await install(server)
    return server


class Memory:
    """How far the memory of this process rises above where it was."""

    def __init__(self) -> None:
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")  # forgets the highest so far
        self._before_mb = _status_mb("VmRSS")

    @property
    def growth_mb(self) -> float:
        return _status_mb("VmHWM") - self._before_mb


def _status_mb(name: str) -> float:
    (line,) = [line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith(name)]
    return int(line.split()[1]) / 1024


def short(count: int) -> list[bytes]:
    player = fresh()
    return [f'{{"type":"probe","id":"{player}{i}","match":"m","player":"{player}"}}'.encode() for i in range(count)]


async def test_ten_thousand_events_and_one_more(probed: Server) -> None:
    events = short(MAX_EVENTS + 1)
    for headers, body in (({}, array(events)), ({"content_type": NDJSON}, b"\n".join(events))):
        said = await refused(probed, body, 413, **headers)
        assert "10,000" in said["detail"]
    assert (await taken(probed, array(events[1:])))["accepted"] == MAX_EVENTS
    assert (await taken(probed, b"\n".join(events[1:]), content_type=NDJSON))["duplicates"] == MAX_EVENTS


@pytest.mark.parametrize(
    "body",
    [
        b"[" + b"1," * 8_000_000 + b"1]",
        b"[" + b"{}," * 5_000_000 + b"{}]",
        b"[" + b'{"type":"probe","player":"a"},' * 540_000 + b"{}]",
        b"[" + b'"\\ud800",' * 1_600_000 + b"1]",
    ],
    ids=["numbers", "objects", "good events", "no texts"],
)
async def test_millions_are_refused_soon(probed: Server, body: bytes) -> None:
    started, memory = time.perf_counter(), Memory()
    await refused(probed, body, 413)
    assert time.perf_counter() - started < REFUSED_WITHIN_S
    assert memory.growth_mb < GROWTH_MB


async def test_endless_brackets_are_refused_soon(probed: Server) -> None:
    started = time.perf_counter()
    await refused(probed, b"[" * MAX_BODY_BYTES, 400)
    await refused(probed, b"[" + b'[{"":' * 3_000_000, 400)
    await refused(probed, b"[" * 2_000 + b'"\\",' * 4_000_000, 400)
    assert time.perf_counter() - started < 3 * REFUSED_WITHIN_S


def padded(size: int) -> bytes:
    """Good events in an array of exactly so many bytes."""
    events = array(short(100))
    return events + b" " * (size - len(events))


@pytest.mark.parametrize("encoding", [None, "gzip", "zstd"])
async def test_16_mib_are_taken_and_17_are_not(probed: Server, encoding: str | None) -> None:
    def packed(plain: bytes) -> bytes:
        if encoding is None:
            return plain
        return gzip.compress(plain, 1) if encoding == "gzip" else zstandard.compress(plain, 1)

    headers = {} if encoding is None else {"content_encoding": encoding}
    assert (await taken(probed, packed(padded(MAX_BODY_BYTES)), **headers))["accepted"] == 100
    await refused(probed, packed(padded(MAX_BODY_BYTES + 1)), 413, **headers)
    await refused(probed, packed(padded(17 * MIB)), 413, **headers)


@pytest.mark.parametrize("size, status", [(MAX_BODY_BYTES, 200), (17 * MIB, 413)])
async def test_chunked_bodies_are_counted(probed: Server, size: int, status: int) -> None:
    body = padded(size)

    async def chunks() -> AsyncIterator[bytes]:
        for at in range(0, size, MIB):
            yield body[at : at + MIB]

    response = await probed.http.post("/v1/games/probe/events", content=chunks(), headers=probed.headers)
    assert response.status_code == status, response.text
    if status != 200:
        problem_of(response, status)


def bomb(encoding: str, size: int) -> bytes:
    squeeze = zlib.compressobj(9, zlib.DEFLATED, 31) if encoding == "gzip" else zstandard.ZstdCompressor().compressobj()
    return b"".join(squeeze.compress(b" " * MIB) for _ in range(size // MIB)) + squeeze.flush()


@pytest.mark.parametrize("encoding", ["gzip", "zstd"])
async def test_bombs_do_not_go_off(probed: Server, encoding: str) -> None:
    sent = bomb(encoding, 512 * MIB)
    started, memory = time.perf_counter(), Memory()
    await refused(probed, sent, 413, content_encoding=encoding)
    assert time.perf_counter() - started < REFUSED_WITHIN_S
    assert memory.growth_mb < GROWTH_MB


async def test_broken_and_unknown_encodings(probed: Server) -> None:
    whole = gzip.compress(encoded(probe("a")))
    for broken in (whole[:-4], whole[:-8] + bytes(8), b"\x1f\x8b", encoded(probe("a"))):
        assert (await refused(probed, broken, 400, content_encoding="gzip"))["where"] == "Content-Encoding"
    for unknown in ("br", "deflate", "gzip, gzip", "compress", "\xff"):
        response = await probed.http.post(
            "/v1/games/probe/events",
            content=whole,
            headers=[*probed.http.headers.raw, *_raw(probed), (b"content-encoding", unknown.encode("latin-1"))],
        )
        problem_of(response, 415)
        assert "gzip" in response.headers["accept-encoding"]


def _raw(server: Server) -> list[tuple[bytes, bytes]]:
    return [(name.encode(), value.encode()) for name, value in server.headers.items()]


def large_batches(dice: random.Random) -> list[bytes]:
    """Batches up to 16 MiB: of many players, of long events, and with one event that spoils the quick way."""
    players = [f"large-{number}" for number in range(5000)]
    long = [
        probe(dice.choice(players), words={f"word-{n}": dice.getrandbits(20) for n in range(85)}) for _ in range(9000)
    ]
    batches = [
        array([_marked(dice.sample(players, 4), dice) for _ in range(MAX_EVENTS)]),
        array([_marked(players, dice) for _ in range(20)]),
        array([encoded(event) for event in long]),
        array([*(encoded(event | {"id": fresh()}) for event in long), b'{"type":"probe","player":NaN}']),
    ]
    assert all(len(batch) < MAX_BODY_BYTES for batch in batches)
    assert len(batches[-1]) > 14 * MIB
    return batches


def _marked(players: Sequence[str], dice: random.Random) -> bytes:
    return encoded({"type": "marked", "id": f"{dice.getrandbits(64):x}", "marks": dict.fromkeys(players, 7)})


async def test_others_are_answered_while_large_batches_come(probed: Server) -> None:
    seed = random.randrange(2**32)
    print(f"seed {seed}")
    batches = large_batches(random.Random(seed))
    await probed.http.get("/v1/games/probe/boards/most")
    sending = asyncio.create_task(_send_all(probed, batches))
    worst, answered = 0.0, 0
    while not sending.done():
        started = time.perf_counter()
        response = await probed.http.get("/v1/games/probe/boards/most")
        assert response.status_code == 200
        worst, answered = max(worst, time.perf_counter() - started), answered + 1
    for status, took in sending.result():
        print(f"a batch took {took:.2f} s")
        assert status == 200
    print(f"{answered} answers meanwhile, the slowest after {worst:.3f} s")
    assert answered > 20
    assert worst < max(WORST_GAP_S, WORST_SHARE * max(took for _, took in sending.result()))


async def _send_all(server: Server, batches: Sequence[bytes]) -> list[tuple[int, float]]:
    said = []
    for batch in batches:
        started = time.perf_counter()
        said.append(((await post(server, batch)).status_code, time.perf_counter() - started))
    return said


async def test_more_events_are_too_many_however_their_type_is_written(probed: Server) -> None:
    player = fresh()
    events = [f'{{"\\u0074ype":"probe","player":"{player}"}}'.encode() for _ in range(MAX_EVENTS + 1)]
    await refused(probed, array(events), 413)
    await refused(probed, b"\n".join(events), 413, content_type=NDJSON)


@pytest.mark.parametrize("pack, inflate", [(gzip.compress, gunzip), (zstandard.compress, unzstd)], ids=["gzip", "zstd"])
def test_many_empty_streams_cost_what_they_weigh(
    pack: Callable[[bytes], bytes], inflate: Callable[[bytes, int], bytes]
) -> None:
    """Eight times as many cost eight times as much, and not sixty-four times."""

    def took_s(size: int) -> float:
        sent = pack(b"") * (size // len(pack(b""))) + pack(b"[]")
        started = time.process_time()
        assert inflate(sent, MAX_BODY_BYTES) == b"[]"
        return time.process_time() - started

    assert took_s(2 * MIB) < 24 * min(took_s(MIB // 4) for _ in range(3))

"""The feed: one change to thousands of sockets beside bare writes to the same sockets, their memory, and how soon a
write is seen."""

from __future__ import annotations

import asyncio
import gc
import os
import resource
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final

from bench.cluster import database
from bench.protocols import PROTOCOLS, Protocol
from bench.report import Row, middle
from bench.seen import seen
from bench.serving import GAMES, KEY
from kleos.engine.engine import Engine
from kleos.feed.boards import CHANGED
from kleos.feed.feed import Feed
from kleos.feed.message import Message
from kleos.feed.protocol import FeedProtocol
from kleos.feed.topics import parse_topic
from kleos.server.app import create_app
from kleos.server.serving import collect_garbage_seldom, listen, running
from kleos.store.database import Database
from kleos.store.embedded import EmbeddedPostgres
from kleos.store.pool import open_pool

TOPIC: Final = "board:scores/best"
NEVER_S: Final = 3_600.0
"""Nobody is asked whether he lives while bytes are counted."""
GOAL: Final = 1.5
IDLE_GOAL_BYTES: Final = 20_000
GIVE_UP_S: Final = 120.0

ReceivedNs = Callable[[int, Callable[[], object]], Awaitable[int]]


@dataclass(frozen=True, slots=True)
class Size:
    sockets: tuple[int, ...] = (5_000, 10_000)
    repeats: int = 9
    seconds: float = 10.0


QUICK: Final = Size(sockets=(100,), repeats=2, seconds=1.0)


async def run(server: EmbeddedPostgres, quick: bool) -> list[Row]:
    size = QUICK if quick else Size()
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    rows: list[Row] = []
    for name, protocol in PROTOCOLS.items():
        for count in size.sockets:
            rows += await broadcast(server, name, protocol, count, size.repeats)
    return [*rows, *await seen(server, size.seconds)]


def _open_sockets() -> list[FeedProtocol]:
    return [each for each in gc.get_objects() if isinstance(each, FeedProtocol) and not each.disconnected]


# One change to many ---------------------------------------------------------------------------------------------------


@asynccontextmanager
async def served(server: EmbeddedPostgres) -> AsyncIterator[tuple[str, Feed, Callable[[], list[FeedProtocol]]]]:
    """Kleos in this process, so that bare writes can go to its very sockets."""
    async with database(server) as dsn:
        pool = await open_pool(dsn)
        app = create_app(lambda: Engine.open(Database(dsn, pool), games_dir=GAMES), KEY)
        async with running(app, listen("127.0.0.1", 0), NEVER_S) as url:
            app.state.socketio.server.eio.ping_interval = NEVER_S
            collect_garbage_seldom()
            yield url.removeprefix("http://"), app.state.feed, _open_sockets
        pool.terminate()


async def broadcast(server: EmbeddedPostgres, name: str, protocol: Protocol, count: int, repeats: int) -> list[Row]:
    async with served(server) as (address, feed, sockets):
        gc.collect()
        before = _resident_bytes()
        async with audience(address, name, count) as received_ns:
            gc.collect()
            each_bytes = (_resident_bytes() - before) / count
            channel = feed.hub.channel(parse_topic(TOPIC))
            assert channel is not None
            assert len(channel.listeners) == count
            numbers = [each.transport.get_extra_info("socket").fileno() for each in sockets()]
            assert len(numbers) == count
            ours, bare = [], []
            for turn in range(repeats):
                frame = _frame(name, Message(channel.name, channel.n + 1, CHANGED, _told(turn)))
                bare.append(await _ms(received_ns, len(frame), partial(_write_all, numbers, frame)))
                ours.append(await _ms(received_ns, len(frame), partial(channel.publish, CHANGED, _told(turn))))
    return [_ratio(protocol, count, ours, bare), _memory(protocol, count, each_bytes)]


def _ratio(protocol: Protocol, count: int, ours: list[float], bare: list[float]) -> Row:
    ratios = [mine / theirs for mine, theirs in zip(ours, bare, strict=True)]
    return Row(
        f"{protocol.title}: one change to {count:,} sockets, until the last has it",
        f"{GOAL} of bare writes",
        f"{middle(ours):.0f} ms",
        f"{middle(bare):.0f} ms, bare writes of the same bytes",
        f"{middle(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f})",
        middle(ratios) <= GOAL,
        f"{len(ours)} turns each way, to the same sockets; making and framing the message is in our time",
    )


def _memory(protocol: Protocol, count: int, each_bytes: float) -> Row:
    return Row(
        f"{protocol.title}: memory of an idle socket that listens, {count:,} of them",
        f"{IDLE_GOAL_BYTES / 1000:.0f} kB",
        f"{each_bytes / 1000:.1f} kB",
        met=each_bytes < IDLE_GOAL_BYTES,
    )


@asynccontextmanager
async def audience(address: str, name: str, count: int) -> AsyncIterator[ReceivedNs]:
    """So many sockets in a process of its own; what is given waits until all have received so many bytes."""
    host, _, port = address.rpartition(":")
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bench.audience", host, port, name, TOPIC, str(count)),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    ask, answers = process.stdin, process.stdout

    async def answer() -> bytes:
        line = await asyncio.wait_for(answers.readline(), GIVE_UP_S)
        if not line:
            raise RuntimeError("the audience has left")
        return line

    async def received_ns(size_bytes: int, act: Callable[[], object]) -> int:
        ask.write(b"expect %d\n" % size_bytes)
        await answer()
        act()
        return int(await answer())

    try:
        await answer()
        yield received_ns
    finally:
        ask.close()
        await process.wait()


async def _ms(received_ns: ReceivedNs, size_bytes: int, act: Callable[[], object]) -> float:
    started_ns = 0

    def begin() -> None:
        nonlocal started_ns
        started_ns = time.perf_counter_ns()
        act()

    return (await received_ns(size_bytes, begin) - started_ns) / 1e6


def _told(turn: int) -> dict[str, Any]:
    line = {"rank": 1, "player": "player-1", "name": "Player 1", "value": 1_000_000 + turn, "previous_rank": 2}
    return {"game": "scores", "board": "best", "window": "all", "total": 100, "changes": [line], "entries": [line]}


def _frame(name: str, message: Message) -> bytes:
    return message.text_frame if name == "websocket" else message.socketio_frame


def _write_all(numbers: list[int], frame: bytes) -> None:
    write = os.write
    for number in numbers:
        write(number, frame)


def _resident_bytes() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()

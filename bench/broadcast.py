"""One change told to thousands of sockets, in a process of its own so that its memory is that of the sockets.

    python -m bench.broadcast <database> <protocol> <sockets> <turns>

prints JSON: the milliseconds of each turn, ours and bare, the bytes of memory of an idle socket, and the longest time
for which each of as many further broadcasts held the loop.
"""

from __future__ import annotations

import asyncio
import gc
import os
import resource
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any, Final

import msgspec
import uvloop
from litestar.datastructures import State

from bench.serving import GAMES, KEY
from kleos.engine.engine import Engine
from kleos.feed.boards import CHANGED
from kleos.feed.feed import Feed
from kleos.feed.hub import Channel
from kleos.feed.message import Message
from kleos.feed.protocol import FeedProtocol
from kleos.feed.topics import parse_topic
from kleos.server.app import create_app
from kleos.server.auth.access import AccessSettings
from kleos.server.auth.limits import LimitSettings
from kleos.server.door import DoorSettings
from kleos.server.facades.leaderboard_socket import Words
from kleos.server.serving import collect_garbage_seldom, listen, running
from kleos.store.database import Database
from kleos.store.pool import open_pool

TOPIC: Final = "board:scores/best"
LEADERBOARD_TOPIC: Final = "board:arcade/total_score/all"
NEVER_S: Final = 3_600.0
"""Nobody is asked whether he lives while bytes are counted."""
GIVE_UP_S: Final = 180.0
ANYBODY: Final = AccessSettings(door=DoorSettings(most_from_address=0), limits=LimitSettings(topics_per_minute=0))

ReceivedNs = Callable[[int, Callable[[], object]], Awaitable[int]]


class Measured(msgspec.Struct):
    ours_ms: list[float]
    bare_ms: list[float]
    idle_bytes: float
    held_ms: list[float]


async def measure(dsn: str, name: str, count: int, turns: int) -> Measured:
    async with served(dsn) as (address, state):
        feed: Feed = state.feed
        async with audience(address, name, 10):
            pass  # what is loaded and cached once is not a socket's
        gc.collect()
        before = _resident_bytes()
        async with audience(address, name, count) as received_ns:
            gc.collect()
            idle_bytes = (_resident_bytes() - before) / count
            channel = feed.hub.channel(parse_topic(LEADERBOARD_TOPIC if name == "leaderboard" else TOPIC))
            assert channel is not None
            assert len(channel.listeners) == count
            numbers = _file_numbers()
            assert len(numbers) == count
            ours, bare = [], []
            for turn in range(turns):
                frame = _frame(name, state, Message(channel.name, channel.n + 1, CHANGED, _told(turn)))
                bare.append(await _ms(received_ns, len(frame), partial(_write_all, numbers, frame)))
                ours.append(await _ms(received_ns, len(frame), partial(channel.publish, CHANGED, _told(turn))))
            held = [await _held_ms(received_ns, channel, len(frame), turn) for turn in range(turns)]
    return Measured(ours, bare, idle_bytes, held)


@asynccontextmanager
async def served(dsn: str) -> AsyncIterator[tuple[str, State]]:
    """Kleos in this process, so that bare writes can go to its very sockets."""
    pool = await open_pool(dsn)
    app = create_app(lambda: Engine.open(Database(dsn, pool), games_dir=GAMES), KEY, access=ANYBODY)
    async with running(app, listen("127.0.0.1", 0), NEVER_S) as url:
        app.state.socketio.server.eio.ping_interval = NEVER_S
        collect_garbage_seldom()
        yield url.removeprefix("http://"), app.state
    pool.terminate()


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


async def _held_ms(received_ns: ReceivedNs, channel: Channel, size_bytes: int, turn: int) -> float:
    """The longest that another task waits for its turn while the change is told."""
    longest_ns = 0

    async def wait_for_turns() -> None:
        nonlocal longest_ns
        while True:
            started_ns = time.perf_counter_ns()
            await asyncio.sleep(0)
            longest_ns = max(longest_ns, time.perf_counter_ns() - started_ns)

    waiting = asyncio.create_task(wait_for_turns())
    await received_ns(size_bytes, partial(channel.publish, CHANGED, _told(turn)))
    waiting.cancel()
    return longest_ns / 1e6


def _told(turn: int) -> dict[str, Any]:
    line = {"rank": 1, "player": "player-1", "name": "Player 1", "value": 1_000_000 + turn, "previous_rank": 2}
    top = {"shown": 1, "entries": [{"place": 1, **line}]}
    return {"game": "scores", "board": "best", "window": "all", "total": 100, "changes": [line], **top}


def _frame(name: str, state: State, message: Message) -> bytes:
    if name == "leaderboard":
        return Words(state.engine).of(message)
    return message.text_frame if name == "websocket" else message.socketio_frame


def _write_all(numbers: list[int], frame: bytes) -> None:
    write = os.write
    for number in numbers:
        write(number, frame)


def _file_numbers() -> list[int]:
    sockets = [each for each in gc.get_objects() if isinstance(each, FeedProtocol) and not each.disconnected]
    return [each.transport.get_extra_info("socket").fileno() for each in sockets]


def _resident_bytes() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()


def main() -> None:
    dsn, name, count, turns = sys.argv[1:]
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    print(msgspec.json.encode(uvloop.run(measure(dsn, name, int(count), int(turns)))).decode(), flush=True)


if __name__ == "__main__":
    main()

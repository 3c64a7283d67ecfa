"""How soon a write is seen: 500 a second by a client that keeps its pace, and two listeners on sockets of their own."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Sequence
from typing import Any, Final

import msgspec
from websockets.asyncio.client import ClientConnection, connect

from bench.cluster import database
from bench.connection import Connection, request
from bench.report import Row, middle, percentile
from bench.serving import KEY, kleos
from kleos.store.embedded import EmbeddedPostgres

RATE: Final = 500.0
PLAYERS: Final = 200
CONNECTIONS: Final = 16
PLAYER_GOAL_MS: Final = 50.0
BOARD_GOAL_MS: Final = 150.0
SETTLE_S: Final = 1.0
_BOARD: Final = "board:scores/best"

Seen = dict[int, float]
"""When a listener saw each write, by its number."""


async def seen(server: EmbeddedPostgres, seconds: float) -> list[Row]:
    count = round(RATE * seconds)
    chance = random.Random(13)
    players = [f"player-{chance.randint(1, PLAYERS)}" for _ in range(count)]
    topics = [f"player:player-{number}" for number in range(1, PLAYERS + 1)]
    async with database(server) as dsn, kleos(dsn) as address:
        url = f"ws://{address}/v1/feed"
        async with connect(url, max_size=None) as ours, connect(url, max_size=None) as boards:
            await _subscribe(ours, topics)
            await _subscribe(boards, [_BOARD])
            by_player = asyncio.create_task(_watch(ours, players))
            by_board = asyncio.create_task(_watch(boards, players))
            due = await _write(address, players)
            found = [await asyncio.wait_for(each, 30.0) for each in (by_player, by_board)]
    return [
        _row("a listener of the player's topic", due, found[0], PLAYER_GOAL_MS),
        _row("a listener of a busy board's topic", due, found[1], BOARD_GOAL_MS),
    ]


def _row(who: str, due: Sequence[float], found: Seen, goal_ms: float) -> Row:
    latencies = [(at - due[number]) * 1e3 for number, at in found.items()]
    if len(latencies) < len(due):
        raise RuntimeError(f"{who} saw {len(latencies)} of {len(due)} writes")
    p99_ms = percentile(latencies, 0.99)
    return Row(
        f"a write is seen by {who}, {RATE:.0f} writes/s, {PLAYERS} players, p99",
        f"{goal_ms:g} ms",
        f"{p99_ms:.1f} ms (median {middle(latencies):.1f} ms)",
        met=p99_ms <= goal_ms,
        note="from the moment at which the write was due; one that a later one of the player covers is seen with it",
    )


async def _subscribe(socket: ClientConnection, topics: Sequence[str]) -> None:
    await socket.send(msgspec.json.encode({"subscribe": topics}).decode())
    for _ in topics:
        message = msgspec.json.decode(await socket.recv())
        if message["type"] != "snapshot":
            raise RuntimeError(f"a subscription was answered with {message}")


async def _watch(socket: ClientConnection, players: Sequence[str]) -> Seen:
    """Until every write is seen: the value of write ``n`` is ``n + 1``, so who has reached it has it."""
    waiting: dict[str, list[int]] = {}
    for number, player in reversed(list(enumerate(players))):
        waiting.setdefault(player, []).append(number)
    found: Seen = {}
    while len(found) < len(players):
        text = await socket.recv()
        now = time.perf_counter()
        for player, value in _values(msgspec.json.decode(text)):
            left = waiting.get(player, [])
            while left and left[-1] < value:
                found[left.pop()] = now
    return found


def _values(message: dict[str, Any]) -> list[tuple[str, int]]:
    if message["type"] == "standing.changed":
        return [(message["player"], each["value"]) for each in message["standings"] if each["board"] == "best"]
    if message["type"] == "board.changed":
        return [(each["player"], each["value"]) for each in message["changes"] if each["rank"] is not None]
    return []


async def _write(address: str, players: Sequence[str]) -> list[float]:
    """Sends at an even pace, whatever the server does; gives the moments at which the writes were due."""
    idle: asyncio.Queue[Connection] = asyncio.Queue()
    opened = [await Connection.open(address) for _ in range(CONNECTIONS)]
    for each in opened:
        idle.put_nowait(each)
    start = time.perf_counter() + SETTLE_S
    due = [start + number / RATE for number in range(len(players))]
    async with asyncio.TaskGroup() as sending:
        for number, player in enumerate(players):
            await asyncio.sleep(max(0.0, due[number] - time.perf_counter()))
            sending.create_task(_send(idle, number, player))
    for each in opened:
        each.close()
    return due


async def _send(idle: asyncio.Queue[Connection], number: int, player: str) -> None:
    event = {"type": "scored", "id": f"seen-{number}", "player": player, "points": number + 1}
    connection = await idle.get()
    status, answer = await connection.send(request("POST", "/v1/games/scores/events", msgspec.json.encode(event), KEY))
    idle.put_nowait(connection)
    if status != 200:
        raise RuntimeError(f"a write was answered {status}: {answer!r}")

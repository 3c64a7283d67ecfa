"""A client that keeps its pace whatever the server does: latencies count from the moment a request was due.

A closed loop slows down with the server and so hides its worst moments; this one does not. It runs in its caller's
thread, on sockets and ``select`` alone, because timers of event loops are only good to a millisecond.
"""

from __future__ import annotations

import select
import socket
import time
from collections.abc import Sequence
from typing import Final

from bench.connection import head_of

CONNECTIONS: Final = 16
_AT_ONCE_BYTES: Final = 1 << 16
_GIVE_UP_S: Final = 30.0


def latencies_ms(address: str, requests: Sequence[bytes], rate: float) -> list[float]:
    """The latency of each request, sent at ``rate`` a second. Raises RuntimeError for an answer other than 200."""
    host, _, port = address.rpartition(":")
    idle = [socket.create_connection((host, int(port))) for _ in range(CONNECTIONS)]
    for each in idle:
        each.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    sockets = list(idle)
    try:
        return _run(idle, requests, rate)
    finally:
        for each in sockets:
            each.close()


def _run(idle: list[socket.socket], requests: Sequence[bytes], rate: float) -> list[float]:
    busy: dict[socket.socket, tuple[float, bytearray]] = {}
    latencies: list[float] = []
    start = time.perf_counter() + 0.05
    sent = 0
    while len(latencies) < len(requests):
        now = time.perf_counter()
        due = start + sent / rate if sent < len(requests) else now + _GIVE_UP_S
        if now >= due and idle:
            connection = idle.pop()
            connection.sendall(requests[sent])
            busy[connection] = (due, bytearray())
            sent += 1
            continue
        wait_s = max(0.0, due - now) if idle else _GIVE_UP_S
        readable, _, _ = select.select(list(busy), [], [], wait_s)
        for connection in readable:
            due_at, received = busy[connection]
            received += connection.recv(_AT_ONCE_BYTES)
            head = head_of(received)
            if head is None or len(received) < head[1]:
                continue
            if head[0] != 200:
                raise RuntimeError(f"answered {bytes(received[:400])!r}")
            latencies.append((time.perf_counter() - due_at) * 1e3)
            del busy[connection]
            idle.append(connection)
    return latencies

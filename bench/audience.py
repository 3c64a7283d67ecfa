"""An audience in a process of its own: thousands of sockets on ``epoll`` that subscribe, then only count bytes.

Reads commands on lines: ``expect <bytes>`` waits until every socket has received so many more, and answers with the
moment at which the last of them had (``perf_counter_ns``, one clock for all processes of a machine).
"""

from __future__ import annotations

import base64
import os
import resource
import select
import socket
import struct
import sys
import time
from typing import Final, Literal

from bench.protocols import PROTOCOLS, Protocol

AT_ONCE: Final = 200
"""Sockets that are being opened at the same time."""
GIVE_UP_S: Final = 60.0
_READ_BYTES: Final = 1 << 16

ProtocolName = Literal["websocket", "socketio"]


class Seat:
    """One socket of the audience while it takes its place: handshake, then the protocol's own steps."""

    def __init__(self, address: tuple[str, int], protocol: Protocol, topic: str) -> None:
        self.socket = socket.create_connection(address)
        self._received = bytearray()
        self._steps = list(protocol.steps(topic))
        key = base64.b64encode(os.urandom(16)).decode()
        self.socket.sendall(
            f"GET {protocol.path} HTTP/1.1\r\nHost: kleos\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n".encode()
        )
        self.socket.setblocking(False)

    def read(self) -> bool:
        """Takes what has come; True when the seat is taken and nothing more is to come."""
        self._received += self.socket.recv(_READ_BYTES)
        while self._steps and self._steps[0][0] in self._received:
            sends = self._steps.pop(0)[1]
            self._received.clear()
            if sends:
                self.socket.sendall(masked(sends))
        return not self._steps


def masked(payload: bytes) -> bytes:
    """A client's text frame; a mask of zeros is a mask."""
    size = len(payload)
    head = bytes((0x81, 0x80 | size)) if size < 126 else struct.pack(">BBH", 0x81, 0xFE, size)
    return head + b"\0\0\0\0" + payload


def take_seats(address: tuple[str, int], protocol: Protocol, topic: str, count: int) -> list[socket.socket]:
    poll = select.epoll()
    coming: dict[int, Seat] = {}
    taken: list[socket.socket] = []
    while len(taken) < count:
        while len(coming) < AT_ONCE and len(coming) + len(taken) < count:
            seat = Seat(address, protocol, topic)
            coming[seat.socket.fileno()] = seat
            poll.register(seat.socket, select.EPOLLIN)
        ready = poll.poll(GIVE_UP_S)
        if not ready:
            raise TimeoutError(f"{len(taken)} of {count} sockets were opened")
        for number, _ in ready:
            if coming[number].read():
                poll.unregister(number)
                taken.append(coming.pop(number).socket)
    return taken


def last_received_ns(poll: select.epoll, sockets: dict[int, socket.socket], size_bytes: int) -> int:
    """When the last socket had received so many bytes."""
    missing = dict.fromkeys(sockets, size_bytes)
    left = len(missing)
    while left:
        ready = poll.poll(GIVE_UP_S)
        if not ready:
            raise TimeoutError(f"{left} sockets received too little")
        for number, _ in ready:
            missing[number] -= len(sockets[number].recv(_READ_BYTES))
            if missing[number] < 0:
                raise RuntimeError("a socket received more than was sent to it")
            left -= missing[number] == 0
    return time.perf_counter_ns()


def main() -> None:
    host, port, name, topic, count = sys.argv[1:]
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    sockets = {each.fileno(): each for each in take_seats((host, int(port)), PROTOCOLS[name], topic, int(count))}
    poll = select.epoll()
    for each in sockets.values():
        poll.register(each, select.EPOLLIN)
    print("seated", flush=True)
    for line in sys.stdin:
        print("ready", flush=True)
        print(last_received_ns(poll, sockets, int(line.split()[1])), flush=True)


if __name__ == "__main__":
    main()

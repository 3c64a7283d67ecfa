"""The leaderboard's WebSocket: a snapshot, then a message for each player whose rank changed by what they submitted."""

import asyncio
from collections import deque
from typing import Any, Final

import msgspec
from litestar import WebSocket, websocket
from litestar.exceptions import WebSocketDisconnect
from litestar.handlers import BaseRouteHandler

from kleos.core.errors import KleosError, NotFound
from kleos.core.ids import check_external_id
from kleos.core.windows import iso
from kleos.feed.boards import CHANGED
from kleos.feed.feed import Feed
from kleos.feed.hub import SNAPSHOT
from kleos.feed.message import Message
from kleos.feed.topics import BoardTopic
from kleos.server.facades.binding import leaderboard_game
from kleos.server.facades.leaderboard import BOARD, WINDOW, UserId, get_rank, get_top, outward

MOST_WAITING: Final = 100
SNAPSHOT_LINES: Final = 100
POLICY_VIOLATION: Final = 1008
_encode: Final = msgspec.json.Encoder().encode


class Follower:
    """Keeps what waits to be sent. Who does not keep up gets a snapshot in place of what was missed."""

    def __init__(self) -> None:
        self._waiting: deque[Message] = deque()
        self._needs_snapshot = False
        self._arrived = asyncio.Event()

    def deliver(self, message: Message) -> None:
        if message.kind == SNAPSHOT or len(self._waiting) >= MOST_WAITING:
            self._needs_snapshot = True
            self._waiting.clear()
        elif message.kind == CHANGED:
            self._waiting.append(message)
        self._arrived.set()

    async def next(self) -> Message | None:
        """The next change; None where a snapshot is due."""
        while True:
            if self._needs_snapshot:
                self._needs_snapshot = False
                return None
            if self._waiting:
                return self._waiting.popleft()
            self._arrived.clear()
            await self._arrived.wait()


@websocket("/ws/leaderboard/{user_id:str}")
async def follow(socket: WebSocket[Any, Any, Any], user_id: UserId) -> None:
    """Public, as all reading is."""
    await socket.accept()
    feed: Feed = socket.app.state.feed
    follower = Follower()
    try:
        topic = BoardTopic(leaderboard_game(socket.app.state, feed.engine).name, BOARD, WINDOW)
        check_external_id(user_id, "user_id")
        await feed.hub.subscribe(follower, topic)
    except KleosError as error:
        await socket.close(POLICY_VIOLATION, str(error)[:100])
        return
    ends = [asyncio.create_task(_send(socket, follower, user_id)), asyncio.create_task(_until_left(socket))]
    try:
        await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
    finally:
        feed.hub.unsubscribe(follower, topic)
        for task in ends:
            task.cancel()
        await asyncio.gather(*ends, return_exceptions=True)


async def _until_left(socket: WebSocket[Any, Any, Any]) -> None:
    """What a client says is not listened to."""
    try:
        while True:
            await socket.receive_data("text")
    except WebSocketDisconnect:
        return


async def _send(socket: WebSocket[Any, Any, Any], follower: Follower, user_id: str) -> None:
    while True:
        message = await follower.next()
        if message is None:
            await socket.send_text(await _snapshot(socket, user_id))
            continue
        timestamp = iso(socket.app.state.engine.now())
        for change in message.told["changes"]:
            if change["rank"] != change["previous_rank"]:
                await socket.send_text(_encode(_update(change, timestamp)).decode())


async def _snapshot(socket: WebSocket[Any, Any, Any], user_id: str) -> str:
    state = socket.app.state
    top = await get_top.fn(state, state.engine, SNAPSHOT_LINES, 0)
    try:
        user = await get_rank.fn(state, state.engine, user_id)
    except NotFound:
        user = None
    return _encode({"event_type": "snapshot", "entries": top.entries, "user": user}).decode()


def _update(change: dict[str, Any], timestamp: str) -> dict[str, Any]:
    new, old = change["rank"], change["previous_rank"]
    return {
        "event_type": "leaderboard_update",
        "user_id": outward(change["player"]),
        "username": change.get("name", change["player"]),
        "new_rank": new,
        "old_rank": old,
        "rank_change": old - new if old is not None and new is not None else None,
        "timestamp": timestamp,
    }


ROUTES: Final[list[BaseRouteHandler]] = [follow]

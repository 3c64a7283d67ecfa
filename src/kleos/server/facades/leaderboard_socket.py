"""The leaderboard's WebSocket: a snapshot, then a message for each player whose rank changed: by what they submitted,
or because others passed them, where their line is shown or it is their socket.

What changed is put into words and framed once, however many listen. Who does not keep up gets a snapshot in place of
what was missed.
"""

import asyncio
import logging
import math
from collections.abc import Collection
from typing import Any, Final

import msgspec
from litestar import WebSocket, websocket
from litestar.datastructures import State
from litestar.exceptions import WebSocketDisconnect
from litestar.handlers import BaseRouteHandler

from kleos.core.errors import KleosError, NotFound
from kleos.core.ids import check_external_id
from kleos.core.windows import iso
from kleos.engine.engine import Engine
from kleos.feed.boards import CHANGED
from kleos.feed.feed import Feed
from kleos.feed.hub import SNAPSHOT
from kleos.feed.message import Message, text_frame
from kleos.feed.protocol import FeedProtocol, protocol_of
from kleos.feed.topics import BoardTopic
from kleos.server.facades.binding import leaderboard_game
from kleos.server.facades.leaderboard import BOARD, WINDOW, Ranked, UserId, get_rank, get_top, outward

SNAPSHOT_LINES: Final = 100
MOST_BEHIND: Final = 100
POLICY_VIOLATION: Final = 1008
STATE_KEY: Final = "leaderboard_words"
_EVERYWHERE: Final = (1.0, math.inf)
_NOWHERE: Final = (math.inf, 0.0)

logger = logging.getLogger(__name__)
_encode: Final = msgspec.json.Encoder().encode


class Words:
    """The document's words for what the board's topic tells: of the newest message, for all who listen.

    ``_top`` are the lines that the topic shows as the newest message left them, None before the first snapshot.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._message: Message | None = None
        self._frames = b""
        self._moved: dict[str, int | None] = {}
        self._span: tuple[float, float] = _NOWHERE
        self._top: list[dict[str, Any]] | None = None

    def begin(self, snapshot: Message) -> None:
        self._top = snapshot.told["entries"]

    def of(self, message: Message) -> bytes:
        """A frame for each player whose rank changed: who moved, and who was passed among the lines that are shown; one
        behind the other, empty where none did."""
        if message is not self._message:
            moved = [one for one in message.told["changes"] if one["rank"] != one["previous_rank"]]
            passed = self._passed_in_sight(message, {one["player"] for one in message.told["changes"]})
            timestamp = iso(self._engine.now())
            self._frames = b"".join(text_frame(_encode(_update(one, timestamp))) for one in (*moved, *passed))
            self._moved = {one["player"]: one["rank"] for one in (*moved, *passed)}
            self._span = _EVERYWHERE if message.told.get("more") else _span(moved)
            self._message = message
        return self._frames

    def _passed_in_sight(self, message: Message, told_of: Collection[str]) -> list[dict[str, Any]]:
        """The lines shown before and after whose rank is another. Who left them is not known to be anywhere else."""
        if self._top is None:
            return []
        before = {line["player"]: line["rank"] for line in self._top}
        top: list[dict[str, Any]] = self._top[:]
        for line in message.told["entries"]:
            top[line["place"] - 1 : line["place"]] = [line]
        self._top = top[: message.told["shown"]]
        return [
            {**line, "previous_rank": before[line["player"]]}
            for line in self._top
            if line["player"] not in told_of and before.get(line["player"], line["rank"]) != line["rank"]
        ]

    def has_moved(self, player: str) -> bool:
        """By the newest message."""
        return player in self._moved

    def rank_of(self, player: str) -> int | None:
        """Of who has moved."""
        return self._moved[player]

    def may_have_passed(self, rank: int) -> bool:
        """Whether somebody who moved may have passed who stood there, or left a place before them."""
        first, last = self._span
        return first <= rank <= last


class Follower:
    """One socket that hears them. While a snapshot is read for it, what changes meanwhile waits behind that."""

    __slots__ = ("_behind", "_name", "_protocol", "_rank", "_reading", "_state", "_user_id", "_words")

    def __init__(self, state: State, protocol: FeedProtocol, user_id: str) -> None:
        self._state = state
        self._words: Words = state[STATE_KEY]
        self._protocol = protocol
        self._user_id = user_id
        self._name = user_id
        self._rank: int | None = None
        self._reading: asyncio.Task[None] | None = None
        self._behind: list[bytes] = []

    def deliver(self, message: Message) -> None:
        if message.kind == SNAPSHOT:
            self._words.begin(message)
            self._begin()
        elif message.kind == CHANGED and (frames := self._words.of(message)):
            if self._words.has_moved(self._user_id):
                self._rank = self._words.rank_of(self._user_id)
            elif self._reading is None and self._rank is not None and self._words.may_have_passed(self._rank):
                frames += self._passed()
            if self._reading is not None:
                self._behind.append(frames)
                del self._behind[MOST_BEHIND + 1 :]
            elif not self._protocol.write_frame(frames):
                self._begin()

    def close(self) -> None:
        if self._reading is not None:
            self._reading.cancel()

    def _begin(self) -> None:
        """From a snapshot on, as soon as the other end takes one."""
        if self._reading is None:
            self._reading = asyncio.get_running_loop().create_task(self._read(), name="a leaderboard's snapshot")

    async def _read(self) -> None:
        try:
            is_told = False
            while not is_told:
                await self._protocol.when_drained()
                self._behind.clear()
                self._rank = None
                user, snapshot = await _snapshot(self._state, self._user_id)
                if user is not None:
                    self._know(user)
                if len(self._behind) <= MOST_BEHIND:
                    frames = [text_frame(snapshot), *self._behind, self._passed()]
                    is_told = self._protocol.write_frame(b"".join(frames))
        except Exception:
            logger.exception("a leaderboard could not be read for its WebSocket")
            self._protocol.transport.close()
        self._reading = None

    def _know(self, user: Ranked) -> None:
        """A move that was told meanwhile is newer."""
        self._name = user.username
        if self._rank is None:
            self._rank = user.rank

    def _passed(self) -> bytes:
        """A frame of the player whose socket it is, where their rank is another than they were told."""
        rank = self._rank_now() if self._rank is not None else None
        if rank is None or rank == self._rank:
            return b""
        change = {"player": self._user_id, "name": self._name, "rank": rank, "previous_rank": self._rank}
        self._rank = rank
        return text_frame(_encode(_update(change, iso(self._state.engine.now()))))

    def _rank_now(self) -> int | None:
        """As memory knows it; None for who is not ranked, or while the board is not in memory."""
        engine: Engine = self._state.engine
        game = leaderboard_game(self._state, engine)
        window = game.calendar.named(WINDOW, engine.now())
        return engine.rankings.ranks(game, BOARD, window, {}, [self._user_id])[self._user_id]


async def _snapshot(state: State, user_id: str) -> tuple[Ranked | None, bytes]:
    user = await _rank_of(state, user_id)
    top = await get_top.fn(state, state.engine, SNAPSHOT_LINES, 0)
    return user, _encode({"event_type": "snapshot", "entries": top.entries, "user": user})


async def _rank_of(state: State, user_id: str) -> Ranked | None:
    try:
        ranked: Ranked = await get_rank.fn(state, state.engine, user_id)
    except NotFound:
        return None
    return ranked


@websocket("/ws/leaderboard/{user_id:str}")
async def follow(socket: WebSocket[Any, Any, Any], user_id: UserId) -> None:
    """Public, as all reading is. What a client says is not listened to."""
    await socket.accept()
    state = socket.app.state
    feed: Feed = state.feed
    protocol = protocol_of(socket.scope)
    protocol.forget_handshake()
    follower = Follower(state, protocol, user_id)
    try:
        topic = BoardTopic(leaderboard_game(state, feed.engine).name, BOARD, WINDOW)
        check_external_id(user_id, "user_id")
        await feed.hub.subscribe(follower, topic)
    except KleosError as error:
        await socket.close(POLICY_VIOLATION, str(error)[:100])
        return
    try:
        while True:
            await socket.receive_data("text")
    except WebSocketDisconnect:
        return
    finally:
        feed.hub.unsubscribe(follower, topic)
        follower.close()


def _span(moved: list[dict[str, Any]]) -> tuple[float, float]:
    """From the first to the last place that these left or took; who comes or goes does so behind everybody."""
    ends = [math.inf if rank is None else rank for one in moved for rank in (one["rank"], one["previous_rank"])]
    return (min(ends), max(ends)) if ends else _NOWHERE


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

"""What a board's topic tells: its first lines, and who moved. All ranks of one message are of one moment."""

import asyncio
from collections.abc import Mapping, Sequence
from itertools import islice
from typing import Any, Final

from kleos.boards.answers import Line, shown
from kleos.boards.compiled import CompiledBoard
from kleos.core.errors import KleosError
from kleos.core.windows import Window
from kleos.engine.engine import Engine
from kleos.engine.game import Game
from kleos.feed.gathering import Gathering
from kleos.feed.hub import SNAPSHOT, Channel
from kleos.feed.message import Message
from kleos.feed.topics import BoardTopic

TOP_LINES: Final = 50
MOST_CHANGES: Final = 500
"""So many who moved are named in one message; ``more`` counts the others."""

CHANGED: Final = "board.changed"


class BoardSource:
    """Keeps the first lines as they were last told, so that a message says only what is different in them."""

    def __init__(self, engine: Engine, channel: Channel, topic: BoardTopic) -> None:
        self.game = topic.game
        self.board = engine.game(topic.game).board(topic.board).name
        self.partition: Mapping[str, str] = dict(topic.partition)
        self._topic = topic
        self._engine = engine
        self._channel = channel
        self._moved: dict[str, int | None] = {}
        self._more = 0
        self._window: Window | None = None
        self._told: list[dict[str, Any]] = []
        self._total = 0
        self._snapshot: Message | None = None
        self._one_at_a_time = asyncio.Lock()
        self._gathering = Gathering(self._tell)

    def close(self) -> None:
        self._gathering.close()

    async def snapshot(self) -> Message:
        async with self._one_at_a_time:
            if self._window is None:
                await self._read(())
            if self._snapshot is None or self._snapshot.n != self._channel.n:
                self._snapshot = Message(self._channel.name, self._channel.n, SNAPSHOT, self._whole())
            return self._snapshot

    def follow(self, game: Game, moved: Mapping[str, Sequence[str]]) -> None:
        """Before the ranks take a commit in: ``moved`` are the players of changed rows of this partition, by window."""
        if self._window is None:
            return  # nobody has been told anything yet
        try:
            window = game.calendar.named(self._window_name(game), self._engine.now())
        except KleosError:
            return
        ids = moved.get(window.name)
        if not ids:
            return
        new = [id for id in ids if id not in self._moved]
        room = MOST_CHANGES - len(self._moved)
        self._more += max(0, len(new) - room)
        self._moved |= self._engine.rankings.ranks(game, self.board, window, self.partition, new[:room])
        self._gathering.touch()

    def _keep(self, moved: Mapping[str, int | None], more: int) -> None:
        """Who could not be told of, and from where they moved, before those who moved since."""
        kept = {**moved, **{id: rank for id, rank in self._moved.items() if id not in moved}}
        self._moved = dict(islice(kept.items(), MOST_CHANGES))
        self._more += more + len(kept) - len(self._moved)

    def unsettle(self) -> None:
        """Lines may have changed without a commit: a name, a region, a season."""
        if self._window is not None:
            self._gathering.touch()

    async def _tell(self) -> None:
        moved, more = self._moved, self._more
        self._moved, self._more = {}, 0
        async with self._one_at_a_time:
            before, window = self._told, self._window
            try:
                board, found = await self._read(tuple(moved))
            except Exception:
                self._keep(moved, more)
                raise
            if window is None or self._window is None or self._window.name != window.name:
                self._channel.publish(SNAPSHOT, self._whole())  # a new week has begun
                return
            changes = [_change(board, line, moved.pop(line.player, None)) for line in found]
            changes += [{"player": id, "rank": None, "previous_rank": rank} for id, rank in moved.items() if rank]
            lines = [line for place, line in enumerate(self._told) if place >= len(before) or before[place] != line]
            if changes or lines or len(self._told) != len(before):
                self._channel.publish(CHANGED, self._change(changes, lines, more))
        await self._channel.listeners.all_told()

    def _window_name(self, game: Game) -> str:
        windows = game.sheet(game.board(self.board).sheet).windows
        return self._topic.window or ("all" if "all" in windows else windows[0])

    async def _read(self, ids: Sequence[str]) -> tuple[CompiledBoard, Sequence[Line]]:
        game = self._engine.game(self.game)
        name, now = self._window_name(game), self._engine.now()
        glance = await self._engine.standings.glance(game, self.board, name, self.partition, TOP_LINES, ids)
        board = self._engine.standings.compiled(game, self.board)
        self._window = game.calendar.named(name, now)
        self._total = glance.total
        self._told = [{"place": place, **shown(board, line)} for place, line in enumerate(glance.top, 1)]
        return board, glance.found

    def _whole(self) -> dict[str, Any]:
        return {**self._head(), "entries": self._told}

    def _change(self, changes: list[dict[str, Any]], lines: list[dict[str, Any]], more: int) -> dict[str, Any]:
        return {**self._head(), "shown": len(self._told), "entries": lines, "changes": changes, "more": more}

    def _head(self) -> dict[str, Any]:
        window = self._window.name if self._window is not None else None
        return {
            "game": self.game,
            "board": self.board,
            "window": window,
            "partition": self.partition,
            "total": self._total,
        }


def _change(board: CompiledBoard, line: Line, previous_rank: int | None) -> dict[str, Any]:
    return {**shown(board, line), "previous_rank": previous_rank}

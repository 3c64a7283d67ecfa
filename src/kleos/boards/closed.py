"""What the database answered about windows that have ended: kept until something in them changes after all."""

from collections import OrderedDict
from dataclasses import dataclass
from typing import Any, Final

from kleos.boards.index import Entry
from kleos.boards.sql import Scope, Statement

KEPT_BYTES: Final = 32 * 1024 * 1024
_ANSWER_BYTES: Final = 1_000
_ENTRY_BYTES: Final = 500

Answer = tuple[int, list[Entry]]
_Place = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class _Kept:
    state: tuple[int, ...]
    answer: Answer
    size_bytes: int


class ClosedWindows:
    """Answers by their statement, each good for as long as :meth:`state` is what it was when the database was asked.

    Ranks in a closed window change by late events, by who is hidden, and, in a part of the board by a player's
    attributes, by profiles. Names are not in the answers, so that they may change freely.
    """

    def __init__(self, capacity_bytes: int = KEPT_BYTES) -> None:
        self._capacity_bytes = capacity_bytes
        self._kept: OrderedDict[tuple[str, str], _Kept] = OrderedDict()
        self._late: dict[_Place, int] = {}
        self._all = 0
        self._profiles = 0
        self.size_bytes = 0

    def state(self, scope: Scope) -> tuple[int, ...]:
        board = scope.board
        late = self._late.get((board.game, board.sheet.name, scope.window.name), 0)
        follows_profiles = any(name not in board.key_names for name in scope.partition.names)
        return self._all, late, self._profiles if follows_profiles else 0

    def get(self, scope: Scope, statement: Statement) -> Answer | None:
        key = _key(statement)
        kept = self._kept.get(key)
        if kept is None or kept.state != self.state(scope):
            return None
        self._kept.move_to_end(key)
        return kept.answer

    def keep(self, statement: Statement, state: tuple[int, ...], answer: Answer) -> None:
        """``state`` is that of before the database was asked."""
        key = _key(statement)
        size_bytes = _ANSWER_BYTES + sum(map(len, key)) + _ENTRY_BYTES * len(answer[1])
        before = self._kept.pop(key, None)
        self.size_bytes += size_bytes - (before.size_bytes if before is not None else 0)
        self._kept[key] = _Kept(state, answer, size_bytes)
        while self.size_bytes > self._capacity_bytes:
            _, dropped = self._kept.popitem(last=False)
            self.size_bytes -= dropped.size_bytes

    def late(self, game: str, sheet: str, window: str) -> None:
        """Rows of a window that has ended were written."""
        place = game, sheet, window
        self._late[place] = self._late.get(place, 0) + 1

    def profile_changed(self) -> None:
        self._profiles += 1

    def forget(self) -> None:
        """Anything may have changed: who is hidden or deleted, a definition, a database that was away."""
        self._all += 1
        self._kept.clear()
        self._late.clear()
        self.size_bytes = 0


def _key(statement: Statement) -> tuple[str, str]:
    arguments: list[Any] = statement.arguments
    return statement.text, repr(arguments)

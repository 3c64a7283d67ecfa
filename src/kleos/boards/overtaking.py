"""Who was passed: those that a player who moved up now stands before. Looked for near the new place only."""

from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from kleos.boards.compiled import CompiledBoard, Partition
from kleos.boards.index import RankIndex
from kleos.boards.ranking import Ranking
from kleos.boards.rankkey import Value
from kleos.core.cells import Values
from kleos.core.windows import Window

MOST_MOVED: Final = 50
"""So many who moved are looked at in one index and commit."""
WIDEST: Final = 20
"""So many places behind the new one are looked at."""


@dataclass(frozen=True, slots=True)
class Passed:
    """``player`` stands at ``rank`` now, behind ``by``, who stands at ``by_rank`` with ``value``."""

    board: CompiledBoard
    window: Window
    partition: Partition
    player: str
    rank: int
    by: str
    by_rank: int
    value: Value


class Places:
    """Where those whose rows a commit changes stand in one warm ranking, before the ranking takes the commit in."""

    def __init__(self, ranking: Ranking, rows: Sequence[Values], ids: Mapping[int, str]) -> None:
        self._ranking = ranking
        self._before: dict[Partition, dict[str, bytes | None]] = {}
        player_name = ranking.board.player_name
        for row in rows[:MOST_MOVED]:
            partition = ranking.base_partition(row)
            if partition is None:
                return
            id = ids[row[player_name]]
            self._before.setdefault(partition, {}).setdefault(id, ranking.index(partition).key(id))

    def passed(self, listened: Container[str]) -> Iterator[Passed]:
        """After the commit: which of those listened to were passed, and by whom."""
        ranking = self._ranking
        if ranking.state != "warm":
            return
        for partition, before in self._before.items():
            index = ranking.index(partition)
            for id, key_before in before.items():
                yield from self._passed_by(index, partition, id, key_before, listened)

    def _passed_by(
        self, index: RankIndex, partition: Partition, id: str, key_before: bytes | None, listened: Container[str]
    ) -> Iterator[Passed]:
        moved = self._before[partition]
        for player in index.passed(id, key_before, WIDEST):
            if player not in listened:
                continue
            if player in moved and not index.is_before(moved[player], key_before):
                continue  # it moved too, and was behind already
            mine, theirs = index.standing(player), index.standing(id)
            if mine is not None and theirs is not None:
                board, window = self._ranking.board, self._ranking.window
                yield Passed(board, window, partition, player, mine.rank, id, theirs.rank, theirs.placed.values[0])

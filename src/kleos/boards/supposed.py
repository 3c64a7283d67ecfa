"""Who would stand elsewhere if rows were other ones, or a player hidden: on boards that are warm. Nothing changes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from kleos.boards.compiled import Partition, PartitionValue
from kleos.boards.ranking import Ranking
from kleos.boards.rankings import Rankings
from kleos.engine.game import Game
from kleos.sheets.changes import RowChange


@dataclass(frozen=True, slots=True)
class Move:
    """From one rank of a board to another; None is off it."""

    board: str
    window: str
    partition: Mapping[str, PartitionValue]
    player: str
    before: int | None
    after: int | None

    @classmethod
    def of(cls, ranking: Ranking, partition: Partition, player: str, before: int | None, after: int | None) -> "Move":
        return cls(ranking.board.board.name, ranking.window.name, partition.as_given(), player, before, after)


def supposed(rankings: Rankings, game: Game, changes: Sequence[RowChange], ids: Mapping[int, str]) -> list[Move]:
    """If these rows were as given: to be asked before :meth:`Rankings.apply`, or instead of it.

    By key columns alone; those who would stand nowhere are among them.
    """
    moves = []
    for ranking in rankings.warm(game):
        board = ranking.board
        rows = [
            (change.row, ids[change.row[board.player_name]])
            for change in changes
            if change.sheet == board.sheet.name and change.window == ranking.window.name
        ]
        moves += [Move.of(ranking, *move) for move in ranking.supposed(rows)] if rows else []
    return [move for move in moves if move.before != move.after]


def supposed_hidden(rankings: Rankings, game: Game, id: str, hidden: bool) -> list[Move]:
    """If a player were hidden, or shown again."""
    return [Move.of(ranking, *move) for ranking in rankings.warm(game) for move in ranking.supposed_hidden(id, hidden)]


def untold(rankings: Rankings, game: Game, changes: Sequence[RowChange] | None) -> list[tuple[str, str]]:
    """Boards with their open windows of which nobody can say that now, of those with such rows (None: of all)."""
    warm = {(ranking.board.board.name, ranking.window.name) for ranking in rankings.warm(game)}
    touched = None if changes is None else {(change.sheet, change.window) for change in changes}
    return [
        (board.board.name, window.name)
        for board, window in rankings.open_windows(game)
        if (touched is None or (board.sheet.name, window.name) in touched)
        and (board.board.name, window.name) not in warm
    ]

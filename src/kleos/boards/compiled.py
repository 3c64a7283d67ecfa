"""A board compiled: from a sheet's row to a rank key, and from what a caller asks to the partition that is meant."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import Any, Final

from kleos.boards.rankkey import RankKeys, keys_of
from kleos.core.cells import Values
from kleos.core.definition.model import Board, Definition
from kleos.core.errors import BadInput
from kleos.core.expression import compile_python
from kleos.engine.game import Game
from kleos.sheets.layout import since_columns

PartitionValue = str | float | bool
Attributes = tuple[str | None, ...]

_LARGEST_INT: Final = 2**63 - 1
_BOOLS: Final = {"true": True, "false": False}


@dataclass(frozen=True, slots=True)
class Partition:
    """One part of a board: ``names`` as the board declares them, with their values; () is everybody."""

    names: tuple[str, ...]
    values: tuple[PartitionValue, ...]

    def as_given(self) -> dict[str, PartitionValue]:
        return dict(zip(self.names, self.values, strict=True))


class CompiledBoard:
    """What every other module of this package needs of a board; immutable.

    ``key_names`` are the sheet's key columns besides the player, ``attribute_names`` the player attributes by which the
    board is parted. Each of ``partitions`` holds all key columns, so a player has at most one standing in a partition.
    """

    def __init__(self, definition: Definition, board: Board) -> None:
        sheet = definition.sheets[board.sheet]
        if sheet.player_key is None:
            raise ValueError(f"board {board.name}: the key of sheet {sheet.name} holds no player, or several")
        self.game = definition.game
        self.namespace = definition.namespace
        self.board = board
        self.sheet = sheet
        self.codec: RankKeys = keys_of(board, sheet)
        self.player_name: str = sheet.player_key
        self.key_names = tuple(column.name for column in sheet.key if column.name != sheet.player_key)
        named = {name for partition in board.partitions for name in partition}
        self.attribute_names = tuple(sorted(named - set(self.key_names)))
        self.by_names = tuple(sort.column for sort in board.by)
        self.time_names = frozenset(column.name for column in self.codec.columns if column.kind == "time")
        self.since_names = since_columns(sheet, board)
        self._holds = _condition(board)
        self._ranked_values = _values_of(self.by_names)
        self._since = _latest_of(self.since_names)
        self._key_kinds = {column.name: column.type.kind for column in sheet.key}

    def rank_key(self, row: Values, id: str) -> bytes | None:
        """The key of a row's standing; None where the row is none (a tombstone, or one that does not qualify)."""
        if not row["present"] or (self._holds is not None and not self._holds(row)):
            return None
        return self.codec.encode(self._ranked_values(row), self._since(row), id, row["version"])

    def key_values(self, row: Values) -> tuple[PartitionValue, ...]:
        return tuple(row[name] for name in self.key_names)

    def partition(self, given: Mapping[str, str]) -> Partition:
        """The partition that a caller means. Raises BadInput, which names those that there are."""
        for names in self.board.partitions:
            if set(names) == set(given):
                return Partition(names, tuple(self._value(name, given[name]) for name in names))
        known = ", ".join(
            "all together" if not names else "by " + " and ".join(names) for names in self.board.partitions
        )
        asked = " and ".join(sorted(given)) if given else "all together"
        raise BadInput(f"board {self.board.name!r} has no partition for {asked}; it ranks {known}", "partition")

    def _value(self, name: str, given: str) -> PartitionValue:
        kind = self._key_kinds.get(name, "str")
        try:
            if kind == "bool":
                return _BOOLS[given]
            if kind in ("int", "time"):
                number = int(given)
                if abs(number) > _LARGEST_INT:
                    raise ValueError(given)
                return number
            return float(given) if kind == "float" else given
        except (ValueError, KeyError):
            raise BadInput(f"{given!r} is no {kind}", name) from None


class CompiledBoards:
    """The boards of every game, compiled when they are first asked for."""

    def __init__(self) -> None:
        self._kept: dict[str, tuple[tuple[int, int], dict[str, CompiledBoard]]] = {}

    def of(self, game: Game) -> dict[str, CompiledBoard]:
        """By their names. An earlier state of a game than the one kept gets its own."""
        stamp, kept = stamp_of(game), self._kept.get(game.name)
        if kept is not None and kept[0] == stamp:
            return kept[1]
        compiled = {board.name: CompiledBoard(game.definition, board) for board in game.definition.boards.values()}
        if kept is None or kept[0] < stamp:
            self._kept[game.name] = (stamp, compiled)
        return compiled

    def carry(self, game: Game) -> None:
        """The calendar is another, the definition is not."""
        kept = self._kept.get(game.name)
        if kept is not None:
            self._kept[game.name] = (stamp_of(game), kept[1])

    def forget(self, game: str) -> None:
        self._kept.pop(game, None)


def stamp_of(game: Game) -> tuple[int, int]:
    """Tells one state of a game's definition and calendar from another; later ones are greater."""
    return (game.version, game.calendar_version)


def _values_of(names: Sequence[str]) -> Callable[[Values], tuple[Any, ...]]:
    if len(names) == 1:
        (name,) = names
        return lambda row: (row[name],)
    return itemgetter(*names)


def _latest_of(names: Sequence[str]) -> Callable[[Values], int | None]:
    if len(names) == 1:
        return itemgetter(*names)
    values = _values_of(names)

    def latest(row: Values) -> int | None:
        known = [at for at in values(row) if at is not None]
        return max(known) if known else None

    return latest


def _condition(board: Board) -> Callable[[Values], bool] | None:
    """None where everybody qualifies."""
    if board.where is None:
        return None
    names = sorted(board.where.names)
    holds = compile_python(board.where, names)
    values = _values_of(names)
    return lambda row: bool(holds(*values(row)))

"""What a board answers: pages, lines and standings, and their JSON."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from kleos.boards.compiled import CompiledBoard, Partition, PartitionValue
from kleos.boards.index import Entry
from kleos.boards.rankkey import Value
from kleos.core.errors import NotFound
from kleos.core.windows import Window, iso

_NOTHING: Final[Mapping[str, Mapping[str, Any]]] = {}
_encoder: Final = msgspec.json.Encoder()


class Line(msgspec.Struct, frozen=True, gc=False):
    """``value`` is the first column that the board ranks by; times are microseconds."""

    rank: int
    player: str
    name: str
    value: Value
    values: dict[str, Value]
    since: int | None


class Page(msgspec.Struct, frozen=True):
    board: str
    window: str
    partition: dict[str, PartitionValue]
    total: int
    entries: tuple[Line, ...]


class Glance(msgspec.Struct, frozen=True):
    """The first lines of a board, and those of some players (``found`` lacks who does not stand there)."""

    total: int
    top: tuple[Line, ...]
    found: tuple[Line, ...]


class Standing(msgspec.Struct, frozen=True):
    """``percentile`` is the share of the board at or below this rank, of 100; ``place`` the line of its pages."""

    player: str
    name: str
    rank: int
    place: int
    value: Value
    values: dict[str, Value]
    since: int | None
    total: int
    percentile: float

    @classmethod
    def of(cls, line: Line, place: int, total: int) -> "Standing":
        share = 100 * (total - line.rank + 1) / total
        return cls(line.player, line.name, line.rank, place, line.value, line.values, line.since, total, share)


class Effect(msgspec.Struct, frozen=True, omit_defaults=True):
    """Where a commit left a player on a board. ``previous_rank`` is None for who did not stand there before, and where
    nobody knows it: the database, asked for a board that is not in memory, tells only what is.

    As JSON it is what the API answers: a time is ISO 8601, and ``partition`` is left out where it is everybody.
    """

    board: str
    window: str
    player: str
    rank: int
    previous_rank: int | None
    value: float | bool | str | None
    partition: dict[str, PartitionValue] = {}

    @classmethod
    def of(
        cls,
        board: CompiledBoard,
        window: Window,
        partition: Partition,
        id: str,
        previous_rank: int | None,
        entry: Entry,
    ) -> "Effect":
        value: Value | str = entry.placed.values[0]
        if board.codec.columns[0].kind == "time":
            value = _time(entry.placed.values[0])
        place = partition.as_given()
        return cls(board.board.name, window.name, id, entry.rank, previous_rank, value, place)


@dataclass(frozen=True, slots=True)
class Effects:
    """What a commit did to the standings of some players: ``known`` at once, ``asked`` to be asked of the database."""

    known: tuple[Effect, ...] = ()
    asked: tuple[tuple[CompiledBoard, Window, Partition, str], ...] = ()

    def of(self, players: Collection[str]) -> "Effects":
        """Those of some of the players."""
        known = tuple(effect for effect in self.known if effect.player in players)
        return Effects(known, tuple(asked for asked in self.asked if asked[3] in players))


def line(board: CompiledBoard, entry: Entry, name: str) -> Line:
    placed = entry.placed
    values = tuple(None if value is None else value + 0 if type(value) is float else value for value in placed.values)
    return Line(entry.rank, placed.id, name, values[0], dict(zip(board.by_names, values, strict=True)), placed.since)


def page_json(
    board: CompiledBoard, page: Page, beside: Mapping[str, Mapping[str, Any]] = _NOTHING, as_of: int | None = None
) -> bytes:
    """The page as the API shows it: times as ISO 8601, ``since`` where there is one; ``beside`` joins the values."""
    entries = [shown(board, line) for line in page.entries]
    if beside:
        entries = [{**line, "values": {**line["values"], **beside.get(line["player"], {})}} for line in entries]
    return _encoder.encode(
        {
            "board": page.board,
            "window": page.window,
            "partition": page.partition,
            "total": page.total,
            "entries": entries,
            **({} if as_of is None else {"as_of": iso(as_of)}),
        }
    )


def standing_json(board: CompiledBoard, standing: Standing, as_of: int | None = None) -> bytes:
    told = {
        **shown(board, standing),
        "place": standing.place,
        "total": standing.total,
        "percentile": standing.percentile,
    }
    return _encoder.encode(told if as_of is None else {**told, "as_of": iso(as_of)})


def no_window(board: CompiledBoard, name: str) -> NotFound:
    return NotFound(f"window of board {board.board.name}", name, board.sheet.windows)


def shown(board: CompiledBoard, line: Line | Standing) -> dict[str, Any]:
    """A line as JSON shows it: times as ISO 8601, ``since`` where there is one."""
    values: Mapping[str, Any] = line.values
    value: Any = line.value
    if board.time_names:
        values = {name: _time(value) if name in board.time_names else value for name, value in values.items()}
        value = values[board.by_names[0]]
    if line.since is None:
        return {"rank": line.rank, "player": line.player, "name": line.name, "value": value, "values": values}
    return {
        "rank": line.rank,
        "player": line.player,
        "name": line.name,
        "value": value,
        "values": values,
        "since": iso(line.since),
    }


def _time(value: Value) -> str | None:
    return None if value is None else iso(int(value))

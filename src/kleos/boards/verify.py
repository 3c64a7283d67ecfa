"""Do SQL and an index in memory rank alike? For a sample of windows, partitions and places of every board."""

from collections.abc import Callable, Collection, Iterable
from itertools import islice
from typing import Final

from kleos.boards import sql
from kleos.boards.compiled import CompiledBoard, Partition
from kleos.boards.ranking import Ranking
from kleos.core.cells import Values
from kleos.core.windows import Window
from kleos.engine.game import Game
from kleos.sheets.differences import Difference, Differences
from kleos.sheets.layout import table
from kleos.store.pool import Connection

WINDOWS_OF_A_KIND: Final = 1
PARTITIONS_OF_A_KIND: Final = 3
PLACES: Final = 100


async def verify_ranks(
    connection: Connection,
    game: Game,
    found: Differences,
    progress: Callable[[str, int, int], None],
    names: Collection[str] | None = None,
) -> int:
    """Compares all boards, or those named; answers how many ranks. The newest window of each kind is taken, as if it
    were open."""
    compared = 0
    boards = [board for board in game.definition.boards.values() if names is None or board.name in names]
    for done, board in enumerate(boards):
        progress("comparing ranks", done, len(boards))
        compiled = CompiledBoard(game.definition, board)
        for window in await _windows(connection, game, compiled):
            compared += await _compare_board(connection, game, compiled, window, found)
    return compared


async def _windows(connection: Connection, game: Game, board: CompiledBoard) -> list[Window]:
    rows = await connection.fetch(sql.WINDOWS.format(table=table(game.name, board.sheet.name)))
    seasons = {season.name for season in game.calendar.seasons}
    newest: dict[str, list[Window]] = {}
    for row in rows:
        kind = game.calendar.kind_of(row["window"])
        if kind != "season" or row["window"] in seasons:
            newest.setdefault(kind, []).append(game.calendar.named(row["window"], 0))
    return [window for windows in newest.values() for window in windows[:WINDOWS_OF_A_KIND]]


async def _compare_board(
    connection: Connection, game: Game, board: CompiledBoard, window: Window, found: Differences
) -> int:
    statement = sql.every_standing(board, window)
    rows = await connection.fetch(statement.text, *statement.arguments)
    hidden = {row["id"] for row in await connection.fetch(sql.HIDDEN_IDS, game.namespace, game.name)}
    ranking = Ranking(board, window, (game.version, game.calendar_version), hidden)
    ranking.begin()
    try:
        ranking.extend(rows)
    except ValueError as error:  # a value that no fold can give, and no index can hold
        where = f"{game.name} board {board.board.name}"
        found.add(Difference("cell", where, {"window": window.name}, "rank", str(error), "a value that has a rank"))
        return 0
    ranking.finish()
    compared = 0
    for partition in _partitions(board, rows):
        index = ranking.index(partition)
        offsets = sorted({0, max(0, index.total // 2 - PLACES // 2), max(0, index.total - PLACES)})
        for offset in offsets:
            asked = sql.page(sql.Scope(board, window, False, partition), offset, PLACES)
            answers = await connection.fetch(asked.text, *asked.arguments)
            stored = [(row["id"], row["rank"]) for row in answers if row["place"] is not None]
            indexed = [(entry.placed.id, entry.rank) for entry in index.page(offset, PLACES)]
            compared += len(indexed)
            if stored != indexed or answers[0]["total"] != index.total:
                found.add(_difference(game, board, window, partition, stored, indexed))
    return compared


def _partitions(board: CompiledBoard, rows: Iterable[Values]) -> list[Partition]:
    """Of each kind of partition the first few that anybody is in."""
    places = {name: f"key_{place}" for place, name in enumerate(board.key_names)}
    places.update((name, f"of_{place}") for place, name in enumerate(board.attribute_names))
    chosen: list[Partition] = []
    for names in board.board.partitions:
        values = dict.fromkeys(tuple(row[places[name]] for name in names) for row in rows)
        known = (each for each in values if None not in each)
        chosen += [Partition(names, each) for each in islice(known, PARTITIONS_OF_A_KIND)]
    return chosen


def _difference(
    game: Game,
    board: CompiledBoard,
    window: Window,
    partition: Partition,
    stored: list[tuple[str, int]],
    indexed: list[tuple[str, int]],
) -> Difference:
    unlike = [(one, other) for one, other in zip(stored, indexed, strict=False) if one != other]
    one, other = unlike[0] if unlike else (len(stored), len(indexed))
    key = {"window": window.name, **partition.as_given()}
    return Difference("cell", f"{game.name} board {board.board.name}", key, "rank", one, other)

"""Merging a batch's deltas into the sheets, and refolding from the log those rows for which it came late."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from kleos.core.cells import Row, RowKey, Values
from kleos.core.completion import Happened
from kleos.core.definition.model import Sheet
from kleos.core.windows import Window
from kleos.engine.game import Game
from kleos.log import history
from kleos.log.archive.read import archived_matches, archived_players
from kleos.sheets.changes import RowChange
from kleos.sheets.merge import SheetWriter, spread_over
from kleos.store.pool import Connection

Writers = Mapping[str, SheetWriter]


@dataclass(slots=True)
class Merged:
    """``changes`` holds every row as it is after the merge; ``late`` the keys, by sheet, for which it came late.

    ``postponed`` are those of them whose history lies in files: their ordered columns are yet to be refolded.
    """

    changes: list[RowChange] = field(default_factory=list)
    late: dict[str, set[RowKey]] = field(default_factory=dict)
    postponed: dict[str, set[RowKey]] = field(default_factory=dict)


async def merge_rows(
    connection: Connection,
    game: Game,
    writers: Writers,
    rows: Mapping[str, Mapping[RowKey, Row]],
    numbers: Mapping[Any, int],
    waits_for_files: bool = False,
) -> Merged:
    """Merges deltas keyed by sheet; sheets go by name and rows by key, so that commits cannot deadlock.

    A row whose history lies in the archive is postponed, or, where this ``waits_for_files``, refolded at once.
    """
    merged = Merged()
    for name in sorted(rows):
        if not rows[name]:
            continue
        writer = writers[name]
        deltas = writer.sorted_rows(rows[name], numbers)
        windows = spread_over(deltas)
        statement = writer.statements["spread" if windows else "merge"]
        returned = await connection.fetch(statement, *writer.arguments(deltas, numbers))
        if len(returned) < len(deltas) * max(1, len(windows)):
            done = {row_key(writer.sheet, row) for row in returned}
            late = [(key, row) for key, row in _each_window(deltas, windows) if key not in done]
            merged.late[name] = {key for key, _ in late}
            if not waits_for_files:
                merged.postponed[name] = await _behind_files(connection, game, writer.sheet, merged.late[name])
            returned += await refold_late(
                connection, game, writer, late, merged.postponed.get(name, frozenset()), numbers
            )
        merged.changes += [RowChange(name, row["window"], row) for row in returned]
    return merged


def _each_window(deltas: Sequence[tuple[RowKey, Row]], windows: Sequence[str]) -> Sequence[tuple[RowKey, Row]]:
    """In the order in which rows are locked."""
    return [((window, *key[1:]), row) for window in windows for key, row in deltas] if windows else deltas


async def refold_late(
    connection: Connection,
    game: Game,
    writer: SheetWriter,
    late: Sequence[tuple[RowKey, Row]],
    postponed: Collection[RowKey],
    numbers: Mapping[Any, int],
) -> list[Any]:
    """The rows that did not come back are locked now; the log, read after that, has all that counts for them."""
    written: list[Any] = []
    now = [(key, row) for key, row in late if key not in postponed]
    if now:
        whole = await refold_ordered(connection, game, writer, [key for key, _ in now])
        rows = [(key, with_ordered_cells(writer, row, whole[key])) for key, row in now]
        # The delta's players are external ids, the log's are numbers already.
        written += await connection.fetch(writer.statements["refolded"], *writer.arguments(rows, _Either(numbers)))
    if postponed:
        rows = [(key, row) for key, row in late if key in postponed]
        written += await connection.fetch(writer.statements["unordered"], *writer.arguments(rows, numbers))
    return written


async def _behind_files(connection: Connection, game: Game, sheet: Sheet, keys: Collection[RowKey]) -> set[RowKey]:
    """Those of the keys whose player or match has events that PostgreSQL no longer has."""
    place = owner_place(sheet)
    is_of_player = sheet.key[place - 1].type.kind == "player"
    find: Any = archived_players if is_of_player else archived_matches
    owners = await find(connection, game.name, list({key[place] for key in keys}))
    return {key for key in keys if key[place] in owners}


class _Either(dict[Any, int]):
    """Numbers by external id, where a number stands for itself."""

    def __missing__(self, key: Any) -> int:
        if isinstance(key, int):
            return key
        raise KeyError(key)


def row_key(sheet: Sheet, row: Values) -> RowKey:
    return (row["window"], *(row[column.name] for column in sheet.key))


def with_ordered_cells(writer: SheetWriter, delta: Row, whole: Row) -> Row:
    """The delta with the ordered cells of the whole history."""
    row = list(delta)
    row[:4] = whole[:4]
    for fold in writer.sheet.folds.values():
        if fold.is_ordered:
            at = writer.cells.at[fold.name]
            width = 7 if fold.kind == "streak" else 2
            row[at : at + width] = whole[at : at + width]
    return row


async def refold_ordered(
    connection: Connection, game: Game, writer: SheetWriter, keys: Sequence[RowKey]
) -> dict[RowKey, Row]:
    """Rows folded anew from the events that feed the sheet's ordered columns. Keys have players as numbers."""
    sheet = writer.sheet
    types = game.plan.feeding(sheet.name, ordered_only=True)
    by_owner = _by_owner(sheet, keys)
    span = span_of([game.calendar.named(key[0], 0) for key in keys])
    is_of_player = sheet.key[owner_place(sheet) - 1].type.kind == "player"
    read: Any = history.of_players if is_of_player else history.of_matches
    histories = await read(connection, game, list(by_owner), types, span)
    folded: dict[RowKey, Row] = {}
    for owner, wanted in by_owner.items():
        rows = fold_history(game, sheet, histories[owner])
        folded.update((key, rows.get(key) or list(writer.cells.empty)) for key in wanted)
    return folded


def owner_place(sheet: Sheet) -> int:
    """As :func:`find_owner`, of a sheet with ordered folds: the loader has seen to it that there is one."""
    place = find_owner(sheet)
    if place is None:
        raise ValueError(f"the key of sheet {sheet.name} holds neither player nor match")
    return place


def find_owner(sheet: Sheet) -> int | None:
    """Where in a row's key stands the player, or else the match, by whom the log finds the events behind the row."""
    kinds = [column.type.kind for column in sheet.key]
    if "player" in kinds:
        return 1 + kinds.index("player")
    texts = zip(*([part.text.strip() for part in rule.key] for rule in sheet.rules), strict=True)
    return next((1 + place for place, column in enumerate(texts) if set(column) == {"match"}), None)


def _by_owner(sheet: Sheet, keys: Sequence[RowKey]) -> dict[Any, list[RowKey]]:
    """Keys by the player, or else the match, whose events are behind them."""
    place = owner_place(sheet)
    found: dict[Any, list[RowKey]] = {}
    for key in keys:
        found.setdefault(key[place], []).append(key)
    return found


def span_of(windows: Sequence[Window]) -> history.Span:
    starts = [window.start for window in windows]
    ends = [window.end for window in windows]
    bounded = None not in starts
    return (
        min(start for start in starts if start is not None) if bounded else None,
        max(end for end in ends if end is not None) if bounded else None,
    )


def fold_history(game: Game, sheet: Sheet, events: Sequence[Happened]) -> dict[RowKey, Row]:
    """Every row of a sheet that these events, in event order, make."""
    rows: dict[RowKey, Row] = {}
    appeared: set[tuple[Any, str]] = set()
    for happened in events:
        sheet_fold = happened.plan.folds.get(sheet.name)
        if sheet_fold is not None:
            windows = game.calendar.names(sheet.windows, happened.event.at)
            for rule in sheet_fold.rules:
                rule(happened.event, windows, rows, appeared)
    return rows

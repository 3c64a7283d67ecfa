"""Rows folded anew from the log, and nothing but them: by player or match, as the log finds what is behind a row."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from kleos.core.cells import Row, RowKey
from kleos.core.completion import Happened
from kleos.core.definition.model import Sheet
from kleos.engine.game import Game
from kleos.log import history
from kleos.moderation import sql
from kleos.sheets.changes import RowChange
from kleos.sheets.layout import key_arrays, quoted, table
from kleos.sheets.merge import SheetWriter
from kleos.sheets.write import Writers, find_owner, span_of
from kleos.store.pool import Connection

WRITTEN_AT_ONCE: Final = 5_000
Keys = Mapping[str, set[RowKey]]


async def refold_rows(connection: Connection, game: Game, writers: Writers, keys: Keys) -> list[RowChange]:
    """Writes each of these rows as the log has it now; one that no event makes any more is emptied.

    The caller holds the game's exclusive lock.
    """
    changes: list[RowChange] = []
    for name, rows in (await _folded(connection, game, keys)).items():
        changes += await _write(connection, game, writers[name], rows, keys[name] - rows.keys())
    return changes


async def _folded(connection: Connection, game: Game, keys: Keys) -> dict[str, dict[RowKey, Row]]:
    rows: dict[str, dict[RowKey, Row]] = {name: {} for name in sorted(keys) if keys[name]}
    by_player: list[Sheet] = []
    by_match: list[Sheet] = []
    by_nobody: list[Sheet] = []
    for name in rows:
        sheet = game.definition.sheets[name]
        place = find_owner(sheet)
        if place is None:
            by_nobody.append(sheet)
        else:
            (by_player if sheet.key[place - 1].type.kind == "player" else by_match).append(sheet)
    await _fold_owned(connection, game, by_player, keys, rows, history.of_players)
    await _fold_owned(connection, game, by_match, keys, rows, history.of_matches)
    if by_nobody:
        wanted = {sheet.name: _Wanted(keys[sheet.name]) for sheet in by_nobody}
        async for happened in history.whole(connection, game, _span(game, by_nobody, keys)):
            _fold(game, [happened], wanted)
        rows.update(wanted)
    return rows


async def _fold_owned(
    connection: Connection,
    game: Game,
    sheets: Sequence[Sheet],
    keys: Keys,
    rows: dict[str, dict[RowKey, Row]],
    read: Any,
) -> None:
    """Each owner's history makes the owner's rows; others that its events touch are not whole, and left out."""
    owned: dict[Any, dict[str, set[RowKey]]] = {}
    for sheet in sheets:
        place = find_owner(sheet) or 0
        for key in keys[sheet.name]:
            owned.setdefault(key[place], {}).setdefault(sheet.name, set()).add(key)
    if not owned:
        return
    types = sorted({kind for sheet in sheets for kind in game.plan.feeding(sheet.name)})
    histories = await read(connection, game, sorted(owned), types, _span(game, sheets, keys))
    for owner, mine in owned.items():
        wanted = {name: _Wanted(some) for name, some in mine.items()}
        _fold(game, histories[owner], wanted)
        for name, made in wanted.items():
            rows[name].update(made)


class _Wanted(dict[RowKey, Row]):
    """Keeps these rows and no other, whatever is folded into it."""

    def __init__(self, keys: set[RowKey]) -> None:
        super().__init__()
        self._keys = keys
        self.windows = {key[0] for key in keys}

    def __setitem__(self, key: RowKey, row: Row) -> None:
        if key in self._keys:
            super().__setitem__(key, row)


def _fold(game: Game, events: Iterable[Happened], wanted: Mapping[str, _Wanted]) -> None:
    appeared: set[tuple[Any, str]] = set()
    for happened in events:
        for name, rows in wanted.items():
            fold = happened.plan.folds.get(name)
            if fold is not None:
                kinds = game.definition.sheets[name].windows
                windows = [each for each in game.calendar.names(kinds, happened.event.at) if each in rows.windows]
                for rule in fold.rules:
                    rule(happened.event, windows, rows, appeared)
        appeared.clear()


async def _write(
    connection: Connection, game: Game, writer: SheetWriter, rows: Mapping[RowKey, Row], gone: set[RowKey]
) -> list[RowChange]:
    written: list[Any] = []
    ordered = sorted(rows.items(), key=lambda item: item[0])
    for start in range(0, len(ordered), WRITTEN_AT_ONCE):
        some = ordered[start : start + WRITTEN_AT_ONCE]
        written += await connection.fetch(writer.statements["replace"], *writer.arguments(some, Same()))
    if gone:
        written += await connection.fetch(_emptying(game, writer), *zip(*sorted(gone), strict=True))
    return [RowChange(writer.sheet.name, row["window"], row) for row in written]


def _emptying(game: Game, writer: SheetWriter) -> str:
    names = ['"window"', *(quoted(column.name) for column in writer.sheet.key)]
    return sql.EMPTY_KEYS.format(
        table=table(game.name, writer.sheet.name),
        resets=writer.resets,
        given=", ".join(f"${n}::{array}" for n, array in enumerate(key_arrays(writer.sheet), 1)),
        names=", ".join(names),
        same=" AND ".join(f"r.{name} = gone.{name}" for name in names),
        returned=", ".join([*(f"r.{name}" for name in names), *(f"r.{quoted(name)}" for name in writer.returned)]),
    )


def _span(game: Game, sheets: Sequence[Sheet], keys: Keys) -> history.Span:
    return span_of([game.calendar.named(key[0], 0) for sheet in sheets for key in keys[sheet.name]])


class Same(dict[Any, int]):
    """Players of the log are numbers already."""

    def __missing__(self, key: Any) -> int:
        return int(key)

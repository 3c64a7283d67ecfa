"""From a cell of a sheet to the events behind it, oldest first, read only as far as they are asked for."""

from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from typing import Any, Final

import asyncpg

from kleos.achievements.awards import awards_of
from kleos.achievements.sheet import fold_awards
from kleos.core.cells import Cells, Row
from kleos.core.completion import Happened
from kleos.core.contributions import CellHistory, Contribution
from kleos.core.definition.model import Fold, Sheet
from kleos.core.errors import BadInput, NotFound
from kleos.core.expression import compile_python
from kleos.core.merge import merge
from kleos.core.windows import Window
from kleos.engine.game import Game
from kleos.log import history
from kleos.players.directory import Directory
from kleos.replay.past import span_of
from kleos.sheets import sql
from kleos.sheets.layout import quoted, table
from kleos.sheets.query import key_column, key_value
from kleos.sheets.write import find_owner
from kleos.store.pool import Connection

AWARDS: Final = "awards"
"""The built-in sheet that is folded from awards, not from events."""


@dataclass(frozen=True, slots=True)
class Place:
    """A cell: ``key`` as the table has it, in the sheet's order."""

    sheet: Sheet
    column: str
    window: Window
    key: tuple[Any, ...]

    @property
    def inputs(self) -> tuple[str, ...]:
        """The folded columns from which the cell comes: itself, or what its formula takes."""
        return self.sheet.columns[self.column].inputs


@dataclass(frozen=True, slots=True)
class Step:
    """What an event (or, in the sheet `awards`, an award) gave to a column, and the column's value after it.

    ``type`` and ``position`` are those of :class:`kleos.core.contributions.Contribution`.
    """

    event: str
    match: str
    at: int
    given: Any
    value: Any
    type: str | None = None
    position: int | None = None
    achievement: str | None = None

    @classmethod
    def of(cls, one: Contribution) -> "Step":
        event = one.event
        return cls(event.id, event.match, event.at, one.given, one.value, one.type, one.position)


@dataclass(slots=True)
class Behind:
    """What is behind one folded column: a page of it. ``next`` is the offset of the following one, None on the last.

    ``deciding`` is what made the value what it is; None for a count and a sum, which all of them make.
    """

    fold: Fold
    column: str
    value: Any
    page: Sequence[Step] = ()
    deciding: Step | None = None
    next: int | None = None


@dataclass(frozen=True, slots=True)
class Explained:
    value: Any
    cells: tuple[Behind, ...]


async def place_of(
    directory: Directory, game: Game, sheet: Sheet, column: str, window: Window, key: Mapping[str, str]
) -> Place:
    """Raises BadInput, naming what there is, for what is no column or no whole key; NotFound for nobody."""
    if column not in sheet.columns:
        raise BadInput(f"{column!r} is no column of {sheet.name!r}; there is {', '.join(sheet.columns)}", "column")
    for name in key:
        key_column(sheet, name)
    missing = [each.name for each in sheet.key if each.name not in key]
    if missing:
        whole = ", ".join(each.name for each in sheet.key)
        raise BadInput(
            f"a row of {sheet.name!r} is told by its whole key, {whole}: there is no {missing[0]}", missing[0]
        )
    values = []
    for each in sheet.key:
        value = await key_value(directory, game, each, key[each.name])
        if value is None:
            raise NotFound("player", key[each.name])
        values.append(value)
    return Place(sheet, column, window, tuple(values))


async def explain(
    pool: asyncpg.Pool, game: Game, place: Place, offset: int, limit: int, as_of: int | None = None
) -> Explained | None:
    """A page of what is behind each column that the cell comes from; None where there is no such row.

    Row and log are of one moment, so that what is behind a cell comes to the cell. ``as_of`` is the last moment that
    counts: no row keeps what a cell was then, so that its value is what the events up to it come to.
    """
    wanted = dict.fromkeys((place.column, *place.inputs))
    statement = sql.ROW.format(
        columns=", ".join(map(quoted, wanted)),
        table=table(game.name, place.sheet.name),
        key=" AND ".join(f"{quoted(column.name)} = ${n}" for n, column in enumerate(place.sheet.key, 2)),
    )
    async with pool.acquire() as connection, connection.transaction(isolation="repeatable_read", readonly=True):
        row = await connection.fetchrow(statement, place.window.name, *place.key)
        if row is None:
            return None
        read = _of_awards if place.sheet.name == AWARDS else _of_events
        cells = [Behind(_fold_of(place.sheet, name), name, row[name]) for name in place.inputs]
        until = None if as_of is None else span_of(place.window, as_of).until
        await read(connection, game, place, cells, offset, limit, until)
    return Explained(row[place.column] if as_of is None else _value_of(place, cells), tuple(cells))


def _value_of(place: Place, cells: Sequence[Behind]) -> Any:
    """What the columns behind the cell make of it."""
    values = {cell.column: cell.value for cell in cells}
    formula = place.sheet.columns[place.column].formula
    if formula is None:
        return values[place.column]
    parameters = tuple(sorted(formula.names))
    return compile_python(formula, parameters)(*[values[name] for name in parameters])


def _fold_of(sheet: Sheet, column: str) -> Fold:
    return sheet.folds[sheet.columns[column].fold or ""]


# Events ---------------------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Reading:
    """One column while the events behind it are read. In the past its value is what they come to."""

    behind: Behind
    history: CellHistory
    first: int
    last: int
    is_past: bool
    page: list[Step] = field(default_factory=list)

    def take(self, happened: Happened) -> None:
        at = self.history.facts
        for one in self.history.take(happened):
            if self.first <= at < self.last:
                self.page.append(Step.of(one))
            at += 1

    @property
    def is_done(self) -> bool:
        """Whether nothing that comes later could change the answer."""
        if self.is_past:
            return False
        kind = self.behind.fold.kind
        is_decided = kind in ("count", "sum") or (kind in ("min", "max") and self.history.value == self.behind.value)
        return is_decided and self.history.facts > self.last

    def finish(self) -> None:
        self.behind.page = self.page
        self.behind.next = self.last if self.history.facts > self.last else None
        if self.is_past:
            self.behind.value = self.history.value
        deciding = self.history.deciding
        if self.behind.fold.kind not in ("count", "sum") and deciding is not None:
            self.behind.deciding = Step.of(deciding)


async def _of_events(
    connection: Connection,
    game: Game,
    place: Place,
    cells: Sequence[Behind],
    offset: int,
    limit: int,
    until: int | None,
) -> None:
    events, is_past = game.definition.events, until is not None
    if until is not None:
        place = replace(place, window=replace(place.window, end=until))
    readings = [
        _Reading(cell, CellHistory(place.sheet, events, cell.column, place.key), offset, offset + limit, is_past)
        for cell in cells
    ]
    async with aclosing(_events_behind(connection, game, place, readings)) as happenings:
        async for happened in happenings:
            for reading in readings:
                reading.take(happened)
            if all(reading.is_done for reading in readings):
                break
    for reading in readings:
        reading.finish()


def _events_behind(
    connection: Connection, game: Game, place: Place, readings: Sequence[_Reading]
) -> AsyncGenerator[Happened, None]:
    """Those of the cell's window that may concern it, in event order."""
    types = {name for reading in readings for name in reading.history.types}
    owner = find_owner(place.sheet)
    span = (place.window.start, place.window.end)
    if owner is None:
        return history.behind(connection, game, types, span)
    value = place.key[owner - 1]
    if place.sheet.key[owner - 1].type.kind == "player":
        return history.behind(connection, game, types, span, player=value)
    return history.behind(connection, game, types, span, match=value)


# Awards ---------------------------------------------------------------------------------------------------------------


async def _of_awards(
    connection: Connection,
    game: Game,
    place: Place,
    cells: Sequence[Behind],
    offset: int,
    limit: int,
    until: int | None,
) -> None:
    """Behind the sheet `awards` are the player's awards, each with the event that earned it."""
    (player,) = place.key
    awards = (await awards_of(connection, game, [player]))[player]
    merged = Cells.of(place.sheet)
    given: dict[str, list[Step]] = {cell.column: [] for cell in cells}
    row: Row = list(merged.empty)
    for name, award in sorted(awards.items(), key=lambda item: item[1]):
        delta = fold_awards(game, player, {name: award}).get((place.window.name, player))
        if delta is None or (until is not None and award.at >= until):
            continue
        row = merge(merged, row, delta)
        alone, after = merged.values(delta), merged.values(row)
        for column, found in given.items():
            if alone[column]:
                found.append(Step(award.event, award.match, award.at, alone[column], after[column], achievement=name))
    for cell in cells:
        found = given[cell.column]
        if until is not None:
            cell.value = merged.values(row)[cell.column]
        cell.page = found[offset : offset + limit]
        cell.next = offset + limit if len(found) > offset + limit else None

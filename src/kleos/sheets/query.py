"""Reading the rows of a sheet: one page of them, by key, in any order of their columns."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import asyncpg
import msgspec

from kleos.core.definition.model import KeyColumn, Sheet
from kleos.core.errors import BadInput
from kleos.core.windows import Window, from_datetime, iso
from kleos.engine.game import Game
from kleos.log.outward import shown_value
from kleos.players.directory import Directory
from kleos.sheets import sql
from kleos.sheets.cursor import after_condition, cursor_of, parse_cursor
from kleos.sheets.layout import SQL_TYPES, quoted, table

_LARGEST_INT: Final = 2**63 - 1
_LONGEST_TEXT: Final = 2_000
_IN_JSON: Final[Mapping[str, tuple[type, ...]]] = {"int": (int,), "float": (int, float), "bool": (bool,)}


@dataclass(frozen=True, slots=True)
class Sort:
    column: str
    descending: bool


@dataclass(frozen=True, slots=True)
class Question:
    """Which rows: ``filters`` by key column, as text; a player's is the external id. ``after`` is a cursor."""

    window: Window
    filters: Mapping[str, str]
    order: Sequence[Sort]
    limit: int
    offset: int
    after: str | None = None


class SheetRow(msgspec.Struct):
    """``names`` has the shown name of each player in the key, by key column."""

    key: dict[str, Any]
    names: dict[str, str]
    values: dict[str, Any]


def window_of(game: Game, sheet: Sheet, asked: str | None, now: int) -> Window:
    """The window asked for, or the widest that the sheet has. Raises BadInput where the sheet has no such windows."""
    window = game.calendar.named(asked or sheet.windows[0], now)
    if window.kind not in sheet.windows:
        kinds = ", ".join(sheet.windows)
        raise BadInput(f"the sheet {sheet.name!r} has no rows by {window.kind}; it has {kinds}", "window")
    return window


def parse_order(sheet: Sheet, asked: str | None) -> tuple[Sort, ...]:
    """Read ``"wins desc, name"``. Raises BadInput that names the columns there are."""
    if not asked:
        return ()
    return tuple(_sort(sheet, part) for part in asked.split(","))


def _sort(sheet: Sheet, part: str) -> Sort:
    words = part.split()
    known = [*(column.name for column in sheet.key), *sheet.columns]
    if not words or words[0] not in known:
        raise BadInput(f"{part.strip()!r} is no column of {sheet.name!r}; there is {', '.join(known)}", "order")
    if len(words) > 2 or (len(words) == 2 and words[1] not in ("asc", "desc")):
        raise BadInput(f"write `{words[0]} asc` or `{words[0]} desc`", "order")
    return Sort(words[0], words[-1] == "desc" and len(words) == 2)


async def page(
    pool: asyncpg.Pool, directory: Directory, game: Game, sheet: Sheet, question: Question
) -> tuple[list[SheetRow], int]:
    """One page of rows, and how many there are in all."""
    bound: list[Any] = [question.window.name]
    conditions: list[str] = []
    for name, text in question.filters.items():
        bound.append(await key_value(directory, game, key_column(sheet, name), text))
        if bound[-1] is None:
            return [], 0
        conditions.append(f" AND {quoted(name)} = ${len(bound)}")
    conditions += [
        sql.SEEN.format(game=game.name, player=quoted(column.name))
        for column in sheet.key
        if column.type.kind == "player"
    ]
    where = {"table": table(game.name, sheet.name), "filters": "".join(conditions)}
    counted = list(bound)
    further = "" if question.after is None else await _after(directory, game, sheet, question, bound)
    records = await pool.fetch(
        sql.PAGE.format(
            columns=_selected([*(column.name for column in sheet.key), *sheet.columns]),
            order=ordered(sheet, question.order),
            limit=question.limit,
            offset=question.offset,
            **{**where, "filters": where["filters"] + further},
        ),
        *bound,
    )
    total = len(records) + question.offset
    if further or (question.offset and not records) or len(records) == question.limit:
        total = await pool.fetchval(sql.COUNT.format(**where), *counted)
    return await shown_rows(directory, game, sheet, records), total


def next_of(sheet: Sheet, question: Question, rows: Sequence[SheetRow]) -> str | None:
    """The cursor of what follows these rows; None where they are the last."""
    if len(rows) < question.limit:
        return None
    last = {**rows[-1].values, **rows[-1].key}
    order = whole_order(sheet, question.order)
    return cursor_of(question.window.name, order, [last[name] for name, _ in order])


async def _after(directory: Directory, game: Game, sheet: Sheet, question: Question, bound: list[Any]) -> str:
    order = whole_order(sheet, question.order)
    kinds: dict[str, str] = {column.name: column.type.kind for column in sheet.key}
    kinds |= {name: column.type.kind for name, column in sheet.columns.items()}
    values = []
    for (name, _), value in zip(order, parse_cursor(question.after or "", question.window.name, order), strict=True):
        kind = kinds[name]
        if kind == "player":
            card = await directory.card(game.namespace, value) if isinstance(value, str) else None
            if card is None:
                raise BadInput("the last row of that page is no more; begin anew", "after")
            value = card.player
        elif value is not None:
            value = _checked(kind, value)
        values.append(value)
    return after_condition(sheet, order, values, bound)


def _checked(kind: str, value: Any) -> Any:
    """A value of a cursor as the table has it."""
    try:
        if not isinstance(value, _IN_JSON.get(kind, (str,))):
            raise ValueError(value)
        if isinstance(value, int) and abs(value) > _LARGEST_INT:
            raise ValueError(value)
        return _scalar(kind, str(value)) if kind in ("time", "str") else value
    except ValueError:
        raise BadInput("this is not the `next` of another page", "after") from None


def whole_order(sheet: Sheet, order: Sequence[Sort]) -> list[tuple[str, bool]]:
    """The order asked for, and the key where it leaves ties."""
    given = {sort.column for sort in order}
    rest = [(column.name, False) for column in sheet.key if column.name not in given]
    return [*((sort.column, sort.descending) for sort in order), *rest]


async def shown_rows(
    directory: Directory, game: Game, sheet: Sheet, records: Sequence[Mapping[str, Any] | asyncpg.Record]
) -> list[SheetRow]:
    """Rows as they go out: players by their external ids, with names."""
    player_columns = [column.name for column in sheet.key if column.type.kind == "player"]
    player_values = [name for name, column in sheet.columns.items() if column.type.kind == "player"]
    numbers = {record[name] for record in records for name in (*player_columns, *player_values)} - {None}
    cards = await directory.by_number(game.namespace, sorted(numbers))
    rows = []
    for record in records:
        key = {column.name: record[column.name] for column in sheet.key}
        names = {}
        for name in player_columns:
            card = cards.get(key[name])
            key[name] = card.id if card is not None else None
            names[name] = card.shown_name if card is not None else ""
        values = shown_values(sheet, record, sheet.columns)
        values |= {name: shown_value("player", record[name], cards) for name in player_values}
        rows.append(SheetRow(_shown_key(sheet, key), names, values))
    return rows


def shown_values(sheet: Sheet, record: Mapping[str, Any] | asyncpg.Record, columns: Iterable[str]) -> dict[str, Any]:
    """These columns of a row as they go out: times as ISO 8601."""
    values = {}
    for name in columns:
        value = record[name]
        is_time = sheet.columns[name].type.kind == "time"
        values[name] = iso(value) if is_time and value is not None else value
    return values


def _shown_key(sheet: Sheet, key: dict[str, Any]) -> dict[str, Any]:
    for column in sheet.key:
        if column.type.kind == "time":
            key[column.name] = iso(key[column.name])
    return key


def _selected(names: Sequence[str]) -> str:
    return ", ".join(map(quoted, names))


def ordered(sheet: Sheet, order: Sequence[Sort]) -> str:
    keys = {column.name for column in sheet.key}
    return ", ".join(
        f"{quoted(name)}{' DESC' if falls else ''}{'' if name in keys and not falls else ' NULLS LAST'}"
        for name, falls in whole_order(sheet, order)
    )


def key_column(sheet: Sheet, name: str) -> KeyColumn:
    """Raises BadInput that names the key there is."""
    for column in sheet.key:
        if column.name == name:
            return column
    known = ", ".join(column.name for column in sheet.key)
    raise BadInput(f"the sheet {sheet.name!r} has no key {name!r}; its key is {known}", name)


async def filter_values(directory: Directory, game: Game, sheet: Sheet, filters: Mapping[str, str]) -> dict[str, Any]:
    """By key column, the value as the table has it; None for a player that does not exist."""
    return {name: await key_value(directory, game, key_column(sheet, name), text) for name, text in filters.items()}


async def key_value(directory: Directory, game: Game, column: KeyColumn, text: str) -> Any:
    """The value as the table has it; None for a player that does not exist, or is banned in the game."""
    if "\0" in text or len(text) > _LONGEST_TEXT:
        raise BadInput("it holds a NUL character or is too long", column.name)
    if column.type.kind == "player":
        card = await directory.card_in(game.namespace, game.name, text)
        return None if card is None else card.player
    try:
        return _scalar(column.type.kind, text)
    except ValueError:
        raise BadInput(f"{text!r} is no {column.type.kind}", column.name) from None


def _scalar(kind: str, text: str) -> Any:
    if kind == "int":
        number = int(text)
        if abs(number) > _LARGEST_INT:
            raise ValueError(text)
        return number
    if kind == "float":
        return float(text)
    if kind == "bool":
        return {"true": True, "false": False}[text] if text in ("true", "false") else _no(text)
    if kind == "time":
        moment = datetime.fromisoformat(text)
        return from_datetime(moment) if moment.tzinfo is not None else _no(text)
    assert kind in SQL_TYPES
    return text


def _no(text: str) -> Any:
    raise ValueError(text)

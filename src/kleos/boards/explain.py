"""From a rank to who is above and what it rests on; from no rank to what is missing."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

import asyncpg
import msgspec

from kleos.boards import sql
from kleos.boards.compiled import CompiledBoard, Partition, PartitionValue
from kleos.boards.index import Entry
from kleos.boards.rankkey import Value
from kleos.core.cells import Values
from kleos.core.definition.model import Direction, Ties
from kleos.core.expression import Expression, against_literal, compile_python, conjuncts
from kleos.core.windows import Window, iso, to_datetime_or_none
from kleos.players.directory import Card

Reason = Literal["no row", "not qualified", "elsewhere"]


class Ranked(msgspec.Struct, kw_only=True):
    """A column that the board ranks by, and the player's value; null where there is no row."""

    column: str
    title: str
    unit: str
    decimals: int | None
    type: str
    direction: Direction
    value: Any


class Above(msgspec.Struct, kw_only=True):
    """The nearest who is better. ``column`` is the first in which they differ, ``by`` how far the player is behind
    there (a time in seconds); both are null where only the time at which the values were reached differs, and ``by`` is
    null where one of them has no value, or it is no number."""

    rank: int
    player: str
    name: str
    values: dict[str, Any]
    since: datetime | None
    column: str | None
    by: float | None


class Qualification(msgspec.Struct, kw_only=True):
    """One part of what the board asks of a row. Where it is a column against a number: the value, the number, and how
    much is ``missing``."""

    condition: str
    holds: bool
    column: str | None
    operator: str | None
    value: Any
    number: float | None
    missing: float | None


class Belonging(msgspec.Struct, kw_only=True):
    """What puts a player in a part of the board: what the part asks, and what the player has."""

    name: str
    asked: PartitionValue
    has: Any


class RankExplanation(msgspec.Struct, kw_only=True):
    """``shared_by`` is how many have this rank. Without a rank ``reason`` says why: there is no row in this window, it
    does not qualify, or the player stands in another part of the board."""

    game: str
    board: str
    title: str
    window: str
    partition: list[Belonging]
    player: str
    name: str
    ranked: bool
    reason: Reason | None
    rank: int | None
    total: int
    percentile: float | None
    since: datetime | None
    shared_by: int | None
    ties: Ties
    by: list[Ranked]
    above: Above | None
    where: str | None
    qualifications: list[Qualification]


@dataclass(frozen=True, slots=True)
class Found:
    """What the board says: ``own`` is None for who does not stand there; ``above`` the nearest with a better rank."""

    total: int
    own: Entry | None
    above: Entry | None
    shared_by: int


@dataclass(frozen=True, slots=True)
class Asked:
    """The player's row and belonging, whatever the board says; ``row`` has what is ranked by and what qualifies."""

    row: Values | None
    attributes: Mapping[str, Any]


def found_among(total: int, entries: list[Entry], id: str) -> Found:
    """Of the entries that :func:`kleos.boards.sql.explained` gives."""
    own = next((entry for entry in entries if entry.placed.id == id), None)
    if own is None:
        return Found(total, None, None, 0)
    above = next((entry for entry in entries if entry.place == own.rank - 1), None)
    return Found(total, own, above, max(entry.place for entry in entries) - own.rank + 1)


async def ask(
    pool: asyncpg.Pool, board: CompiledBoard, window: Window, is_closed: bool, partition: Partition, card: Card
) -> Asked:
    columns = list(dict.fromkeys((*board.by_names, *(board.board.where.names if board.board.where else ()))))
    statement = sql.rows_beside(board, window, [card.player], partition.as_given(), columns)
    row = await pool.fetchrow(statement.text, *statement.arguments)
    names = [name for name in partition.names if name not in board.key_names]
    if not names:
        return Asked(row, {})
    if not is_closed:
        return Asked(row, {name: card.attribute(name) for name in names})
    profile = await pool.fetchrow(sql.PROFILE_AT_END, card.player, window.end)
    known: dict[str, Any] = {}
    if profile is not None:
        known = {**msgspec.json.decode(profile["attributes"]), "region": profile["region"]}
    return Asked(row, {name: known.get(name) for name in names})


def explained(
    board: CompiledBoard,
    window: Window,
    partition: Partition,
    card: Card,
    found: Found,
    asked: Asked,
    names: Mapping[str, str],
) -> RankExplanation:
    own = found.own
    qualifications = _qualifications(board, asked.row)
    since = own.placed.since if own is not None else None
    return RankExplanation(
        game=board.game,
        board=board.board.name,
        title=board.board.presentation.title,
        window=window.name,
        partition=[
            Belonging(name=name, asked=value, has=_belongs(board, name, value, asked))
            for name, value in partition.as_given().items()
        ],
        player=card.id,
        name=card.shown_name,
        ranked=own is not None,
        reason=None if own is not None else _reason(asked, qualifications),
        rank=own.rank if own is not None else None,
        total=found.total,
        percentile=100 * (found.total - own.rank + 1) / found.total if own is not None else None,
        since=to_datetime_or_none(since),
        shared_by=found.shared_by if own is not None else None,
        ties=board.board.ties,
        by=[_ranked(board, place, own, asked.row) for place in range(len(board.by_names))],
        above=_above(board, own, found.above, names) if own is not None and found.above is not None else None,
        where=board.board.where.text if board.board.where is not None else None,
        qualifications=qualifications,
    )


def _belongs(board: CompiledBoard, name: str, value: PartitionValue, asked: Asked) -> Any:
    if name in board.key_names:
        return value if asked.row is not None else None
    return asked.attributes.get(name)


def _reason(asked: Asked, qualifications: list[Qualification]) -> Reason:
    if asked.row is None:
        return "no row"
    return "elsewhere" if all(each.holds for each in qualifications) else "not qualified"


def _ranked(board: CompiledBoard, place: int, own: Entry | None, row: Values | None) -> Ranked:
    sort = board.board.by[place]
    column = board.sheet.columns[sort.column]
    value = own.placed.values[place] if own is not None else row[sort.column] if row is not None else None
    return Ranked(
        column=column.name,
        title=column.presentation.title,
        unit=column.presentation.unit,
        decimals=column.presentation.decimals,
        type=column.type.kind,
        direction=sort.direction,
        value=_shown(column.type.kind, value),
    )


def _above(board: CompiledBoard, own: Entry, above: Entry, names: Mapping[str, str]) -> Above:
    theirs, mine = above.placed, own.placed
    differing = next((n for n, name in enumerate(board.by_names) if theirs.values[n] != mine.values[n]), None)
    kinds = [board.sheet.columns[name].type.kind for name in board.by_names]
    return Above(
        rank=above.rank,
        player=theirs.id,
        name=names[theirs.id],
        values={name: _shown(kinds[n], theirs.values[n]) for n, name in enumerate(board.by_names)},
        since=to_datetime_or_none(theirs.since),
        column=board.by_names[differing] if differing is not None else None,
        by=_behind(kinds[differing], mine.values[differing], theirs.values[differing])
        if differing is not None
        else None,
    )


def _behind(kind: str, mine: Value, theirs: Value) -> float | None:
    if mine is None or theirs is None or kind == "bool":
        return None
    difference = abs(theirs - mine)
    return difference / 1_000_000 if kind == "time" else difference


def _qualifications(board: CompiledBoard, row: Values | None) -> list[Qualification]:
    if board.board.where is None:
        return []
    return [_qualification(board, part, row) for part in conjuncts(board.board.where)]


def _qualification(board: CompiledBoard, part: Expression, row: Values | None) -> Qualification:
    holds = row is not None and bool(compile_python(part, part.names)(*[row[name] for name in part.names]))
    compared = against_literal(part.root)
    if compared is None:
        return Qualification(
            condition=part.text, holds=holds, column=None, operator=None, value=None, number=None, missing=None
        )
    column, operator, number = compared
    value = row[column] if row is not None else None
    return Qualification(
        condition=part.text,
        holds=holds,
        column=column,
        operator=operator,
        value=_shown(board.sheet.columns[column].type.kind, value),
        number=number,
        missing=None if holds or value is None else _missing(operator, value, number),
    )


def _missing(operator: str, value: float, number: float) -> float | None:
    """How much until the condition holds; of ints, the next that is over or under."""
    step = 1 if isinstance(value, int) and isinstance(number, int) and operator in (">", "<") else 0
    return None if operator == "!=" else abs(number - value) + step


def _shown(kind: str, value: Any) -> Any:
    return iso(value) if kind == "time" and value is not None else value

"""A game as answers describe it: what its definition declares, in the order in which it is shown."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any, Final

import msgspec

from kleos.core.definition.choices import choices
from kleos.core.definition.model import Column, Definition, EventType, Presentation, Sheet
from kleos.core.types import Field, ListOf, MapOf, Missing, RecordOf, Type
from kleos.core.windows import Season, to_datetime
from kleos.engine.game import Game

_ANYTHING: Final[Mapping[str, list[Any]]] = {}


class Shown(msgspec.Struct, kw_only=True):
    """How a thing is shown."""

    title: str
    text: str
    icon: str
    category: str
    order: int


class FieldAnswer(msgspec.Struct):
    """``type`` as definitions write it: `map[player, int]`. ``default`` is null where there is none; ``choices`` are
    the values that a check allows, none where it may be anything.
    """

    name: str
    type: str
    required: bool
    default: Any
    choices: list[Any]


class EventAnswer(Shown, kw_only=True):
    name: str
    fields: list[FieldAnswer]


class KeyAnswer(msgspec.Struct):
    name: str
    type: str


class ColumnAnswer(Shown, kw_only=True):
    """``fold`` names how it takes events in, ``formula`` how it is computed; one of them is null."""

    name: str
    type: str
    unit: str
    decimals: int
    fold: str | None
    formula: str | None


class SheetAnswer(Shown, kw_only=True):
    name: str
    key: list[KeyAnswer]
    windows: list[str]
    columns: list[ColumnAnswer]


class SortAnswer(msgspec.Struct):
    column: str
    direction: str


class BoardAnswer(Shown, kw_only=True):
    name: str
    sheet: str
    by: list[SortAnswer]
    where: str | None
    partitions: list[list[str]]
    ties: str
    unit: str
    decimals: int


class ChartAnswer(Shown, kw_only=True):
    name: str
    kind: str
    sheet: str
    columns: list[str]
    every: str | None


class MatchRules(msgspec.Struct):
    """``ended_by``: the event types that end a match."""

    ended_by: list[str]


class SeasonAnswer(msgspec.Struct, kw_only=True):
    name: str
    title: str
    starts_at: datetime
    ends_at: datetime
    open: bool


class GameSummary(msgspec.Struct, kw_only=True):
    """``identities``: whether its players are the server's (`shared`), or its ids are its own (`own`)."""

    game: str
    title: str
    text: str
    icon: str
    version: int
    identities: str


class GameAnswer(GameSummary, kw_only=True):
    """A game, whole, but for its achievements (which have a route of their own) and the conditions of its checks.

    `database` is a random id of the database: where it is another, events that were sent before may not be there.
    """

    database: str
    timezone: str
    attributes: list[str]
    events: list[EventAnswer]
    types: dict[str, list[FieldAnswer]]
    sheets: list[SheetAnswer]
    boards: list[BoardAnswer]
    achievements: list[str]
    charts: list[ChartAnswer]
    matches: MatchRules
    submit: list[str]


def summary(game: Game) -> GameSummary:
    shown = game.definition.presentation
    return GameSummary(
        game=game.name,
        title=shown.title,
        text=shown.text,
        icon=shown.icon,
        version=game.version,
        identities=game.definition.identities,
    )


def description(game: Game, database: str) -> GameAnswer:
    definition = game.definition
    return GameAnswer(
        **msgspec.structs.asdict(summary(game)),
        database=database,
        timezone=definition.timezone,
        attributes=list(definition.attributes),
        events=[_event(definition, event) for event in definition.events.values()],
        types=_records(definition),
        sheets=[_sheet(sheet) for sheet in in_order(definition.sheets.values())],
        boards=_boards(definition),
        achievements=[each.name for each in in_order(definition.achievements.values())],
        charts=_charts(definition),
        matches=MatchRules(sorted(definition.ended_by)),
        submit=sorted(definition.submit),
    )


def season(each: Season, now: int) -> SeasonAnswer:
    return SeasonAnswer(
        name=each.name,
        title=each.title,
        starts_at=to_datetime(each.start),
        ends_at=to_datetime(each.end),
        open=each.start <= now < each.end,
    )


def in_order(things: Iterable[Any]) -> list[Any]:
    """By the order that the definition gives them, then as it has them."""
    return sorted(things, key=lambda thing: thing.presentation.order)


def decimals_of(column: Column, presentation: Presentation | None = None) -> int:
    """How many decimals to show: as the definition says, else as the type has them."""
    declared = presentation.decimals if presentation is not None else None
    declared = column.presentation.decimals if declared is None else declared
    if declared is not None:
        return declared
    return 2 if column.type.kind == "float" else 0


def _shown(presentation: Presentation) -> dict[str, Any]:
    return {name: getattr(presentation, name) for name in ("title", "text", "icon", "category", "order")}


def _event(definition: Definition, event: EventType) -> EventAnswer:
    allowed = {name: choices(definition, event.name, name) for name in event.fields}
    return EventAnswer(name=event.name, fields=_fields(event.fields, allowed), **_shown(event.presentation))


def _fields(fields: Mapping[str, Field], allowed: Mapping[str, list[Any]] = _ANYTHING) -> list[FieldAnswer]:
    return [
        FieldAnswer(
            field.name,
            str(field.type),
            field.required,
            None if isinstance(field.default, Missing) else field.default,
            allowed.get(field.name, []),
        )
        for field in fields.values()
    ]


def _records(definition: Definition) -> dict[str, list[FieldAnswer]]:
    records = {
        record.name: _fields(record.fields)
        for event in definition.events.values()
        for field in event.fields.values()
        for record in _records_in(field.type)
    }
    return dict(sorted(records.items()))


def _records_in(type_: Type) -> Iterator[RecordOf]:
    if isinstance(type_, ListOf):
        yield from _records_in(type_.item)
    elif isinstance(type_, MapOf):
        yield from _records_in(type_.value)
    elif isinstance(type_, RecordOf):
        yield type_
        for field in type_.fields.values():
            yield from _records_in(field.type)


def _sheet(sheet: Sheet) -> SheetAnswer:
    return SheetAnswer(
        name=sheet.name,
        key=[KeyAnswer(column.name, str(column.type)) for column in sheet.key],
        windows=list(sheet.windows),
        columns=[_column(sheet, column) for column in in_order(sheet.columns.values())],
        **_shown(sheet.presentation),
    )


def _column(sheet: Sheet, column: Column) -> ColumnAnswer:
    fold = sheet.folds.get(column.fold) if column.fold is not None else None
    return ColumnAnswer(
        name=column.name,
        type=str(column.type),
        unit=column.presentation.unit,
        decimals=decimals_of(column),
        fold=fold.kind if fold is not None else None,
        formula=column.formula.text if column.formula is not None else None,
        **_shown(column.presentation),
    )


def _boards(definition: Definition) -> list[BoardAnswer]:
    return [
        BoardAnswer(
            name=board.name,
            sheet=board.sheet,
            by=[SortAnswer(sort.column, sort.direction) for sort in board.by],
            where=board.where.text if board.where is not None else None,
            partitions=[list(partition) for partition in board.partitions],
            ties=board.ties,
            unit=board.presentation.unit,
            decimals=decimals_of(definition.sheets[board.sheet].columns[board.by[0].column], board.presentation),
            **_shown(board.presentation),
        )
        for board in in_order(definition.boards.values())
    ]


def _charts(definition: Definition) -> list[ChartAnswer]:
    return [
        ChartAnswer(
            name=chart.name,
            kind=chart.kind,
            sheet=chart.sheet,
            columns=list(chart.columns),
            every=chart.every,
            **_shown(chart.presentation),
        )
        for chart in in_order(definition.charts.values())
    ]

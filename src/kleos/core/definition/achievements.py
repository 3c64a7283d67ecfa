"""The achievements of a definition: on a row, on an event, or granted by the game."""

from collections.abc import Mapping
from graphlib import CycleError, TopologicalSorter
from typing import cast

from kleos.core.definition.events import Events
from kleos.core.definition.model import (
    Achievement,
    Column,
    CountsFrom,
    EventCondition,
    Fold,
    Manual,
    RowCondition,
    Sheet,
    Threshold,
    WindowKind,
)
from kleos.core.definition.names import BUILT_IN_SHEET, check_name
from kleos.core.definition.presentation import read_presentation
from kleos.core.definition.problems import did_you_mean, shown
from kleos.core.definition.scopes import condition, row_condition, value
from kleos.core.definition.selectors import read_selector
from kleos.core.definition.sheets import ReadSheet
from kleos.core.definition.tables import Table
from kleos.core.expression import Course, Expression, monotone_condition, threshold
from kleos.core.types import Scalar

_WAYS = ("sheet", "event", "manual")
_BELONGS = {"window": "sheet", "for": "event", "where": "event", "player": "event"}
"""Keys that mean something with one way of being awarded only."""


def read_achievements(game: Table, events: Events, sheets: Mapping[str, ReadSheet]) -> dict[str, Achievement]:
    tables = game.tables("achievements")
    achievements = {}
    for name, table in tables.items():
        check_name(name, "an achievement", table.path, "", table.problems)
        found = _condition(table, events, sheets)
        if found is not None:
            achievements[name] = Achievement(
                name,
                found,
                table.whole("points") or 0,
                table.flag("hidden"),
                table.text("tier"),
                table.texts("requires"),
                read_presentation(table, name),
                cast(CountsFrom, table.text("from", "beginning")),
            )
    _check_requirements(tables)
    return achievements


def _condition(
    table: Table, events: Events, sheets: Mapping[str, ReadSheet]
) -> RowCondition | EventCondition | Manual | None:
    ways = [way for way in _WAYS if (table.flag(way) if way == "manual" else way in table)]
    if len(ways) != 1:
        if not table.broken.intersection(_WAYS):
            found = " and ".join(f"`{way}`" for way in ways) or "none of `sheet`, `event` and `manual`"
            table.problem("", f"has {found}", "exactly one: sheet and when, event and when, or manual = true")
        return None
    way = ways[0]
    for key, owner in _BELONGS.items():
        if key in table and owner != way:
            table.problem(key, f"means nothing beside `{way}`", f"no `{key}`, or `{owner}` instead of `{way}`")
    if way == "manual":
        if "when" in table:
            table.problem("when", "means nothing beside `manual`", "no `when`: the game grants it")
        return Manual()
    if "when" not in table:
        if "when" not in table.broken:
            table.problem("when", "is missing", f"the condition on the {'row' if way == 'sheet' else 'event'}")
        return None
    return _on_row(table, sheets) if way == "sheet" else _on_event(table, events)


def _on_event(table: Table, events: Events) -> EventCondition | None:
    read = read_selector(table, events)
    if read is None:
        return None
    selector, scope = read
    when = condition(table, "when", scope)
    if "player" not in table and "player" not in scope.types and "player" not in scope.broken:
        table.problem("player", "nothing in the event is called `player`", '`player = "…"`, who is awarded')
        return None
    player = value(table, "player", table.text("player", "player"), scope)
    if player is None or when is None:
        return None
    if not isinstance(player.type, Scalar) or player.type.kind != "player":
        table.problem("player", f"is {player.type}, not a player", "an expression that gives a player")
        return None
    return EventCondition(selector, player, when)


def _on_row(table: Table, sheets: Mapping[str, ReadSheet]) -> RowCondition | None:
    name = table.text("sheet")
    if name == BUILT_IN_SHEET:
        table.problem("sheet", "awards cannot be awarded for awards", "a sheet of the game")
        return None
    if name not in sheets:
        table.problem("sheet", f"there is no sheet {shown(name)}", did_you_mean(name, sheets))
        return None
    read = sheets[name]
    window = cast(WindowKind, table.text("window", "all"))
    if window not in read.sheet.windows and "window" not in table.broken:
        mend = f"one of: {', '.join(read.sheet.windows)}; or add it to the sheet's windows"
        table.problem("window", f"the sheet {name!r} has no window {window!r}", mend)
    if read.lacks_player:
        mend = "a sheet whose key holds exactly one player"
        table.problem("sheet", f"the key of {name!r} does not hold exactly one player", mend)
    when = row_condition(table, "when", read.scope)
    if when is None:
        return None
    doubt = monotone_condition(when, courses(read.sheet))
    if doubt is not None:
        table.problem("when", "could hold and then hold no more", doubt)
        return None
    return RowCondition(name, window, when, _threshold(when, read.sheet))


def courses(sheet: Sheet) -> dict[str, Course]:
    """Which way each visible column goes as events come in time order."""
    return {column.name: _course(column, sheet.folds) for column in sheet.columns.values()}


def _course(column: Column, folds: Mapping[str, Fold]) -> Course:
    if column.fold is None:
        return "other"
    fold = folds[column.fold]
    if fold.kind == "min":
        return "falls"
    rises = fold.kind == "max" or (fold.kind in ("count", "sum") and fold.never_falls)
    return "rises" if rises or (fold.kind == "streak" and column.name != fold.name) else "other"


def _threshold(when: Expression, sheet: Sheet) -> Threshold | None:
    """Progress towards ``column > n`` is progress towards n + 1 where both are whole numbers, else towards n."""
    found = threshold(when)
    if found is None:
        return None
    column, number, is_too_little = found
    is_whole = isinstance(number, int) and sheet.columns[column].type.kind == "int"
    return Threshold(column, float(number + 1 if is_too_little and is_whole else number))


def _check_requirements(tables: Mapping[str, Table]) -> None:
    for name, table in tables.items():
        for required in table.texts("requires"):
            if required not in tables:
                others = [other for other in tables if other != name]
                table.problem("requires", f"there is no achievement {shown(required)}", did_you_mean(required, others))
    requires = {
        name: {required for required in table.texts("requires") if required in tables} for name, table in tables.items()
    }
    while (cycle := _cycle(requires)) is not None:
        way = " → ".join(cycle if len(cycle) <= 12 else (*cycle[:12], "…"))
        tables[cycle[0]].problem("requires", f"requires itself: {way}", "requirements that do not lead back")
        for name in cycle:
            requires.pop(name, None)


def _cycle(requires: Mapping[str, set[str]]) -> tuple[str, ...] | None:
    try:
        TopologicalSorter(requires).prepare()
    except CycleError as error:
        return tuple(error.args[1])
    return None

"""Awards as SQL: when each achievement was completed, by the rule of :mod:`kleos.core.completion`.

On a row: the values that its condition asks run along the events of each row, in event order, and the first event after
which it holds completes it. Only rows that hold it in the end are looked at. On an event, and granted: the first such
event. Then prerequisites, each achievement after all that it requires.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from kleos.core.completion import in_requirement_order
from kleos.core.definition.model import (
    AWARD_GRANTED,
    Achievement,
    Definition,
    EventCondition,
    Fold,
    Manual,
    RowCondition,
    Sheet,
    WindowKind,
)
from kleos.core.definition.names import BUILT_IN_SHEET
from kleos.core.expression import Expression, sql_source
from kleos.core.plan import Plan
from kleos.replay.csv import text
from kleos.replay.facts import Bounds, event_order, facts_of, key_columns, scope, selected, within
from kleos.replay.fold import fold_facts, folded
from kleos.replay.session import Duck
from kleos.replay.spans import joined, segments, spanned

AWARDS: Final = "replay.awards"
_OWN: Final = "replay.completed"
_COLUMNS: Final = '(player BIGINT, achievement VARCHAR, "at" BIGINT, event VARCHAR, "match" VARCHAR)'
_EVENT: Final = "{'at': \"at\", 'event': \"id\", 'match': \"match\"}"


@dataclass(frozen=True, slots=True)
class _Rows:
    """What achievements on rows may share: one pass over the facts."""

    sheet: str
    window: WindowKind
    counts_from: int | None


def decide_awards(duck: Duck, plan: Plan, until: int | None = None) -> None:
    """Makes the table ``replay.awards(player, achievement, at, event, match)`` of all awards that the log gives.

    Needs the tables of ``create_spans``, and those of ``fold_sheet`` with the same ``until`` for every sheet on whose
    rows an achievement stands.
    """
    duck.execute(f"CREATE OR REPLACE TABLE {_OWN} {_COLUMNS}")
    duck.execute(f"CREATE OR REPLACE TABLE {AWARDS} {_COLUMNS}")
    on_rows: dict[_Rows, list[Achievement]] = {}
    for achievement in plan.definition.achievements.values():
        condition, start = achievement.condition, plan.counts_from.get(achievement.name)
        if isinstance(condition, RowCondition):
            on_rows.setdefault(_Rows(condition.sheet, condition.window, start), []).append(achievement)
        else:
            events = _met_on_event(plan.definition, achievement.name, condition, (start, until))
            duck.execute(f"INSERT INTO {_OWN} {_first_events(achievement.name, events)}")
    for rows, achievements in on_rows.items():
        duck.execute(f"INSERT INTO {_OWN} {_met_on_rows(plan.definition, rows, achievements, until)}")
    for achievement in in_requirement_order(plan.definition.achievements):
        duck.execute(f"INSERT INTO {AWARDS} {_with_requirements(achievement)}")


def fold_awards(duck: Duck, definition: Definition) -> None:
    """Folds ``replay.awards`` to the table of the built-in sheet, as ``fold_sheet`` does with events."""
    sheet = definition.sheets[BUILT_IN_SHEET]
    points = ", ".join(f"({text(name)}, {one.points}::BIGINT)" for name, one in definition.achievements.items())
    facts = f"""SELECT a.player AS "k_player", a."at", p.points AS "c_points", TRUE AS "c_unlocked"
        FROM {AWARDS} AS a JOIN (VALUES {points or "('', 0::BIGINT)"}) AS p(achievement, points) USING (achievement)"""
    fold_facts(duck, sheet, facts)


def _first_events(achievement: str, events: str) -> str:
    """The first of some events of each player; ``events`` selects ``player``, ``at``, ``id`` and ``match``."""
    first = f"SELECT player, min({_EVENT}) AS first FROM ({events}) WHERE player IS NOT NULL GROUP BY player"
    return f"SELECT player, {text(achievement)}, unnest(first) FROM ({first})"


def _met_on_event(definition: Definition, name: str, condition: EventCondition | Manual, bounds: Bounds) -> str:
    if isinstance(condition, Manual):
        source = f'(SELECT * FROM log."{AWARD_GRANTED}"{within(bounds)})'
        return f'SELECT player, "at", "id", "match" FROM {source} WHERE achievement = {text(name)}'
    names = scope(definition, condition.selector)
    yields = {
        "player": sql_source(condition.player, names, "duckdb"),
        "holds": sql_source(condition.when, names, "duckdb"),
        **{f'"{name}"': f'"{name}"' for name in ("at", "id", "match")},
    }
    return f"SELECT * FROM ({selected(definition, condition.selector, yields, bounds)}) WHERE holds"


# On rows --------------------------------------------------------------------------------------------------------------


def _met_on_rows(definition: Definition, rows: _Rows, achievements: Sequence[Achievement], until: int | None) -> str:
    """The player, the achievement and its first event, of all that hold on the same rows."""
    sheet = definition.sheets[rows.sheet]
    conditions = {one.name: one.condition.when for one in achievements if isinstance(one.condition, RowCondition)}
    asked = {name for when in conditions.values() for name in when.names}
    folds = [fold for fold in sheet.folds.values() if {fold.name, f"{fold.name}_best"} & asked]
    running = _running(sheet, folds, _facts(definition, sheet, rows, folds, conditions.values(), until))
    values = {name: f'"r_{name}"' for fold in folds for name in (fold.name, f"{fold.name}_best")}
    first = ", ".join(
        f'min({_EVENT}) FILTER (WHERE {sql_source(when, values, "duckdb")}) AS "a_{name}"'
        for name, when in conditions.items()
    )
    of_player = f'SELECT "k_{sheet.player_key}" AS _player, {first} FROM ({running}) GROUP BY ALL'
    parts = (
        f'SELECT _player, {text(name)}, unnest("a_{name}") FROM firsts WHERE "a_{name}" IS NOT NULL'
        for name in conditions
    )
    return f"WITH firsts AS MATERIALIZED ({of_player})\n" + "\nUNION ALL\n".join(parts)


def _facts(
    definition: Definition,
    sheet: Sheet,
    rows: _Rows,
    folds: Sequence[Fold],
    conditions: Iterable[Expression],
    until: int | None,
) -> str:
    """The facts of the rows that hold any of the conditions in the end, each with the ``window`` of its row."""
    bounds = (rows.counts_from, until)
    facts = facts_of(definition, sheet, [fold.name for fold in folds], bounds, is_placed=True)
    spans = spanned(sheet.windows)
    window = "'all'" if rows.window == "all" else f's."{rows.window}"'
    joins = "" if rows.window == "all" else f"{joined(spans, 'f')} JOIN {segments(spans)} AS s USING (segment)"
    source = f'SELECT f.*, {window} AS "window" FROM ({facts}) AS f {joins}'
    if rows.counts_from is not None:  # the stored row counts from the beginning
        return f'SELECT * FROM ({source}) WHERE "window" IS NOT NULL'
    columns = {name: f'"{name}"' for name, column in sheet.columns.items() if column.formula is None}
    holds = " OR ".join(sql_source(when, columns, "duckdb") for when in conditions)
    keys = ", ".join(f'"{column.name}" AS "k_{column.name}"' for column in sheet.key)
    reached = f'SELECT "window", {keys} FROM {folded(sheet.name)} WHERE {holds}'
    row = ", ".join(_row(sheet))
    return f"SELECT * FROM ({source}) SEMI JOIN ({reached}) USING ({row})"


def _running(sheet: Sheet, folds: Sequence[Fold], facts: str) -> str:
    """Of each fact the values of its row once its event is folded, as ``r_<column>``."""
    partition = f"PARTITION BY {', '.join(_row(sheet))}"
    placed = f"{partition} ORDER BY {event_order(sheet)} ROWS UNBOUNDED PRECEDING"
    streaks = [fold for fold in folds if fold.kind == "streak"]
    if streaks:
        numbers = ", ".join(f'count("c_{fold.name}") OVER w AS "n_{fold.name}"' for fold in streaks)
        facts = f"SELECT *, {numbers} FROM ({facts}) WINDOW w AS ({placed})"
        runs = ", ".join(f'{_run(fold.name)} AS "u_{fold.name}"' for fold in streaks)
        facts = f"SELECT *, {runs} FROM ({facts}) WINDOW w AS ({placed})"
    event = f'{partition} ORDER BY "at", "id" RANGE UNBOUNDED PRECEDING'
    values = "".join(f', {value} AS "r_{name}"' for fold in folds for name, value in _values(fold).items())
    return f"SELECT *{values} FROM ({facts}) WINDOW w AS ({event})"


def _row(sheet: Sheet) -> list[str]:
    return ['"window"', *key_columns(sheet)]


def _run(name: str) -> str:
    """How many of a streak a fact ends."""
    broken = f'max(CASE WHEN NOT "c_{name}" THEN "n_{name}" END) OVER w'
    return f'CASE WHEN "c_{name}" THEN "n_{name}" - COALESCE({broken}, 0) ELSE 0 END'


def _values(fold: Fold) -> dict[str, str]:
    """By column, the value that a fold has after each event. What is not monotone no condition asks for."""
    value = f'"c_{fold.name}"'
    match fold.kind:
        case "count":
            return {fold.name: f"count(*) FILTER (WHERE {value}) OVER w"}
        case "sum":
            total = f"COALESCE(sum({value}) OVER w, 0)::BIGINT"
            return {fold.name: f"{total}::DOUBLE / 1e6::DOUBLE" if fold.type.kind == "float" else total}
        case "streak":
            return {f"{fold.name}_best": f'COALESCE(max("u_{fold.name}") OVER w, 0)'}
        case _:
            return {fold.name: f"{fold.kind}({value}) OVER w"}


# Prerequisites --------------------------------------------------------------------------------------------------------


def _with_requirements(achievement: Achievement) -> str:
    """A prerequisite that is missing withholds the award; a later one dates it."""
    name = text(achievement.name)
    own = f"SELECT * FROM {_OWN} WHERE achievement = {name}"
    requires = sorted(set(achievement.requires))
    if not requires:
        return own
    required = f"SELECT * FROM {AWARDS} WHERE achievement IN ({', '.join(map(text, requires))})"
    dated = "max({'at': \"at\", 'event': event, 'match': \"match\"}) AS latest"
    together = f"SELECT player, {dated}, count(*) AS met FROM ({own} UNION ALL {required}) GROUP BY player"
    return f"SELECT player, {name}, unnest(latest) FROM ({together}) WHERE met = {len(requires) + 1}"

"""A sheet as SQL: from the views of the log to every cell that its table stores.

Without ordered folds, facts are summed up once at the finest grain, the segments of :mod:`kleos.replay.spans`, and
these sums are merged up to each kind of window. With ordered folds, the facts of each key are put in event order once
(time, id, rule, place in the event), each streak is numbered through, and every kind of window sums up what is in it.
"""

from collections.abc import Collection, Sequence
from typing import Final

from kleos.core.definition.model import Definition, Fold, Sheet, WindowKind
from kleos.core.expression import sql_source
from kleos.replay.facts import event_order, facts_of, key_columns
from kleos.replay.packed import Extreme, at_of, packed, value_of
from kleos.replay.session import Duck
from kleos.replay.spans import Kinds, joined, narrowest, segments, spanned

ORDERED_COLUMNS: Final = ("ordered_first_at", "ordered_first_id", "ordered_last_at", "ordered_last_id")
_AT: Final = '"at"'
_BEGINNING: Final = "(-9223372036854775807)::BIGINT"


def folded(sheet: str) -> str:
    """The table in which :func:`fold_sheet` leaves a sheet's rows."""
    return f'folded."{sheet}"'


def fold_sheet(duck: Duck, definition: Definition, sheet: Sheet, until: int | None = None) -> None:
    """Makes the table :func:`folded` of a sheet: one row for each key and window, columns as its table in PostgreSQL
    has them (but ``present`` and ``version``), times in microseconds. Needs the tables of ``create_spans``."""
    facts = facts_of(definition, sheet, list(sheet.folds), (None, until), is_placed=sheet.is_ordered)
    fold_facts(duck, sheet, facts)


def fold_facts(duck: Duck, sheet: Sheet, facts: str) -> None:
    """Makes the same table of facts in the form of :func:`kleos.replay.facts.facts_of`."""
    narrow = narrowest(duck, spanned(sheet.windows))
    body = _ordered(sheet, facts) if sheet.is_ordered else _unordered(sheet, facts, narrow)
    duck.execute(f"CREATE OR REPLACE TABLE {folded(sheet.name)} AS {_shown(sheet, body)}")


# Sheets without order -------------------------------------------------------------------------------------------------


def _unordered(sheet: Sheet, facts: str, narrow: Collection[WindowKind]) -> str:
    keys, spans = key_columns(sheet), spanned(sheet.windows)
    states = [f'{_state(fold)} AS "s_{fold.name}"' for fold in sheet.folds.values()]
    if not spans:
        values = ", ".join(["'all' AS \"window\"", *keys, *states])
        return f"SELECT {values} FROM ({facts}) GROUP BY {', '.join(keys)}"
    values = ", ".join([*keys, "p.segment", *states])
    join = joined(spans, "f")
    base = f"SELECT {values} FROM ({facts}) AS f {join} GROUP BY {', '.join([*keys, 'p.segment'])}"
    merged = [f'{_merged_state(fold)} AS "s_{fold.name}"' for fold in sheet.folds.values()]
    as_they_are = [f'"s_{fold.name}"' for fold in sheet.folds.values()]
    parts = [
        _of_segments(kind, spans, [*keys, *as_they_are])
        if kind in narrow
        else _of_window(kind, spans, keys, merged, "base")
        for kind in sheet.windows
    ]
    return f"WITH base AS MATERIALIZED ({base})\n" + "\nUNION ALL\n".join(parts)


def _of_segments(kind: WindowKind, spans: Kinds, columns: Sequence[str]) -> str:
    """What each window of a kind holds, where every window is one segment."""
    chosen = ", ".join([f's."{kind}" AS "window"', *columns])
    return f'SELECT {chosen} FROM base JOIN {segments(spans)} AS s USING (segment) WHERE s."{kind}" IS NOT NULL'


def _of_window(kind: WindowKind, spans: Kinds, keys: Sequence[str], values: Sequence[str], source: str) -> str:
    """``values`` of what each window of a kind holds of ``source``, which has a segment."""
    if kind == "all":
        chosen = ", ".join(["'all' AS \"window\"", *keys, *values])
        return f"SELECT {chosen} FROM {source} GROUP BY {', '.join(keys)}"
    chosen = ", ".join([f's."{kind}" AS "window"', *keys, *values])
    join = f'JOIN {segments(spans)} AS s USING (segment) WHERE s."{kind}" IS NOT NULL'
    grouped = ", ".join([f's."{kind}"', *keys])
    return f"SELECT {chosen} FROM {source} {join} GROUP BY {grouped}"


def _state(fold: Fold) -> str:
    """What a fold keeps of some facts: a number; with a since, the number ``v`` and the time ``a``."""
    value = f'"c_{fold.name}"'
    match fold.kind:
        case "count":
            number, feeding = f"count(*) FILTER (WHERE {value})", value
        case "sum":
            number, feeding = f"COALESCE(sum({value}), 0)::BIGINT", f"{value} <> 0"
        case _:
            return _extreme(fold, value)
    return f"{{'v': {number}, 'a': max(\"at\") FILTER (WHERE {feeding})}}" if fold.since else number


def _extreme(fold: Fold, value: str) -> str:
    """The least or greatest, and the first time that it was reached. Times are turned round where the greatest wins."""
    if not fold.since:
        return f"{fold.kind}({value})"
    if _is_packed(fold):
        return f"{fold.kind}({packed(_extreme_of(fold), value, _AT)})"
    at = _AT if fold.kind == "min" else f"-{_AT}"
    return f"{fold.kind}({{'v': {value}, 'a': {at}}}) FILTER (WHERE {value} IS NOT NULL)"


def _is_packed(fold: Fold) -> bool:
    return fold.type.kind != "float"


def _extreme_of(fold: Fold) -> Extreme:
    return "min" if fold.kind == "min" else "max"


def _merged_state(fold: Fold) -> str:
    state = f'"s_{fold.name}"'
    if fold.kind in ("min", "max"):
        return f"{fold.kind}({state})"
    if fold.since:
        return f"{{'v': sum({state}.v)::BIGINT, 'a': max({state}.a)}}"
    return f"sum({state})::BIGINT"


# Sheets with order ----------------------------------------------------------------------------------------------------


def _ordered(sheet: Sheet, facts: str) -> str:
    keys, spans = key_columns(sheet), spanned(sheet.windows)
    streaks = [fold for fold in sheet.folds.values() if fold.kind == "streak"]
    source = f"({facts}) AS f {joined(spans, 'f')}" if spans else f"({facts}) AS f"
    order = f"PARTITION BY {', '.join(keys)} ORDER BY {event_order(sheet)}"
    numbers = ["row_number() OVER w AS rn", *(part for fold in streaks for part in _numbered(sheet, fold))]
    chosen = ", ".join(["f.*", *(["p.segment"] if spans else []), *numbers])
    placed = f"SELECT {chosen} FROM {source} WINDOW w AS ({order})"
    if streaks:
        runs = ", ".join(part for fold in streaks for part in _runs(fold))
        order = f"PARTITION BY {', '.join(keys)} ORDER BY rn ROWS UNBOUNDED PRECEDING"
        placed = f"SELECT *, {runs} FROM ({placed}) WINDOW w AS ({order})"
    parts = []
    for kind in sheet.windows:
        start = _BEGINNING if kind == "all" else f's."{kind}_start"'
        states = [part for fold in sheet.folds.values() for part in _ordered_states(fold, start)]
        values = [f"{state} AS {name}" for name, state in (*_EDGES.items(), *states)]
        parts.append(_of_window(kind, spans, keys, values, "placed"))
    return f"WITH placed AS MATERIALIZED ({placed})\n" + "\nUNION ALL\n".join(parts)


_EDGES: Final = {
    "ordered_first_at": 'min("at") FILTER (WHERE "_o")',
    "ordered_first_id": 'arg_min("id", rn) FILTER (WHERE "_o")',
    "ordered_last_at": 'max("at") FILTER (WHERE "_o")',
    "ordered_last_id": 'arg_max("id", rn) FILTER (WHERE "_o")',
}


def _numbered(sheet: Sheet, fold: Fold) -> list[str]:
    """Of each fact that feeds a streak: its number among them (``n_``), and what came before it (``p_``, ``pa_``)."""
    value = f'"c_{fold.name}"'
    if all(fold.name in rule.calls for rule in sheet.rules):
        number, skip = "row_number() OVER w", ""
    else:
        number, skip = f"count({value}) OVER (w ROWS UNBOUNDED PRECEDING)", " IGNORE NULLS"
    before_at = f'CASE WHEN {value} IS NOT NULL THEN "at" END'
    return [
        f'{number} AS "n_{fold.name}"',
        f'lag({value}{skip}) OVER w AS "p_{fold.name}"',
        f'lag({before_at}{skip}) OVER w AS "pa_{fold.name}"',
    ]


def _runs(fold: Fold) -> list[str]:
    """Of each fact: how many of the streak it ends (``u_``), and when the break before these was (``b_``)."""
    value, number = f'"c_{fold.name}"', f'"n_{fold.name}"'
    broken = f"max(CASE WHEN NOT {value} THEN {number} END) OVER w"
    return [
        f'{number} - COALESCE({broken}, 0) AS "u_{fold.name}"',
        f'max(CASE WHEN NOT {value} THEN "at" END) OVER w AS "b_{fold.name}"',
    ]


def _ordered_states(fold: Fold, start: str) -> list[tuple[str, str]]:
    """The states of a fold over the facts of a window that begins at ``start``."""
    value = f'"c_{fold.name}"'
    if fold.kind == "last":
        states = [(f'"s_{fold.name}"', f"arg_max({value}, rn) FILTER (WHERE {value} IS NOT NULL)")]
        if fold.since:
            states.append((f'"a_{fold.name}"', f'max("at") FILTER (WHERE {value} IS NOT NULL)'))
        return states
    return _streak_states(fold, start) if fold.kind == "streak" else [(f'"s_{fold.name}"', _state(fold))]


def _streak_states(fold: Fold, start: str) -> list[tuple[str, str]]:
    """Runs were counted over all time. Within a window only its first one may have begun before: the prefix, if the
    break before it lies before the window. Of every later run the greatest is packed with the place that reached it."""
    value, run, name = f'"c_{fold.name}"', f'"u_{fold.name}"', fold.name
    prefix = f'{value} AND ("b_{name}" IS NULL OR "b_{name}" < {start})'
    begins = f'NOT "p_{name}" IS FALSE OR "pa_{name}" < {start}'
    return [
        (f'"l_{name}"', f"count({value})"),
        (f'"x_{name}"', f"count(*) FILTER (WHERE {prefix})"),
        (f'"xa_{name}"', f'max("at") FILTER (WHERE {prefix})'),
        (f'"first_{name}"', f'min("at") FILTER (WHERE {value} IS NOT NULL)'),
        (f'"later_{name}"', f"max({packed('max', run, _AT)}) FILTER (WHERE {value} AND NOT ({prefix}))"),
        (f'"u_{name}"', f"arg_max(CASE WHEN {value} THEN {run} ELSE 0 END, rn) FILTER (WHERE {value} IS NOT NULL)"),
        (f'"a_{name}"', f'max("at") FILTER (WHERE {value} OR (NOT {value} AND ({begins})))'),
    ]


# What is stored -------------------------------------------------------------------------------------------------------


def _shown(sheet: Sheet, body: str) -> str:
    """The stored columns of the states, then the formulas of these."""
    columns = ['"window"', *(f'"k_{column.name}" AS "{column.name}"' for column in sheet.key)]
    columns += ORDERED_COLUMNS if sheet.is_ordered else ()
    for fold in sheet.folds.values():
        columns += [f'{value} AS "{name}"' for name, value in _cells(fold, sheet.is_ordered)]
    stored = f"SELECT {', '.join(columns)} FROM ({body})"
    sources = {name: f'"{name}"' for name, column in sheet.columns.items() if column.formula is None}
    formulas = [
        f'{sql_source(column.formula, sources, "duckdb")} AS "{column.name}"'
        for column in sheet.columns.values()
        if column.formula is not None
    ]
    return f"SELECT *, {', '.join(formulas)} FROM ({stored})" if formulas else stored


def _cells(fold: Fold, is_ordered: bool) -> list[tuple[str, str]]:
    name, state = fold.name, f'"s_{fold.name}"'
    if fold.kind == "streak":
        return _streak_cells(name)
    if fold.kind == "last":
        return [(name, state), *([(f"{name}_since", f'"a_{name}"')] if fold.since else [])]
    if fold.since and fold.kind in ("min", "max") and _is_packed(fold):
        return [(name, value_of(state)), (f"{name}_since", at_of(_extreme_of(fold), state))]
    value = f"{state}.v" if fold.since else state
    cells = [(name, value)]
    if fold.kind == "sum" and fold.type.kind == "float":
        cells = [(f"{name}_millionths", value), (name, f"{value}::DOUBLE / 1e6::DOUBLE")]
    if fold.since:
        cells.append((f"{name}_since", f"-{state}.a" if fold.kind == "max" else f"{state}.a"))
    return cells


def _streak_cells(name: str) -> list[tuple[str, str]]:
    length, prefix = f'"l_{name}"', f'"x_{name}"'
    later, later_at = value_of(f'"later_{name}"'), at_of("max", f'"later_{name}"')
    is_prefix = f"{prefix} >= COALESCE({later}, 0)"
    return [
        (f"{name}_length", length),
        (f"{name}_prefix", prefix),
        (name, f'CASE WHEN {prefix} = {length} THEN {length} ELSE "u_{name}" END'),
        (f"{name}_best", f"CASE WHEN {is_prefix} THEN {prefix} ELSE {later} END"),
        (f"{name}_prefix_at", f'"xa_{name}"'),
        (f"{name}_since", f'"a_{name}"'),
        (
            f"{name}_best_since",
            f'CASE WHEN NOT {is_prefix} THEN {later_at} WHEN {prefix} > 0 THEN "xa_{name}" ELSE "first_{name}" END',
        ),
    ]

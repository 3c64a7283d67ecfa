"""The facts of events as SQL: every element of the ``for``, where the condition holds, with the values asked for."""

from collections.abc import Mapping, Sequence
from typing import Final

from kleos.core.cells import MILLION
from kleos.core.definition.model import Definition, Fold, Rule, Selector, Sheet
from kleos.core.expression import FoldCall, sql_source
from kleos.replay.columns import view_type

Bounds = tuple[int | None, int | None]
"""Which events count: from the first moment on, up to but without the second; None is open."""

EVERYTHING: Final[Bounds] = (None, None)

_ENVELOPE: Final = ("id", "match", "at")


def selected(definition: Definition, selector: Selector, yields: Mapping[str, str], bounds: Bounds) -> str:
    """A SELECT of the columns ``yields`` (name to SQL over :func:`scope`) for each fact that the selector lets through.

    Beside what ``yields`` names, expressions may use ``"_n"``, the fact's place in its event, from 1 on.
    """
    names = scope(definition, selector)
    source = f'(SELECT * FROM log."{selector.event}"{within(bounds)})'
    each = selector.each
    if each is None:
        source = f'(SELECT *, 1::BIGINT AS "_n" FROM {source})'
    else:
        elements = sql_source(each.source, names, "duckdb")
        items = [f"map_keys({elements})", f"map_values({elements})"] if each.over_map else [elements]
        parts = [f'unnest({item}) AS "{target}"' for item, target in zip(items, each.targets, strict=True)]
        source = f'(SELECT *, {", ".join(parts)}, generate_subscripts({items[0]}, 1) AS "_n" FROM {source})'
    chosen = ", ".join(f"{value} AS {name}" for name, value in yields.items())
    where = "" if selector.where is None else f"\nWHERE {sql_source(selector.where, names, 'duckdb')}"
    return f"SELECT {chosen} FROM {source}{where}"


def scope(definition: Definition, selector: Selector) -> dict[str, str]:
    """What each name of an event's expressions is in the SQL of :func:`selected`."""
    targets = () if selector.each is None else selector.each.targets
    return {name: f'"{name}"' for name in (*definition.events[selector.event].fields, *_ENVELOPE, *targets)}


def facts_of(definition: Definition, sheet: Sheet, columns: Sequence[str], bounds: Bounds, *, is_placed: bool) -> str:
    """All facts that a sheet takes in, one row each: the key as ``k_<name>``, ``at``, and ``c_<column>`` for each of
    the columns: a bool for ``count`` and ``streak``, millionths for a sum of floats; NULL where a rule has no such.

    With ``is_placed`` also ``id``, ``match``, ``_r`` (the rule), ``_n`` (the place in the event) and ``_o`` (whether
    the rule feeds any ordered column).
    """
    rules = [
        _of_rule(definition, sheet, rule, number, columns, bounds, is_placed) for number, rule in enumerate(sheet.rules)
    ]
    return "\nUNION ALL\n".join(rules)


def key_columns(sheet: Sheet) -> list[str]:
    """The key's columns in a table of facts."""
    return [f'"k_{column.name}"' for column in sheet.key]


def event_order(sheet: Sheet) -> str:
    """The columns by which a sheet's facts are in order, as few as tell them apart."""
    rule = ['"_r"'] if len(sheet.rules) > 1 else []
    place = ['"_n"'] if any(rule.selector.each is not None for rule in sheet.rules) else []
    return ", ".join(['"at"', '"id"', *rule, *place])


def _of_rule(
    definition: Definition,
    sheet: Sheet,
    rule: Rule,
    number: int,
    columns: Sequence[str],
    bounds: Bounds,
    is_placed: bool,
) -> str:
    names = scope(definition, rule.selector)
    yields = {}
    absent = []
    for column, expression in zip(sheet.key, rule.key, strict=True):
        yields[f'"k_{column.name}"'] = sql_source(expression, names, "duckdb")
        if expression.type.optional:
            absent.append(f'"k_{column.name}" IS NOT NULL')
    yields['"at"'] = '"at"'
    if is_placed:
        is_ordered = any(sheet.folds[name].is_ordered for name in rule.calls)
        yields |= {'"id"': '"id"', '"match"': '"match"', '"_r"': f"{number}::INTEGER", '"_n"': '"_n"'}
        yields['"_o"'] = "TRUE" if is_ordered else "FALSE"
    for name in columns:
        yields[f'"c_{name}"'] = _contribution(sheet.folds[name], rule.calls.get(name), names)
    select = selected(definition, rule.selector, yields, bounds)
    return f"SELECT * FROM ({select}) WHERE {' AND '.join(absent)}" if absent else select


def _contribution(fold: Fold, call: FoldCall | None, names: Mapping[str, str]) -> str:
    if call is None:
        return f"NULL::{contribution_type(fold)}"
    if call.argument is None:
        return "TRUE"
    value = sql_source(call.argument, names, "duckdb")
    return f"{_millionths(value)}" if fold.kind == "sum" and fold.type.kind == "float" else value


def contribution_type(fold: Fold) -> str:
    if fold.kind in ("count", "streak"):
        return "BOOLEAN"
    return "BIGINT" if fold.kind == "sum" else view_type(fold.type)


def _millionths(value: str) -> str:
    return f"floor({value} * {MILLION}e0::DOUBLE + 0.5e0::DOUBLE)::BIGINT"


def within(bounds: Bounds) -> str:
    """The WHERE of a SELECT from a view, if there is any."""
    start, end = bounds
    parts = [*([f'"at" >= {start}'] if start is not None else []), *([f'"at" < {end}'] if end is not None else [])]
    return f" WHERE {' AND '.join(parts)}" if parts else ""

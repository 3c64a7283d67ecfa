"""Who appears in which match, as SQL: every player who is the key of a fact, or earns an award by an event."""

from kleos.core.definition.model import (
    AWARD_GRANTED,
    Definition,
    EventCondition,
    Manual,
    Rule,
    Sheet,
)
from kleos.core.expression import sql_source
from kleos.replay.csv import text
from kleos.replay.facts import EVERYTHING, scope, selected


def appearances(definition: Definition) -> str:
    """The SELECT of ``player`` and ``match`` of everybody who appears, each once, over the views of the log."""
    parts = [_of_rule(definition, sheet, rule) for sheet in definition.sheets.values() for rule in sheet.rules]
    parts += [
        _of_condition(definition, achievement.name, achievement.condition)
        for achievement in definition.achievements.values()
        if isinstance(achievement.condition, EventCondition | Manual)
    ]
    every = "\nUNION ALL\n".join(part for part in parts if part)
    nobody = 'SELECT NULL::BIGINT AS player, NULL::VARCHAR AS "match"'
    return f'SELECT DISTINCT player, "match" FROM ({every or nobody}) WHERE player IS NOT NULL'


def _of_rule(definition: Definition, sheet: Sheet, rule: Rule) -> str:
    names = scope(definition, rule.selector)
    keys = [f'"k_{column.name}"' for column in sheet.key]
    yields = {key: sql_source(expression, names, "duckdb") for key, expression in zip(keys, rule.key, strict=True)}
    players = [key for key, column in zip(keys, sheet.key, strict=True) if column.type.kind == "player"]
    if not players:
        return ""
    facts = selected(definition, rule.selector, {**yields, '"match"': '"match"'}, EVERYTHING)
    complete = " AND ".join(f"{key} IS NOT NULL" for key in keys)
    return f'SELECT unnest([{", ".join(players)}]) AS player, "match" FROM ({facts}) WHERE {complete}'


def _of_condition(definition: Definition, name: str, condition: EventCondition | Manual) -> str:
    if isinstance(condition, Manual):
        return f'SELECT player, "match" FROM log."{AWARD_GRANTED}" WHERE achievement = {text(name)}'
    names = scope(definition, condition.selector)
    yields = {
        "player": sql_source(condition.player, names, "duckdb"),
        "holds": sql_source(condition.when, names, "duckdb"),
        '"match"': '"match"',
    }
    return f'SELECT player, "match" FROM ({selected(definition, condition.selector, yields, EVERYTHING)}) WHERE holds'

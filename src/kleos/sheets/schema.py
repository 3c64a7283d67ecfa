"""A sheet's table made from its definition, and grown when the definition grows."""

import logging
from typing import Final

import asyncpg

from kleos.core.definition.model import Column, Definition, Fold, Sheet
from kleos.core.expression import sql_source
from kleos.sheets import sql
from kleos.sheets.layout import SQL_TYPES, quoted, table
from kleos.store.pool import Connection

LOCK_TIMEOUT_MS: Final = 2_000

logger = logging.getLogger(__name__)


async def apply_schema(connection: Connection, definition: Definition, before: Definition | None = None) -> list[str]:
    """Creates what the definition needs and the database lacks, and drops what the one ``before`` it alone had; answers
    the sheets that gained columns over old rows.

    Runs inside the caller's transaction, under the game's exclusive lock.
    """
    await connection.execute(sql.SET_LOCK_TIMEOUT.format(milliseconds=LOCK_TIMEOUT_MS))
    await connection.execute(sql.CREATE_SCHEMA.format(schema=quoted(definition.game)))
    grown = []
    for sheet in definition.sheets.values():
        present = await connection.fetch(sql.COLUMNS, definition.game, sheet.name)
        if not present:
            await connection.execute(create_table(definition, sheet))
        elif await _grow(connection, definition, sheet, {row["name"]: row["formula"] for row in present}):
            grown.append(sheet.name)
        if present and before is not None and sheet.name in before.sheets:
            await _shrink(connection, definition, before.sheets[sheet.name], {row["name"] for row in present})
    for name in before.sheets.keys() - definition.sheets.keys() if before is not None else ():
        await _drop(connection, sql.DROP_TABLE.format(table=table(definition.game, name)))
    return grown


async def outgrown(connection: Connection, definition: Definition) -> list[str]:
    """The sheets whose table lacks a column of the definition, or has another formula: to change it, it is written
    anew."""
    found = []
    for sheet in definition.sheets.values():
        rows = await connection.fetch(sql.COLUMNS, definition.game, sheet.name)
        present = {row["name"]: row["formula"] for row in rows}
        if present and any(_lacking(sheet, present)):
            found.append(sheet.name)
    return found


def _lacking(sheet: Sheet, present: dict[str, str | None]) -> tuple[list[str], list[str]]:
    """The columns that are missing, and those whose formula is another."""
    missing = [name for name, _ in columns(sheet) if name not in present]
    changed = [
        column.name
        for column in sheet.columns.values()
        if column.formula is not None and column.name in present and present[column.name] != _generation(sheet, column)
    ]
    return missing, changed


async def _grow(connection: Connection, definition: Definition, sheet: Sheet, present: dict[str, str | None]) -> bool:
    """Adds missing columns, and replaces or drops formulas that the definition no longer has in this form."""
    wanted = dict(columns(sheet))
    missing, changed = _lacking(sheet, present)
    where = table(definition.game, sheet.name)
    for name in changed:
        await connection.execute(sql.DROP_COLUMN.format(table=where, column=quoted(name)))
    for name in [name for name, formula in present.items() if formula is not None and name not in wanted]:
        await _drop(connection, sql.DROP_COLUMN.format(table=where, column=quoted(name)))
    for name in [*missing, *changed]:
        await connection.execute(sql.ADD_COLUMN.format(table=where, column=quoted(name), type=wanted[name]))
    for column in sheet.columns.values():
        if column.name in missing or column.name in changed:
            await connection.execute(*_comment(where, sheet, column))
    return any(name for name in missing if name not in sheet.columns or sheet.columns[name].formula is None)


async def _shrink(connection: Connection, definition: Definition, before: Sheet, present: set[str]) -> None:
    """Drops the folded columns that only the sheet ``before`` had, where its table is not written anew anyway: a column
    that comes again may be of another type."""
    wanted = {name for name, _ in columns(definition.sheets[before.name])}
    folded = [name for fold in before.folds.values() for name, _ in fold_columns(fold)]
    for name in reversed(folded):  # what is shown of a sum before the sum
        if name in present and name not in wanted:
            await _drop(
                connection,
                sql.DROP_COLUMN.format(table=table(definition.game, before.name), column=quoted(name)),
            )


async def _drop(connection: Connection, statement: str) -> None:
    """What somebody's view stands on stays, and is fed no more."""
    try:
        async with connection.transaction():
            await connection.execute(statement)
    except asyncpg.DependentObjectsStillExistError as error:
        logger.warning("%s is not done: %s", statement, error)


def _generation(sheet: Sheet, column: Column) -> str | None:
    """The generation expression that a formula's column must have; kept as the column's comment to compare with."""
    return None if column.formula is None else _formula(sheet, column)


def _comment(where: str, sheet: Sheet, column: Column) -> tuple[str]:
    text = (_generation(sheet, column) or "").replace("'", "''")
    target = f"{where}.{quoted(column.name)}"
    return (sql.COMMENT.format(column=target, text=f"'{text}'" if text else "NULL"),)


def create_table(definition: Definition, sheet: Sheet) -> str:
    """The statements that make the table of a sheet."""
    where = table(definition.game, sheet.name)
    return ";\n".join([*columns_of_table(sheet, where), *indexes_of_table(sheet, where)])


def columns_of_table(sheet: Sheet, where: str) -> list[str]:
    """The statements that make the table without its indexes."""
    key = [f'"window" {SQL_TYPES["str"]} NOT NULL']
    key += [f"{quoted(column.name)} {SQL_TYPES[column.type.kind]} NOT NULL" for column in sheet.key]
    measures = [f"{quoted(name)} {declared}" for name, declared in columns(sheet)]
    statements = [sql.CREATE_TABLE.format(table=where, columns=",\n    ".join([*key, *measures]))]
    return statements + [_comment(where, sheet, c)[0] for c in sheet.columns.values() if c.formula is not None]


def indexes_of_table(sheet: Sheet, where: str) -> list[str]:
    """The statements that make its primary key, and the index by player where the key does not begin with one."""
    names = ", ".join(['"window"', *(quoted(column.name) for column in sheet.key)])
    statements = [sql.ADD_KEY.format(table=where, key=names)]
    if sheet.player_key is not None and sheet.key[0].type.kind != "player":
        statements.append(sql.CREATE_PLAYER_INDEX.format(table=where, player=quoted(sheet.player_key)))
    return statements


def columns(sheet: Sheet) -> list[tuple[str, str]]:
    """Every column but the key, with its declaration."""
    found: list[tuple[str, str]] = []
    for fold in sheet.folds.values():
        found += fold_columns(fold)
    if sheet.is_ordered:
        found += [(f"ordered_{end}_at", SQL_TYPES["time"]) for end in ("first", "last")]
        found += [(f"ordered_{end}_id", SQL_TYPES["str"]) for end in ("first", "last")]
    for column in sheet.columns.values():
        if column.formula is not None:
            declared = f"{SQL_TYPES[column.type.kind]} GENERATED ALWAYS AS ({_formula(sheet, column)}) STORED"
            found.append((column.name, declared))
    return [*found, ("present", "boolean NOT NULL DEFAULT true"), ("version", "bigint NOT NULL DEFAULT 0")]


def fold_columns(fold: Fold) -> list[tuple[str, str]]:
    """What one fold stores, with the declarations."""
    number, moment = SQL_TYPES["int"], SQL_TYPES["time"]
    if fold.kind == "streak":
        counted = ("", "_best", "_length", "_prefix")
        columns = [(f"{fold.name}{part}", f"{number} NOT NULL DEFAULT 0") for part in counted]
        return columns + [(f"{fold.name}{part}", moment) for part in ("_prefix_at", "_since", "_best_since")]
    since = [(f"{fold.name}_since", moment)] if fold.since else []
    if is_exact_sum(fold):
        shown = f"double precision GENERATED ALWAYS AS {_shown_millionths(fold.name)} STORED"
        return [(f"{fold.name}_millionths", f"{number} NOT NULL DEFAULT 0"), (fold.name, shown), *since]
    if fold.kind in ("count", "sum"):
        return [(fold.name, f"{number} NOT NULL DEFAULT 0"), *since]
    return [(fold.name, SQL_TYPES[fold.type.kind]), *since]


def _formula(sheet: Sheet, column: Column) -> str:
    assert column.formula is not None
    return sql_source(column.formula, stored_sources(sheet), "postgresql")


def stored_sources(sheet: Sheet) -> dict[str, str]:
    """Each folded column as a generated column may read it: for a float sum, itself generated, its exact form."""
    sources = {name: quoted(name) for name, column in sheet.columns.items() if column.formula is None}
    for fold in sheet.folds.values():
        if is_exact_sum(fold):
            sources[fold.name] = _shown_millionths(fold.name)
    return sources


def is_exact_sum(fold: Fold) -> bool:
    """Whether the column is a sum of floats, stored as an integer of millionths."""
    return fold.kind == "sum" and fold.type.kind == "float"


def _shown_millionths(name: str) -> str:
    return f"({quoted(name + '_millionths')}::double precision / 1e6::double precision)"

"""Tables made beside those in use, to take their place: made, filled by COPY, given their indexes; found and dropped
where a rebuild that was killed has left them."""

from collections.abc import Iterable
from typing import Any, Final

from kleos.core.definition.model import Definition, Sheet
from kleos.sheets import sql
from kleos.sheets.layout import beside, quoted, table
from kleos.sheets.merge import SheetWriter
from kleos.sheets.schema import columns_of_table, indexes_of_table
from kleos.store.pool import Connection

DECIDED: Final = "awards+decided"
APPEARED: Final = "matches+appeared"
UNLIKE: Final = "matches+unlike"
MATCHED: Final = "matches+matched"
MATCHED_UNLIKE: Final = "matched+unlike"
LEFT_OVER: Final = ("+new", "+old", "+decided", "+ended", "+appeared", "+matched", "+unlike")


async def make(connection: Connection, definition: Definition, sheet: Sheet) -> SheetWriter:
    """An empty table without indexes; what is written to it gets its version of the one sequence."""
    writer = SheetWriter.beside(definition, sheet)
    await connection.execute(sql.CREATE_SCHEMA.format(schema=quoted(definition.game)))
    await connection.execute(sql.DROP_TABLE.format(table=writer.table))
    for statement in columns_of_table(sheet, writer.table):
        await connection.execute(statement)
    await connection.execute(sql.DRAW_VERSIONS.format(table=writer.table))
    return writer


async def copy_records(connection: Connection, writer: SheetWriter, records: Iterable[tuple[Any, ...]]) -> None:
    """Rows as the writer's ``columns``."""
    await connection.copy_records_to_table(
        beside(writer.sheet.name),
        schema_name=writer.definition.game,
        records=records,
        columns=list(writer.columns),
        timeout=None,
    )


async def finish(connection: Connection, writer: SheetWriter) -> None:
    """Indexes, and what the planner wants to know."""
    for statement in indexes_of_table(writer.sheet, writer.table):
        await connection.execute(statement, timeout=None)
    await connection.execute(sql.ANALYZE.format(table=writer.table), timeout=None)


async def drop_left_over(connection: Connection, game: str) -> list[str]:
    """Drops every such table of a game, and what took their place; answers their names."""
    patterns = [f"%{ending}" for ending in LEFT_OVER]
    names = [row["name"] for row in await connection.fetch(sql.TABLES_LIKE, game, patterns)]
    for name in names:
        await connection.execute(sql.DROP_TABLE.format(table=table(game, name)))
    return names

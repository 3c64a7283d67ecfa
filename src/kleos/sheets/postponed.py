"""Rows and awards whose history lies in the archive's files: they are refolded beside the commits, which do not wait
for files.

A commit that comes late for such a row merges what does not depend on order, leaves the ordered columns as they are,
and notes the row here; a player whose awards it cannot decide, likewise. What is noted again while it is refolded stays
noted.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import msgspec

from kleos.achievements import sql as award_sql
from kleos.achievements.awards import AwardChange, apply_decisions, awards_of
from kleos.achievements.sheet import write_award_rows
from kleos.core.cells import RowKey
from kleos.core.definition.names import BUILT_IN_SHEET
from kleos.core.errors import StaleDefinition
from kleos.engine.game import Game
from kleos.log import sql as log_sql
from kleos.sheets import sql
from kleos.sheets.changes import RowChange
from kleos.sheets.layout import quoted
from kleos.sheets.merge import SheetWriter
from kleos.sheets.refold import Same, decide_awards
from kleos.sheets.write import Writers, refold_ordered, row_key, with_ordered_cells
from kleos.store.pool import Connection

AT_ONCE: Final = 50
"""So many are locked, and refolded, in one transaction."""
_AWARDS: Final = ""


@dataclass(slots=True)
class Refolded:
    """What one transaction made right: rows as they are now, awards, and the message left in the outbox."""

    done: int = 0
    changes: list[RowChange] = field(default_factory=list)
    awards: list[AwardChange] = field(default_factory=list)
    outbox: int | None = None


@dataclass(frozen=True, slots=True)
class Waiting:
    """What is noted and not refolded yet: rows by sheet, and players whose awards are to be decided."""

    rows: Mapping[str, Collection[RowKey]]
    players: Collection[int]

    @property
    def count(self) -> int:
        return len(self.players) + sum(map(len, self.rows.values()))

    def includes(self, sheet: str, key: RowKey) -> bool:
        return key in self.rows.get(sheet, ()) or (sheet == BUILT_IN_SHEET and key[1] in self.players)


async def waiting(connection: Connection, game: Game) -> Waiting:
    rows: dict[str, set[RowKey]] = {}
    for noted in await connection.fetch(sql.ALL_POSTPONED, game.name):
        rows.setdefault(noted["sheet"], set()).add(tuple(msgspec.json.decode(noted["key"])))
    players = {key[0] for key in rows.pop(_AWARDS, ())}
    return Waiting({name: keys for name, keys in rows.items() if name in game.definition.sheets}, players)


async def postpone(
    connection: Connection, game: str, rows: Mapping[str, Collection[RowKey]], players: Collection[int]
) -> None:
    """Notes what is to be refolded: rows by sheet, players as numbers; and players whose awards are to be decided."""
    noted = [(name, msgspec.json.encode(key)) for name in sorted(rows) for key in sorted(rows[name])]
    noted += [(_AWARDS, msgspec.json.encode([player])) for player in sorted(players)]
    if noted:
        sheets, keys = zip(*noted, strict=True)
        await connection.execute(sql.POSTPONE, game, sheets, keys)


async def refold_some(connection: Connection, game: Game, writers: Writers, lock: int) -> Refolded:
    """Refolds the first few that are noted, in one transaction; ``done`` is 0 where there is none.

    Raises StaleDefinition where the game is not the one in force, ArchiveDamaged where a file is not what was written.
    """
    async with connection.transaction():
        await connection.execute(log_sql.LOCK_SHARED, lock)
        row = await connection.fetchrow(log_sql.IN_FORCE, game.name)
        if row is None or (row["version"], row["calendar"]) != (game.version, game.calendar_version):
            raise StaleDefinition(f"the definition of {game.name} changed")
        noted = await connection.fetch(sql.POSTPONED, game.name, AT_ONCE)
        refolded = Refolded(len(noted))
        keys: dict[str, list[RowKey]] = {}
        for one in noted:
            keys.setdefault(one["sheet"], []).append(tuple(msgspec.json.decode(one["key"])))
        for name in sorted(keys):
            if name in writers:
                refolded.changes += await _refold_rows(connection, game, writers[name], sorted(keys[name]))
        await _decide(connection, game, writers, sorted(key[0] for key in keys.get(_AWARDS, ())), refolded)
        await connection.execute(sql.REFOLDED, game.name, [one["number"] for one in noted])
        return refolded


async def _refold_rows(connection: Connection, game: Game, writer: SheetWriter, keys: list[RowKey]) -> list[RowChange]:
    """Locks the rows first and reads the log after."""
    if not writer.sheet.is_ordered:
        return []
    columns = list(zip(*keys, strict=True))
    names = ['"window"', *(quoted(column.name) for column in writer.sheet.key)]
    types = list(writer.columns.values())[: len(names)]
    arrays = ", ".join(f"${n}::{type_}[]" for n, type_ in enumerate(types, 1))
    own = ", ".join(f"r.{name}" for name in names)
    statement = sql.LOCK_ROWS.format(table=writer.table, own=own, arrays=arrays)
    there = [row_key(writer.sheet, row) for row in await connection.fetch(statement, *columns)]
    if not there:
        return []
    whole = await refold_ordered(connection, game, writer, there)
    empty = list(writer.cells.empty)
    rows = [(key, with_ordered_cells(writer, empty, whole[key])) for key in there]
    written = await connection.fetch(writer.statements["refolded"], *writer.arguments(rows, Same()))
    return [RowChange(writer.sheet.name, row["window"], row) for row in written]


async def _decide(connection: Connection, game: Game, writers: Writers, players: list[int], refolded: Refolded) -> None:
    if not players or "awards" not in writers:
        return
    await connection.execute(award_sql.LOCK_PLAYERS, players)
    held: Any = await awards_of(connection, game, players)
    decided = await decide_awards(connection, game, players)
    refolded.awards = await apply_decisions(connection, game, held, decided)
    changed = {change.player for change in refolded.awards}
    rows = {player: decided[player] for player in sorted(changed)}
    refolded.changes += await write_award_rows(connection, game, writers["awards"], rows)
    if refolded.awards:
        encoded = AwardChange.encoded(refolded.awards)
        refolded.outbox = await connection.fetchval(log_sql.ADD_OUTBOX, game.name, encoded)

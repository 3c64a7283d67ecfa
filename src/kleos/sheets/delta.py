"""What the log has between two numbers, folded by DuckDB and merged into the tables that a rebuild makes.

For a rebuild that is far behind: a statement or two for each table, however many rows it concerns. The same rules as
those of :mod:`kleos.sheets.write`, which merges what memory holds.
"""

import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from kleos.engine.game import Game
from kleos.replay.fold import folded
from kleos.replay.session import Duck, Sources, in_thread, open_session
from kleos.sheets import sql
from kleos.sheets.folding import MEMORY_MB, Folded, copy_log, prepare, spare_threads
from kleos.sheets.layout import quoted
from kleos.sheets.merge import SheetWriter
from kleos.sheets.refold import Same
from kleos.sheets.write import refold_late
from kleos.store.pool import Connection

_REFOLDED_AT_ONCE: Final = 5_000


@asynccontextmanager
async def folding_delta(connection: Connection, game: Game, after: int, until: int) -> AsyncIterator["Delta | None"]:
    """The events with ``after < seq <= until``, which are final; None where some of them are in files alone.

    What is merged inside is merged within one transaction of the caller's.
    """
    with tempfile.TemporaryDirectory(prefix="kleos-rebuild-") as scratch:
        folder = Path(scratch)
        with open_session(folder, threads=spare_threads(), memory_mb=MEMORY_MB) as duck:
            voided = await copy_log(connection, duck, game, after, until, folder)
            sources = Sources(rows=True, voided=voided, merges=game.corrected.merges)
            if await connection.fetchval(sql.LEFT_FOR_FILES, game.name, after, until):  # after they were read
                yield None
            else:
                await in_thread(duck, prepare, game, sources)
                yield Delta(Folded(connection, duck, game, folder, sources))


@dataclass(frozen=True, slots=True)
class Delta:
    folded: Folded

    async def merge(self, writer: SheetWriter) -> None:
        """Into the rows of a sheet; those for which it came late are folded anew from the whole log."""
        await self.folded.fold(writer.sheet)
        await self._bring(self.folded.rows(writer), writer.table, list(writer.columns))
        await in_thread(self.folded.duck, Duck.execute, f"DROP TABLE {folded(writer.sheet.name)}")
        self.folded.kept.discard(writer.sheet.name)
        if not writer.sheet.is_ordered:
            await self.folded.connection.execute(writer.brought, timeout=None)
            return
        late = [writer.read(row) for row in await self.folded.connection.fetch(writer.brought_late, timeout=None)]
        for start in range(0, len(late), _REFOLDED_AT_ONCE):
            some = late[start : start + _REFOLDED_AT_ONCE]
            await refold_late(self.folded.connection, self.folded.game, writer, some, frozenset(), Same())

    async def appear(self, table: str) -> None:
        """Who appears in which match, into such a table."""
        await self._bring(self.folded.who_appears, table)
        await self.folded.connection.execute(sql.ADD_APPEARED.format(table=table, source=sql.BROUGHT), timeout=None)

    async def match(self, table: str) -> None:
        """What is kept of each match, into such a table."""
        await self._bring(self.folded.what_is_kept, table)
        await self.folded.connection.execute(sql.ADD_MATCHED.format(table=table, source=sql.BROUGHT), timeout=None)

    async def _bring(self, query: str, like: str, columns: list[str] | None = None) -> None:
        chosen = ", ".join(map(quoted, columns)) if columns else "*"
        await self.folded.connection.execute(sql.DROP_TABLE.format(table=sql.BROUGHT))
        await self.folded.connection.execute(sql.MAKE_BROUGHT.format(columns=chosen, like=like))
        await self.folded.bring(query, sql.BROUGHT, None, columns)

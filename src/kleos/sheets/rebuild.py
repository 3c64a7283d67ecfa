"""Rebuilding a game beside its commits: sheets, awards and matches folded anew from the log, then swapped in.

Each part is filled as of a horizon, up to which the log is final, into tables beside those in use. Rounds then take in
what was committed since (:mod:`kleos.sheets.catch_up`), until little is left; :mod:`kleos.sheets.swap` takes in the
rest and renames, under the game's exclusive lock. How far each part is stands in PostgreSQL, in the transaction that
brought it there, so that a rebuild that was killed goes on where it was, and nothing is counted twice.
"""

import hashlib
import logging
from collections.abc import AsyncIterator, Collection, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from dataclasses import dataclass, field
from typing import Final, Literal

import asyncpg
import msgspec

from kleos.core.errors import Conflict, StaleDefinition
from kleos.engine.game import Game
from kleos.log.horizon import wait_for_horizon
from kleos.sheets import beside, sql
from kleos.sheets.appeared import Appeared
from kleos.sheets.decided import Decided
from kleos.sheets.delta import Delta, folding_delta
from kleos.sheets.folding import Folded, folding_in_duckdb
from kleos.sheets.matched import Matched
from kleos.sheets.merge import SheetWriter
from kleos.sheets.refold import Same, fold_log
from kleos.sheets.stand_back import Commits
from kleos.sheets.write import merge_rows
from kleos.store.pool import Connection
from kleos.telemetry.progress import Progress, silent

AWARDS: Final = "awards"
MATCHES: Final = beside.MATCHED
APPEARED: Final = beside.APPEARED
NO_SHEETS: Final = (APPEARED, AWARDS, MATCHES)
FILLING: Final = {
    APPEARED: "finding who appears in which match",
    AWARDS: "deciding awards",
    MATCHES: "counting the events of matches",
}
ROUND_SEQS: Final = 100_000
"""A round takes in the events of so many numbers at most, which bounds its memory."""
FOLDED_IN_DUCKDB: Final = 2_500
"""From so many numbers on DuckDB folds them, which takes a fifth of a second to begin with."""
LOCK_TIMEOUT_MS: Final = 300
"""So long a query may keep a table from being replaced or dropped before that is put off."""
_MERGED_AT_ONCE: Final = 5_000

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Target:
    """What a rebuild is to come to: the ``game`` as it will be, from what is in force now (version and calendar).

    ``awards``: ``decide`` decides them anew; ``fold`` folds those there are into the sheet of awards again.
    ``matches``: what is kept of each match is found anew; ``appears``: who appears in them is.
    """

    game: Game
    version: int
    calendar: int
    sheets: tuple[str, ...]
    awards: Literal["decide", "fold"] | None = None
    matches: bool = False
    appears: bool = False

    @property
    def parts(self) -> tuple[str, ...]:
        parts = sorted({name for name in self.sheets if name != AWARDS})
        others = {APPEARED: self.appears, AWARDS: bool(self.awards), MATCHES: self.matches}
        return (*parts, *(name for name, is_asked in others.items() if is_asked))

    @property
    def digest(self) -> str:
        """The same for the same result of the same log."""
        seasons = [(season.name, season.start, season.end) for season in self.game.calendar.seasons]
        known = (self.version, self.calendar, self.game.definition.source, self.game.plan.counts_from, seasons)
        return hashlib.sha256(msgspec.json.encode((known, self.parts, self.awards))).hexdigest()


FoldedBy = tuple[int | None, str | None]
"""What rows depend on beside events and the definition: the last correction that changes any, and the seasons."""


@dataclass(slots=True)
class Rebuild:
    """One rebuild; ``connection`` is one of its own. Made by :func:`rebuilding`."""

    connection: Connection
    target: Target
    lock: int
    progress: Progress
    folded_by: FoldedBy
    horizons: dict[str, int] = field(default_factory=dict)

    @property
    def game(self) -> Game:
        return self.target.game

    def writer(self, name: str) -> SheetWriter:
        return SheetWriter.beside(self.game.definition, self.game.definition.sheets[name])

    async def horizon(self) -> int:
        """Raises StaleDefinition where other rows are to come of the log."""
        horizon = await wait_for_horizon(self.connection, self.lock)
        await self.check_in_force()
        return horizon

    async def check_in_force(self) -> None:
        """Raises StaleDefinition where the log comes to other rows now. It does not where a ban or a refold has raised
        the calendar; but awards that are not decided anew are those that there were."""
        row = await self.connection.fetchrow(sql.IN_FORCE, self.game.name)
        if row is not None and row["version"] == self.target.version:
            if row["calendar"] == self.target.calendar:
                return
            if self.target.awards != "fold" and await folded_by(self.connection, self.game) == self.folded_by:
                return
        raise _changed(self.game.name)

    async def fill(self) -> None:
        """Fills the parts that were not filled yet, each in a transaction of its own."""
        missing = [part for part in self.target.parts if part not in self.horizons]
        if not missing:
            return
        horizon = await self.horizon()
        commits = await Commits.watch(self.connection)
        async with folding_in_duckdb(self.connection, self.game, horizon, self.progress) as folded:
            await commits.stand_back()
            for done, part in enumerate(missing):
                self.progress(FILLING.get(part, f"folding the sheet {part}"), done, len(missing))
                async with self.connection.transaction():
                    await self._fill(part, folded)
                    await self._is_at(part, horizon)
                await commits.stand_back()

    async def _fill(self, part: str, folded: Folded) -> None:
        if part == APPEARED:
            await self.appeared.fill(self.connection, folded.appearances)
        elif part == AWARDS:
            await self.decided.fill(self.connection, folded.awards)
        elif part == MATCHES:
            await self.matched.fill(self.connection, folded.matches)
        else:
            sheet = self.game.definition.sheets[part]
            writer = await beside.make(self.connection, self.game.definition, sheet)
            await folded.sheet(writer)
            await beside.finish(self.connection, writer)

    async def take_in(self, horizon: int) -> None:
        """Brings every part up to ``horizon``. Each step is a transaction, or part of the caller's."""
        while behind := sorted({at for at in self.horizons.values() if at < horizon}):
            after, rest = behind[0], behind[1:]
            until = min([after + ROUND_SEQS, horizon, *rest[:1]])
            parts = [part for part, at in self.horizons.items() if at == after]
            async with self._delta(after, until) as delta, self.connection.transaction():
                await self._take_in(parts, after, until, delta)

    async def _take_in(self, parts: Collection[str], after: int, until: int, delta: Delta | None) -> None:
        if APPEARED in parts:  # first: by it is found what late events are folded anew with
            await self.appeared.take_in(self.connection, after, until, delta)
        sheets = [part for part in parts if part not in NO_SHEETS]
        if delta is None:
            await self._merge(sheets, after, until)
        else:
            for name in sheets:
                await delta.merge(self.writer(name))
        if AWARDS in parts:
            await self.decided.take_in(self.connection, after, until)
        if MATCHES in parts:
            await self.matched.take_in(self.connection, after, until, delta)
        for part in parts:
            await self._is_at(part, until)

    def _delta(self, after: int, until: int) -> AbstractAsyncContextManager[Delta | None]:
        """Nothing where little may have come, or where PostgreSQL does not have it all."""
        if until - after < FOLDED_IN_DUCKDB:
            return nullcontext()
        return folding_delta(self.connection, self.game, after, until)

    @property
    def decided(self) -> Decided:
        return Decided(self.game, self.writer(AWARDS), self.target.awards == "decide")

    @property
    def appeared(self) -> Appeared:
        return Appeared(self.game)

    @property
    def matched(self) -> Matched:
        return Matched(self.game)

    async def _merge(self, sheets: Collection[str], after: int, until: int) -> None:
        if not sheets:
            return
        rows = await fold_log(self.connection, self.game, sheets, after_seq=after, last_seq=until)
        writers: Mapping[str, SheetWriter] = {name: self.writer(name) for name in sheets}
        for name in sheets:
            keys = sorted(rows[name])
            for start in range(0, len(keys), _MERGED_AT_ONCE):
                some = {key: rows[name][key] for key in keys[start : start + _MERGED_AT_ONCE]}
                await merge_rows(self.connection, self.game, writers, {name: some}, Same(), waits_for_files=True)

    async def _is_at(self, part: str, horizon: int) -> None:
        await self.connection.execute(sql.SET_PART, self.game.name, part, horizon)
        self.horizons[part] = horizon


async def check_in_force(connection: Connection, game: str, version: int, calendar: int) -> None:
    """Raises StaleDefinition where another version or calendar is in force."""
    row = await connection.fetchrow(sql.IN_FORCE, game)
    if row is None or (row["version"], row["calendar"]) != (version, calendar):
        raise _changed(game)


def _changed(game: str) -> StaleDefinition:
    return StaleDefinition(f"{game} changed meanwhile; what was begun is begun again")


async def folded_by(connection: Connection, game: Game) -> FoldedBy:
    row = await connection.fetchrow(sql.FOLDED_BY, game.name, game.namespace)
    assert row is not None, "it makes one of nothing"
    return row["correction"], row["seasons"]


@asynccontextmanager
async def rebuilding(
    connection: Connection, target: Target, lock: int, progress: Progress = silent
) -> AsyncIterator[Rebuild]:
    """Goes on with the rebuild that was begun to the same end, or clears away what was left and begins.

    Raises Conflict where another is at it, StaleDefinition where the target no longer comes from what is in force.
    ``connection`` is one of its own.
    """
    game = target.game.name
    async with _only_one(connection, game) as is_alone:
        if not is_alone:
            raise Conflict(f"{game} is being rebuilt already")
        known = await folded_by(connection, target.game)
        await check_in_force(connection, game, target.version, target.calendar)  # after: it is as the target knows it
        yield Rebuild(connection, target, lock, progress, known, await _begin(connection, target))


async def clear_away(connection: Connection, game: str, gives_up: bool = False) -> None:
    """Drops what a rebuild that was killed after its swap has left, and where that ``gives_up`` what one could go on
    with; not what one is at.

    What a query holds stays until the next time.
    """
    async with _only_one(connection, game) as is_alone:
        if not is_alone or (not gives_up and await connection.fetchval(sql.REBUILD, game)):
            return
        try:
            async with connection.transaction():
                await connection.execute(sql.SET_LOCK_TIMEOUT.format(milliseconds=LOCK_TIMEOUT_MS))
                await beside.drop_left_over(connection, game)
                await connection.execute(sql.END_REBUILD, game)
        except (asyncpg.LockNotAvailableError, asyncpg.DependentObjectsStillExistError) as error:
            logger.warning("tables of %s that were replaced stay for now: %s", game, error)


@asynccontextmanager
async def _only_one(connection: Connection, game: str) -> AsyncIterator[bool]:
    """Whether nobody else is at the game's tables beside the sheets, and nobody gets at them meanwhile."""
    key = int.from_bytes(hashlib.blake2b(game.encode(), digest_size=8, person=b"kleos rebuild").digest(), signed=True)
    is_alone = bool(await connection.fetchval(sql.TRY_REBUILDING, key))
    try:
        yield is_alone
    finally:
        if is_alone and not connection.is_closed():
            await connection.execute(sql.END_REBUILDING, key)


async def _begin(connection: Connection, target: Target) -> dict[str, int]:
    game = target.game.name
    async with connection.transaction():
        if await connection.fetchval(sql.REBUILD, game) == target.digest:
            return {row["part"]: row["horizon"] for row in await connection.fetch(sql.REBUILD_PARTS, game)}
        await beside.drop_left_over(connection, game)
        await connection.execute(sql.END_REBUILD, game)
        await connection.execute(sql.BEGIN_REBUILD, game, target.digest)
        return {}

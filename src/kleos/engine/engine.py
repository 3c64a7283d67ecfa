"""The engine: everything a server does, without the server. HTTP, the command line and tests drive this one object."""

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Callable, Collection, Coroutine
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any, Final

import asyncpg
import msgspec

from kleos.boards.answers import Effects
from kleos.boards.past import Past
from kleos.boards.rankings import Rankings
from kleos.boards.standings import Standings
from kleos.core.definition.changes import Changes
from kleos.core.definition.load import load
from kleos.core.definition.model import Definition
from kleos.core.errors import KleosError, NotFound, Outdated, StaleDefinition, Unavailable
from kleos.engine import catalog
from kleos.engine.catalog import Origin
from kleos.engine.doubt import Doubt
from kleos.engine.follower import Follower
from kleos.engine.game import Game
from kleos.engine.guard import NodeGuard
from kleos.engine.long_work import LongWork
from kleos.engine.receipts import Receipt, with_effects
from kleos.jobs.queue import defer
from kleos.log import sql as log_sql
from kleos.log.archive.manifest import set_location
from kleos.log.commit import Committed
from kleos.log.committer import Committer
from kleos.log.decode import Batch, Incoming, Stamp, decode_batch
from kleos.log.own import Sender, decode_own
from kleos.players.directory import Directory
from kleos.sheets.rebuild import clear_away
from kleos.sheets.sql import GAMES_POSTPONED
from kleos.sheets.swap import Adopt, Quiet
from kleos.store.database import Database, close_pool
from kleos.store.database_id import database_id
from kleos.store.pool import DATABASE_ERRORS, Connection, open_pool
from kleos.telemetry.progress import Progress, silent
from kleos.telemetry.spans import span

MEMORY_MB: Final = 1024
COMMIT_CONNECTIONS: Final = 4
CHANGE_ATTEMPTS: Final = 4
NOT_SERVED_RETRY_S: Final = 60.0
DECODE_IN_THREAD_FROM_BYTES: Final = 256 * 1024

logger = logging.getLogger(__name__)


def system_clock() -> int:
    return time.time_ns() // 1_000


class Engine:
    """Made by :meth:`open` only. ``clock`` gives microseconds since the epoch."""

    def __init__(self, database: Database, commit_pool: asyncpg.Pool, clock: Callable[[], int], memory_mb: int) -> None:
        self.database = database
        self.database_id = ""
        self.pool = database.pool
        self._commit_pool = commit_pool
        self.clock = clock
        self.stamp = Stamp(clock)
        self.long_work = LongWork(database.dsn, database.timeout_s)
        self.directory = Directory(self.pool)
        self.rankings = Rankings(self.pool, self.directory, clock, memory_mb * 1024 * 1024)
        self.standings = Standings(self.pool, self.directory, self.rankings, clock)
        self.past = Past(self.pool, self.directory)
        self.follower: Follower | None = None
        self._committers: dict[str, Committer] = {}
        self._refused: dict[str, str] = {}
        """By game, what is wrong with a definition in force that an earlier Kleos took."""
        self.changing = asyncio.Lock()
        self._beside: set[asyncio.Task[None]] = set()
        self.doubt = Doubt(self.pool, self.directory, self._committers, self._replace, self.beside)
        self.guard = NodeGuard(
            database.dsn, database.timeout_s, self.long_work.give_up, self.doubt.distrust_all, self.doubt.look_later
        )

    @classmethod
    @asynccontextmanager
    async def open(
        cls,
        database: Database,
        *,
        games_dir: Path | None = None,
        clock: Callable[[], int] = system_clock,
        memory_mb: int = MEMORY_MB,
        archive: str | None = None,
        retention_days: int | None = None,
    ) -> AsyncIterator["Engine"]:
        """Checks every definition, brings the database up to them, and takes events until the block ends.

        ``archive`` is where files of the log go, an absolute path or an URL; ``retention_days`` after how many days
        events that are there leave PostgreSQL.

        Raises DefinitionError for the files' mistakes, Conflict where another server works on this database.
        """
        definitions = catalog.load_files(games_dir)
        async with _commit_pool(database) as commit_pool:
            engine = cls(database, commit_pool, clock, memory_mb)
            await engine.guard.take()
            try:
                async with engine.pool.acquire() as connection:
                    engine.database_id = await database_id(connection)
                    if archive is not None:
                        await set_location(connection, archive, retention_days)
                await engine._take_over(definitions)
                try:
                    yield engine
                finally:
                    await engine._close()
            finally:
                await engine.guard.release()

    def now(self) -> int:
        return self.clock()

    def games(self) -> list[Game]:
        return [self._committers[name].game for name in sorted(self._committers)]

    def game(self, name: str) -> Game:
        return self.committer(name).game

    def committer(self, name: str) -> Committer:
        committer = self._committers.get(name)
        if committer is None:
            self._check_taken(name)
            raise NotFound("game", name, sorted(self._committers))
        return committer

    def _check_taken(self, name: str) -> None:
        if name in self._refused:
            raise Unavailable(
                f"{name} is not served: its definition in force, which an earlier Kleos took, has mistakes: "
                f"{self._refused[name]}. Put a mended one in force with that Kleos, then start this one",
                NOT_SERVED_RETRY_S,
            )

    def committers(self) -> list[Committer]:
        """The one of each game, by name of the game: to look at, and for changes that no commit may meet."""
        return [self._committers[name] for name in sorted(self._committers)]

    # Events -----------------------------------------------------------------------------------------------------------

    async def ingest_body(
        self,
        game: str,
        body: bytes,
        content_type: str = "",
        effects: bool = False,
        sender: Sender | None = None,
        may_grant: bool = True,
    ) -> Receipt:
        """Takes the events of a request; returns when they are durable and counted.

        ``sender`` is the player who sends them, where it is not the game; ``may_grant`` whether grants of achievements
        may be among them.
        """
        committer = self.committer(game)
        self.guard.check()
        in_force = await committer.when_open()
        with span("decode", game=game, bytes=len(body)):
            batch = await self._decoded(in_force, body, content_type, sender, may_grant)
        if not batch.events:
            committer.tally.rejected += len(batch.rejected)
            nothing = Receipt(0, 0, 0, batch.rejected, None)
            return msgspec.structs.replace(nothing, standings=[], awards=[]) if effects else nothing
        watched = _players_of(batch.events) if effects else frozenset()
        if effects:
            await self._warm_or_late(in_force, batch.events)
        if committer.game is not in_force or not committer.is_open:
            return await self.ingest_body(game, body, content_type, effects, sender, may_grant)
        try:
            outcome = await committer.submit(batch.events, watched)
        except Outdated:  # by another process, meanwhile
            return await self.ingest_body(game, body, content_type, effects, sender, may_grant)
        committer.tally.rejected += len(batch.rejected)
        receipt = Receipt.of(outcome, batch.rejected)
        return await with_effects(receipt, self.standings, in_force, outcome, watched) if effects else receipt

    async def _decoded(
        self, game: Game, body: bytes, content_type: str, sender: Sender | None, may_grant: bool
    ) -> Batch:
        """A large body is decoded beside the loop, which goes on answering others."""
        if sender is not None:
            return decode_own(game.plan, body, content_type, self.stamp, sender)
        if len(body) < DECODE_IN_THREAD_FROM_BYTES:
            return decode_batch(game.plan, body, content_type, self.stamp, may_grant)
        return await asyncio.to_thread(decode_batch, game.plan, body, content_type, self.stamp, may_grant)

    async def _warm_or_late(self, game: Game, events: list[Incoming]) -> None:
        """Waits for the boards that these events change, not for ever: for those not warm the database answers."""
        with suppress(TimeoutError):
            async with asyncio.timeout(self.database.timeout_s):
                await self.rankings.ready(game, _windows_of(game, events))

    def publish(self, game: Game, committed: Committed, watched: Collection[str] = ()) -> Effects:
        """After a commit: caches and indexes take in what it changed, in commit order."""
        self.directory.learn(game.namespace, committed.cards)
        self.directory.mark_existing(game.namespace, committed.appeared)
        if committed.is_postponed:
            self.beside(self._ask_for_refold(game.name), "asks for a refold")
        if committed.earliest_at is not None:
            self.past.arrived(game.name, committed.earliest_at)
        follower = self.follower
        if follower is None:
            return self.rankings.apply(game, committed.changes, committed.ids, watched)
        followed = follower.before(game, committed)
        asked = {*watched, *followed} if followed else watched
        effects = self.rankings.apply(game, committed.changes, committed.ids, asked)
        follower.after(game, committed, effects)
        return effects.of(watched) if followed else effects

    def unsettle(self, games: Collection[str]) -> None:
        """What boards of these games show may be different without a commit."""
        if self.follower is not None:
            self.follower.unsettled(games)

    async def _ask_for_refold(self, name: str) -> None:
        """Puts the job into the queue; where that fails, it is asked for again at the next start and every night."""
        try:
            async with self.pool.acquire() as connection, connection.transaction():
                await defer(connection, "refold", name)
        except DATABASE_ERRORS as error:
            logger.warning("%s: late events wait for a refold that cannot be asked for now: %s", name, error)

    def trouble(self) -> str | None:
        """Why events are not taken now; None when they are."""
        if not self.guard.is_held:
            return "this server has not made sure that it is the only one that writes to the database"
        return next((committer.away.message for committer in self._committers.values() if committer.away), None)

    # What changes games ----------------------------------------------------------------------------------------------

    async def put_definition(
        self,
        name: str,
        source: str,
        dry_run: bool = False,
        origin: Origin | None = None,
        progress: Progress = silent,
    ) -> tuple[Game | None, Changes]:
        """Puts a definition in force, or says what doing so would change; raises DefinitionError with all problems."""
        origin = origin or Origin(self.now())
        definition = await asyncio.to_thread(load, source, name)
        self.guard.check()
        for _ in range(CHANGE_ATTEMPTS):
            self._check_taken(name)
            existing = self._committers.get(name)
            before = existing.game if existing is not None else None
            async with self.long_work.connection() as connection:
                changes = await catalog.changes_between(connection, before.definition if before else None, definition)
            if dry_run or (before is not None and before.definition.source == source):
                return before, changes
            if existing is None:
                async with self.one_change():
                    if name not in self._committers:
                        await self._install(definition, origin)
                        return self.game(name), changes
            else:
                with suppress(StaleDefinition):
                    async with self.long_work.connection() as connection:
                        quiet = self.quiet(existing)
                        await catalog.put_in_force(connection, before, definition, origin, quiet, progress)
                    return self.game(name), changes
        raise Unavailable("the game is being changed by others; send again", 5.0)

    async def rebuild(self, name: str, sheets: Collection[str] | None = None, progress: Progress = silent) -> list[str]:
        """Folds sheets of a game (all, if none are named) anew from the log, and awards with the sheet `awards`, while
        events are taken; then swaps them in. Answers the sheets."""
        committer = self.committer(name)
        self.guard.check()
        async with self.long_work.connection() as connection:
            return await catalog.rebuild_game(connection, name, sheets, self.quiet(committer), progress)

    def quiet(self, committer: Committer) -> Quiet:
        """For the moment in which a definition, a season or a rebuild takes over: nothing else of the game changes."""

        @asynccontextmanager
        async def quiet() -> AsyncIterator[Adopt]:
            async with self.one_change(), committer.paused():
                try:
                    yield lambda game: self._replace(committer, game)
                except (KleosError, asyncpg.LockNotAvailableError):
                    raise
                except Exception:
                    committer.distrust()
                    raise

        return quiet

    @asynccontextmanager
    async def one_change(self) -> AsyncIterator[None]:
        """Definitions, seasons and profiles change one after another. Raises Unavailable after long waiting."""
        try:
            async with asyncio.timeout(self.database.timeout_s):
                await self.changing.acquire()
        except TimeoutError:
            raise Unavailable("another change takes its time; send again", 5.0) from None
        try:
            yield
        finally:
            self.changing.release()

    # Starting and ending ----------------------------------------------------------------------------------------------

    async def _take_over(self, definitions: list[Definition]) -> None:
        await self.directory.load_corrected()
        async with self.long_work.connection() as connection:
            await self.directory.read_names()
            games, refused = await catalog.read_games(connection)
            for game in games:
                await clear_away(connection, game.name)
                self._start(game)
            for name, error in refused.items():
                self._refused[name] = str(error)
                logger.error("%s is not served: its definition in force has mistakes: %s", name, error)
            for definition in definitions:
                if definition.game in refused:
                    continue
                existing = self._committers.get(definition.game)
                if existing is None:
                    await self._install(definition, Origin(self.now()))
                elif await catalog.is_news(connection, definition):
                    origin = Origin(self.now())
                    self._replace(existing, await catalog.put_in_force(connection, existing.game, definition, origin))
            await self._drain_outbox(connection)
            for row in await connection.fetch(GAMES_POSTPONED):
                await self._ask_for_refold(row["game"])

    async def _install(self, definition: Definition, origin: Origin) -> None:
        async with self.long_work.connection() as connection:
            self._start(await catalog.put_in_force(connection, None, definition, origin))

    def _start(self, game: Game) -> None:
        committer = Committer(
            game,
            catalog.lock_of(game.name),
            self._commit_pool,
            self.directory,
            self.stamp,
            self.publish,
            self.doubt.read_anew,
        )
        committer.writers = catalog.writers_of(game.definition)
        self._committers[game.name] = committer
        committer.start()
        self.rankings.start(game)

    def _replace(self, committer: Committer, game: Game) -> None:
        committer.game = game
        committer.writers = catalog.writers_of(game.definition)
        self.rankings.forget(game.name)
        self.past.forget(game.name)
        self.rankings.start(game)
        self.unsettle({game.name})

    def beside(self, work: Coroutine[Any, Any, None], name: str) -> None:
        """Begins work that nobody waits for; it ends with the engine at the latest."""
        task = asyncio.create_task(work, name=name)
        self._beside.add(task)
        task.add_done_callback(self._beside.discard)

    async def _drain_outbox(self, connection: Connection) -> None:
        """What a crash left unpublished: whoever listens from now on starts from a snapshot."""
        while rows := await connection.fetch(log_sql.OUTBOX_REST):
            await connection.execute(log_sql.DROP_OUTBOX, [row["id"] for row in rows])
            logger.info("dropped %d messages that an earlier run did not publish", len(rows))

    async def _close(self) -> None:
        for task in self._beside:
            task.cancel()
        await asyncio.gather(*(committer.stop() for committer in self._committers.values()))
        await self.rankings.close()


@asynccontextmanager
async def _commit_pool(database: Database) -> AsyncIterator[asyncpg.Pool]:
    """Connections that only commits use: however many readers wait for one, a submission does not wait behind them."""
    pool = await open_pool(
        database.dsn,
        min_size=1,
        max_size=COMMIT_CONNECTIONS,
        timeout_s=database.timeout_s,
        statements=database.statements,
    )
    try:
        yield pool
    finally:
        await close_pool(pool)


def _players_of(events: list[Incoming]) -> frozenset[str]:
    return frozenset(player for one in events for player in one.plan.players(one.event))


def _windows_of(game: Game, events: list[Incoming]) -> set[str]:
    """The windows into which these events fall, of all kinds that the game's sheets have."""
    kinds = sorted({kind for sheet in game.definition.sheets.values() for kind in sheet.windows})
    return {name for one in events for name in game.calendar.names(kinds, one.event.at)}

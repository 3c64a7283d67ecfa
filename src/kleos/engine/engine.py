"""The engine: everything a server does, without the server. HTTP, the command line and tests drive this one object."""

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Callable, Collection, Coroutine, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import replace
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
from kleos.core.windows import Season
from kleos.engine import catalog
from kleos.engine.catalog import Origin
from kleos.engine.follower import Follower
from kleos.engine.game import Game
from kleos.engine.guard import NodeGuard
from kleos.engine.receipts import Receipt, award_answer
from kleos.engine.seasons import season_named, set_season
from kleos.jobs.queue import defer
from kleos.log import sql as log_sql
from kleos.log.answering import Outcome
from kleos.log.archive.manifest import set_location
from kleos.log.commit import Committed
from kleos.log.committer import READ_ANEW_EVERY_S, Committer
from kleos.log.decode import Batch, Incoming, Stamp, decode_batch
from kleos.log.own import Sender, decode_own
from kleos.moderation.corrected import read_corrected
from kleos.players.directory import Card, Directory
from kleos.players.hiding import delete_player, write_hidden
from kleos.players.profiles import ProfileChange, check_change, read_profile, write_profile
from kleos.sheets.changes import RowChange
from kleos.sheets.postponed import Refolded, refold_some
from kleos.sheets.rebuild import clear_away
from kleos.sheets.sql import GAMES_POSTPONED
from kleos.sheets.swap import Adopt, Quiet
from kleos.sheets.write import Writers
from kleos.store.database import Database, close_pool
from kleos.store.pool import DATABASE_ERRORS, Connection, open_connection, open_pool
from kleos.telemetry.progress import Progress, silent
from kleos.telemetry.spans import span

MEMORY_MB: Final = 1024
COMMIT_CONNECTIONS: Final = 4
CHANGE_ATTEMPTS: Final = 4
DECODE_IN_THREAD_FROM_BYTES: Final = 256 * 1024

logger = logging.getLogger(__name__)


def system_clock() -> int:
    return time.time_ns() // 1_000


class Engine:
    """Made by :meth:`open` only. ``clock`` gives microseconds since the epoch."""

    def __init__(self, database: Database, commit_pool: asyncpg.Pool, clock: Callable[[], int], memory_mb: int) -> None:
        self.database = database
        self.pool = database.pool
        self._commit_pool = commit_pool
        self.clock = clock
        self.stamp = Stamp(clock)
        self.guard = NodeGuard(
            database.dsn, database.timeout_s, self._give_up_long_work, self._distrust, self._look_later
        )
        self.directory = Directory(self.pool)
        self.rankings = Rankings(self.pool, self.directory, clock, memory_mb * 1024 * 1024)
        self.standings = Standings(self.pool, self.directory, self.rankings, clock)
        self.past = Past(self.pool, self.directory)
        self.follower: Follower | None = None
        self._committers: dict[str, Committer] = {}
        self._changing = asyncio.Lock()
        self._settling: set[asyncio.Task[None]] = set()
        self._at_long_work: set[Connection] = set()

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
                if archive is not None:
                    async with engine.pool.acquire() as connection:
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
        return self._committer(name).game

    def committers(self) -> list[Committer]:
        """The one of each game, by name of the game: to look at, not to write with."""
        return [self._committers[name] for name in sorted(self._committers)]

    # Events -----------------------------------------------------------------------------------------------------------

    async def ingest_body(
        self, game: str, body: bytes, content_type: str = "", effects: bool = False, sender: Sender | None = None
    ) -> Receipt:
        """Takes the events of a request; returns when they are durable and counted.

        ``sender`` is the player who sends them, where it is not the game.
        """
        committer = self._committer(game)
        self.guard.check()
        in_force = await committer.when_open()
        with span("decode", game=game, bytes=len(body)):
            batch = await self._decoded(in_force, body, content_type, sender)
        if not batch.events:
            committer.tally.rejected += len(batch.rejected)
            nothing = Receipt(0, 0, 0, batch.rejected, None)
            return msgspec.structs.replace(nothing, standings=[], awards=[]) if effects else nothing
        watched = _players_of(batch.events) if effects else frozenset()
        if effects:
            with suppress(TimeoutError):  # the database answers for boards that are not warm
                async with asyncio.timeout(self.database.timeout_s):
                    await self.rankings.ready(in_force, _windows_of(in_force, batch.events))
        if committer.game is not in_force or not committer.is_open:
            return await self.ingest_body(game, body, content_type, effects, sender)
        try:
            outcome = await committer.submit(batch.events, watched)
        except Outdated:  # by another process, meanwhile
            return await self.ingest_body(game, body, content_type, effects, sender)
        committer.tally.rejected += len(batch.rejected)
        receipt = Receipt(
            outcome.accepted,
            outcome.duplicates,
            len(outcome.quarantined),
            [*batch.rejected, *outcome.spoiled],
            outcome.seq,
            outcome.quarantined,
        )
        return await self._with_effects(in_force, receipt, outcome, watched) if effects else receipt

    async def _decoded(self, game: Game, body: bytes, content_type: str, sender: Sender | None) -> Batch:
        """A large body is decoded beside the loop, which goes on answering others."""
        if sender is not None:
            return decode_own(game.plan, body, content_type, self.stamp, sender)
        if len(body) < DECODE_IN_THREAD_FROM_BYTES:
            return decode_batch(game.plan, body, content_type, self.stamp)
        return await asyncio.to_thread(decode_batch, game.plan, body, content_type, self.stamp)

    async def _with_effects(self, game: Game, receipt: Receipt, outcome: Outcome, watched: Collection[str]) -> Receipt:
        standings = [
            effect
            for effects in outcome.effects
            for effect in await self.standings.effects(game, effects)
            if effect.player in watched
        ]
        awards = [
            award_answer(game, change, committed.ids[change.player])
            for committed in outcome.committed
            for change in committed.awards
            if committed.ids[change.player] in watched
        ]
        return msgspec.structs.replace(receipt, standings=standings, awards=awards)

    def _publish(self, game: Game, committed: Committed, watched: Collection[str]) -> Effects:
        """After a commit: caches and indexes take in what it changed, in commit order."""
        self.directory.learn(game.namespace, committed.cards)
        self.directory.mark_existing(game.namespace, committed.appeared)
        if committed.is_postponed:
            self._settle_beside(self._ask_for_refold(game.name), "asks for a refold")
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

    def trouble(self) -> str | None:
        """Why events are not taken now; None when they are."""
        if not self.guard.is_held:
            return "this server has not made sure that it is the only one that writes to the database"
        return next((committer.away.message for committer in self._committers.values() if committer.away), None)

    async def _read_anew(self, committer: Committer) -> None:
        """Brings memory in line with the database, once no transaction whose end nobody saw can change it any more."""
        game = committer.game
        async with self.pool.acquire() as connection, connection.transaction():
            await connection.execute(log_sql.LOCK_EXCLUSIVE, catalog.lock_of(game.name))
            stored = await catalog.read_game(connection, game.name)
            if stored is None:
                raise Unavailable(f"the database no longer knows the game {game.name}", 5.0)
            unchanged = (stored.version, stored.calendar_version) == (game.version, game.calendar_version)
            self.directory.clear()
            await self.directory.load_corrected()
            self._replace(committer, game if unchanged else stored)

    def _look_later(self, name: str) -> None:
        """A game has changed in the database. This server may have done it; another process may have as well."""
        if name in self._committers:
            task = asyncio.create_task(self._look(self._committers[name]), name=f"looks whether {name} is another")
            self._settling.add(task)
            task.add_done_callback(self._settling.discard)

    async def _look(self, committer: Committer) -> None:
        try:
            await committer.until_open()
            row = await self.pool.fetchrow(log_sql.IN_FORCE, committer.game.name)
        except (KleosError, *DATABASE_ERRORS) as error:  # then the game is read anew when the database is back
            logger.info("a change of %s could not be looked at: %s", committer.game.name, error)
            committer.distrust()
            return
        game = committer.game
        if row is None or (row["version"], row["calendar"]) != (game.version, game.calendar_version):
            committer.distrust()

    def _distrust(self) -> None:
        """The database was away: it may not be as it was left."""
        self.directory.clear()
        for committer in self._committers.values():
            committer.distrust()

    # Definitions, seasons, profiles -----------------------------------------------------------------------------------

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
            existing = self._committers.get(name)
            before = existing.game if existing is not None else None
            changes = catalog.changes_between(before.definition if before is not None else None, definition)
            if dry_run or (before is not None and before.definition.source == source):
                return before, changes
            if existing is None:
                async with self._one_change():
                    if name not in self._committers:
                        await self._install(definition, origin)
                        return self.game(name), changes
            else:
                with suppress(StaleDefinition):
                    async with self._own_connection() as connection:
                        quiet = self._quiet(existing)
                        await catalog.put_in_force(connection, before, definition, origin, quiet, progress)
                    return self.game(name), changes
        raise Unavailable("the game is being changed by others; send again", 5.0)

    async def rebuild(self, name: str, sheets: Collection[str] | None = None, progress: Progress = silent) -> list[str]:
        """Folds sheets of a game (all, if none are named) anew from the log, and awards with the sheet `awards`, while
        events are taken; then swaps them in. Answers the sheets."""
        committer = self._committer(name)
        self.guard.check()
        async with self._own_connection() as connection:
            return await catalog.rebuild_game(connection, name, sheets, self._quiet(committer), progress)

    async def refold_postponed(self, name: str) -> int:
        """Refolds what commits left because its history lies in files; answers how many rows and players that were."""
        committer = self._committer(name)
        self.guard.check()
        done = 0
        async with self._own_connection() as connection:
            while True:
                game = await committer.when_open()
                try:
                    refolded = await refold_some(connection, game, committer.writers, catalog.lock_of(name))
                except StaleDefinition:
                    continue
                if not refolded.done:
                    return done
                done += refolded.done
                await self._publish_refolded(committer, game, refolded)

    async def _ask_for_refold(self, name: str) -> None:
        """Puts the job into the queue; where that fails, it is asked for again at the next start and every night."""
        try:
            async with self.pool.acquire() as connection, connection.transaction():
                await defer(connection, "refold", name)
        except DATABASE_ERRORS as error:
            logger.warning("%s: late events wait for a refold that cannot be asked for now: %s", name, error)

    async def _publish_refolded(self, committer: Committer, game: Game, refolded: Refolded) -> None:
        if committer.game is not game:
            return  # what replaced it is read anew
        players = {change.player for change in refolded.awards}
        for change in refolded.changes:
            sheet = game.sheet(change.sheet)
            players.update(change.row[column.name] for column in sheet.key if column.type.kind == "player")
        cards = await self.directory.by_number(game.namespace, sorted(players))
        ids = {number: card.id for number, card in cards.items()}
        shown = [change for change in refolded.changes if _is_known(game, change, ids)]
        awards = [change for change in refolded.awards if change.player in ids]
        self._publish(game, Committed(frozenset(), None, shown, awards, ids, [*cards.values()]), ())
        if refolded.outbox is not None:
            await self.pool.execute(log_sql.DROP_OUTBOX, [refolded.outbox])

    def _quiet(self, committer: Committer) -> Quiet:
        """For the moment in which a definition, a season or a rebuild takes over: nothing else of the game changes."""

        @asynccontextmanager
        async def quiet() -> AsyncIterator[Adopt]:
            async with self._one_change(), committer.paused():
                try:
                    yield lambda game: self._replace(committer, game)
                except (KleosError, asyncpg.LockNotAvailableError):
                    raise
                except Exception:
                    committer.distrust()
                    raise

        return quiet

    @asynccontextmanager
    async def _own_connection(self) -> AsyncIterator[Connection]:
        """For work of any length; it ends when the database is found to be away."""
        connection = await open_connection(self.database.dsn, timeout_s=self.database.timeout_s)
        self._at_long_work.add(connection)
        try:
            yield connection
        finally:
            self._at_long_work.discard(connection)
            connection.terminate()

    def _give_up_long_work(self) -> None:
        for connection in list(self._at_long_work):
            connection.terminate()

    @asynccontextmanager
    async def _one_change(self) -> AsyncIterator[None]:
        """Definitions, seasons and profiles change one after another. Raises Unavailable after long waiting."""
        try:
            async with asyncio.timeout(self.database.timeout_s):
                await self._changing.acquire()
        except TimeoutError:
            raise Unavailable("another change takes its time; send again", 5.0) from None
        try:
            yield
        finally:
            self._changing.release()

    async def make_season(self, game: str, name: str, title: str, starts_at: int, ends_at: int) -> Season:
        """Raises Conflict for a name or a span that is taken."""
        return await self._set_season(game, Season(name, title, starts_at, ends_at), new=True)

    async def change_season(
        self, game: str, name: str, title: str | None = None, starts_at: int | None = None, ends_at: int | None = None
    ) -> Season:
        """What is None stays. Rows of the season follow its dates."""
        existing = season_named(self.game(game), name)
        if existing is None:
            raise NotFound("season", name, [season.name for season in self.game(game).calendar.seasons])
        season = Season(
            name,
            existing.title if title is None else title,
            existing.start if starts_at is None else starts_at,
            existing.end if ends_at is None else ends_at,
        )
        return await self._set_season(game, season, new=False)

    def seasons(self, game: str) -> tuple[Season, ...]:
        return self.game(game).calendar.seasons

    async def _set_season(self, game: str, season: Season, *, new: bool) -> Season:
        committer = self._committer(game)
        self.guard.check()
        for _ in range(CHANGE_ATTEMPTS):
            with suppress(StaleDefinition):
                async with self._own_connection() as connection:
                    quiet, at = self._quiet(committer), self.stamp.next_at()
                    await set_season(connection, committer.game, season, at, new=new, quiet=quiet)
                return season
        raise Unavailable("the game is being changed by others; send again", 5.0)

    async def put_profile(self, id: str, change: ProfileChange, namespace: str = "") -> Card:
        """Changes a player's profile, making the player where there is none."""
        check_change(change)
        id = self.directory.meant(namespace, id)
        self.guard.check()
        async with self._one_change():
            try:
                async with self.pool.acquire() as connection:
                    before, after = await write_profile(connection, namespace, id, change, self.stamp.next_at())
            except KleosError:
                raise
            except Exception:
                self._settle_later(namespace, id)
                raise
            self.directory.keep(namespace, [after])
            self.rankings.moved(namespace, before, after)
            for game in self.games():
                self.past.arrived(game.name, self.now())
            self.unsettle({game.name for game in self.games() if game.namespace == namespace})
        return after

    async def set_hidden(self, id: str, hidden: bool, namespace: str = "") -> None:
        """Takes a player off every board, sheet, list and lookup, or brings them back. Raises NotFound."""
        self.guard.check()
        async with self._changing:
            try:
                async with self.pool.acquire() as connection:
                    await write_hidden(connection, namespace, id, hidden, self.stamp.next_at())
            except KleosError:
                raise
            except Exception:
                self._distrust()
                raise
            await self.directory.load_corrected()
            self.rankings.hidden_or_shown(namespace, id)

    async def delete_player(self, id: str, namespace: str = "") -> None:
        """Drops who a player is, for good: the log carries a number that nobody knows. Raises NotFound."""
        self.guard.check()
        games = [each for each in self._committers.values() if each.game.namespace == namespace]
        async with self._changing, AsyncExitStack() as pauses:
            for committer in games:
                await pauses.enter_async_context(committer.paused())
            try:
                async with self.pool.acquire() as connection:
                    for each in [*self.directory.counting_as(namespace, id), id]:  # who counts as them is them
                        player = await delete_player(connection, namespace, each, self.stamp.next_at())
                        self.directory.delete(namespace, player, each)
            except KleosError:
                raise
            except Exception:
                self._distrust()
                raise
            await self.directory.load_corrected()
            for committer in games:
                async with self.pool.acquire() as connection:
                    game = committer.game
                    corrected = await read_corrected(connection, game.name, namespace)
                    committer.game = replace(game, corrected=corrected)
            self.rankings.deleted(namespace, id)

    @asynccontextmanager
    async def correcting(self, games: Collection[str]) -> AsyncIterator[Connection]:
        """Inside, nothing is committed in these games; what a correction changed there is told by :meth:`corrected`."""
        self.guard.check()
        committers = [self._committer(name) for name in sorted(games)]
        async with self._one_change(), AsyncExitStack() as pauses:
            for committer in committers:
                await pauses.enter_async_context(committer.paused())
            try:
                async with self.pool.acquire() as connection:
                    yield connection
            except KleosError:
                raise
            except Exception:
                for committer in committers:
                    committer.distrust()
                raise

    def writers(self, game: str) -> Writers:
        return self._committer(game).writers

    def corrected(self, game: Game, committed: Committed, watched: Collection[str] = ()) -> Effects:
        """After a correction: the game as it is now, and what changed, taken in as from a commit."""
        self._committer(game.name).game = game
        self.rankings.carry(game)
        return self._publish(game, committed, watched)

    def _settle_later(self, namespace: str, id: str) -> None:
        """A change of a profile ended without an answer, so it may have happened: it is read when that can be known."""
        self._settle_beside(self._settle_profile(namespace, id), "settles a profile")

    def _settle_beside(self, work: Coroutine[Any, Any, None], name: str) -> None:
        task = asyncio.create_task(work, name=name)
        self._settling.add(task)
        task.add_done_callback(self._settling.discard)

    async def _settle_profile(self, namespace: str, id: str) -> None:
        while True:
            try:
                async with self._changing, self.pool.acquire() as connection:
                    before, after = self.directory.cached(namespace, id), await read_profile(connection, namespace, id)
                    if after is not None:
                        self.directory.keep(namespace, [after])
                        self.rankings.moved(namespace, before, after)
                    return
            except Exception as error:
                logger.info("the profile of a player cannot be read anew: %s", error)
                await asyncio.sleep(READ_ANEW_EVERY_S)

    # Starting and ending ----------------------------------------------------------------------------------------------

    async def _take_over(self, definitions: list[Definition]) -> None:
        await self.directory.load_corrected()
        async with self._own_connection() as connection:
            await self.directory.read_names()
            for game in await catalog.read_games(connection):
                await clear_away(connection, game.name)
                self._start(game)
            for definition in definitions:
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
        async with self._own_connection() as connection:
            self._start(await catalog.put_in_force(connection, None, definition, origin))

    def _start(self, game: Game) -> None:
        committer = Committer(
            game,
            catalog.lock_of(game.name),
            self._commit_pool,
            self.directory,
            self.stamp,
            self._publish,
            self._read_anew,
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

    def unsettle(self, games: Collection[str]) -> None:
        """What boards of these games show may be different without a commit."""
        if self.follower is not None:
            self.follower.unsettled(games)

    async def _drain_outbox(self, connection: Connection) -> None:
        """What a crash left unpublished: whoever listens from now on starts from a snapshot."""
        while rows := await connection.fetch(log_sql.OUTBOX_REST):
            await connection.execute(log_sql.DROP_OUTBOX, [row["id"] for row in rows])
            logger.info("dropped %d messages that an earlier run did not publish", len(rows))

    async def _close(self) -> None:
        for task in self._settling:
            task.cancel()
        await asyncio.gather(*(committer.stop() for committer in self._committers.values()))
        await self.rankings.close()

    def _committer(self, name: str) -> Committer:
        committer = self._committers.get(name)
        if committer is None:
            raise NotFound("game", name, sorted(self._committers))
        return committer


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


def _is_known(game: Game, change: RowChange, ids: Mapping[int, str]) -> bool:
    """Whether every player in the row's key has an id: who was deleted has none, and stands on no board."""
    return all(change.row[c.name] in ids for c in game.sheet(change.sheet).key if c.type.kind == "player")

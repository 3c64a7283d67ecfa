"""Where memory may not be what the database holds: somebody else changed it, or it was away. It is read anew."""

import logging
from collections.abc import Callable, Coroutine, Mapping
from typing import Any

import asyncpg

from kleos.core.errors import KleosError, Unavailable
from kleos.engine import catalog
from kleos.engine.game import Game
from kleos.log import sql as log_sql
from kleos.log.committer import Committer
from kleos.players.directory import Directory
from kleos.store.pool import DATABASE_ERRORS

logger = logging.getLogger(__name__)


class Doubt:
    """Of the games of ``committers``; ``replace`` puts another state of a game in force, ``beside`` begins a task."""

    def __init__(
        self,
        pool: asyncpg.Pool,
        directory: Directory,
        committers: Mapping[str, Committer],
        replace: Callable[[Committer, Game], None],
        beside: Callable[[Coroutine[Any, Any, None], str], None],
    ) -> None:
        self._pool = pool
        self._directory = directory
        self._committers = committers
        self._replace = replace
        self._beside = beside

    def distrust_all(self) -> None:
        """The database was away: it may not be as it was left."""
        self._directory.clear()
        for committer in self._committers.values():
            committer.distrust()

    def look_later(self, name: str) -> None:
        """A game has changed in the database. This server may have done it; another process may have as well."""
        if name in self._committers:
            self._beside(self._look(self._committers[name]), f"looks whether {name} is another")

    async def _look(self, committer: Committer) -> None:
        try:
            await committer.until_open()
            row = await self._pool.fetchrow(log_sql.IN_FORCE, committer.game.name)
        except (KleosError, *DATABASE_ERRORS) as error:  # then the game is read anew when the database is back
            logger.info("a change of %s could not be looked at: %s", committer.game.name, error)
            committer.distrust()
            return
        game = committer.game
        if row is None or (row["version"], row["calendar"]) != (game.version, game.calendar_version):
            committer.distrust()

    async def read_anew(self, committer: Committer) -> None:
        """Brings memory in line with the database, once no transaction whose end nobody saw can change it any more."""
        game = committer.game
        async with self._pool.acquire() as connection, connection.transaction():
            await connection.execute(log_sql.LOCK_EXCLUSIVE, catalog.lock_of(game.name))
            stored = await catalog.read_game(connection, game.name)
            if stored is None:
                raise Unavailable(f"the database no longer knows the game {game.name}", 5.0)
            unchanged = (stored.version, stored.calendar_version) == (game.version, game.calendar_version)
            self._directory.clear()
            await self._directory.load_corrected()
            self._replace(committer, game if unchanged else stored)

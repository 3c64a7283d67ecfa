"""Changing who players are: written by a transaction, then taken in by memory. One change at a time."""

import asyncio
import logging
from dataclasses import replace

from kleos.core.errors import KleosError
from kleos.engine.engine import Engine
from kleos.log.committer import READ_ANEW_EVERY_S, all_paused
from kleos.moderation.corrected import read_corrected
from kleos.players import hiding
from kleos.players.directory import Card
from kleos.players.profiles import ProfileChange, check_change, read_profile, write_profile

logger = logging.getLogger(__name__)


async def put_profile(engine: Engine, id: str, change: ProfileChange, namespace: str = "") -> Card:
    """Changes a player's profile, making the player where there is none."""
    check_change(change)
    directory = engine.directory
    id = directory.meant(namespace, id)
    engine.guard.check()
    async with engine.one_change():
        try:
            async with engine.pool.acquire() as connection:
                before, after = await write_profile(connection, namespace, id, change, engine.stamp.next_at())
        except KleosError:
            raise
        except Exception:  # it ended without an answer, so it may have happened: it is read when that can be known
            engine.beside(_settle(engine, namespace, id), "settles a profile")
            raise
        directory.keep(namespace, [after])
        engine.rankings.moved(namespace, before, after)
        for game in engine.games():
            engine.past.arrived(game.name, engine.now())
        engine.unsettle({game.name for game in engine.games() if game.namespace == namespace})
    return after


async def _settle(engine: Engine, namespace: str, id: str) -> None:
    while True:
        try:
            async with engine.changing, engine.pool.acquire() as connection:
                before = engine.directory.cached(namespace, id)
                after = await read_profile(connection, namespace, id)
                if after is not None:
                    engine.directory.keep(namespace, [after])
                    engine.rankings.moved(namespace, before, after)
                return
        except Exception as error:
            logger.info("the profile of a player cannot be read anew: %s", error)
            await asyncio.sleep(READ_ANEW_EVERY_S)


async def set_hidden(engine: Engine, id: str, hidden: bool, namespace: str = "") -> None:
    """Takes a player off every board, sheet, list and lookup, or brings them back. Raises NotFound."""
    engine.guard.check()
    async with engine.changing:
        try:
            async with engine.pool.acquire() as connection:
                await hiding.write_hidden(connection, namespace, id, hidden, engine.stamp.next_at())
        except KleosError:
            raise
        except Exception:
            engine.doubt.distrust_all()
            raise
        await engine.directory.load_corrected()
        engine.rankings.hidden_or_shown(namespace, id)


async def delete_player(engine: Engine, id: str, namespace: str = "") -> None:
    """Drops who a player is, for good: the log carries a number that nobody knows. Raises NotFound."""
    engine.guard.check()
    directory = engine.directory
    committers = [each for each in engine.committers() if each.game.namespace == namespace]
    async with engine.changing, all_paused(committers):
        try:
            async with engine.pool.acquire() as connection:
                for each in [*directory.counting_as(namespace, id), id]:  # who counts as them is them
                    player = await hiding.delete_player(connection, namespace, each, engine.stamp.next_at())
                    directory.delete(namespace, player, each)
        except KleosError:
            raise
        except Exception:
            engine.doubt.distrust_all()
            raise
        await directory.load_corrected()
        for committer in committers:
            async with engine.pool.acquire() as connection:
                corrected = await read_corrected(connection, committer.game.name, namespace)
                committer.game = replace(committer.game, corrected=corrected)
        for committer in committers:
            engine.past.forget(committer.game.name)
        engine.rankings.deleted(namespace, id)

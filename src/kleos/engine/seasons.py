"""Seasons: spans of a game's calendar that its people name. Each making and each change is a fact in the log."""

import re
from typing import Final

import asyncpg
import msgspec

from kleos.core.definition.model import WINDOW_KINDS
from kleos.core.definition.names import NAME_PATTERN
from kleos.core.errors import BadInput, Conflict
from kleos.core.windows import Season, iso
from kleos.engine import sql
from kleos.engine.catalog import game_in_force, lock_of, refuse_overlap, writers_of
from kleos.engine.game import Game
from kleos.log.sql import LOCK_EXCLUSIVE
from kleos.sheets.rebuild import rebuild_season
from kleos.store.pool import Connection

SEASON_FACT: Final = "season.set"
MAX_TITLE_CHARACTERS: Final = 128


async def set_season(connection: Connection, game: Game, season: Season, at: int, *, new: bool) -> Game:
    """Makes or changes a season, and refolds what its span of the log gives; answers the game as it is now."""
    _check(game, season, new)
    async with connection.transaction():
        await connection.execute(LOCK_EXCLUSIVE, lock_of(game.name))
        statement = sql.ADD_SEASON if new else sql.CHANGE_SEASON
        try:
            await connection.execute(statement, game.name, season.name, season.title, season.start, season.end)
        except asyncpg.UniqueViolationError:
            raise Conflict(f"there is a season {season.name!r} already") from None
        body = {"name": season.name, "title": season.title, "starts_at": season.start, "ends_at": season.end}
        fact = (f"{SEASON_FACT}:{season.name}:{at}", SEASON_FACT, at, msgspec.json.encode(body))
        await connection.execute(sql.ADD_SEASON_FACT, game.name, *fact)
        calendar = await connection.fetchval(sql.NEW_CALENDAR, game.name)
        changed = await game_in_force(connection, game.definition, game.version, calendar)
        writers = writers_of(game.definition)
        await rebuild_season(connection, changed, writers, season.name, (season.start, season.end))
        return changed


def season_named(game: Game, name: str) -> Season | None:
    return next((season for season in game.calendar.seasons if season.name == name), None)


def _check(game: Game, season: Season, new: bool) -> None:
    if not re.fullmatch(NAME_PATTERN, season.name) or season.name in WINDOW_KINDS:
        kinds = ", ".join(WINDOW_KINDS)
        raise BadInput(f"{season.name!r} is no season's name: use [a-z][a-z0-9_]*, not one of {kinds}", "name")
    if not season.title.strip() or len(season.title) > MAX_TITLE_CHARACTERS or "\0" in season.title:
        raise BadInput(f"a title has 1 to {MAX_TITLE_CHARACTERS} characters", "title")
    existing = season_named(game, season.name)
    if new and existing is not None:
        raise Conflict(f"there is a season {season.name!r} already, from {iso(existing.start)}")
    refuse_overlap(game.calendar, season)

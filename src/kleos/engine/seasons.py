"""Seasons: spans of a game's calendar that its people name. Each making and each change is a fact in the log."""

import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Final, Literal

import asyncpg
import msgspec

from kleos.core.definition.model import WINDOW_KINDS
from kleos.core.definition.names import NAME_PATTERN
from kleos.core.errors import BadInput, Conflict, NotFound, StaleDefinition, Unavailable
from kleos.core.windows import Calendar, Season, iso
from kleos.engine import sql
from kleos.engine.catalog import at_once, game_in_force, lock_of, rebuilt, refuse_overlap
from kleos.engine.engine import CHANGE_ATTEMPTS, Engine
from kleos.engine.game import Game
from kleos.log.archive.read import month_of
from kleos.log.horizon import take_horizon
from kleos.sheets.rebuild import Target
from kleos.sheets.swap import Quiet, nobody_else
from kleos.store.pool import Connection
from kleos.telemetry.progress import Progress, silent

SEASON_FACT: Final = "season.set"
MAX_TITLE_CHARACTERS: Final = 128


async def make_season(engine: Engine, game: str, name: str, title: str, starts_at: int, ends_at: int) -> Season:
    """Raises Conflict for a name or a span that is taken."""
    return await _put(engine, game, Season(name, title, starts_at, ends_at), new=True)


async def change_season(
    engine: Engine,
    game: str,
    name: str,
    title: str | None = None,
    starts_at: int | None = None,
    ends_at: int | None = None,
) -> Season:
    """What is None stays. Rows of the season follow its dates."""
    in_force = engine.game(game)
    existing = season_named(in_force, name)
    if existing is None:
        raise NotFound("season", name, [season.name for season in in_force.calendar.seasons])
    season = Season(
        name,
        existing.title if title is None else title,
        existing.start if starts_at is None else starts_at,
        existing.end if ends_at is None else ends_at,
    )
    return await _put(engine, game, season, new=False)


async def _put(engine: Engine, game: str, season: Season, *, new: bool) -> Season:
    committer = engine.committer(game)
    engine.guard.check()
    for _ in range(CHANGE_ATTEMPTS):
        with suppress(StaleDefinition):
            async with engine.long_work.connection() as connection:
                quiet, at = engine.quiet(committer), engine.stamp.next_at()
                await set_season(connection, committer.game, season, at, new=new, quiet=quiet)
            return season
    raise Unavailable("the game is being changed by others; send again", 5.0)


async def set_season(
    connection: Connection,
    game: Game,
    season: Season,
    at: int,
    *,
    new: bool,
    quiet: Quiet = nobody_else,
    progress: Progress = silent,
) -> Game:
    """Makes or changes a season, with what its span of the log gives; answers the game as it is now.

    Where its old or new span holds events, the sheets with seasons are rebuilt beside the commits. Raises
    StaleDefinition where the game is no longer as given. ``connection`` is one of its own.
    """
    _check(game, season, new)

    async def put(connection: Connection) -> Game:
        await _write(connection, game, season, at, new)
        calendar = await connection.fetchval(sql.NEW_CALENDAR, game.name)
        return await game_in_force(connection, game.definition, game.version, calendar)

    before = season_named(game, season.name)
    spans = [(one.start, one.end) for one in (before, season) if one is not None]
    horizon = await take_horizon(connection, lock_of(game.name))
    if not await _holds_events(connection, game, spans, 0):

        async def put_if_still_none(connection: Connection) -> Game:
            if await _holds_events(connection, game, spans, horizon):
                raise StaleDefinition(f"events of the season {season.name} have come meanwhile")
            return await put(connection)

        return await at_once(connection, game.name, game, put_if_still_none, quiet)
    return await rebuilt(connection, _target(game, season), put, quiet, progress)


def _target(game: Game, season: Season) -> Target:
    others = [one for one in game.calendar.seasons if one.name != season.name]
    calendar = Calendar(game.definition.timezone, sorted([*others, season], key=lambda one: one.start))
    sheets = [sheet.name for sheet in game.definition.sheets.values() if "season" in sheet.windows]
    conditions = [award.condition for awards in game.plan.row_awards.values() for award in awards]
    judges = any(condition.window == "season" for condition in conditions)
    awards: Literal["decide", "fold"] | None = "decide" if judges else "fold" if "awards" in sheets else None
    return Target(replace(game, calendar=calendar), game.version, game.calendar_version, tuple(sorted(sheets)), awards)


async def _holds_events(connection: Connection, game: Game, spans: Sequence[tuple[int, int]], after_seq: int) -> bool:
    """Whether the log has events of these times, with numbers after this one."""
    for start, end in spans:
        months = (month_of(start), month_of(end))
        if await connection.fetchval(sql.EVENTS_WITHIN, game.name, start, end, after_seq, *months, timeout=None):
            return True
    return False


async def _write(connection: Connection, game: Game, season: Season, at: int, new: bool) -> None:
    statement = sql.ADD_SEASON if new else sql.CHANGE_SEASON
    try:
        await connection.execute(statement, game.name, season.name, season.title, season.start, season.end)
    except asyncpg.UniqueViolationError:
        raise Conflict(f"there is a season {season.name!r} already") from None
    body = {"name": season.name, "title": season.title, "starts_at": season.start, "ends_at": season.end}
    fact = (f"{SEASON_FACT}:{season.name}:{at}", SEASON_FACT, at, msgspec.json.encode(body))
    await connection.execute(sql.ADD_SEASON_FACT, game.name, *fact)


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

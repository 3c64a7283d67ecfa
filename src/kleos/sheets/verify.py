"""Is the database what its log makes of it? Everything is folded anew, in Python, and compared cell by cell.

Reads one snapshot, so that it may run beside a server that takes events. Compared are every column of every sheet, seen
and hidden, formulas included; awards and the sheet made of them; matches, appearances, seasons, and that every player
who should be there is; for a sample, the ranks that SQL gives with those of an index in memory.
"""

import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Final

import msgspec

from kleos.boards.verify import verify_ranks
from kleos.core.cells import Cells, Row, RowKey
from kleos.core.completion import Award
from kleos.core.definition.load import load
from kleos.core.definition.model import Sheet
from kleos.core.errors import NotFound
from kleos.engine.catalog import game_in_force
from kleos.engine.game import Game
from kleos.engine.seasons import SEASON_FACT
from kleos.engine.sql import IN_FORCE
from kleos.log import history
from kleos.players.verify import name_players, verify_profiles
from kleos.sheets import sql
from kleos.sheets.differences import Difference, Differences
from kleos.sheets.layout import table
from kleos.sheets.merge import SheetWriter
from kleos.sheets.refold import decide_awards, fold_all_awards
from kleos.store.pool import Connection

KEPT_DIFFERENCES: Final = 50
PLAYERS_DECIDED_AT_ONCE: Final = 500
TOLD_EVERY_EVENTS: Final = 2_000
PREFETCHED_ROWS: Final = 5_000

Progress = Callable[[str, int, int], None]
"""Told what is being done, how far it is, and of how many (0 where nobody knows)."""


class Verdict(msgspec.Struct, frozen=True):
    """``differences`` are the first few of the ``different`` ones. The name of the profiles' part is "players"."""

    name: str
    events: int
    rows: int
    cells: int
    ranks: int
    seconds: float
    different: int
    differences: list[Difference]


@dataclass(slots=True)
class _Refolded:
    """What the log of a game makes, players as numbers."""

    rows: dict[str, dict[RowKey, Row]]
    events: int = 0
    appearances: set[tuple[int, str]] = field(default_factory=set)


def silent(doing: str, done: int, total: int) -> None:
    """Progress that nobody looks at."""


@asynccontextmanager
async def snapshot(connection: Connection) -> AsyncIterator[None]:
    """Everything read inside is of one moment, whatever is committed meanwhile."""
    async with connection.transaction(isolation="repeatable_read", readonly=True):
        yield


async def games_in_force(connection: Connection) -> dict[str, Game]:
    """Every game of the database, by name."""
    rows = await connection.fetch(IN_FORCE)
    return {
        row["game"]: await game_in_force(connection, load(row["source"], row["game"]), row["version"], row["calendar"])
        for row in rows
    }


async def verify_game(
    connection: Connection, name: str, keep: int = KEPT_DIFFERENCES, progress: Progress = silent
) -> Verdict:
    """Compares all of one game; must run inside a :func:`snapshot`. Raises NotFound for a game that is not there."""
    began_s = time.monotonic()
    games = await games_in_force(connection)
    if name not in games:
        raise NotFound("game", name, sorted(games))
    game, found = games[name], Differences(keep)
    refolded = await _refold(connection, game, progress)
    for sheet in game.definition.sheets.values():
        if sheet.name != "awards":
            progress(f"comparing the sheet {sheet.name}", 0, 0)
            await _compare_sheet(connection, game, sheet, refolded.rows[sheet.name], found)
    await _compare_awards(connection, game, found, progress)
    progress("comparing matches, appearances and players", 0, 0)
    await _compare_matches(connection, game, found)
    await _compare_appearances(connection, game, refolded.appearances, found)
    await _compare_seasons(connection, game, found)
    await _compare_ids(connection, game, found)
    ranks = await verify_ranks(connection, game, found, progress)
    differences = await name_players(connection, game, found.kept)
    seconds = round(time.monotonic() - began_s, 3)
    return Verdict(name, refolded.events, found.rows, found.cells, ranks, seconds, found.count, differences)


async def verify_players(connection: Connection, keep: int = KEPT_DIFFERENCES) -> Verdict:
    """Compares the profiles of all players with the facts about them; must run inside a :func:`snapshot`."""
    began_s = time.monotonic()
    found = Differences(keep)
    facts = await verify_profiles(connection, found)
    differences = await name_players(connection, None, found.kept)
    seconds = round(time.monotonic() - began_s, 3)
    return Verdict("players", facts, found.rows, found.cells, 0, seconds, found.count, differences)


async def _refold(connection: Connection, game: Game, progress: Progress) -> _Refolded:
    total = await connection.fetchval(sql.COUNT_EVENTS, game.name)
    refolded = _Refolded({name: {} for name in game.definition.sheets})
    sheets = game.definition.sheets
    async for happened in history.whole(connection, game):
        event = happened.event
        for name, fold in happened.plan.folds.items():
            windows = game.calendar.names(sheets[name].windows, event.at)
            for rule in fold.rules:
                rule(event, windows, refolded.rows[name], refolded.appearances)
        for earned in happened.plan.earned.values():
            refolded.appearances.update((player, event.match) for player in earned(event))
        if refolded.events % TOLD_EVERY_EVENTS == 0:
            progress("folding the log", refolded.events, total)
        refolded.events += 1
    progress("folding the log", total, total)
    return refolded


async def _compare_sheet(
    connection: Connection, game: Game, sheet: Sheet, rows: dict[RowKey, Row], found: Differences
) -> None:
    writer, cells = SheetWriter.of(game.definition, sheet), Cells.of(sheet)
    formulas = game.plan.formulas[sheet.name]
    where, names = f"{game.name}.{sheet.name}", _key_names(sheet)
    statement = sql.ALL_ROWS.format(table=table(game.name, sheet.name))
    async for stored in connection.cursor(statement, prefetch=PREFETCHED_ROWS):
        key = tuple([stored[name] for name in names])
        row = rows.pop(key, None)
        named = dict(zip(names, key, strict=True))
        if row is None:
            found.extra(where, named)
            continue
        values = cells.values(row)
        found.compare(where, named, stored, {**writer.stored_values(row), **values, **formulas(values)})
    for key in sorted(rows):
        found.missing(where, dict(zip(names, key, strict=True)))


def _key_names(sheet: Sheet) -> tuple[str, ...]:
    return ("window", *(column.name for column in sheet.key))


async def _compare_awards(connection: Connection, game: Game, found: Differences, progress: Progress) -> None:
    """The awards that each player's history gives, and the sheet folded from them."""
    players = [row["player"] for row in await connection.fetch(sql.PLAYERS_OF, game.name)]
    decided: dict[int, dict[str, Award]] = {}
    for start in range(0, len(players), PLAYERS_DECIDED_AT_ONCE):
        progress("deciding awards", start, len(players))
        some = players[start : start + PLAYERS_DECIDED_AT_ONCE]
        decided.update(await decide_awards(connection, game, some))
    expected = {
        (player, name): {"at": award.at, "event": award.event, "match": award.match}
        for player, mine in decided.items()
        for name, award in mine.items()
    }
    await _compare_rows(connection, found, "awards", ("player", "achievement"), expected, sql.ALL_AWARDS, game.name)
    sheet = game.definition.sheets.get("awards")
    if sheet is not None:
        await _compare_sheet(connection, game, sheet, fold_all_awards(game, decided), found)


async def _compare_matches(connection: Connection, game: Game, found: Differences) -> None:
    rows = await connection.fetch(sql.MATCHES_OF_LOG, game.name, sorted(game.definition.ended_by))
    columns = ("first_at", "last_at", "events", "ended_at")
    expected = {(row["match"],): {name: row[name] for name in columns} for row in rows}
    await _compare_rows(connection, found, "matches", ("match",), expected, sql.ALL_MATCHES, game.name)


async def _compare_appearances(
    connection: Connection, game: Game, expected: set[tuple[int, str]], found: Differences
) -> None:
    stored = {
        (row["player"], row["match"])
        async for row in connection.cursor(sql.ALL_APPEARANCES, game.name, prefetch=PREFETCHED_ROWS)
    }
    found.compare_sets("appearances", ("player", "match"), stored, expected)
    players = {(player,) for player, _ in expected}
    rows = await connection.fetch(sql.PLAYERS_THERE, [player for (player,) in players])
    found.compare_sets("players", ("player",), {(row["player"],) for row in rows}, players)


async def _compare_seasons(connection: Connection, game: Game, found: Differences) -> None:
    """Each season as the last fact about it says."""
    expected: dict[tuple[Any, ...], dict[str, Any]] = {}
    for row in await connection.fetch(sql.FACTS, game.name, SEASON_FACT):
        body = msgspec.json.decode(row["body"])
        expected[(body.pop("name"),)] = body
    await _compare_rows(connection, found, "seasons", ("name",), expected, sql.ALL_SEASONS, game.name)


async def _compare_ids(connection: Connection, game: Game, found: Differences) -> None:
    """Every event stands in the log once, and its id is remembered."""
    for row in await connection.fetch(sql.EVENTS_AMISS, game.name, found.keep):
        stored = {"events": row["events"], "remembered": row["remembered"]}
        found.compare("events", {"id": row["id"]}, stored, {"events": 1, "remembered": True})


async def _compare_rows(
    connection: Connection,
    found: Differences,
    where: str,
    names: tuple[str, ...],
    expected: dict[tuple[Any, ...], dict[str, Any]],
    statement: str,
    *arguments: Any,
) -> None:
    """Rows of a fixed table against those expected, which are used up."""
    async for stored in connection.cursor(statement, *arguments, prefetch=PREFETCHED_ROWS):
        key = tuple([stored[name] for name in names])
        named: Mapping[str, Any] = dict(zip(names, key, strict=True))
        wanted = expected.pop(key, None)
        if wanted is None:
            found.extra(where, named)
        else:
            found.compare(where, named, stored, wanted)
    for key in sorted(expected):
        found.missing(where, dict(zip(names, key, strict=True)))

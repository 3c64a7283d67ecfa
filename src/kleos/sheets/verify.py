"""Is the database what its log makes of it? Everything is folded anew by DuckDB, and compared there cell by cell.

Reads one snapshot, so that it may run beside a server that takes events. Compared are every column of every sheet, seen
and hidden, formulas included; awards and the sheet made of them; matches, appearances, seasons, corrections with all
that they void, merge and hide, and that every player who should be there is; for a sample, the ranks that SQL gives
with those of an index in memory. Archived events count like all others: their files are checked before they are read.

Rows and awards that wait for the job that refolds them are left out, and counted.
"""

import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

import msgspec

from kleos.boards.verify import verify_ranks
from kleos.core.errors import NotFound
from kleos.engine import catalog
from kleos.engine.game import Game
from kleos.engine.seasons import SEASON_FACT
from kleos.moderation.verify import verify_corrections
from kleos.moderation.verify_merged import verify_merged_matches
from kleos.players.verify import name_players, verify_profiles
from kleos.replay.session import create_views, in_thread, open_session
from kleos.sheets import sql
from kleos.sheets.compare import Comparison
from kleos.sheets.differences import Difference, Differences
from kleos.sheets.folding import MEMORY_MB, read_log, spare_threads
from kleos.sheets.postponed import waiting
from kleos.sheets.replayed import Replayed
from kleos.store.pool import Connection
from kleos.telemetry.progress import Progress, silent

KEPT_DIFFERENCES: Final = 50
_EVERYTHING: Final = 2**63 - 1


class Verdict(msgspec.Struct, frozen=True):
    """``differences`` are the first few of the ``different`` ones. The name of the profiles' part is "players". Of a
    sample the numbers are those of what was looked at. ``waiting`` are the rows, and players with their awards, that
    wait for their refold and are not compared."""

    name: str
    events: int
    rows: int
    cells: int
    ranks: int
    seconds: float
    different: int
    differences: list[Difference]
    is_sample: bool = False
    waiting: int = 0


@asynccontextmanager
async def snapshot(connection: Connection) -> AsyncIterator[None]:
    """Everything read inside is of one moment, whatever is committed meanwhile."""
    async with connection.transaction(isolation="repeatable_read", readonly=True):
        yield


async def verify_game(
    connection: Connection, name: str, keep: int = KEPT_DIFFERENCES, progress: Progress = silent
) -> Verdict:
    """Compares all of one game; must run inside a :func:`snapshot`.

    Raises NotFound for a game that is not there, DefinitionError where its definition is no longer taken,
    ArchiveDamaged, naming the file, where one of its log's files is not what was written.
    """
    began_s = time.monotonic()
    game, found = await game_to_verify(connection, name), Differences(keep)
    progress("comparing seasons and corrections", 0, 0)
    await compare_facts(connection, game, found)
    await verify_merged_matches(connection, game, found)
    left = await waiting(connection, game)
    with tempfile.TemporaryDirectory(prefix="kleos-verify-") as scratch:
        folder = Path(scratch)
        with open_session(folder, threads=spare_threads(), memory_mb=MEMORY_MB) as duck:
            sources = await read_log(connection, duck, game, _EVERYTHING, folder, progress)
            await in_thread(duck, create_views, game.definition, sources)
            replayed = Replayed(game, sources, Comparison(connection, duck, folder, found), progress, left)
            events = await replayed.compare()
    ranks = await verify_ranks(connection, game, found, progress)
    differences = await name_players(connection, game, found.kept)
    seconds = round(time.monotonic() - began_s, 3)
    return Verdict(name, events, found.rows, found.cells, ranks, seconds, found.count, differences, waiting=left.count)


async def game_to_verify(connection: Connection, name: str) -> Game:
    game = await catalog.read_game(connection, name)
    if game is None:
        raise NotFound("game", name, await catalog.names(connection))
    return game


async def compare_facts(connection: Connection, game: Game, found: Differences) -> None:
    """Seasons and corrections: to be compared first, since the rest follows from them."""
    await _compare_seasons(connection, game, found)
    await verify_corrections(connection, game, found)


async def verify_players(connection: Connection, keep: int = KEPT_DIFFERENCES) -> Verdict:
    """Compares the profiles of all players with the facts about them; must run inside a :func:`snapshot`."""
    began_s = time.monotonic()
    found = Differences(keep)
    facts = await verify_profiles(connection, found)
    differences = await name_players(connection, None, found.kept)
    seconds = round(time.monotonic() - began_s, 3)
    return Verdict("players", facts, found.rows, found.cells, 0, seconds, found.count, differences)


async def _compare_seasons(connection: Connection, game: Game, found: Differences) -> None:
    """Each season as the last fact about it says."""
    expected: dict[str, dict[str, Any]] = {}
    for row in await connection.fetch(sql.FACTS, game.name, SEASON_FACT):
        body = msgspec.json.decode(row["body"])
        expected[body.pop("name")] = body
    for stored in await connection.fetch(sql.ALL_SEASONS, game.name):
        wanted = expected.pop(stored["name"], None)
        if wanted is None:
            found.extra("seasons", {"name": stored["name"]})
        else:
            found.compare("seasons", {"name": stored["name"]}, stored, wanted)
    for name in sorted(expected):
        found.missing("seasons", {"name": name})

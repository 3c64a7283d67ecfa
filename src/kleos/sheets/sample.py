"""A part of a game, compared: players drawn by chance, with all their rows and awards, folded anew in Python.

Costs what those players have played, whatever the size of the game, and no more rows or seconds than are given; so a
little of every game can be looked at each night. Compared are the rows of sheets that a player or a match owns, awards,
seasons and corrections, and the ranks of boards that are small enough.
"""

import random
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from kleos.boards.verify import verify_ranks
from kleos.core.cells import Cells, Row, RowKey
from kleos.core.completion import Happened
from kleos.core.definition.model import Sheet
from kleos.engine.game import Game
from kleos.log import history
from kleos.players.verify import name_players
from kleos.sheets import sql
from kleos.sheets.differences import Differences
from kleos.sheets.layout import quoted, table
from kleos.sheets.merge import SheetWriter
from kleos.sheets.postponed import Waiting, waiting
from kleos.sheets.refold import decide_awards, fold_all_awards
from kleos.sheets.verify import Verdict, compare_facts, game_to_verify
from kleos.sheets.write import find_owner, fold_history, row_key
from kleos.store.pool import Connection
from kleos.telemetry.progress import Progress, silent

PLAYERS_AT_ONCE: Final = 20
MATCHES_AT_ONCE: Final = 50
AWARDS: Final = "awards"


@dataclass(frozen=True, slots=True)
class Bounds:
    """Where a sample ends: after so many rows, or seconds, whichever comes first."""

    rows: int
    within_s: float


async def verify_sample(
    connection: Connection, name: str, bounds: Bounds, keep: int, rng: random.Random, progress: Progress = silent
) -> Verdict:
    """Must run inside a :func:`kleos.sheets.verify.snapshot`. Raises as `verify_game` does."""
    began_s = time.monotonic()
    game, found = await game_to_verify(connection, name), Differences(keep)
    await compare_facts(connection, game, found)
    sample = _Sample(connection, game, found, await waiting(connection, game))
    players = _Drawn(rng, *await _extent(connection, game))
    while found.rows < bounds.rows and time.monotonic() < began_s + bounds.within_s:
        some = await players.more(connection, game)
        if not some:
            break
        progress("comparing players drawn by chance", min(found.rows, bounds.rows), bounds.rows)
        await sample.compare_players(some)
        await sample.compare_matches(some, rng)
    small = await _small_boards(connection, game, bounds.rows)
    ranks = await verify_ranks(connection, game, found, progress, small)
    differences = await name_players(connection, game, found.kept)
    seconds = round(time.monotonic() - began_s, 3)
    numbers = (len(sample.events), found.rows, found.cells, ranks, seconds, found.count)
    return Verdict(name, *numbers, differences, True, sample.waiting.count)


async def _extent(connection: Connection, game: Game) -> tuple[int, int]:
    (row,) = await connection.fetch(sql.PLAYERS_EXTENT, game.name)
    return row["first"] or 0, row["last"] or 0


async def _small_boards(connection: Connection, game: Game, rows: int) -> list[str]:
    """Those of whose sheets the database thinks that they have no more rows."""
    return [
        board.name
        for board in game.definition.boards.values()
        if await connection.fetchval(sql.ROWS_ABOUT, table(game.name, board.sheet)) <= rows
    ]


@dataclass(slots=True)
class _Drawn:
    """Players of a game in an order of chance, each once."""

    rng: random.Random
    first: int
    last: int
    seen: set[int] = field(default_factory=set)
    misses: int = 0

    async def more(self, connection: Connection, game: Game) -> list[int]:
        """A few; none where so many draws found nobody new that most have been seen."""
        while self.misses < 5:
            starts = [self.rng.randint(self.first, self.last) for _ in range(PLAYERS_AT_ONCE)]
            rows = await connection.fetch(sql.PLAYERS_FROM, game.name, starts)
            new = sorted({row["player"] for row in rows} - self.seen)
            if new:
                self.seen.update(new)
                self.misses = 0
                return new
            self.misses += 1
        return []


@dataclass(frozen=True, slots=True)
class _Sample:
    connection: Connection
    game: Game
    found: Differences
    waiting: Waiting
    events: set[str] = field(default_factory=set)

    async def compare_players(self, players: Sequence[int]) -> None:
        histories = await history.of_players(self.connection, self.game, players, self.game.plan.events)
        self.events.update(one.event.id for events in histories.values() for one in events)
        for sheet in self._owned_by("player"):
            await self._compare(sheet, histories)
        await self._compare_awards(players)

    async def compare_matches(self, players: Sequence[int], rng: random.Random) -> None:
        """Some of the matches in which these players appear."""
        sheets = self._owned_by("match")
        if not sheets:
            return
        rows = await self.connection.fetch(sql.MATCHES_OF, self.game.name, players, MATCHES_AT_ONCE * 10)
        known = [row["match"] for row in rows]
        matches = rng.sample(known, min(len(known), MATCHES_AT_ONCE))
        histories = await history.of_matches(self.connection, self.game, matches, self.game.plan.events)
        self.events.update(one.event.id for events in histories.values() for one in events)
        for sheet in sheets:
            await self._compare(sheet, histories)

    def _owned_by(self, kind: str) -> list[Sheet]:
        sheets = [sheet for sheet in self.game.definition.sheets.values() if sheet.name != AWARDS]
        return [sheet for sheet in sheets if _kind_of_owner(sheet) == kind]

    async def _compare(self, sheet: Sheet, histories: Mapping[Any, Sequence[Happened]]) -> None:
        """The rows that these owners have."""
        place = find_owner(sheet) or 0
        expected: dict[RowKey, Row] = {}
        for owner, events in histories.items():
            folded = fold_history(self.game, sheet, events)
            expected |= {key: row for key, row in folded.items() if key[place] == owner}
        await self._compare_rows(sheet, sheet.key[place - 1].name, list(histories), expected)

    async def _compare_awards(self, players: Sequence[int]) -> None:
        game, found = self.game, self.found
        players = [player for player in players if player not in self.waiting.players]
        decided = await decide_awards(self.connection, game, players)
        wanted = {(player, name): award for player, mine in decided.items() for name, award in mine.items()}
        for row in await self.connection.fetch(sql.AWARDS_AMONG, game.name, players):
            key = {"player": row["player"], "achievement": row["achievement"]}
            award = wanted.pop((row["player"], row["achievement"]), None)
            if award is None:
                found.extra(AWARDS, key)
            else:
                found.compare(AWARDS, key, row, {"at": award.at, "event": award.event, "match": award.match})
        for player, name in sorted(wanted):
            found.missing(AWARDS, {"player": player, "achievement": name})
        if AWARDS in game.definition.sheets:
            sheet = game.definition.sheets[AWARDS]
            await self._compare_rows(sheet, sheet.key[0].name, players, fold_all_awards(game, decided))

    async def _compare_rows(
        self, sheet: Sheet, owner: str, owners: Sequence[Any], expected: Mapping[RowKey, Row]
    ) -> None:
        game, found, left = self.game, self.found, dict(expected)
        writer, cells, formulas = (
            SheetWriter.of(game.definition, sheet),
            Cells.of(sheet),
            game.plan.formulas[sheet.name],
        )
        names = ("window", *(column.name for column in sheet.key))
        statement = sql.ROWS_OF_OWNERS.format(table=table(game.name, sheet.name), owner=quoted(owner))
        called = f"{game.name}.{sheet.name}"
        for stored in await self.connection.fetch(statement, owners):
            key = row_key(sheet, stored)
            shown = dict(zip(names, key, strict=True))
            row = left.pop(key, None)
            if self.waiting.includes(sheet.name, key):
                continue
            if row is None:
                found.extra(called, shown)
            else:
                values = cells.values(row)
                found.compare(called, shown, stored, {**writer.stored_values(row), **values, **formulas(values)})
        for key in left:
            if not self.waiting.includes(sheet.name, key):
                found.missing(called, dict(zip(names, key, strict=True)))


def _kind_of_owner(sheet: Sheet) -> str | None:
    """Whether a row belongs to a player or to a match; None where it belongs to nobody."""
    place = find_owner(sheet)
    if place is None:
        return None
    return "player" if sheet.key[place - 1].type.kind == "player" else "match"

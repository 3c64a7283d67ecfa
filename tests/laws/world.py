"""What a game has come to, in the words of the game: rows, awards and ranks by external ids, without versions."""

import itertools
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from kleos.boards import sql as boards_sql
from kleos.boards.compiled import CompiledBoard, Partition
from kleos.core.cells import Cells, Row, RowKey
from kleos.core.completion import Award
from kleos.core.definition.model import WINDOW_KINDS, Sheet
from kleos.core.windows import Window, from_datetime, to_datetime
from kleos.engine.engine import Engine
from kleos.engine.game import Game
from kleos.engine.receipts import Receipt
from kleos.sheets.layout import table
from kleos.sheets.refold import decide_awards, fold_all_awards, fold_log

LAW_TWO: Final = (Path(__file__).parent / "law_two.toml").read_text("utf-8")
DAY_US: Final = 86_400_000_000

ATTRIBUTES: Final = {"region": ["eu", "us"], "clan": ["red"]}

Fact = dict[str, Any]
Rows = dict[tuple[Any, ...], dict[str, Any]]


def moment(text: str) -> int:
    return from_datetime(datetime.fromisoformat(text))


NOW: Final = moment("2018-11-05T12:00:00+00:00")
"""A Monday, the day after the clocks of São Paulo went from 23:59:59 to 01:00:00."""


@dataclass(slots=True)
class Clock:
    at: int

    def __call__(self) -> int:
        return self.at


@dataclass(slots=True)
class State:
    """All that the laws say is a function of the facts."""

    sheets: dict[str, Rows]
    awards: dict[tuple[str, str], tuple[int, str, str]]
    ranks: dict[tuple[Any, ...], list[tuple[Any, ...]]] = field(default_factory=dict)


@dataclass(slots=True)
class World:
    engine: Engine
    clock: Clock
    made: int = 0

    async def new_game(self, source: str = LAW_TWO) -> str:
        self.made += 1
        name = f"game_{self.made}"
        await self.engine.put_definition(name, source)
        return name

    async def send(self, game: str, facts: Sequence[Fact], effects: bool = False, lines: bool = False) -> Receipt:
        if lines:
            body = "\n".join(json.dumps(fact) for fact in facts)
            return await self.engine.ingest_body(game, body.encode(), "application/x-ndjson", effects)
        return await self.engine.ingest_body(game, json.dumps(facts).encode(), "application/json", effects)

    async def state(self, name: str) -> State:
        """Rows and awards as the database has them."""
        game = self.engine.game(name)
        ids = await self.ids(game)
        sheets = {sheet.name: await self._rows(game, sheet, ids) for sheet in game.definition.sheets.values()}
        found = await self.engine.pool.fetch("SELECT * FROM kleos.awards WHERE game = $1", name)
        awards = {(ids[row["player"]], row["achievement"]): (row["at"], row["event"], row["match"]) for row in found}
        return State(sheets, awards)

    async def ids(self, game: Game) -> dict[int, str]:
        statement = "SELECT player, id FROM kleos.identities WHERE namespace = $1"
        return {row["player"]: row["id"] for row in await self.engine.pool.fetch(statement, game.namespace)}

    async def _rows(self, game: Game, sheet: Sheet, ids: Mapping[int, str]) -> Rows:
        players = {name for name, kind in _kinds(sheet).items() if kind == "player"}
        rows: Rows = {}
        for row in await self.engine.pool.fetch(f"SELECT * FROM {table(game.name, sheet.name)} WHERE present"):
            values = {
                name: ids[value] if name in players and value is not None else value
                for name, value in row.items()
                if name not in ("version", "present")
            }
            rows[tuple(values[name] for name in ("window", *(column.name for column in sheet.key)))] = values
        return rows

    async def stored_awards(self, name: str) -> dict[tuple[int, str], Award]:
        """By player's number and achievement."""
        found = await self.engine.pool.fetch("SELECT * FROM kleos.awards WHERE game = $1", name)
        return {(row["player"], row["achievement"]): Award(row["at"], row["event"], row["match"]) for row in found}

    async def folded_awards(self, name: str) -> dict[tuple[int, str], Award]:
        statement = "SELECT DISTINCT player FROM kleos.appearances WHERE game = $1"
        players = [row["player"] for row in await self.engine.pool.fetch(statement, name)]
        async with self.engine.pool.acquire() as connection:
            decided = await decide_awards(connection, self.engine.game(name), players)
        return {(player, award): date for player, mine in decided.items() for award, date in mine.items()}

    async def folded(self, name: str) -> State:
        """Rows and awards as the log makes them, folded in Python."""
        game = self.engine.game(name)
        ids = await self.ids(game)
        async with self.engine.pool.acquire() as connection, connection.transaction():
            names = [sheet for sheet in game.definition.sheets if sheet != "awards"]
            folded = await fold_log(connection, game, names)
            decided = await decide_awards(connection, game, list(ids))
        folded["awards"] = fold_all_awards(game, decided)
        sheets = {
            sheet.name: named_rows(game, sheet, folded[sheet.name], ids) for sheet in game.definition.sheets.values()
        }
        return State(sheets, _named_awards(decided, ids))

    async def ranks_in_memory(self, name: str, state: State) -> dict[tuple[Any, ...], list[tuple[Any, ...]]]:
        """Every board, as callers are answered: open windows from the rank indexes, once these are warm."""
        game = self.engine.game(name)
        await self.engine.rankings.ready(game, self._open_kinds(game))
        ranks = {}
        for board, window, partition in self.places(game, state):
            given = {
                key: str(value).lower() if isinstance(value, bool) else str(value)
                for key, value in partition.as_given().items()
            }
            page = await self.engine.standings.page(game, board.board.name, window.name, given, 0, 1000)
            assert page.total == len(page.entries)
            ranks[(board.board.name, window.name, partition)] = [
                (line.rank, line.player, *line.values.values(), line.since) for line in page.entries
            ]
        return ranks

    async def ranks_in_sql(
        self, name: str, state: State, of_attributes: bool = False
    ) -> dict[tuple[Any, ...], list[tuple[Any, ...]]]:
        """Every board, or only what is parted by what the players' profiles say, from the rows alone."""
        game = self.engine.game(name)
        ranks = {}
        for board, window, partition in self.places(game, state):
            if of_attributes and not ATTRIBUTES.keys() & set(partition.names):
                continue
            closed = window.end is not None and window.end <= self.clock()
            statement = boards_sql.page(boards_sql.Scope(board, window, closed, partition), 0, 1000)
            rows = await self.engine.pool.fetch(statement.text, *statement.arguments)
            width = len(board.by_names)
            ranks[(board.board.name, window.name, partition)] = [
                (row["rank"], row["id"], *(row[f"by_{n}"] for n in range(width)), row["since"])
                for row in rows
                if row["rank"] is not None
            ]
        return ranks

    def _open_kinds(self, game: Game) -> list[str]:
        return [kind for kind in WINDOW_KINDS if game.calendar.window(kind, self.clock()) is not None]

    def places(self, game: Game, state: State) -> list[tuple[CompiledBoard, Window, Partition]]:
        places = []
        for board in game.definition.boards.values():
            compiled = CompiledBoard(game.definition, board)
            rows = state.sheets[board.sheet]
            for window in sorted({key[0] for key in rows}):
                for names in board.partitions:
                    values = [ATTRIBUTES.get(name) or sorted({row[name] for row in rows.values()}) for name in names]
                    meant = game.calendar.named(window, self.clock())
                    chosen = itertools.product(*values)
                    places += [(compiled, meant, Partition(names, values)) for values in chosen]
        return places


def _kinds(sheet: Sheet) -> dict[str, str]:
    """The kind of every visible column."""
    kinds: dict[str, str] = {column.name: column.type.kind for column in sheet.key}
    return kinds | {column.name: column.type.kind for column in sheet.columns.values()}


def named_rows(game: Game, sheet: Sheet, rows: Mapping[RowKey, Row], ids: Mapping[int, str]) -> Rows:
    """Rows under the fold as the database shows them: the same columns, hidden ones too."""
    cells = Cells.of(sheet)
    place = {column.name: n for n, column in enumerate(sheet.key, 1)}
    named: Rows = {}
    for key, row in rows.items():
        values = cells.values(row)
        values |= game.plan.formulas[sheet.name](values)
        values |= _hidden(sheet, cells, row)
        for name, kind in _kinds(sheet).items():
            value = key[place[name]] if name in place else values[name]
            values[name] = ids[value] if kind == "player" and value is not None else value
        values["window"] = key[0]
        named[tuple(values[name] for name in ("window", *place))] = values
    return named


def _hidden(sheet: Sheet, cells: Cells, row: Row) -> dict[str, Any]:
    hidden: dict[str, Any] = {}
    if sheet.is_ordered:
        names = ("ordered_first_at", "ordered_first_id", "ordered_last_at", "ordered_last_id")
        hidden.update(zip(names, row, strict=False))
    for fold in sheet.folds.values():
        if fold.kind == "streak":
            at = cells.at[fold.name]
            parts = ("_length", "_prefix", "", "_best", "_prefix_at", "_since", "_best_since")
            hidden.update((f"{fold.name}{part}", row[at + n]) for n, part in enumerate(parts))
    return hidden


def _named_awards(
    decided: Mapping[int, Mapping[str, Award]], ids: Mapping[int, str]
) -> dict[tuple[str, str], tuple[int, str, str]]:
    return {
        (ids[player], name): (award.at, award.event, award.match)
        for player, mine in decided.items()
        for name, award in mine.items()
    }


def differences(one: Mapping[Any, Any], other: Mapping[Any, Any], trail: tuple[Any, ...] = ()) -> Iterable[str]:
    """Every cell in which two states differ, in words."""
    for key in sorted(one.keys() | other.keys(), key=repr):
        here = (*trail, key)
        mine, theirs = one.get(key, "absent"), other.get(key, "absent")
        if isinstance(mine, Mapping) and isinstance(theirs, Mapping):
            yield from differences(mine, theirs, here)
        elif mine != theirs or type(mine) is not type(theirs):
            yield f"{here}: {mine!r} is not {theirs!r}"


def assert_same(one: State, other: State, what: str) -> None:
    found = [*differences(one.sheets, other.sheets), *differences(one.awards, other.awards)]
    found += differences(one.ranks, other.ranks)
    assert not found, f"{what}: {len(found)} differ\n" + "\n".join(found[:20])


def wire_time(at: int) -> str:
    return to_datetime(at).isoformat()

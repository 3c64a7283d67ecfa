"""What a correction changes, as people look at it before they make it: a bounded list, and totals."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from kleos.core.cells import RowKey
from kleos.core.completion import Award
from kleos.core.definition.model import Sheet
from kleos.engine.game import Game
from kleos.moderation import sql
from kleos.moderation.concern import Concern, players_in
from kleos.moderation.recount import Recounted
from kleos.sheets.layout import key_arrays, quoted, table
from kleos.sheets.write import row_key
from kleos.store.pool import Connection

ROWS_SHOWN: Final = 50
AWARDS_SHOWN: Final = 100

Place = tuple[str, RowKey]
Shown = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class RowEffect:
    """A row of which some visible column is another: each with its value before and after. None of a row that is not
    there. Players are numbers."""

    sheet: str
    key: RowKey
    cells: Mapping[str, tuple[Any, Any]]


@dataclass(frozen=True, slots=True)
class AwardEffect:
    """``before`` and ``after``: when it is dated, in microseconds; None where it is not held."""

    kind: Literal["gained", "lost", "redated"]
    player: int
    achievement: str
    before: int | None
    after: int | None


@dataclass(frozen=True, slots=True)
class GameEffects:
    """``events`` count otherwise, ``refolded`` rows and ``players`` were looked at; the lists hold the first few."""

    game: Game
    events: int
    refolded: int
    players: int
    rows: Sequence[RowEffect]
    awards: Sequence[AwardEffect]
    gained: int
    lost: int
    redated: int

    @property
    def players_shown(self) -> set[int]:
        """The players in what is shown, as keys and as values."""
        sheets = self.game.definition.sheets
        found = {award.player for award in self.awards}
        for row in self.rows:
            sheet = sheets[row.sheet]
            found |= players_in(self.game, row.sheet, {row.key})
            for name, values in row.cells.items():
                if sheet.columns[name].type.kind == "player":
                    found.update(value for value in values if value is not None)
        return found


@dataclass(frozen=True, slots=True)
class Glimpse:
    """The first rows concerned as they were before."""

    game: Game
    keys: Mapping[str, Sequence[RowKey]]
    rows: Mapping[Place, Shown]

    @classmethod
    async def before(cls, connection: Connection, game: Game, concern: Concern) -> "Glimpse":
        room, keys = ROWS_SHOWN, {}
        for sheet in sorted(concern.rows):
            some = sorted(concern.rows[sheet])[:room]
            room -= len(some)
            if some:
                keys[sheet] = some
        return cls(game, keys, await _rows_at(connection, game, keys))

    async def after(self, connection: Connection, recounted: Recounted) -> GameEffects:
        now = await _rows_at(connection, self.game, self.keys)
        rows = []
        for sheet, keys in self.keys.items():
            for key in keys:
                cells = _cells(self.game.definition.sheets[sheet], self.rows.get((sheet, key)), now.get((sheet, key)))
                if cells:
                    rows.append(RowEffect(sheet, key, cells))
        awards = [_award(change, recounted.held[change.player]) for change in recounted.awards]
        kinds = [award.kind for award in awards]
        return GameEffects(
            self.game,
            recounted.concern.events,
            sum(len(keys) for keys in recounted.concern.rows.values()),
            len(recounted.concern.players),
            rows,
            awards[:AWARDS_SHOWN],
            kinds.count("gained"),
            kinds.count("lost"),
            kinds.count("redated"),
        )


def _award(change: Any, held: Mapping[str, Award]) -> AwardEffect:
    before = held.get(change.achievement)
    was = None if before is None else before.at
    if change.kind == "withdrawn":
        return AwardEffect("lost", change.player, change.achievement, was, None)
    kind: Literal["gained", "redated"] = "gained" if before is None else "redated"
    return AwardEffect(kind, change.player, change.achievement, was, change.at)


def _cells(sheet: Sheet, before: Shown | None, after: Shown | None) -> dict[str, tuple[Any, Any]]:
    return {
        name: (was, now)
        for name in sheet.columns
        if (was := before[name] if before else None) != (now := after[name] if after else None)
    }


async def _rows_at(
    connection: Connection, game: Game, keys: Mapping[str, Sequence[RowKey]]
) -> dict[Place, dict[str, Any]]:
    found: dict[Place, dict[str, Any]] = {}
    for name, some in keys.items():
        sheet = game.definition.sheets[name]
        names = ['"window"', *(quoted(column.name) for column in sheet.key)]
        statement = sql.ROWS_AT.format(
            columns=", ".join(f"r.{each}" for each in [*names, *(quoted(column) for column in sheet.columns)]),
            given=", ".join(f"${n}::{array}" for n, array in enumerate(key_arrays(sheet), 1)),
            names=", ".join(names),
            table=table(game.name, name),
            same=" AND ".join(f"r.{each} = asked.{each}" for each in names),
        )
        for row in await connection.fetch(statement, *zip(*some, strict=True)):
            found[name, row_key(sheet, row)] = dict(row)
    return found

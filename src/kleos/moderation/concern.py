"""What a correction is about: the rows, players and awards that feel it, found from the events that it changes."""

from collections.abc import Mapping, Set
from dataclasses import dataclass, field
from typing import Any

from kleos.core.cells import Row, RowKey
from kleos.core.completion import Award, Happened
from kleos.engine.game import Game

Delta = dict[str, dict[RowKey, Row]]


@dataclass(slots=True)
class Concern:
    """``earned``: by player, the achievements that a changed event meets for them; ``earliest``: by player, the first
    changed event that touches a row or an award of theirs. Players are numbers."""

    rows: dict[str, set[RowKey]] = field(default_factory=dict)
    earned: dict[int, set[str]] = field(default_factory=dict)
    earliest: dict[int, Award] = field(default_factory=dict)
    events: int = 0

    @property
    def players(self) -> list[int]:
        return sorted(self.earliest)

    def add(self, game: Game, before: Happened | None, after: Happened | None) -> None:
        """An event that counts otherwise than before; None where it does not count at all."""
        happened = after or before
        if happened is None or (before is not None and after is not None and before.event == after.event):
            return
        self.events += 1
        event = happened.event
        place = Award(event.at, event.id, event.match)
        was, now = _delta(game, before), _delta(game, after)
        for sheet in was.keys() | now.keys():
            mine, theirs = was.get(sheet, {}), now.get(sheet, {})
            changed = {key for key in mine.keys() | theirs.keys() if mine.get(key) != theirs.get(key)}
            self.rows.setdefault(sheet, set()).update(changed)
            self._note(players_in(game, sheet, changed), place)
        met, meets = _earned(before), _earned(after)
        for player in met.keys() | meets.keys():
            names = met.get(player, set()) ^ meets.get(player, set())
            if names:
                self.earned.setdefault(player, set()).update(names)
                self._note({player}, place)

    def _note(self, players: Set[int], place: Award) -> None:
        for player in players:
            self.earliest[player] = min(place, self.earliest.get(player, place))


def players_in(game: Game, sheet: str, keys: Set[RowKey]) -> set[int]:
    """The players in the keys of these rows."""
    places = [n for n, column in enumerate(game.definition.sheets[sheet].key, 1) if column.type.kind == "player"]
    return {key[place] for key in keys for place in places}


def _delta(game: Game, happened: Happened | None) -> Delta:
    rows: Delta = {}
    if happened is not None:
        for name, fold in happened.plan.folds.items():
            windows = game.calendar.names(game.definition.sheets[name].windows, happened.event.at)
            appeared: set[tuple[Any, str]] = set()
            for rule in fold.rules:
                rule(happened.event, windows, rows.setdefault(name, {}), appeared)
    return rows


def _earned(happened: Happened | None) -> Mapping[int, set[str]]:
    found: dict[int, set[str]] = {}
    if happened is not None:
        for name, earned in happened.plan.earned.items():
            for player in earned(happened.event):
                found.setdefault(player, set()).add(name)
    return found

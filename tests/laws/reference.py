"""What a game should have come to, from the facts alone: folded anew in Python for every question, from what a test
knows it has sent and corrected. It knows no database, no batches, no archive and no correction's projection.
"""

import copy
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import msgspec

from kleos.achievements.sheet import fold_awards
from kleos.boards.compiled import CompiledBoard, Partition
from kleos.boards.rankkey import keys_of
from kleos.core.cells import Row, RowKey
from kleos.core.completion import Happened, all_awards
from kleos.core.definition.load import load
from kleos.core.definition.model import Board
from kleos.core.expression import compile_python
from kleos.core.plan import compile_plan
from kleos.core.windows import Calendar, Season, Window
from kleos.engine.game import Game
from kleos.moderation.recount import appearances_of
from kleos.players.profiles import ProfileChange
from kleos.sheets.layout import since_columns
from tests.boards.model import NaiveBoard
from tests.boards.model import Row as Standing
from tests.laws.world import Fact, Rows, State, moment, named_rows

Ranks = dict[tuple[Any, ...], list[tuple[Any, ...]]]
AWARDS: Final = "awards"


class _Itself(dict[Any, Any]):
    """Players are their ids here."""

    def __missing__(self, key: Any) -> Any:
        return key


@dataclass(frozen=True, slots=True)
class Void:
    """``event`` alone, or whole ``matches``."""

    event: str | None = None
    matches: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Ban:
    player: str


@dataclass(frozen=True, slots=True)
class Merge:
    player: str
    into: str


@dataclass(frozen=True, slots=True)
class Accept:
    event: str


Correction = Void | Ban | Merge | Accept


@dataclass(slots=True)
class Reference:
    """``facts`` are those in the log in whatever order, ``doubted`` those that failed a check, ``corrections`` those in
    force. ``accepted``: those of the doubted that were ever let into the log. ``until``: only events up to that moment
    are looked at."""

    game: Game
    facts: dict[str, Fact] = field(default_factory=dict)
    doubted: dict[str, Fact] = field(default_factory=dict)
    corrections: dict[int, Correction] = field(default_factory=dict)
    accepted: set[str] = field(default_factory=set)
    profiles: dict[str, list[tuple[int, str | None, str | None]]] = field(default_factory=dict)
    until: int | None = None

    @classmethod
    def of(cls, name: str, source: str, now: int) -> "Reference":
        definition = load(source, name)
        starts = {each.name: now for each in definition.achievements.values() if each.counts_from == "today"}
        return cls(Game(definition, compile_plan(definition, starts), 1, Calendar(definition.timezone), 1))

    # What happens -----------------------------------------------------------------------------------------------------

    def take(self, facts: Sequence[Fact]) -> None:
        for fact in facts:
            if fact["id"] in self.facts or fact["id"] in self.doubted:
                continue
            plan = self.game.plan.events[fact["type"]]
            into = self.facts if plan.objection(self._decoded(fact)) is None else self.doubted
            into[fact["id"]] = fact

    def define(self, source: str, now: int) -> None:
        """Achievements that counted from some day go on to count from then; others begin now."""
        before = self.game
        if source == before.definition.source:
            return
        definition = load(source, before.name)
        known = before.plan.counts_from
        today = [each.name for each in definition.achievements.values() if each.counts_from == "today"]
        plan = compile_plan(definition, {name: known.get(name, now) for name in today})
        calendar = Calendar(definition.timezone, before.calendar.seasons)
        self.game = Game(definition, plan, before.version + 1, calendar, before.calendar_version)

    def seasons(self, seasons: Sequence[Season]) -> None:
        game = self.game
        calendar = Calendar(game.definition.timezone, seasons)
        self.game = Game(game.definition, game.plan, game.version, calendar, game.calendar_version + 1)

    def profile(self, player: str, change: ProfileChange, at: int) -> None:
        past = self.profiles.setdefault(self.meant(player), [])
        region, clan = past[-1][1:] if past else (None, None)
        if change.region is not msgspec.UNSET:
            region = change.region
        if isinstance(change.attributes, dict) and "clan" in change.attributes:
            clan = change.attributes["clan"]
        past.append((at, region, clan))

    def as_of(self, at: int) -> "Reference":
        """The same, as if only the events up to a moment were there."""
        then = copy.copy(self)
        then.until = at
        return then

    # Who and what counts ----------------------------------------------------------------------------------------------

    def meant(self, player: str) -> str:
        merged = {one.player: one.into for one in self.corrections.values() if isinstance(one, Merge)}
        while player in merged:
            player = merged[player]
        return player

    @property
    def hidden(self) -> set[str]:
        return {one.player for one in self.corrections.values() if isinstance(one, Ban)}

    def events(self) -> list[Happened]:
        """Those that count, in event order, with the players as whom their players count."""
        return self._happened(self._counted())

    def _happened(self, facts: Sequence[Fact]) -> list[Happened]:
        merged = {one.player for one in self.corrections.values() if isinstance(one, Merge)}
        meant = {player: self.meant(player) for player in merged}
        plans = self.game.plan.events
        found = []
        for fact in facts:
            if fact["type"] in plans:
                plan, event = plans[fact["type"]], self._decoded(fact)
                found.append(Happened(plan, plan.renamed(event, meant) if meant else event))
        return sorted(found, key=lambda happened: (happened.event.at, happened.event.id))

    def _counted(self) -> list[Fact]:
        voids = [one for one in self.corrections.values() if isinstance(one, Void)]
        events = {one.event for one in voids}
        matches = {match for one in voids for match in one.matches}
        accepted = [self.doubted[one.event] for one in self.corrections.values() if isinstance(one, Accept)]
        return [
            fact
            for fact in (*self.facts.values(), *accepted)
            if fact["id"] not in events
            and fact.get("match", fact["id"]) not in matches
            and (self.until is None or moment(fact["at"]) <= self.until)
        ]

    def _decoded(self, fact: Fact) -> Any:
        """As the door leaves it: ids, times and matches filled in."""
        wire = self.game.plan.decode_one(msgspec.json.encode(fact))
        self.game.plan.events[fact["type"]].normalise(wire)
        wire.at = moment(fact["at"])
        wire.match = fact.get("match", fact["id"])
        return wire

    def matches_of(self, player: str, since: int, until: int) -> list[str]:
        """Those in which a player has an event, void or not, from one moment up to another."""
        player = self.meant(player)
        logged = [*self.facts.values(), *(self.doubted[id] for id in self.accepted)]
        return sorted(
            {
                happened.event.match
                for happened in self._happened(logged)
                if since <= happened.event.at < until
                and any(who == player for who, _ in appearances_of(self.game, happened))
            }
        )

    # What it comes to -------------------------------------------------------------------------------------------------

    def state(self) -> State:
        game, events = self.game, self.events()
        folded = self._fold(events)
        appeared = self.population(events)
        decided = {player: all_awards(game.plan, game.calendar, player, events) for player in sorted(appeared)}
        folded[AWARDS] = {}
        awards: dict[tuple[str, str], tuple[int, str, str]] = {}
        for player, mine in decided.items():
            folded[AWARDS] |= fold_awards(game, player, mine)
            awards |= {(player, name): (award.at, award.event, award.match) for name, award in mine.items()}
        sheets = {
            sheet.name: named_rows(game, sheet, folded[sheet.name], _Itself())
            for sheet in game.definition.sheets.values()
        }
        return State(sheets, awards)

    def _fold(self, events: Sequence[Happened]) -> dict[str, dict[RowKey, Row]]:
        sheets = self.game.definition.sheets
        rows: dict[str, dict[RowKey, Row]] = {name: {} for name in sheets}
        for happened in events:
            for name, fold in happened.plan.folds.items():
                windows = self.game.calendar.names(sheets[name].windows, happened.event.at)
                for rule in fold.rules:
                    rule(happened.event, windows, rows[name], set())
        return rows

    def population(self, events: Sequence[Happened]) -> set[str]:
        """Everybody who appears in a match."""
        return {who for happened in events for who, _ in appearances_of(self.game, happened)}

    def completed(self, state: State) -> tuple[dict[str, int], int]:
        """By achievement how many hold it, and of how many: those whom nobody sees are left out."""
        hidden, completed = self.hidden, dict[str, int]()
        for player, name in state.awards:
            if player not in hidden:
                completed[name] = completed.get(name, 0) + 1
        return completed, len(self.population(self.events()) - hidden)

    def standings(
        self, rows: Mapping[str, Rows], board: Board, window: Window, partition: Partition, before: int | None
    ) -> list[tuple[Any, ...]]:
        """Rank, player, values and since of everybody on a board; by profiles as they were before a moment, or are."""
        sheet = self.game.definition.sheets[board.sheet]
        compiled = CompiledBoard(self.game.definition, board)
        names = sorted(board.where.names) if board.where is not None else []
        holds = compile_python(board.where, names) if board.where is not None else None
        found = []
        for row in rows[board.sheet].values():
            player = row[compiled.player_name]
            known = {**self._attributes(player, before), **{name: row[name] for name in compiled.key_names}}
            if (
                row["window"] == window.name
                and player not in self.hidden
                and all(known[name] == value for name, value in partition.as_given().items())
                and (holds is None or holds(*(row[name] for name in names)))
            ):
                times = [row[name] for name in since_columns(sheet, board) if row[name] is not None]
                values = tuple(row[name] for name in compiled.by_names)
                found.append(Standing(player, values, max(times, default=None)))
        ranked = NaiveBoard(list(keys_of(board, sheet).columns), board.ties, found)
        return [(entry.rank, entry.placed.id, *entry.placed.values, entry.placed.since) for entry in ranked.entries]

    def _attributes(self, player: str, before: int | None) -> dict[str, str | None]:
        past = [each for each in self.profiles.get(player, ()) if before is None or each[0] < before]
        _, region, clan = past[-1] if past else (0, None, None)
        return {"region": region, "clan": clan}

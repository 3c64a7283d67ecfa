"""What an explanation of a cell looks like to a caller: players by their ids, times as ISO 8601."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

import msgspec

from kleos.core.definition.model import FoldKind
from kleos.core.windows import to_datetime
from kleos.engine.description import decimals_of
from kleos.engine.engine import Engine
from kleos.engine.game import Game
from kleos.log.outward import shown_value
from kleos.matches.opening import kept_from
from kleos.players.directory import Card
from kleos.server.auth.caller import Caller
from kleos.sheets.explain import Behind, Explained, Place, Step


class ContributionShown(msgspec.Struct, kw_only=True):
    """What one fact gave, and the column's value after it.

    ``position`` is the place, from 0, of the element in the rule's `for`; null where the rule has none. ``given`` is
    what a sum adds, 1 for a count, the value for `min`, `max` and `last`, and for a streak whether it went on.
    ``event`` and ``match`` are null where the match is private and not the caller's; ``achievement`` is told only in
    the sheet `awards`.
    """

    event: str | None
    match: str | None
    type: str | None
    at: datetime
    position: int | None
    given: Any
    value: Any
    achievement: str | None = None


class RuleShown(msgspec.Struct, kw_only=True):
    """How an event type feeds the column, in the words of the definition."""

    event: str
    each: str | None = msgspec.field(name="for")
    where: str | None
    fold: str


class CellShown(msgspec.Struct, kw_only=True):
    """A folded column and what is behind it, oldest first. ``deciding`` is what made it the value that it is (`min`,
    `max`, `last`, `streak`). ``next`` is the `offset` of the following page; null on the last.
    """

    column: str
    title: str
    unit: str
    decimals: int
    kind: FoldKind
    value: Any
    rules: list[RuleShown]
    contributions: list[ContributionShown]
    deciding: ContributionShown | None
    next: int | None


class Explanation(msgspec.Struct, kw_only=True):
    """``cells`` is the column itself, or, for a formula, each column that it takes. ``as_of`` is the moment of the past
    that was asked about.
    """

    game: str
    sheet: str
    column: str
    title: str
    unit: str
    decimals: int
    window: str
    key: dict[str, Any]
    names: dict[str, str]
    value: Any
    formula: str | None
    cells: list[CellShown]
    as_of: datetime | None = None


async def shown_explanation(
    engine: Engine, game: Game, place: Place, explained: Explained, caller: Caller, as_of: int | None = None
) -> Explanation:
    matches = {step.match for cell in explained.cells for step in _told(cell)}
    private = await kept_from(engine, game, sorted(matches), caller)
    shower = _Shower(place, await _cards(engine, game, place, explained), private)
    column = place.sheet.columns[place.column]
    key, names = shower.key()
    return Explanation(
        game=game.name,
        sheet=place.sheet.name,
        column=place.column,
        title=column.presentation.title,
        unit=column.presentation.unit,
        decimals=decimals_of(column),
        window=place.window.name,
        key=key,
        names=names,
        value=shower.value(column.type.kind, explained.value),
        formula=column.formula.text if column.formula is not None else None,
        cells=[shower.cell(cell) for cell in explained.cells],
        as_of=None if as_of is None else to_datetime(as_of),
    )


class _Shower:
    """``private`` are the matches that the caller may not see."""

    def __init__(self, place: Place, cards: Mapping[int, Card], private: frozenset[str]) -> None:
        self._place, self._cards, self._private = place, cards, private

    def value(self, kind: str, value: Any) -> Any:
        return shown_value(kind, value, self._cards)

    def key(self) -> tuple[dict[str, Any], dict[str, str]]:
        key, names = {}, {}
        for column, value in zip(self._place.sheet.key, self._place.key, strict=True):
            key[column.name] = self.value(column.type.kind, value)
            if column.type.kind == "player" and value in self._cards:
                names[column.name] = self._cards[value].shown_name
        return key, names

    def cell(self, cell: Behind) -> CellShown:
        column = self._place.sheet.columns[cell.column]
        return CellShown(
            column=cell.column,
            title=column.presentation.title,
            unit=column.presentation.unit,
            decimals=decimals_of(column),
            kind=cell.fold.kind,
            value=self.value(column.type.kind, cell.value),
            rules=self._rules(cell.fold.name),
            contributions=[self._step(cell, one) for one in cell.page],
            deciding=self._step(cell, cell.deciding) if cell.deciding is not None else None,
            next=cell.next,
        )

    def _rules(self, fold: str) -> list[RuleShown]:
        return [
            RuleShown(
                event=rule.selector.event,
                each=rule.selector.each.text if rule.selector.each is not None else None,
                where=rule.selector.where.text if rule.selector.where is not None else None,
                fold=rule.calls[fold].text,
            )
            for rule in self._place.sheet.rules
            if fold in rule.calls
        ]

    def _step(self, cell: Behind, step: Step) -> ContributionShown:
        is_private = step.match in self._private
        kind = "bool" if cell.fold.kind == "streak" else cell.fold.type.kind
        return ContributionShown(
            event=None if is_private else step.event,
            match=None if is_private else step.match,
            type=step.type,
            at=to_datetime(step.at),
            position=step.position,
            given=self.value(kind, step.given),
            value=self.value(cell.fold.type.kind, step.value),
            achievement=step.achievement,
        )


async def _cards(engine: Engine, game: Game, place: Place, explained: Explained) -> dict[int, Card]:
    """Of every player who is a value of the answer."""
    numbers = {
        value
        for column, value in zip(place.sheet.key, place.key, strict=True)
        if column.type.kind == "player" and value is not None
    }
    for cell in explained.cells:
        if cell.fold.type.kind == "player":
            told = [cell.value, *(value for one in _told(cell) for value in (one.given, one.value))]
            numbers.update(value for value in told if value is not None)
    return await engine.directory.by_number(game.namespace, sorted(numbers))


def _told(cell: Behind) -> Iterable[Step]:
    return cell.page if cell.deciding is None else [*cell.page, cell.deciding]

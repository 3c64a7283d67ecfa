"""From an award to the event that earned it, and what else it rests on; or what there is of it so far."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

import msgspec

from kleos.achievements.awards import awards_of, feeding
from kleos.achievements.masked import presented
from kleos.achievements.progress import progress
from kleos.core.completion import Award, Completion, completions_told
from kleos.core.definition.model import Achievement, EventCondition, RowCondition
from kleos.core.windows import to_datetime
from kleos.engine.engine import Engine
from kleos.engine.game import Game
from kleos.log import history
from kleos.log.outward import shown_value
from kleos.matches.opening import kept_from
from kleos.players.directory import Card
from kleos.server.auth.caller import Caller


class ConditionShown(msgspec.Struct, kw_only=True):
    """What has to be met, in the words of the definition: on a row of a sheet, on an event, or granted by hand."""

    kind: Literal["row", "event", "manual"]
    when: str | None = None
    sheet: str | None = None
    window: str | None = None
    event: str | None = None
    each: str | None = msgspec.field(name="for", default=None)
    where: str | None = None


class CompletionShown(msgspec.Struct, kw_only=True):
    """The event that met the achievement's own condition; ``key`` and ``values`` are the row's after it, where the
    condition is on a row. Event and match are null where the match is private and not the caller's."""

    at: datetime
    event: str | None
    match: str | None
    window: str | None
    key: dict[str, Any]
    values: dict[str, Any]


class RequirementShown(msgspec.Struct, kw_only=True):
    """A prerequisite, and when it was earned."""

    achievement: str
    title: str
    earned: bool
    at: datetime | None
    event: str | None
    match: str | None


class AwardExplanation(msgspec.Struct, kw_only=True):
    """``at``, ``event`` and ``match`` are of the event that completed the award: the ``own`` one, or a later one by
    which the last prerequisite was earned. A hidden achievement that is not earned tells nothing but that."""

    game: str
    achievement: str
    title: str
    text: str
    icon: str
    points: int
    hidden: bool
    player: str
    name: str
    earned: bool
    at: datetime | None
    event: str | None
    match: str | None
    condition: ConditionShown | None
    counts_from: datetime | None
    own: CompletionShown | None
    requires: list[RequirementShown]
    progress: float | None
    target: float | None


@dataclass(frozen=True, slots=True)
class _Found:
    """``own`` is the completion of the achievement's own condition; the awards are the player's."""

    awards: Mapping[str, Award]
    own: Completion | None


async def explain_award(
    engine: Engine, game: Game, achievement: Achievement, card: Card, caller: Caller
) -> AwardExplanation:
    found = await _found(engine, game, achievement, card.player)
    award = found.awards.get(achievement.name)
    masked = achievement.hidden and award is None
    far = None if masked else (await progress(engine.pool, game, card.player, engine.now())).get(achievement.name)
    told = [] if masked else [found.awards[name] for name in achievement.requires if name in found.awards]
    told += [each for each in (award, found.own.award if found.own is not None else None) if each is not None]
    private = await kept_from(engine, game, sorted({each.match for each in told}), caller)
    shown = presented(achievement, masked)
    counts_from = game.plan.counts_from.get(achievement.name)
    return AwardExplanation(
        game=game.name,
        achievement=achievement.name,
        title=shown.title,
        text=shown.text,
        icon=shown.icon,
        points=achievement.points,
        hidden=achievement.hidden,
        player=card.id,
        name=card.shown_name,
        earned=award is not None,
        **_event(award, private),
        condition=None if masked else _condition(achievement),
        counts_from=None if masked or counts_from is None else to_datetime(counts_from),
        own=None if masked or found.own is None else await _completion(engine, game, achievement, found.own, private),
        requires=[] if masked else [_requirement(game, name, found.awards, private) for name in achievement.requires],
        progress=far.value if far is not None else None,
        target=far.target if far is not None else None,
    )


async def _found(engine: Engine, game: Game, achievement: Achievement, player: int) -> _Found:
    """Awards and log as of one moment; of an award no event after its own is read."""
    async with engine.pool.acquire() as connection, connection.transaction(isolation="repeatable_read", readonly=True):
        awards = (await awards_of(connection, game, [player]))[player]
        award = awards.get(achievement.name)
        if award is None and not achievement.requires:
            return _Found(awards, None)
        start = game.plan.counts_from.get(achievement.name)
        span = (start, award.at + 1 if award is not None else None)
        histories = await history.of_players(connection, game, [player], feeding(game, achievement.name), span)
        own = completions_told(game.plan, game.calendar, [achievement], player, histories[player])
        return _Found(awards, own.get(achievement.name))


def _event(award: Award | None, private: frozenset[str]) -> dict[str, Any]:
    is_told = award is not None and award.match not in private
    return {
        "at": to_datetime(award.at) if award is not None else None,
        "event": award.event if award is not None and is_told else None,
        "match": award.match if award is not None and is_told else None,
    }


def _condition(achievement: Achievement) -> ConditionShown:
    condition = achievement.condition
    if isinstance(condition, RowCondition):
        return ConditionShown(kind="row", when=condition.when.text, sheet=condition.sheet, window=condition.window)
    if isinstance(condition, EventCondition):
        selector = condition.selector
        return ConditionShown(
            kind="event",
            when=condition.when.text,
            event=selector.event,
            each=selector.each.text if selector.each is not None else None,
            where=selector.where.text if selector.where is not None else None,
        )
    return ConditionShown(kind="manual")


async def _completion(
    engine: Engine, game: Game, achievement: Achievement, own: Completion, private: frozenset[str]
) -> CompletionShown:
    condition = achievement.condition
    if own.row is None or not isinstance(condition, RowCondition):
        return CompletionShown(**_event(own.award, private), window=None, key={}, values={})
    sheet = game.sheet(condition.sheet)
    told = list(zip(((column.name, column.type.kind) for column in sheet.key), own.row[1:], strict=True))
    values = [((name, sheet.columns[name].type.kind), own.values[name]) for name in condition.when.names]
    numbers = {value for (_, kind), value in (*told, *values) if kind == "player" and value is not None}
    cards = await engine.directory.by_number(game.namespace, sorted(numbers))
    return CompletionShown(
        **_event(own.award, private),
        window=own.row[0],
        key={name: shown_value(kind, value, cards) for (name, kind), value in told},
        values={name: shown_value(kind, value, cards) for (name, kind), value in values},
    )


def _requirement(game: Game, name: str, awards: Mapping[str, Award], private: frozenset[str]) -> RequirementShown:
    achievement, award = game.achievement(name), awards.get(name)
    masked = achievement.hidden and award is None
    return RequirementShown(
        achievement=name,
        title=presented(achievement, masked).title,
        earned=award is not None,
        **_event(award, private),
    )

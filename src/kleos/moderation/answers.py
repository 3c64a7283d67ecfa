"""Corrections and what they change, as the API tells them: players by the ids that games know."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final, Literal

import msgspec

from kleos.boards.supposed import Move
from kleos.core.definition.model import Sheet
from kleos.core.windows import iso, to_datetime, to_datetime_or_none
from kleos.moderation.effects import AwardEffect, GameEffects, RowEffect
from kleos.moderation.outcome import Outcome
from kleos.moderation.subjects import Correction, Kind

MOVES_SHOWN: Final = 200
MATCHES_SHOWN: Final = 100
FORGOTTEN: Final = "forgotten"


class SubjectAnswer(msgspec.Struct, kw_only=True, omit_defaults=True, rename={"since": "from", "until": "to"}):
    """What is corrected. `matches` are the first of the `matches_total` that a void of a player's matches is about."""

    event: str | None = None
    match: str | None = None
    player: str | None = None
    into: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    matches: list[str] = []
    matches_total: int = 0
    quarantine: int | None = None


class UndoneAnswer(msgspec.Struct):
    at: datetime
    by: str
    reason: str


class CorrectionAnswer(msgspec.Struct):
    """`game` is null for what is about every game that shares the players: a merge, or a ban from all of them."""

    correction: int
    game: str | None
    kind: Kind
    subject: SubjectAnswer
    actor: str
    reason: str
    at: datetime
    undone: UndoneAnswer | None


class Corrections(msgspec.Struct):
    corrections: list[CorrectionAnswer]
    total: int


class RowAnswer(msgspec.Struct):
    """The cells that change, each `[before, after]`; a row that is not there has null in all of them."""

    sheet: str
    window: str
    key: dict[str, Any]
    cells: dict[str, tuple[Any, Any]]


class AwardMove(msgspec.Struct):
    kind: Literal["gained", "lost", "redated"]
    player: str
    achievement: str
    before: datetime | None
    after: datetime | None


class RankMove(msgspec.Struct):
    """From one rank to another, of players whose own rows change; null is off the board."""

    board: str
    window: str
    partition: dict[str, Any]
    player: str
    before: int | None
    after: int | None


class UntoldRanks(msgspec.Struct):
    board: str
    window: str


class GameEffect(msgspec.Struct, kw_only=True):
    """What changes in one game. The totals count everything, the lists hold the first.

    `events` count otherwise than before, `rows_refolded` rows of `players` players were folded anew for that. Ranks are
    told of boards and windows that are in memory; `ranks_untold` names the open ones that may change and are not.
    """

    game: str
    events: int
    rows_refolded: int
    players: int
    awards_gained: int
    awards_lost: int
    awards_redated: int
    ranks_moved: int
    rows: list[RowAnswer]
    awards: list[AwardMove]
    ranks: list[RankMove]
    ranks_untold: list[UntoldRanks]


class OutcomeAnswer(msgspec.Struct):
    """`correction` is null for a dry run: then nothing has changed."""

    dry_run: bool
    correction: CorrectionAnswer | None
    effects: list[GameEffect]


def outcome_answer(outcome: Outcome) -> OutcomeAnswer:
    ids = outcome.ids
    made = outcome.correction
    told = {effects.game.name: effects for effects in outcome.done.effects}
    effects = [
        _game_effect(
            game.name, told.get(game.name), outcome.moves.get(game.name, ()), outcome.untold.get(game.name, ()), ids
        )
        for game in outcome.done.games
    ]
    return OutcomeAnswer(made is None, None if made is None else correction_answer(made, ids), effects)


def correction_answer(correction: Correction, ids: Mapping[int, str]) -> CorrectionAnswer:
    subject = correction.subject
    undone = None
    if correction.undone_at is not None:
        by, reason = correction.undone_by or "", correction.undone_reason or ""
        undone = UndoneAnswer(to_datetime(correction.undone_at), by, reason)
    return CorrectionAnswer(
        correction.seq,
        correction.game or None,
        correction.kind,
        SubjectAnswer(
            event=subject.event,
            match=subject.match,
            player=_named(subject.player, ids),
            into=_named(subject.into, ids),
            since=to_datetime_or_none(subject.since),
            until=to_datetime_or_none(subject.until),
            matches=subject.matches[:MATCHES_SHOWN],
            matches_total=len(subject.matches),
            quarantine=subject.quarantine,
        ),
        correction.actor,
        correction.reason,
        to_datetime(correction.at),
        undone,
    )


def _game_effect(
    game: str,
    effects: GameEffects | None,
    moves: Sequence[Move],
    untold: Sequence[tuple[str, str]],
    ids: Mapping[int, str],
) -> GameEffect:
    ranks = [
        RankMove(each.board, each.window, dict(each.partition), each.player, each.before, each.after)
        for each in moves[:MOVES_SHOWN]
    ]
    return GameEffect(
        game=game,
        events=effects.events if effects else 0,
        rows_refolded=effects.refolded if effects else 0,
        players=effects.players if effects else 0,
        awards_gained=effects.gained if effects else 0,
        awards_lost=effects.lost if effects else 0,
        awards_redated=effects.redated if effects else 0,
        ranks_moved=len(moves),
        rows=[_row(effects, row, ids) for row in effects.rows] if effects else [],
        awards=[_award(award, ids) for award in effects.awards] if effects else [],
        ranks=ranks,
        ranks_untold=[UntoldRanks(board, window) for board, window in untold],
    )


def _row(effects: GameEffects, row: RowEffect, ids: Mapping[int, str]) -> RowAnswer:
    sheet = effects.game.definition.sheets[row.sheet]
    window, *key = row.key
    kinds = _kinds(sheet)
    return RowAnswer(
        row.sheet,
        window,
        {column.name: _shown(column.type.kind, value, ids) for column, value in zip(sheet.key, key, strict=True)},
        {
            name: (_shown(kinds[name], before, ids), _shown(kinds[name], after, ids))
            for name, (before, after) in row.cells.items()
        },
    )


def _kinds(sheet: Sheet) -> dict[str, str]:
    return {column.name: column.type.kind for column in sheet.columns.values()}


def _shown(kind: str, value: Any, ids: Mapping[int, str]) -> Any:
    if value is None:
        return None
    if kind == "player":
        return _named(value, ids)
    return iso(value) if kind == "time" else value


def _award(award: AwardEffect, ids: Mapping[int, str]) -> AwardMove:
    player = _named(award.player, ids) or ""
    return AwardMove(
        award.kind, player, award.achievement, to_datetime_or_none(award.before), to_datetime_or_none(award.after)
    )


def _named(player: int | None, ids: Mapping[int, str]) -> str | None:
    return None if player is None else ids.get(player, f"{FORGOTTEN}-{player}")

"""What the routes of boards do where a moment of the past is asked for."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Final, Literal

import msgspec
from litestar.params import QueryParameter

from kleos.boards import answers
from kleos.boards.compiled import CompiledBoard
from kleos.boards.past import PastQuestion
from kleos.boards.rank_history import MOST_DAYS, Stood, days_between, rank_history
from kleos.core.definition.model import WINDOW_KINDS
from kleos.core.errors import BadInput
from kleos.core.moments import past_moment
from kleos.core.windows import Window, iso, to_datetime, to_datetime_or_none
from kleos.engine.engine import Engine
from kleos.engine.game import Game
from kleos.players.asked import card_asked

USUAL_DAYS: Final = 30

From = Annotated[
    str | None, QueryParameter(name="from", description="The first day; by default 30 days, `to` the last of them.")
]
To = Annotated[str | None, QueryParameter(name="to", description="The last day; by default today.")]
Every = Annotated[Literal["day"], QueryParameter(description="One point for each.")]


class PointShown(msgspec.Struct, kw_only=True):
    """``as_of`` is the last moment that counts: the day's end, or now. Without a standing `rank` and `value` are null;
    `window` is null where no season was open."""

    day: str
    as_of: datetime
    window: str | None
    rank: int | None
    value: Any
    values: dict[str, Any]
    since: datetime | None
    total: int


class RankHistory(msgspec.Struct, kw_only=True):
    """Oldest first: what `as_of` gives at the end of each day."""

    game: str
    board: str
    player: str
    name: str
    partition: dict[str, Any]
    points: list[PointShown]


def past_question(
    engine: Engine, game: Game, board: str, window: str, partition: Mapping[str, str], as_of: str
) -> PastQuestion:
    """Windows are those that hold the moment. Raises BadInput for what is no moment of the past."""
    compiled = engine.standings.compiled(game, board)
    at = past_moment(as_of, game.calendar, engine.now())
    return PastQuestion(compiled, _window(game, compiled, window, at), compiled.partition(partition), at)


async def history_asked(
    engine: Engine,
    game: Game,
    board: str,
    window: str,
    partition: Mapping[str, str],
    player: str,
    first: str | None,
    last: str | None,
) -> RankHistory:
    card = await card_asked(engine, game, player)
    compiled = engine.standings.compiled(game, board)
    part = compiled.partition(partition)
    now = engine.now()
    until = _day(game, last, now, "to")
    since = _day(game, first, now, "from") if first is not None else _days_before(game, until, USUAL_DAYS - 1)
    days = days_between(game.calendar, since, until, now)
    windows = [_window_if_any(game, compiled, window, as_of) for _, as_of in days]
    stood = await rank_history(engine.past, engine.directory, game, compiled, part, windows, days, card)
    return RankHistory(
        game=game.name,
        board=board,
        player=card.id,
        name=card.shown_name,
        partition=part.as_given(),
        points=[_point(compiled, each) for each in stood],
    )


def _window(game: Game, board: CompiledBoard, window: str, at: int) -> Window:
    meant = game.calendar.named(window, at)
    if meant.kind not in board.sheet.windows:
        raise answers.no_window(board, window)
    return meant


def _window_if_any(game: Game, board: CompiledBoard, window: str, at: int) -> Window | None:
    """None for the season of a day on which none was open."""
    if window == "season" and "season" in board.sheet.windows:
        return game.calendar.window("season", at)
    return _window(game, board, window, at)


def _day(game: Game, text: str | None, now: int, where: str) -> Window:
    day = game.calendar.named("day" if text is None else text, now) if text not in WINDOW_KINDS else None
    if day is None or day.kind != "day":
        raise BadInput(f"{text!r} is no day; write one such as 2026-03-01, at most {MOST_DAYS} of them", where)
    return day


def _days_before(game: Game, day: Window, count: int) -> Window:
    for _ in range(count):
        before = game.calendar.window("day", (day.start or 0) - 1)
        assert before is not None, "every moment has a day"
        day = before
    return day


def _point(board: CompiledBoard, stood: Stood) -> PointShown:
    values = {
        name: iso(int(value)) if name in board.time_names and value is not None else value
        for name, value in zip(board.by_names, stood.values, strict=bool(stood.values))
    }
    return PointShown(
        day=stood.day,
        as_of=to_datetime(stood.as_of),
        window=stood.window.name if stood.window is not None else None,
        rank=stood.rank,
        value=values.get(board.by_names[0]),
        values=values,
        since=to_datetime_or_none(stood.since),
        total=stood.total,
    )

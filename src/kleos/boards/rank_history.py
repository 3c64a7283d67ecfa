"""Where a player stood at the end of each of many days: what `as_of` gives for each, from one pass over the log."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from kleos.boards import past_sql
from kleos.boards.compiled import CompiledBoard, Partition
from kleos.boards.past import Past, PastQuestion, Point
from kleos.boards.rankkey import Value
from kleos.core.errors import BadInput
from kleos.core.windows import Calendar, Window
from kleos.engine.game import Game
from kleos.players.directory import Card, Directory
from kleos.replay.past import Extent, Span, fetched, fold_spans, narrowed
from kleos.replay.session import in_thread

MOST_DAYS: Final = 366


@dataclass(frozen=True, slots=True)
class Stood:
    """One day's end. ``as_of`` is the last moment that counts; ``window`` None where no season was open. Without a
    standing ``rank`` is None."""

    day: str
    as_of: int
    window: Window | None
    rank: int | None = None
    values: tuple[Value, ...] = ()
    since: int | None = None
    total: int = 0


def days_between(calendar: Calendar, first: Window, last: Window, now: int) -> list[tuple[str, int]]:
    """Each day with its last moment, or with now where it has not ended. Raises BadInput for too many or none."""
    if first.start is None or last.start is None or first.start > last.start:
        raise BadInput("it is later than `to`", "from")
    days = []
    at = first.start
    while at <= min(last.start, now):
        day = calendar.window("day", at)
        assert day is not None
        assert day.end is not None
        days.append((day.name, min(day.end - 1, now)))
        at = day.end
        if len(days) > MOST_DAYS:
            raise BadInput(f"at most {MOST_DAYS} days at once", "from")
    if not days:
        raise BadInput("it lies in the future", "from")
    return days


async def rank_history(
    past: Past,
    directory: Directory,
    game: Game,
    board: CompiledBoard,
    partition: Partition,
    windows: Sequence[Window | None],
    days: Sequence[tuple[str, int]],
    card: Card,
) -> list[Stood]:
    """``windows``: of each day, the one whose standings are asked for."""
    stood = [Stood(day, as_of, window) for (day, as_of), window in zip(days, windows, strict=True)]
    questions = {
        place: PastQuestion(board, each.window, partition, each.as_of)
        for place, each in enumerate(stood)
        if each.window is not None
    }
    questions = {place: each for place, each in questions.items() if not _is_empty(each.span)}
    for place, point in (await _points(past, game, questions, card.player)).items():
        if point:
            stood[place] = await _stood(directory, game, board, stood[place], point, card)
    return stood


async def _points(past: Past, game: Game, questions: Mapping[int, PastQuestion], player: int) -> dict[int, Point]:
    """Where a player stood, by the place of the day. Days that have ended are folded once, and kept: no later event
    changes them."""
    abouts = {place: past.about(game, each, each.span.until - 1, player) for place, each in questions.items()}

    def known() -> dict[int, Point]:
        points = {place: past.points.get(about) for place, about in abouts.items()}
        return {place: point for place, point in points.items() if point is not None}

    points = known()
    if len(points) == len(questions):
        return points
    async with past.one_history_at_a_time:
        points = known()  # who asked before may have found the same
        missing = {place: each for place, each in questions.items() if place not in points}
        if missing:
            with past.points.watching(game.name) as keep:
                points |= await _folded(past, game, missing, player)
                for place in missing:
                    keep(abouts[place], points[place])
    return points


async def _folded(past: Past, game: Game, questions: Mapping[int, PastQuestion], player: int) -> dict[int, Point]:
    """All of them in one pass over the log."""
    question = next(iter(questions.values()))
    board, partition = question.board, question.partition
    spans = [replace(each.span, name=str(place)) for place, each in questions.items()]
    where = board.board.where
    sheet = narrowed(board.sheet, {*board.by_names, *(where.names if where is not None else ())})
    async with past.opened(game, question, Extent.of(spans)) as duck:
        rows = await in_thread(duck, fold_spans, game, sheet, spans)
        moment = None
        if question.attributes:
            named = ", ".join(f"('{span.name}', {span.until})" for span in spans)
            duck.execute(f'CREATE TABLE replay.moments AS SELECT * FROM (VALUES {named}) AS v("window", until)')
            moment = '(SELECT v.until FROM replay.moments v WHERE v."window" = r."window")'
        standings = past_sql.standings(board, partition, rows, moment)
        found = await in_thread(duck, fetched, past_sql.course(board, standings, player))
    points: dict[int, Point] = {int(row["window"]): row for row in found.to_pylist()}
    return {place: points.get(place, {}) for place in questions}


def _is_empty(span: Span) -> bool:
    return span.start is not None and span.start >= span.until


async def _stood(directory: Directory, game: Game, board: CompiledBoard, day: Stood, row: Point, card: Card) -> Stood:
    if row["player"] is None:
        return replace(day, total=row["total"])
    level = 0
    if row["level"] and len(row["level"]) > 1:
        cards = await directory.by_number(game.namespace, row["level"])
        level = sum(other.id < card.id for other in cards.values())
    values = tuple(row[f"by_{place}"] for place in range(len(board.by_names)))
    return replace(day, rank=1 + row["better"] + level, values=values, since=row["since"], total=row["total"])

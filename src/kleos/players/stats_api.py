"""The routes of a player's numbers: stats, achievements, trends, charts, comparison."""

from collections.abc import Container
from typing import Annotated, Final

import msgspec
from litestar import get
from litestar.handlers import BaseRouteHandler
from litestar.params import QueryParameter

from kleos.achievements.masked import presented
from kleos.achievements.progress import Earned, Progress, earned, progress
from kleos.core.definition.model import Achievement, Column, Sheet, WindowKind
from kleos.core.errors import BadInput, NotFound
from kleos.core.ids import achievement_uuid
from kleos.core.windows import ALL, Window, to_datetime, to_datetime_or_none
from kleos.engine.description import decimals_of, in_order
from kleos.engine.engine import Engine
from kleos.engine.game import Game
from kleos.matches.opening import kept_from
from kleos.players import answers, stats
from kleos.players.asked import player_asked
from kleos.players.percentiles import Place, compared, places
from kleos.server.openapi import problems
from kleos.server.parameters import ChartName, InGame, Namespace, PlayerId, TheCaller, TheEngine, WindowName

_TREND: Final = "trend"

Points = Annotated[int, QueryParameter(ge=1, le=1000, description="At most this many windows, the newest.")]
Percentiles = Annotated[
    bool, QueryParameter(description="Also where each column that is ranked or on a radar stands among the qualified.")
]
TheGame = Annotated[str, QueryParameter(name="game", description="The game.")]


@get("/v1/players/{player:str}/stats", tags=["players"], summary="A player's numbers", responses=problems(400, 404))
async def get_stats(
    engine: TheEngine,
    player: PlayerId,
    namespace: Namespace = None,
    game: InGame = None,
    window: WindowName = None,
    percentiles: Percentiles = False,
) -> answers.PlayerStats:
    """Every sheet that is about a player alone, in every game; in the widest window where none is named."""
    asked = await player_asked(engine, player, namespace, game)
    found: dict[str, answers.GameStats] = {}
    for each in asked.games:
        sheets = await _rows(engine, each, asked.card.player, window, strict=game is not None)
        if percentiles:
            sheets = {name: await _placed(engine, each, name, row, asked.card.player) for name, row in sheets.items()}
        if sheets:
            found[each.name] = answers.GameStats(each.definition.presentation.title, sheets)
    return answers.PlayerStats(asked.card.id, asked.card.shown_name, found)


async def _rows(
    engine: Engine, game: Game, player: int, window: str | None, *, strict: bool
) -> dict[str, answers.SheetStats]:
    rows = {}
    for sheet in in_order(stats.careers(game)):
        span = _span(engine, game, sheet, window, strict)
        row = await stats.row_of(engine.pool, game, sheet, span, player) if span is not None else None
        if row is not None and span is not None:
            rows[sheet.name] = answers.SheetStats(sheet.presentation.title, span.name, row)
    return rows


async def _placed(engine: Engine, game: Game, name: str, row: answers.SheetStats, player: int) -> answers.SheetStats:
    sheet = game.sheet(name)
    span = game.calendar.named(row.window, engine.now())
    found = await places(engine.pool, game, sheet, span, compared(game.definition, sheet), player)
    shown = {
        column: answers.Percentile(place.percentile, place.ranked, stats.direction_of(game.definition, sheet, column))
        for column, place in found.items()
    }
    return msgspec.structs.replace(row, percentiles=shown)


def _span(engine: Engine, game: Game, sheet: Sheet, window: str | None, strict: bool) -> Window | None:
    """The window of this sheet; None where this game or sheet has none such, unless the game was asked for by name."""
    try:
        span = game.calendar.named(window or sheet.windows[0], engine.now())
    except NotFound:
        if strict:
            raise
        return None
    return span if span.kind in sheet.windows else None


@get(
    "/v1/players/{player:str}/achievements",
    tags=["players"],
    summary="A player's achievements",
    responses=problems(400, 404),
)
async def get_achievements(
    engine: TheEngine, caller: TheCaller, player: PlayerId, namespace: Namespace = None, game: InGame = None
) -> answers.PlayerAchievements:
    """Those earned, newest first, then those to earn, with how far they are."""
    asked = await player_asked(engine, player, namespace, game)
    games = {each.name: each for each in asked.games}
    awards = await earned(engine.pool, games, asked.card.player)
    shown: list[answers.PlayerAchievement] = []
    for each in asked.games:
        far = await progress(engine.pool, each, asked.card.player, engine.now())
        matches = sorted({award.match for (game_name, _), award in awards.items() if game_name == each.name})
        private = await kept_from(engine, each, matches, caller)
        for achievement in in_order(each.definition.achievements.values()):
            award = awards.get((each.name, achievement.name))
            shown.append(_achievement(each, achievement, award, far.get(achievement.name), private))
    done = sorted((one for one in shown if one.at is not None), key=lambda one: _newest_first(awards, one))
    points = sum(one.points for one in done)
    rest = [one for one in shown if not one.earned]
    return answers.PlayerAchievements(
        asked.card.id, asked.card.shown_name, len(done), len(shown), points, [*done, *rest]
    )


def _newest_first(awards: dict[tuple[str, str], Earned], one: answers.PlayerAchievement) -> tuple[int, str, str]:
    return -awards[one.game, one.achievement].at, one.game, one.achievement


def _achievement(
    game: Game, achievement: Achievement, award: Earned | None, far: Progress | None, private: Container[str]
) -> answers.PlayerAchievement:
    masked = achievement.hidden and award is None
    shown = presented(achievement, masked)
    return answers.PlayerAchievement(
        game=game.name,
        achievement=achievement.name,
        uuid=achievement_uuid(game.name, achievement.name),
        title=shown.title,
        text=shown.text,
        icon=shown.icon,
        category=shown.category,
        points=achievement.points,
        tier=achievement.tier,
        hidden=achievement.hidden,
        earned=award is not None,
        at=to_datetime(award.at) if award is not None else None,
        match=award.match if award is not None and award.match not in private else None,
        progress=_shown_progress(far, award) if far is not None and not masked else None,
        target=far.target if far is not None and not masked else None,
    )


def _shown_progress(far: Progress, award: Earned | None) -> float:
    """What is earned stays earned, though the week in which it was may be over."""
    return far.value if award is None else max(far.value, far.target)


@get(
    "/v1/players/{player:str}/trends",
    tags=["players"],
    summary="A player's numbers over time",
    responses=problems(400, 404),
)
async def get_trends(
    engine: TheEngine,
    player: PlayerId,
    game: TheGame,
    sheet: Annotated[str, QueryParameter(description="A sheet about a player alone.")],
    columns: Annotated[str | None, QueryParameter(description="Its columns, split by commas; else all.")] = None,
    every: Annotated[WindowKind, QueryParameter(description="One point for each of these.")] = "day",
    namespace: Namespace = None,
    limit: Points = 90,
) -> answers.Trend:
    """One point for each window in which the player has a row, oldest first."""
    asked = await player_asked(engine, player, namespace, game)
    (of_game,) = asked.games
    found = stats.career(of_game, sheet)
    names = stats.columns_of(found, columns)
    points = await stats.trend(engine.pool, of_game, found, names, every, asked.card.player, limit)
    shown = _shown_columns(found, names)
    return answers.Trend(asked.card.id, game, sheet, every, shown, _points(engine, of_game, points))


@get(
    "/v1/players/{player:str}/charts/{chart:str}",
    tags=["players"],
    summary="A player's chart",
    responses=problems(400, 404),
)
async def get_chart(
    engine: TheEngine,
    player: PlayerId,
    chart: ChartName,
    game: TheGame,
    namespace: Namespace = None,
    window: WindowName = None,
    limit: Points = 90,
) -> answers.ChartAnswer:
    """As the definition draws it: a trend has points over time, a radar has a percentile for each column."""
    asked = await player_asked(engine, player, namespace, game)
    (of_game,) = asked.games
    charts = of_game.definition.charts
    drawn = charts.get(chart)
    if drawn is None:
        raise NotFound("chart", chart, sorted(charts))
    sheet = stats.career(of_game, drawn.sheet)
    points: list[answers.TrendPoint] = []
    axes: list[answers.Axis] = []
    span: Window | None = None
    if drawn.kind == _TREND:
        every = drawn.every or sheet.windows[-1]
        trend = await stats.trend(engine.pool, of_game, sheet, drawn.columns, every, asked.card.player, limit)
        points = _points(engine, of_game, trend)
    else:
        span = of_game.calendar.named(window or sheet.windows[0], engine.now())
        if span.kind not in sheet.windows:
            raise BadInput(f"the sheet {sheet.name!r} has no rows by {span.kind}", "window")
        found = await places(engine.pool, of_game, sheet, span, drawn.columns, asked.card.player)
        axes = [_axis(sheet.columns[name], place) for name, place in found.items()]
    return answers.ChartAnswer(
        player=asked.card.id,
        game=game,
        chart=chart,
        kind=drawn.kind,
        title=drawn.presentation.title,
        text=drawn.presentation.text,
        sheet=sheet.name,
        window=span.name if span is not None else None,
        columns=_shown_columns(sheet, drawn.columns),
        points=points,
        axes=axes,
    )


def _axis(column: Column, place: Place) -> answers.Axis:
    return answers.Axis(
        column=column.name,
        title=column.presentation.title,
        unit=column.presentation.unit,
        decimals=decimals_of(column),
        value=place.value,
        percentile=place.percentile,
        players=place.ranked,
    )


@get(
    "/v1/players/{player:str}/compare",
    tags=["players"],
    summary="Two players side by side",
    responses=problems(400, 404),
)
async def get_comparison(
    engine: TheEngine,
    player: PlayerId,
    other: Annotated[str, QueryParameter(name="with", description="The other player's id.")],
    namespace: Namespace = None,
    game: InGame = None,
    window: WindowName = None,
) -> answers.Comparison:
    """Every column of the sheets that are about a player alone, in the games that both have played."""
    one = await player_asked(engine, player, namespace, game)
    two = await player_asked(engine, other, namespace, game)
    games: dict[str, answers.GameComparison] = {}
    for each in (each for each in one.games if each in two.games):
        rows = [await _rows(engine, each, asked.card.player, window, strict=game is not None) for asked in (one, two)]
        columns = [
            _compared(each, each.sheet(sheet), column, rows, (one.card.id, two.card.id))
            for sheet in rows[0]
            if sheet in rows[1]
            for column in (one.name for one in in_order(each.sheet(sheet).columns.values()))
        ]
        if columns:
            games[each.name] = answers.GameComparison(each.definition.presentation.title, columns)
    cards = (one.card, two.card)
    return answers.Comparison([card.id for card in cards], [card.shown_name for card in cards], games)


def _compared(
    game: Game, sheet: Sheet, name: str, rows: list[dict[str, answers.SheetStats]], ids: tuple[str, str]
) -> answers.Compared:
    column = sheet.columns[name]
    better = stats.direction_of(game.definition, sheet, name)
    values = [row[sheet.name].values[name] for row in rows]
    leads = stats.leader(better, *values)
    return answers.Compared(
        sheet=sheet.name,
        column=name,
        title=column.presentation.title,
        unit=column.presentation.unit,
        decimals=decimals_of(column),
        better=better,
        values=values,
        leader=ids[leads] if leads is not None else None,
    )


def _shown_columns(sheet: Sheet, names: list[str] | tuple[str, ...]) -> list[answers.ColumnShown]:
    columns = [sheet.columns[name] for name in names]
    return [
        answers.ColumnShown(each.name, each.presentation.title, each.presentation.unit, decimals_of(each))
        for each in columns
    ]


def _points(engine: Engine, game: Game, points: list[stats.Point]) -> list[answers.TrendPoint]:
    shown = []
    for point in points:
        span = game.calendar.named(point.window, engine.now()) if point.window != ALL.name else ALL
        start = to_datetime_or_none(span.start)
        shown.append(answers.TrendPoint(point.window, start, point.values))
    return shown


ROUTES: Final[list[BaseRouteHandler]] = [get_stats, get_achievements, get_trends, get_chart, get_comparison]

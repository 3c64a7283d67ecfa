"""Analytics of a great game take seconds: what took long is kept, and found anew beside the answers."""

from collections.abc import Sequence

from kleos.analytics.activity import Activity, Every, activity
from kleos.analytics.retention import Retention, retention
from kleos.analytics.totals import Totals, totals
from kleos.core.definition.model import Sheet
from kleos.core.windows import Window
from kleos.engine.engine import Engine
from kleos.engine.game import Game
from kleos.engine.slow import Keeping, SlowAnswers

Stamp = tuple[int, int]


class Analytics:
    """Questions name the game as it is and the sheet, so that an answer never holds an old definition, nor what was so
    before a correction."""

    def __init__(self, engine: Engine, keeping: Keeping | None = None) -> None:
        self._engine = engine
        self._activity = SlowAnswers(self._find_activity, "activity", keeping)
        self._retention = SlowAnswers(self._find_retention, "retention", keeping)
        self._totals = SlowAnswers(self._find_totals, "totals", keeping)

    async def close(self) -> None:
        for answers in (self._activity, self._retention, self._totals):
            await answers.close()

    async def activity(self, game: Game, every: Every, spans: Sequence[Window]) -> Activity:
        return await self._activity.of((game.name, _stamp(game), every, tuple(spans)))

    async def retention(self, game: Game, every: Every, count: int) -> Retention:
        return await self._retention.of((game.name, _stamp(game), every, count))

    async def totals(self, game: Game, sheet: Sheet, by: str, window: Window) -> Totals:
        return await self._totals.of((game.name, _stamp(game), sheet.name, by, window))

    async def _find_activity(self, asked: tuple[str, Stamp, Every, tuple[Window, ...]]) -> Activity:
        game, _, every, spans = asked
        return await activity(self._engine, self._engine.game(game), every, spans)

    async def _find_retention(self, asked: tuple[str, Stamp, Every, int]) -> Retention:
        game, _, every, count = asked
        return await retention(self._engine, self._engine.game(game), every, count)

    async def _find_totals(self, asked: tuple[str, Stamp, str, str, Window]) -> Totals:
        name, _, sheet, by, window = asked
        game = self._engine.game(name)
        return await totals(self._engine, game, game.sheet(sheet), by, window)


def _stamp(game: Game) -> Stamp:
    return game.version, game.calendar_version

"""The parameters that many routes share, with their bounds and what they mean."""

from typing import Annotated

from litestar.di import NamedDependency
from litestar.params import PathParameter, QueryParameter, SkipValidation

from kleos.engine.engine import Engine
from kleos.server.auth.access import Access
from kleos.server.auth.caller import Caller

TheEngine = NamedDependency[SkipValidation[Engine]]
TheAccess = NamedDependency[SkipValidation[Access]]
TheCaller = NamedDependency[SkipValidation[Caller]]

GameName = Annotated[str, PathParameter(description="The game's name, as in its definition.")]
PlayerId = Annotated[str, PathParameter(description="The id by which games know the player.")]
MatchId = Annotated[str, PathParameter(description="The match's id, as the game gave it.")]
SheetName = Annotated[str, PathParameter(description="The sheet's name.")]
AchievementName = Annotated[str, PathParameter(description="The achievement's name.")]
SeasonName = Annotated[str, PathParameter(description="The season's name.")]
ChartName = Annotated[str, PathParameter(description="The chart's name.")]

Namespace = Annotated[
    str | None,
    QueryParameter(
        name="namespace", description="Whose ids: a game whose identities are its own, or empty for the shared ones."
    ),
]
InGame = Annotated[str | None, QueryParameter(name="game", description="Only this game.")]
WindowName = Annotated[
    str | None,
    QueryParameter(
        name="window",
        description="`all`, `season`, `month`, `week` or `day` (the one open now), or a name such as `2026-W07`.",
    ),
]
AsOf = Annotated[
    str | None,
    QueryParameter(
        name="as_of",
        description="As if only the events up to then were there: a time such as `2026-03-01T12:00:00Z`, or a day, "
        "which means its end.",
    ),
]
Limit = Annotated[int, QueryParameter(ge=1, le=1000, description="At most this many.")]
Offset = Annotated[int, QueryParameter(ge=0, le=1_000_000_000, description="Skip this many.")]
Before = Annotated[
    str | None, QueryParameter(name="before", description="Older than this: the `next` of the page before.")
]

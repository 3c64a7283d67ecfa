"""One match as it is now."""

from kleos.core.errors import NotFound
from kleos.core.windows import to_datetime
from kleos.engine.engine import Engine
from kleos.engine.game import Game
from kleos.matches import sql
from kleos.matches.listing import Match, shown
from kleos.matches.logged import count_events
from kleos.matches.opening import Opening, Visibility


class MatchDetail(Match, kw_only=True):
    """``counts`` is the number of events of each type; ``controllers`` are those named when it was opened."""

    counts: dict[str, int]
    visibility: Visibility
    controllers: list[str]


async def match_detail(engine: Engine, game: Game, match: str, opening: Opening | None) -> MatchDetail:
    """Raises NotFound for a match that has no events and was not opened."""
    row = await engine.pool.fetchrow(sql.ONE, game.name, match)
    visibility: Visibility = "public" if opening is None else opening.visibility
    controllers = [] if opening is None else list(opening.controllers)
    if row is not None:
        (found,) = await shown(engine, game.namespace, [row])
        counts = await count_events(engine.pool, game, match)
    elif opening is not None:
        opened_at = to_datetime(opening.opened_at)
        counts = {}
        found = Match(
            game=game.name,
            match=match,
            status="open",
            started_at=opened_at,
            last_at=opened_at,
            ended_at=None,
            events=0,
            players=[],
            names={},
        )
    else:
        raise NotFound("match", match)
    return MatchDetail(
        **{name: getattr(found, name) for name in found.__struct_fields__},
        counts=counts,
        visibility=visibility,
        controllers=controllers,
    )

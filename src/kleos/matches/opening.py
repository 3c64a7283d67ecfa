"""Opening a match: who controls it, and who may see it. A private one is seen by its controllers only."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

from kleos.core.errors import BadInput, Conflict
from kleos.core.ids import check_external_id
from kleos.engine.engine import Engine
from kleos.engine.game import Game
from kleos.matches import sql
from kleos.players.identities import numbers_of
from kleos.server.auth.caller import Caller
from kleos.server.auth.guards import unauthorized
from kleos.server.errors import Refused

Visibility = Literal["public", "private"]
MOST_CONTROLLERS: Final = 1_000


@dataclass(frozen=True, slots=True)
class Opening:
    """What was said when the match was opened. ``controllers`` are ids of the game's namespace, sorted."""

    visibility: Visibility
    controllers: tuple[str, ...]
    opened_at: int


async def open_match(
    engine: Engine, game: Game, match: str, controllers: Sequence[str], visibility: Visibility
) -> tuple[Opening, bool]:
    """Once and for all: the same again is the same, anything else raises Conflict. Whether this has opened it, too."""
    check_external_id(match, "match")
    ids = sorted({check_external_id(id, "controllers") for id in controllers})
    if len(ids) > MOST_CONTROLLERS:
        raise BadInput(f"a match has at most {MOST_CONTROLLERS} controllers", "controllers")
    if visibility == "private" and not ids:
        raise BadInput("a private match without controllers is seen by nobody", "controllers")
    engine.guard.check()
    async with engine.pool.acquire() as connection, connection.transaction():
        cards = await numbers_of(connection, engine.directory, game.namespace, ids)
        numbers = sorted(cards[id].player for id in ids)
        row = await connection.fetchrow(sql.OPEN, game.name, match, visibility, numbers, engine.now())
    assert row is not None, "an upsert returns its row"
    engine.directory.learn(game.namespace, cards.values())
    if (row["visibility"], list(row["controllers"])) != (visibility, numbers):
        raise Conflict(f"the match {match!r} was opened with other controllers or another visibility")
    return Opening(visibility, tuple(ids), row["opened_at"]), row["is_new"]


async def opening_of(engine: Engine, game: Game, match: str) -> Opening | None:
    """None for a match that was never opened."""
    row = await engine.pool.fetchrow(sql.OPENING, game.name, match)
    if row is None:
        return None
    cards = await engine.directory.by_number(game.namespace, row["controllers"])
    return Opening(row["visibility"], tuple(sorted(card.id for card in cards.values())), row["opened_at"])


def may_see(opening: Opening | None, caller: Caller, game: Game) -> bool:
    """Everybody may see a public match; a private one its controllers, and who may read all of the game."""
    if opening is None or opening.visibility == "public" or caller.may("read", game.name):
        return True
    return not game.namespace and caller.player in opening.controllers


async def kept_from(engine: Engine, game: Game, matches: Sequence[str], caller: Caller) -> frozenset[str]:
    """Those of these matches that the caller may not see."""
    if not matches or caller.may("read", game.name):
        return frozenset()
    rows = await engine.pool.fetch(sql.PRIVATE_AMONG, game.name, matches)
    card = None
    if rows and caller.player is not None and not game.namespace:
        card = await engine.directory.card(game.namespace, caller.player)
    return frozenset(row["match"] for row in rows if card is None or card.player not in row["controllers"])


async def check_may_see(engine: Engine, game: Game, match: str, caller: Caller) -> Opening | None:
    """The opening. Raises Refused."""
    opening = await opening_of(engine, game, match)
    if not may_see(opening, caller, game):
        if caller.kind == "anonymous":
            raise unauthorized(caller)
        raise Refused(403, "forbidden", "this match is private: only its controllers may see it")
    return opening

"""The routes of players: profiles, and everything about one player."""

from typing import Annotated, Any, Final

import msgspec
from litestar import Request, get, put
from litestar.handlers import BaseRouteHandler
from litestar.params import JSONBody, QueryParameter

from kleos.core.ids import check_external_id, check_text
from kleos.core.windows import to_datetime
from kleos.engine.engine import Engine
from kleos.matches.listing import Matches, newest
from kleos.players import sql
from kleos.players.answers import Found, FoundPlayers, PlayerAnswer, Profile
from kleos.players.asked import namespace_of, player_asked
from kleos.players.change import put_profile
from kleos.players.directory import Card
from kleos.players.profiles import ProfileChange
from kleos.server.auth.audit import audit
from kleos.server.auth.caller import Caller
from kleos.server.auth.guards import forbidden, requires
from kleos.server.errors import Refused
from kleos.server.openapi import BODY, KEY, problems
from kleos.server.parameters import Before, InGame, Limit, Namespace, PlayerId, TheCaller, TheEngine


@get("/v1/players", tags=["players"], summary="Find players", responses=problems(400, 404))
async def get_players(
    engine: TheEngine,
    start: Annotated[
        str, QueryParameter(name="query", max_length=128, description="The beginning of an id or a name.")
    ] = "",
    namespace: Namespace = None,
    limit: Limit = 50,
    after: Annotated[str | None, QueryParameter(max_length=128, description="The `next` of the page before.")] = None,
) -> FoundPlayers:
    """In the order of their ids. Names are compared without regard to case (of ASCII letters)."""
    check_text(start, "query")
    check_text(after or "", "after")
    space = namespace_of(engine, namespace)
    rows = await engine.pool.fetch(sql.FIND, space, start, after or "", limit)
    found = [Found(row["id"], row["name"], row["region"], row["avatar"]) for row in rows]
    return FoundPlayers(found, found[-1].player if len(found) == limit else None)


@get("/v1/players/{player:str}", tags=["players"], summary="One player", responses=problems(400, 404))
async def get_player(
    engine: TheEngine, player: PlayerId, namespace: Namespace = None, game: InGame = None
) -> PlayerAnswer:
    """The profile, the games played in, and the points of all achievements."""
    asked = await player_asked(engine, player, namespace, game)
    points = {
        (each.name, achievement.name): achievement.points
        for each in asked.games
        for achievement in each.definition.achievements.values()
    }
    rows = await engine.pool.fetch(sql.GAMES_OF, asked.card.player, [each.name for each in asked.games])
    awards = await engine.pool.fetch(sql.AWARDS_OF_ALL_GAMES, asked.card.player)
    earned = [points[place] for row in awards if (place := (row["game"], row["achievement"])) in points]
    return PlayerAnswer(
        **profile_fields(asked.card),
        games=[row["game"] for row in rows if row["played"]],
        gamerscore=sum(earned),
        achievements=len(earned),
        created_at=to_datetime(rows[0]["created_at"] if rows else 0),
    )


@put(
    "/v1/players/{player:str}",
    tags=["players"],
    summary="Change a player's profile",
    guards=[requires("profiles")],
    security=KEY,
    responses=problems(400, 401, 403, 404, *BODY),
)
async def put_player(
    request: Request[Any, Any, Any],
    engine: TheEngine,
    caller: TheCaller,
    player: PlayerId,
    data: JSONBody[ProfileChange],
    namespace: Namespace = None,
) -> Profile:
    """What is left out stays, null clears, and an attribute that is null goes. Makes the player where there is none.

    A game's key changes the players of its game, and those who have played nowhere yet and have no account.
    """
    space = namespace_of(engine, namespace)
    check_external_id(player)
    if not caller.may("profiles"):
        await _check_theirs(engine, caller, space, player)
    card = await put_profile(engine, player, data, space)
    await audit(request, "profile.changed", player, fields=changed_fields(data))
    return Profile(**profile_fields(card))


@get("/v1/players/{player:str}/matches", tags=["players"], summary="A player's matches", responses=problems(400, 404))
async def get_player_matches(
    engine: TheEngine,
    player: PlayerId,
    namespace: Namespace = None,
    game: InGame = None,
    limit: Limit = 50,
    before: Before = None,
    other: Annotated[
        str | None, QueryParameter(name="with", description="Only those in which this player was as well.")
    ] = None,
) -> Matches:
    """Newest first."""
    asked = await player_asked(engine, player, namespace, game)
    beside = None if other is None else (await player_asked(engine, other, namespace, game)).card.player
    return await newest(engine, asked.games, asked.card.player, None, limit, before, beside)


async def _check_theirs(engine: Engine, caller: Caller, namespace: str, player: str) -> None:
    """Raises Refused where a player is none of those whose profiles the caller may change."""
    games = [game.name for game in engine.games() if game.namespace == namespace]
    theirs = {game for game in games if caller.may("profiles", game)}
    if not theirs:
        raise forbidden("profiles")
    row = await engine.pool.fetchrow(sql.WHOSE, namespace, engine.directory.meant(namespace, player), games)
    if row is None or not theirs.isdisjoint(row["games"]):
        return
    if row["games"] or row["has_account"]:
        played = " or ".join(sorted(theirs))
        raise Refused(403, "forbidden", f"{player} has not played {played}; a game's key changes that game's players")


def changed_fields(change: ProfileChange) -> list[str]:
    return [name for name in change.__struct_fields__ if getattr(change, name) is not msgspec.UNSET]


def profile_fields(card: Card) -> dict[str, Any]:
    return {
        "player": card.id,
        "name": card.name,
        "shown_name": card.shown_name,
        "region": card.region,
        "avatar": card.avatar,
        "attributes": dict(card.attributes),
    }


ROUTES: Final[list[BaseRouteHandler]] = [get_players, get_player, put_player, get_player_matches]

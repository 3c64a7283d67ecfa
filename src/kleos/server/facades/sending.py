"""Who may send through a facade: a key of the game, or the player whose own token it is."""

from typing import Any, Final

from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler

from kleos.engine.game import Game
from kleos.server.auth.caller import Caller, Right, caller_of
from kleos.server.auth.guards import CHALLENGE, Needs, unauthorized
from kleos.server.errors import Refused


class RequiresCredential(Needs):
    """That the caller is somebody; for whom, is known when the body is."""

    async def __call__(self, connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler) -> None:
        caller = caller_of(connection)
        if caller.kind == "anonymous":
            raise unauthorized(caller)


requires_credential: Final = RequiresCredential()


def sends_as_game(caller: Caller, game: Game, player: str, right: Right) -> bool:
    """Whether the caller is the game; False for the player, where the game takes what players send.

    Raises Refused 401 for anybody else.
    """
    if caller.may(right, game.name):
        return True
    if caller.player == player and game.definition.submit and not game.namespace:
        return False
    detail = f"this needs a key of {game.name}, or the token of the player {player!r}"
    raise Refused(401, "unauthorized", detail, {"WWW-Authenticate": CHALLENGE})

"""What a route needs of its caller. Without a good credential the answer is 401, with one that does not do 403."""

from typing import Any, Final

from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler

from kleos.core.errors import NotFound
from kleos.server.auth.caller import Caller, Right, caller_of
from kleos.server.errors import Refused

CHALLENGE: Final = 'Bearer realm="kleos"'
_NEEDS_ONE: Final = "this needs a key or a token: send the header `Authorization: Bearer …`"


class Needs:
    """The guard of a route; its class marks the routes that need a credential."""

    async def __call__(self, connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler) -> None:
        caller = caller_of(connection)
        if caller.kind == "anonymous":
            raise unauthorized(caller)
        self.check(caller, connection)

    def check(self, caller: Caller, connection: ASGIConnection[Any, Any, Any, Any]) -> None:
        """Raises Refused where the caller may not."""
        raise NotImplementedError


class Requires(Needs):
    """A right: in the game of the path, or, where there is none in it, in any game."""

    def __init__(self, right: Right) -> None:
        self._right = right

    def check(self, caller: Caller, connection: ASGIConnection[Any, Any, Any, Any]) -> None:
        game = connection.path_params.get("game")
        allowed = caller.may(self._right, game) if game is not None else caller.may_somewhere(self._right)
        if not allowed:
            raise forbidden(self._right, game)


class RequiresPlayer(Needs):
    """That the caller is a player: by an account's token, or by one of an outside issuer."""

    def check(self, caller: Caller, connection: ASGIConnection[Any, Any, Any, Any]) -> None:
        if caller.player is None:
            raise Refused(403, "forbidden", "this is for players: send a player's token, not a key")


class RequiresAccount(Needs):
    """That the caller has logged in to an account of this server."""

    def check(self, caller: Caller, connection: ASGIConnection[Any, Any, Any, Any]) -> None:
        if caller.account is None:
            raise Refused(403, "forbidden", "this is for accounts: send the token that a log-in gave")


class RequiresSender(Needs):
    """That the caller may send events of the game: a key of it, or a player where the definition opens a type."""

    def check(self, caller: Caller, connection: ASGIConnection[Any, Any, Any, Any]) -> None:
        game = connection.path_params["game"]
        if caller.may("events:write", game):
            return
        if caller.player is None:
            raise forbidden("events:write", game)
        try:
            definition = connection.app.state.engine.game(game).definition
        except NotFound:
            return  # the route says so better
        if not definition.submit or definition.namespace:
            raise Refused(403, "forbidden", f"{game} takes events from its own servers only")


def requires(right: Right) -> Requires:
    return Requires(right)


requires_player: Final = RequiresPlayer()
requires_account: Final = RequiresAccount()
requires_sender: Final = RequiresSender()


def logged_in(caller: Caller) -> tuple[int, str]:
    """The account and the session of a caller whom :data:`requires_account` has let in."""
    assert caller.account is not None
    assert caller.session is not None
    return caller.account, caller.session


def unauthorized(caller: Caller) -> Refused:
    if caller.refusal is None:
        return Refused(401, "unauthorized", _NEEDS_ONE, {"WWW-Authenticate": CHALLENGE})
    challenge = f'{CHALLENGE}, error="invalid_token"'
    return Refused(401, "unauthorized", caller.refusal, {"WWW-Authenticate": challenge})


def forbidden(right: Right, game: str | None = None) -> Refused:
    where = f" in {game}" if game is not None else ""
    return Refused(403, "forbidden", f"this credential does not have the right `{right}`{where}")

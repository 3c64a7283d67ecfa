"""Who sends a request. Found once for each, before anything else looks at it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal, get_args

from litestar.connection import ASGIConnection

Kind = Literal["anonymous", "account", "outside", "key", "admin"]
Role = Literal["developer", "manager", "admin"]
"""What an account can be besides a player."""
Scope = Literal["events:write", "awards:write", "read", "manage"]
"""What a key can be for."""
Right = Literal[
    "events:write", "awards:write", "read", "manage", "seasons", "moderation", "profiles", "keys", "accounts", "audit"
]

ROLES: Final[tuple[Role, ...]] = get_args(Role)
SCOPES: Final[tuple[Scope, ...]] = get_args(Scope)
EVERY_RIGHT: Final[frozenset[Right]] = frozenset(get_args(Right))

RIGHTS_OF_SCOPE: Final[Mapping[str, frozenset[Right]]] = {
    "events:write": frozenset({"events:write", "profiles"}),
    "awards:write": frozenset({"awards:write"}),
    "read": frozenset({"read"}),
    "manage": frozenset({"read", "manage", "seasons", "moderation", "profiles"}),
    "admin": EVERY_RIGHT,
}
RIGHTS_OF_DEVELOPER: Final[frozenset[Right]] = frozenset({"read", "manage", "seasons", "moderation", "keys"})
RIGHTS_OF_MANAGER: Final[frozenset[Right]] = frozenset({"read", "seasons", "moderation", "profiles", "audit"})


@dataclass(frozen=True, slots=True)
class Caller:
    """``name`` tells one caller from another, in limits and in the audit log.

    ``player`` is the id of the player that the caller is, of the server's own namespace; None for who is none.
    ``everywhere`` holds in all games and for the server itself, ``in_games`` in ``games`` only. ``refusal`` is what was
    wrong with the credential of a caller who stays anonymous. ``per_minute`` is a key's own limit. ``expires_at`` (µs)
    is when a token ends, ``generation`` the account's of which it is.
    """

    kind: Kind
    name: str
    player: str | None = None
    account: int | None = None
    session: str | None = None
    everywhere: frozenset[Right] = frozenset()
    in_games: frozenset[Right] = frozenset()
    games: frozenset[str] = frozenset()
    refusal: str | None = None
    per_minute: int | None = field(default=None, compare=False)
    expires_at: int | None = field(default=None, compare=False)
    generation: int = field(default=0, compare=False)

    def may(self, right: Right, game: str | None = None) -> bool:
        """Whether the caller has a right in a game, or, where none is named, in all of them."""
        return right in self.everywhere or (game in self.games and right in self.in_games)

    def may_somewhere(self, right: Right) -> bool:
        return right in self.everywhere or (right in self.in_games and bool(self.games))


ANONYMOUS: Final = Caller("anonymous", "anonymous")
ADMIN: Final = Caller("admin", "admin", everywhere=EVERY_RIGHT)


def refused(why: str) -> Caller:
    """Somebody whose credential is not good: nobody, then, with the reason."""
    return Caller("anonymous", "anonymous", refusal=why)


def key_caller(id: str, games: Iterable[str] | None, scopes: Iterable[str], per_minute: int | None) -> Caller:
    rights = frozenset(right for scope in scopes for right in RIGHTS_OF_SCOPE[scope])
    name = f"key:{id}"
    if games is None:
        kind: Kind = "admin" if rights == EVERY_RIGHT else "key"
        return Caller(kind, name, everywhere=rights, per_minute=per_minute)
    return Caller("key", name, in_games=rights, games=frozenset(games), per_minute=per_minute)


def account_caller(
    account: int,
    player: str,
    roles: Iterable[str],
    games: Iterable[str],
    session: str,
    expires_at: int | None = None,
    generation: int = 0,
) -> Caller:
    held = frozenset(roles)
    everywhere = EVERY_RIGHT if "admin" in held else RIGHTS_OF_MANAGER if "manager" in held else frozenset()
    developer = "developer" in held
    return Caller(
        "account",
        f"account:{account}",
        player,
        account,
        session,
        everywhere,
        RIGHTS_OF_DEVELOPER if developer else frozenset(),
        frozenset(games) if developer else frozenset(),
        expires_at=expires_at,
        generation=generation,
    )


CALLER_KEY: Final = "kleos.caller"
ADDRESS_KEY: Final = "kleos.address"


def caller_of(connection: ASGIConnection[Any, Any, Any, Any]) -> Caller:
    """Who sent this request."""
    found: Caller = connection.scope.get(CALLER_KEY, ANONYMOUS)  # type: ignore[assignment]
    return found


def address_of(connection: ASGIConnection[Any, Any, Any, Any]) -> str:
    """Where it came from."""
    found: str = connection.scope.get(ADDRESS_KEY, "")  # type: ignore[assignment]
    return found

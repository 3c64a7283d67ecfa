"""The routes of accounts: coming in and going out, one's own account, and everybody's for admins."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Annotated, Any, Final, Literal

import msgspec
from litestar import Request, delete, get, patch, post
from litestar.handlers import BaseRouteHandler
from litestar.params import JSONBody, QueryParameter
from litestar.response import Response

from kleos.core.errors import BadInput, NotFound
from kleos.core.ids import check_external_id, check_text
from kleos.core.windows import to_datetime
from kleos.players.accounts.accounts import Account, LockedOut, LoggedIn, WrongLogin, address_key
from kleos.players.accounts.sessions import Refused as TokenRefused
from kleos.players.answers import Profile
from kleos.players.api import profile_fields
from kleos.players.profiles import ProfileChange
from kleos.server.auth.access import Access
from kleos.server.auth.audit import audit
from kleos.server.auth.caller import ROLES, Caller, Role, address_of
from kleos.server.auth.discord import ISSUER as DISCORD
from kleos.server.auth.guards import requires, requires_account, requires_player
from kleos.server.auth.tokens import LIFETIME_S
from kleos.server.errors import Refused
from kleos.server.openapi import BODY, KEY, problems
from kleos.server.parameters import Limit, PlayerId, TheAccess, TheCaller, TheEngine

STATE_COOKIE: Final = "kleos_login"
_NO_STORE: Final = {"Cache-Control": "no-store"}


class Registration(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """``player`` is the id by which games are to know the player; one is made where it is left out."""

    address: str
    password: str
    player: str | None = None
    name: str | None = None


class Login(msgspec.Struct, forbid_unknown_fields=True):
    address: str
    password: str


class Refresh(msgspec.Struct, forbid_unknown_fields=True):
    refresh_token: str


class PasswordChange(msgspec.Struct, forbid_unknown_fields=True):
    old: str
    new: str


class Confirmation(msgspec.Struct, forbid_unknown_fields=True):
    """The password once more; an account without one needs none."""

    password: str | None = None


class AccountChange(msgspec.Struct, forbid_unknown_fields=True):
    """What is left out stays. ``games`` are those that a developer may change."""

    roles: list[Role] | msgspec.UnsetType = msgspec.UNSET
    games: list[str] | msgspec.UnsetType = msgspec.UNSET
    deactivated: bool | msgspec.UnsetType = msgspec.UNSET


class Tokens(msgspec.Struct, kw_only=True):
    """``access_token`` goes into `Authorization: Bearer …`; ``refresh_token`` is good once, for the next pair."""

    access_token: str
    refresh_token: str
    token_type: Literal["Bearer"] = "Bearer"
    expires_in: int = LIFETIME_S
    player: str


class AccountAnswer(msgspec.Struct, kw_only=True):
    player: str
    name: str | None
    address: str | None
    roles: list[Role]
    games: list[str]
    joined_at: datetime
    last_login_at: datetime | None
    last_active_at: datetime | None
    deactivated_at: datetime | None
    deactivated_by: Literal["player", "manager"] | None


class AccountPage(msgspec.Struct):
    """``next`` is the `after` of the following page; null on the last."""

    accounts: list[AccountAnswer]
    next: str | None


class Me(Profile, kw_only=True):
    """``account`` is null for who comes by a token of an outside issuer."""

    account: AccountAnswer | None


# Coming in ------------------------------------------------------------------------------------------------------------


@post("/v1/auth/register", tags=["accounts"], summary="Register", responses=problems(400, 403, 409, *BODY))
async def register(access: TheAccess, data: JSONBody[Registration]) -> Tokens:
    """Makes an account and its player, and logs in. The player's id must be one that no game has used yet."""
    if not access.settings.registration:
        raise Refused(403, "forbidden", "this server takes no registrations")
    return _tokens(await access.accounts.register(data.address, data.password, data.player, data.name))


@post("/v1/auth/login", tags=["accounts"], summary="Log in", status_code=200, responses=problems(400, 401, 403, *BODY))
async def log_in(request: Request[Any, Any, Any], access: TheAccess, data: JSONBody[Login]) -> Tokens:
    """Brings back who has deactivated the account. An unknown address and a wrong password get the same answer."""
    async with _counted(access, address_key(data.address)[:254], address_of(request)):
        return _tokens(await access.accounts.log_in(data.address, data.password))


@post(
    "/v1/auth/refresh",
    tags=["accounts"],
    summary="The next tokens",
    status_code=200,
    responses=problems(400, 401, *BODY),
)
async def refresh(request: Request[Any, Any, Any], access: TheAccess, data: JSONBody[Refresh]) -> Tokens:
    """A refresh token is good once. Who shows an old one ends the session: somebody has a copy."""
    try:
        return _tokens(await access.accounts.refresh(data.refresh_token))
    except TokenRefused as refusal:
        if refusal.reused is not None:
            session, account = refusal.reused
            access.tokens.end_session(session)
            await audit(request, "session.reused", f"account:{account}")
        raise Refused(401, "unauthorized", "this refresh token is not good; log in again") from None
    except (LockedOut, NotFound):
        raise Refused(401, "unauthorized", "this refresh token is not good; log in again") from None


@post(
    "/v1/auth/logout",
    tags=["accounts"],
    summary="Log out",
    status_code=204,
    guards=[requires_account],
    security=KEY,
    responses=problems(400, 401, 403),
)
async def log_out(
    access: TheAccess,
    caller: TheCaller,
    everywhere: Annotated[bool, QueryParameter(description="All sessions of the account, not this one alone.")] = False,
) -> None:
    """Ends the session: its refresh token and its access tokens, at once."""
    account, session = _own(caller)
    if everywhere:
        await access.accounts.log_out_everywhere(account)
    else:
        await access.accounts.log_out(session)


@post(
    "/v1/auth/password",
    tags=["accounts"],
    summary="Change the password",
    status_code=200,
    guards=[requires_account],
    security=KEY,
    responses=problems(400, 401, 403, *BODY),
)
async def change_password(
    request: Request[Any, Any, Any], access: TheAccess, caller: TheCaller, data: JSONBody[PasswordChange]
) -> Tokens:
    """Ends every session of the account, and begins a new one."""
    async with _counted(access, caller.name, address_of(request)):
        changed = await access.accounts.change_password(_own(caller)[0], data.old, data.new)
    await audit(request, "account.password_changed", changed.account.id)
    return _tokens(changed)


@get(
    "/v1/auth/jwks",
    tags=["accounts"],
    summary="The keys that verify access tokens",
    responses=problems(),
    sync_to_thread=False,
)
def get_jwks(access: TheAccess) -> dict[str, Any]:
    """A JWK set, with which game servers can check a player's token themselves."""
    return access.tokens.keys.public()


@get("/v1/auth/discord", tags=["accounts"], summary="Log in with Discord", status_code=302, responses=problems(404))
async def begin_discord(access: TheAccess) -> Response[None]:
    """Sends the browser to Discord, which sends it back to the callback."""
    if access.discord is None:
        raise NotFound("log-in", "discord")
    address, state = access.discord.begin()
    cookie = f"{STATE_COOKIE}={state}; Path=/v1/auth/discord; Max-Age=600; HttpOnly; SameSite=Lax"
    return Response(None, status_code=302, headers={"Location": address, "Set-Cookie": cookie, **_NO_STORE})


@get(
    "/v1/auth/discord/callback",
    tags=["accounts"],
    summary="Where Discord sends the browser back to",
    responses=problems(400, 401, 403, 404),
)
async def finish_discord(
    request: Request[Any, Any, Any],
    access: TheAccess,
    code: Annotated[str, QueryParameter(max_length=2_000, description="Discord's code.")],
    login_state: Annotated[str, QueryParameter(name="state", max_length=200, description="The state that was given.")],
) -> Tokens:
    """Logs in; makes an account and a player the first time. Only the browser that began may finish."""
    if access.discord is None:
        raise NotFound("log-in", "discord")
    if request.cookies.get(STATE_COOKIE) != login_state:
        raise BadInput("this log-in was not begun in this browser; begin again", "state")
    person = await access.discord.finish(code, login_state)
    try:
        return _tokens(
            await access.accounts.log_in_by(DISCORD, person.id, (person.global_name or person.username)[:128])
        )
    except LockedOut:
        raise _locked_out() from None


# One's own ------------------------------------------------------------------------------------------------------------


@get(
    "/v1/me",
    tags=["accounts"],
    summary="Who I am",
    guards=[requires_player],
    security=KEY,
    responses=problems(401, 403),
)
async def get_me(engine: TheEngine, access: TheAccess, caller: TheCaller) -> Me:
    """The caller's profile and account."""
    assert caller.player is not None
    account = _answer(await access.accounts.of(caller.account)) if caller.account is not None else None
    card = await engine.directory.card("", caller.player)
    fields = profile_fields(card) if card is not None else _nobodys_fields(caller.player)
    return Me(**fields, account=account)


@patch(
    "/v1/me",
    tags=["accounts"],
    summary="Change my profile",
    guards=[requires_player],
    security=KEY,
    responses=problems(400, 401, 403, *BODY),
)
async def patch_me(engine: TheEngine, caller: TheCaller, data: JSONBody[ProfileChange]) -> Profile:
    """What is left out stays, null clears."""
    assert caller.player is not None
    return Profile(**profile_fields(await engine.put_profile(caller.player, data)))


@post(
    "/v1/me/deactivate",
    tags=["accounts"],
    summary="Leave, reversibly",
    status_code=204,
    guards=[requires_account],
    security=KEY,
    responses=problems(400, 401, 403),
)
async def deactivate_me(request: Request[Any, Any, Any], access: TheAccess, caller: TheCaller) -> None:
    """Off every board, sheet, list and lookup, and logged out. Logging in again undoes it."""
    account = await access.accounts.of(_own(caller)[0])
    await access.accounts.deactivate(account, "player")
    await audit(request, "account.deactivated", account.id)


@delete(
    "/v1/me",
    tags=["accounts"],
    summary="Delete my account",
    status_code=204,
    guards=[requires_account],
    security=KEY,
    responses=problems(400, 401, 403, *BODY),
)
async def delete_me(
    request: Request[Any, Any, Any], access: TheAccess, caller: TheCaller, data: JSONBody[Confirmation]
) -> None:
    """For good: account, profile and ids go. What was played stays in the log, under a number that nobody knows."""
    async with _counted(access, caller.name, address_of(request)):
        account = await access.accounts.confirm(_own(caller)[0], data.password)
    await access.accounts.delete(account)
    await audit(request, "account.deleted", caller.name)


# Everybody's ----------------------------------------------------------------------------------------------------------


@get(
    "/v1/accounts",
    tags=["accounts"],
    summary="All accounts",
    guards=[requires("accounts")],
    security=KEY,
    responses=problems(400, 401, 403),
)
async def get_accounts(
    access: TheAccess,
    limit: Limit = 100,
    after: Annotated[str, QueryParameter(max_length=128, description="The `next` of the page before.")] = "",
) -> AccountPage:
    """In the order of the players' ids."""
    check_text(after, "after")
    accounts = await access.accounts.page(after, limit)
    return AccountPage([_answer(each) for each in accounts], accounts[-1].id if len(accounts) == limit else None)


@get(
    "/v1/accounts/{player:str}",
    tags=["accounts"],
    summary="One account",
    guards=[requires("moderation")],
    security=KEY,
    responses=problems(400, 401, 403, 404),
)
async def get_account(access: TheAccess, caller: TheCaller, player: PlayerId) -> AccountAnswer:
    """By the player's id."""
    _check_everywhere(caller)
    return _answer(await access.accounts.of_player(check_external_id(player)))


@patch(
    "/v1/accounts/{player:str}",
    tags=["accounts"],
    summary="Change an account",
    guards=[requires("moderation")],
    security=KEY,
    responses=problems(400, 401, 403, 404, *BODY),
)
async def patch_account(
    request: Request[Any, Any, Any],
    access: TheAccess,
    caller: TheCaller,
    player: PlayerId,
    data: JSONBody[AccountChange],
) -> AccountAnswer:
    """Managers deactivate and bring back; roles are given by admins alone. Who is deactivated here stays so."""
    _check_everywhere(caller)
    account = await access.accounts.of_player(check_external_id(player))
    if account.roles and not caller.may("accounts"):
        raise Refused(403, "forbidden", "the account of a developer, manager or admin is changed by an admin")
    if data.roles is not msgspec.UNSET or data.games is not msgspec.UNSET:
        account = await _set_roles(request, access, caller, account, data)
    if data.deactivated is True:
        await access.accounts.deactivate(account, "manager")
        await audit(request, "account.deactivated", account.id)
    elif data.deactivated is False and account.deactivated_at is not None:
        await access.accounts.reactivate(account)
        await audit(request, "account.reactivated", account.id)
    return _answer(await access.accounts.of(account.account))


@delete(
    "/v1/accounts/{player:str}",
    tags=["accounts"],
    summary="Delete an account",
    status_code=204,
    guards=[requires("accounts")],
    security=KEY,
    responses=problems(400, 401, 403, 404),
)
async def delete_account(request: Request[Any, Any, Any], access: TheAccess, player: PlayerId) -> None:
    """For good, as its owner could."""
    account = await access.accounts.of_player(check_external_id(player))
    await access.accounts.delete(account)
    await audit(request, "account.deleted", f"account:{account.account}")


async def _set_roles(
    request: Request[Any, Any, Any], access: Access, caller: Caller, account: Account, data: AccountChange
) -> Account:
    if not caller.may("accounts"):
        raise Refused(403, "forbidden", "roles are given by admins")
    roles = account.roles if data.roles is msgspec.UNSET else data.roles
    games = account.games if data.games is msgspec.UNSET else data.games
    for game in games:
        check_external_id(game, "games")
    changed = await access.accounts.set_roles(account, list(roles), list(games))
    await audit(request, "account.roles", account.id, roles=list(changed.roles), games=list(changed.games))
    return changed


# Within ---------------------------------------------------------------------------------------------------------------


@asynccontextmanager
async def _counted(access: Access, login: str, address: str) -> AsyncIterator[None]:
    """Counts what fails inside as a failed log-in."""
    access.limits.try_login(login, address)
    try:
        yield
    except WrongLogin:
        raise Refused(401, "unauthorized", "the address or the password is not right") from None
    except LockedOut:
        access.limits.login_succeeded(login, address)
        raise _locked_out() from None
    access.limits.login_succeeded(login, address)


def _locked_out() -> Refused:
    return Refused(403, "forbidden", "this account was deactivated by a manager")


def _check_everywhere(caller: Caller) -> None:
    if not caller.may("moderation"):
        raise Refused(403, "forbidden", "accounts are changed by managers and admins of the whole server")


def _own(caller: Caller) -> tuple[int, str]:
    assert caller.account is not None
    assert caller.session is not None
    return caller.account, caller.session


def _tokens(entered: LoggedIn) -> Tokens:
    return Tokens(access_token=entered.access_token, refresh_token=entered.refresh_token, player=entered.account.id)


def _answer(account: Account) -> AccountAnswer:
    return AccountAnswer(
        player=account.id,
        name=account.name,
        address=account.address,
        roles=[role for role in ROLES if role in account.roles],
        games=list(account.games),
        joined_at=to_datetime(account.joined_at),
        last_login_at=_moment(account.last_login_at),
        last_active_at=_moment(account.last_active_at),
        deactivated_at=_moment(account.deactivated_at),
        deactivated_by=account.deactivated_by,
    )


def _moment(at: int | None) -> datetime | None:
    return to_datetime(at) if at is not None else None


def _nobodys_fields(player: str) -> dict[str, Any]:
    """The profile of a player whom no game has met yet."""
    return {"player": player, "name": None, "shown_name": player, "region": None, "avatar": None, "attributes": {}}


ROUTES: Final[list[BaseRouteHandler]] = [
    register,
    log_in,
    refresh,
    log_out,
    change_password,
    get_jwks,
    begin_discord,
    finish_discord,
    get_me,
    patch_me,
    deactivate_me,
    delete_me,
    get_accounts,
    get_account,
    patch_account,
    delete_account,
]

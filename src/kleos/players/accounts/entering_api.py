"""The routes of coming in and going out: registering, logging in and out, tokens, the password, Discord."""

from typing import Annotated, Any, Final, Literal
from urllib.parse import urlencode

import msgspec
from litestar import Request, get, post
from litestar.handlers import BaseRouteHandler
from litestar.openapi import ResponseSpec
from litestar.params import JSONBody, QueryParameter
from litestar.response import Response

from kleos.core.errors import BadInput, KleosError, NotFound
from kleos.players.accounts.accounts import LockedOut, LoggedIn, address_key
from kleos.players.accounts.attempts import counted, locked_out
from kleos.players.accounts.sessions import Refused as TokenRefused
from kleos.server.auth.access import Access
from kleos.server.auth.audit import audit
from kleos.server.auth.caller import address_of
from kleos.server.auth.discord import ISSUER as DISCORD
from kleos.server.auth.discord import Discord
from kleos.server.auth.guards import logged_in, requires_account
from kleos.server.auth.tokens import LIFETIME_S
from kleos.server.errors import Refused
from kleos.server.openapi import BODY, KEY, problems
from kleos.server.parameters import TheAccess, TheCaller

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


class Tokens(msgspec.Struct, kw_only=True):
    """``access_token`` goes into `Authorization: Bearer …`; ``refresh_token`` is good once, for the next pair."""

    access_token: str
    refresh_token: str
    token_type: Literal["Bearer"] = "Bearer"
    expires_in: int = LIFETIME_S
    player: str


class Ways(msgspec.Struct, kw_only=True):
    """Beside an address and a password, by which one always may."""

    registration: bool
    discord: bool


@post("/v1/auth/register", tags=["accounts"], summary="Register", responses=problems(400, 403, 409, *BODY))
async def register(access: TheAccess, data: JSONBody[Registration]) -> Tokens:
    """Makes an account and its player, and logs in. The player's id must be one that no game has used yet."""
    if not access.settings.registration:
        raise Refused(403, "forbidden", "this server takes no registrations")
    return _tokens(await access.accounts.register(data.address, data.password, data.player, data.name))


@post("/v1/auth/login", tags=["accounts"], summary="Log in", status_code=200, responses=problems(400, 401, 403, *BODY))
async def log_in(request: Request[Any, Any, Any], access: TheAccess, data: JSONBody[Login]) -> Tokens:
    """Brings back who has deactivated the account. An unknown address and a wrong password get the same answer."""
    async with counted(access, address_key(data.address)[:254], address_of(request)):
        entered = await access.accounts.log_in(data.address, data.password)
    return await _welcomed(request, access, entered)


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
    account, session = logged_in(caller)
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
    async with counted(access, caller.name, address_of(request)):
        changed = await access.accounts.change_password(logged_in(caller)[0], data.old, data.new)
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


@get(
    "/v1/auth/ways",
    tags=["accounts"],
    summary="How one comes in here",
    responses=problems(),
    sync_to_thread=False,
)
def get_ways(access: TheAccess) -> Ways:
    """For whoever draws a form to log in."""
    return Ways(registration=access.settings.registration, discord=access.discord is not None)


@get(
    "/v1/auth/discord",
    tags=["accounts"],
    summary="Log in with Discord",
    status_code=302,
    responses=problems(400, 404),
)
async def begin_discord(
    access: TheAccess,
    page: Annotated[
        bool, QueryParameter(description="Come back to the page `/me`, and not to tokens in JSON.")
    ] = False,
) -> Response[None]:
    """Sends the browser to Discord, which sends it back to the callback."""
    if access.discord is None:
        raise NotFound("log-in", "discord")
    address, state = access.discord.begin(page)
    cookie = f"{STATE_COOKIE}={state}; Path=/v1/auth/discord; Max-Age=600; HttpOnly; SameSite=Lax"
    return Response(None, status_code=302, headers={"Location": address, "Set-Cookie": cookie, **_NO_STORE})


@get(
    "/v1/auth/discord/callback",
    tags=["accounts"],
    summary="Where Discord sends the browser back to",
    responses={
        **problems(400, 401, 403, 404, 503),
        303: ResponseSpec(None, description="To the page where the log-in began there, with what it needs to go on."),
    },
)
async def finish_discord(
    request: Request[Any, Any, Any],
    access: TheAccess,
    login_state: Annotated[str, QueryParameter(name="state", max_length=200, description="The state that was given.")],
    code: Annotated[
        str | None, QueryParameter(max_length=2_000, description="Discord's code; none where somebody said no there.")
    ] = None,
) -> Response[Tokens]:
    """Logs in; makes an account and a player the first time. Only the browser that began may finish."""
    if access.discord is None:
        raise NotFound("log-in", "discord")
    if request.cookies.get(STATE_COOKIE) != login_state:
        raise BadInput("this log-in was not begun in this browser; begin again", "state")
    if not access.discord.is_of_page(login_state):
        return Response(await _by_discord(request, access, access.discord, code, login_state))
    try:
        tokens = await _by_discord(request, access, access.discord, code, login_state)
    except (KleosError, Refused) as error:
        return _to_page(refused=str(error))
    return _to_page(token=tokens.refresh_token)


async def _by_discord(
    request: Request[Any, Any, Any], access: Access, discord: Discord, code: str | None, state: str
) -> Tokens:
    person = await discord.finish(code, state)
    try:
        entered = await access.accounts.log_in_by(DISCORD, person.id, (person.global_name or person.username)[:128])
    except LockedOut:
        raise locked_out() from None
    return await _welcomed(request, access, entered)


def _to_page(**said: str) -> Response[Any]:
    """Behind the `#`, which browsers send nowhere; the refresh token is good once, and the page uses it at once."""
    return Response(None, status_code=303, headers={"Location": f"/me#{urlencode(said)}", **_NO_STORE})


async def _welcomed(request: Request[Any, Any, Any], access: Access, entered: LoggedIn) -> Tokens:
    if entered.came_back:
        account = entered.account
        actor = f"account:{account.account}"  # the request came from nobody: it is what has made them somebody
        await access.audit.write(actor, address_of(request), "account.reactivated", account.id)
    return _tokens(entered)


def _tokens(entered: LoggedIn) -> Tokens:
    return Tokens(access_token=entered.access_token, refresh_token=entered.refresh_token, player=entered.account.id)


ROUTES: Final[list[BaseRouteHandler]] = [
    register,
    log_in,
    refresh,
    log_out,
    change_password,
    get_jwks,
    get_ways,
    begin_discord,
    finish_discord,
]

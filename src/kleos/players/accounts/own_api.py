"""The routes of one's own account: profile, leaving and deleting."""

from typing import Any, Final

import msgspec
from litestar import Request, delete, get, patch, post
from litestar.handlers import BaseRouteHandler
from litestar.params import JSONBody

from kleos.players.accounts.answers import AccountAnswer, account_answer
from kleos.players.accounts.attempts import counted
from kleos.players.answers import Profile
from kleos.players.api import changed_fields, profile_fields
from kleos.players.change import put_profile
from kleos.players.profiles import ProfileChange
from kleos.server.auth.audit import audit
from kleos.server.auth.caller import address_of
from kleos.server.auth.guards import logged_in, requires_account, requires_player
from kleos.server.openapi import BODY, KEY, problems
from kleos.server.parameters import TheAccess, TheCaller, TheEngine


class Confirmation(msgspec.Struct, forbid_unknown_fields=True):
    """The password once more; an account without one needs none."""

    password: str | None = None


class Me(Profile, kw_only=True):
    """``account`` is null for who comes by a token of an outside issuer."""

    account: AccountAnswer | None


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
    account = account_answer(await access.accounts.of(caller.account)) if caller.account is not None else None
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
async def patch_me(
    request: Request[Any, Any, Any], engine: TheEngine, caller: TheCaller, data: JSONBody[ProfileChange]
) -> Profile:
    """What is left out stays, null clears."""
    assert caller.player is not None
    card = await put_profile(engine, caller.player, data)
    await audit(request, "profile.changed", caller.player, fields=changed_fields(data))
    return Profile(**profile_fields(card))


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
    account = await access.accounts.of(logged_in(caller)[0])
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
    async with counted(access, caller.name, address_of(request)):
        account = await access.accounts.confirm(logged_in(caller)[0], data.password)
    await access.accounts.delete(account)
    await audit(request, "account.deleted", caller.name)


def _nobodys_fields(player: str) -> dict[str, Any]:
    """The profile of a player whom no game has met yet."""
    return {"player": player, "name": None, "shown_name": player, "region": None, "avatar": None, "attributes": {}}


ROUTES: Final[list[BaseRouteHandler]] = [get_me, patch_me, deactivate_me, delete_me]

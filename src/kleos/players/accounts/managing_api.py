"""The routes of everybody's accounts, for managers and admins."""

from typing import Annotated, Any, Final

import msgspec
from litestar import Request, delete, get, patch
from litestar.handlers import BaseRouteHandler
from litestar.params import JSONBody, QueryParameter

from kleos.core.ids import check_external_id, check_text
from kleos.players.accounts.accounts import Account
from kleos.players.accounts.answers import AccountAnswer, account_answer
from kleos.server.auth.access import Access
from kleos.server.auth.audit import audit
from kleos.server.auth.caller import Caller, Role
from kleos.server.auth.guards import requires
from kleos.server.errors import Refused
from kleos.server.openapi import BODY, KEY, problems
from kleos.server.parameters import Limit, PlayerId, TheAccess, TheCaller


class AccountChange(msgspec.Struct, forbid_unknown_fields=True):
    """What is left out stays. ``games`` are those that a developer may change."""

    roles: list[Role] | msgspec.UnsetType = msgspec.UNSET
    games: list[str] | msgspec.UnsetType = msgspec.UNSET
    deactivated: bool | msgspec.UnsetType = msgspec.UNSET


class AccountPage(msgspec.Struct):
    """``next`` is the `after` of the following page; null on the last."""

    accounts: list[AccountAnswer]
    next: str | None


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
    return AccountPage([account_answer(each) for each in accounts], accounts[-1].id if len(accounts) == limit else None)


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
    return account_answer(await access.accounts.of_player(check_external_id(player)))


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
    return account_answer(await access.accounts.of(account.account))


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


def _check_everywhere(caller: Caller) -> None:
    if not caller.may("moderation"):
        raise Refused(403, "forbidden", "accounts are changed by managers and admins of the whole server")


ROUTES: Final[list[BaseRouteHandler]] = [get_accounts, get_account, patch_account, delete_account]

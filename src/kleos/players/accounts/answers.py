"""An account as the API answers it."""

from datetime import datetime
from typing import Literal

import msgspec

from kleos.core.windows import to_datetime, to_datetime_or_none
from kleos.players.accounts.accounts import Account
from kleos.server.auth.caller import ROLES, Role


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


def account_answer(account: Account) -> AccountAnswer:
    return AccountAnswer(
        player=account.id,
        name=account.name,
        address=account.address,
        roles=[role for role in ROLES if role in account.roles],
        games=list(account.games),
        joined_at=to_datetime(account.joined_at),
        last_login_at=to_datetime_or_none(account.last_login_at),
        last_active_at=to_datetime_or_none(account.last_active_at),
        deactivated_at=to_datetime_or_none(account.deactivated_at),
        deactivated_by=account.deactivated_by,
    )

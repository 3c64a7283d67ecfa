"""Tokens of players, as a log-in would give them."""

from typing import Any

from kleos.server.auth.tokens import Holder


def token_of(server: Any, player: str, account: int) -> dict[str, str]:
    """The header of a request that the player sends."""
    token = server.access.tokens.issue(Holder(account, player, (), (), f"session-{player}", 0))
    return {"Authorization": f"Bearer {token}"}

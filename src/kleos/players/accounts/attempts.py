"""Attempts to show a password: counted against the limits, and answered when they fail."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from kleos.players.accounts.accounts import LockedOut, WrongLogin
from kleos.server.auth.access import Access
from kleos.server.errors import Refused


@asynccontextmanager
async def counted(access: Access, login: str, address: str) -> AsyncIterator[None]:
    """Counts a wrong password inside as a failed log-in, and no other failure."""
    access.limits.try_login(login, address)
    try:
        yield
    except WrongLogin:
        raise Refused(401, "unauthorized", "the address or the password is not right") from None
    except LockedOut:
        access.limits.was_no_failure(login, address)
        raise locked_out() from None
    except Exception:
        access.limits.was_no_failure(login, address)
        raise
    access.limits.was_no_failure(login, address)


def locked_out() -> Refused:
    return Refused(403, "forbidden", "this account was deactivated by a manager")

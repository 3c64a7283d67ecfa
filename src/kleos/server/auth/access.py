"""Everything that decides who a caller is and what it may do, in one object for a server's life."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Final

from kleos.engine.engine import Engine
from kleos.server.auth.addresses import Network
from kleos.server.auth.audit import AuditLog
from kleos.server.auth.caller import ANONYMOUS, Caller, refused
from kleos.server.auth.keys import Keys
from kleos.server.auth.limits import Limits, LimitSettings
from kleos.server.auth.tokens import LONGEST_TOKEN, AccessTokens, SigningKeys

KEEP_HOUSE_EVERY_S: Final = 60.0
_MALFORMED: Final = refused("the Authorization header is not of the form `Bearer <key or token>`")
_NO_KEY: Final = refused("this key is not one of this server's, or was revoked")
_TOO_LONG: Final = refused("this is longer than any token")

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessSettings:
    """What is set about access. Without ``signing_keys`` they are made anew at every start."""

    admin_key: str | None = None
    signing_keys: Callable[[int], SigningKeys] = SigningKeys.made
    issuer: str = "kleos"
    limits: LimitSettings = field(default_factory=LimitSettings)
    origins: frozenset[str] = frozenset()
    trusted_proxies: tuple[Network, ...] = ()
    body_timeout_s: float = 30.0


class Access:
    """Made by :meth:`open` only."""

    def __init__(self, settings: AccessSettings, engine: Engine, keys: Keys) -> None:
        self.settings = settings
        self.keys = keys
        self.tokens = AccessTokens(settings.signing_keys(engine.now()), engine.clock, settings.issuer)
        self.limits = Limits(settings.limits, engine.clock)
        self.audit = AuditLog(engine.pool, engine.clock)
        self._chores: list[Callable[[], Awaitable[None]]] = [keys.flush, self._forget_old]

    @classmethod
    @asynccontextmanager
    async def open(
        cls, settings: AccessSettings, engine: Engine, announce_key: Callable[[str], None]
    ) -> AsyncIterator["Access"]:
        keys = await Keys.open(engine.pool, engine.clock, settings.admin_key, announce_key)
        access = cls(settings, engine, keys)
        housekeeping = asyncio.create_task(access._keep_house(), name="housekeeping of access")
        try:
            yield access
        finally:
            housekeeping.cancel()
            with suppress(asyncio.CancelledError):
                await housekeeping
            await access.do_chores()

    def caller(self, credential: bytes | None) -> Caller | Awaitable[Caller]:
        """Who sends this `Authorization` header; to be awaited where that cannot be said at once."""
        if credential is None:
            return ANONYMOUS
        scheme, _, sent = credential.decode("latin-1").partition(" ")
        if scheme.lower() != "bearer" or not sent.strip():
            return _MALFORMED
        return self.holder(sent.strip())

    def holder(self, sent: str) -> Caller | Awaitable[Caller]:
        """Who holds a key or token, however it was sent."""
        found = self.keys.caller(sent)
        if found is not None:
            return found
        if len(sent) > LONGEST_TOKEN:
            return _TOO_LONG
        if sent.count(".") != 2:
            return _NO_KEY
        return self.tokens.caller(sent)

    def every_minute(self, chore: Callable[[], Awaitable[None]]) -> None:
        """Something to be done about once a minute, and once more at the end."""
        self._chores.append(chore)

    async def do_chores(self) -> None:
        for chore in self._chores:
            try:
                await chore()
            except Exception as error:  # what is not done now is done in a minute
                logger.warning("a chore of access failed: %s", error)

    async def _forget_old(self) -> None:
        self.tokens.forget_old()

    async def _keep_house(self) -> None:
        while True:
            await asyncio.sleep(KEEP_HOUSE_EVERY_S)
            await self.do_chores()

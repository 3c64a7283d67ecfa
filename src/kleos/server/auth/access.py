"""Everything that decides who a caller is and what it may do, in one object for a server's life."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Final

from argon2 import PasswordHasher

from kleos.core.errors import BadInput
from kleos.engine.engine import Engine
from kleos.players.accounts.accounts import Accounts
from kleos.players.accounts.passwords import Passwords
from kleos.server.auth.addresses import Network, parse_networks
from kleos.server.auth.audit import AuditLog
from kleos.server.auth.caller import ANONYMOUS, Caller, refused
from kleos.server.auth.discord import Discord, DiscordSettings
from kleos.server.auth.keys import Keys
from kleos.server.auth.limits import Limits, LimitSettings
from kleos.server.auth.outside import IssuerSettings, OutsideIssuer, issuer_of, parse_issuers, still_outside
from kleos.server.auth.tokens import LONGEST_TOKEN, NOT_OURS, AccessTokens, SigningKeys
from kleos.server.door import DoorSettings
from kleos.settings import Settings

KEEP_HOUSE_EVERY_S: Final = 60.0
_MALFORMED: Final = refused("the Authorization header is not of the form `Bearer <key or token>`")
_NO_KEY: Final = refused("this key is not one of this server's, or was revoked")
_TOO_LONG: Final = refused("this is longer than any token")
_OFF: Final = refused("this player has been taken off this server")

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessSettings:
    """What is set about access. Without ``signing_keys`` they are made anew at every start."""

    admin_key: str | None = None
    signing_keys: Callable[[int], SigningKeys] = SigningKeys.made
    issuer: str = "kleos"
    limits: LimitSettings = field(default_factory=LimitSettings)
    door: DoorSettings = field(default_factory=DoorSettings)
    origins: frozenset[str] = frozenset()
    trusted_proxies: tuple[Network, ...] = ()
    body_timeout_s: float = 30.0
    registration: bool = True
    hasher: PasswordHasher | None = None
    issuers: tuple[IssuerSettings, ...] = ()
    discord: DiscordSettings | None = None


def access_settings(settings: Settings) -> AccessSettings:
    """What a server's settings say about access. Raises BadInput for what only makes sense together."""
    try:
        issuers = parse_issuers(settings.issuers or "")
    except ValueError as error:
        raise BadInput(f"KLEOS_ISSUERS {error}") from None
    given = (settings.discord_client_id, settings.discord_client_secret, settings.discord_redirect)
    client_id, secret, redirect = given
    if any(given) and not all(given):
        raise BadInput("KLEOS_DISCORD_CLIENT_ID, KLEOS_DISCORD_CLIENT_SECRET and KLEOS_DISCORD_REDIRECT go together")
    token_keys = settings.token_keys
    keys_file = settings.data / "token_keys.json"
    return AccessSettings(
        admin_key=settings.admin_key,
        signing_keys=(
            (lambda now: SigningKeys.parse(token_keys))
            if token_keys is not None
            else (lambda now: SigningKeys.kept_in(keys_file, now))
        ),
        issuer=settings.public_url or "kleos",
        limits=LimitSettings(
            user_per_minute=settings.limit_user,
            key_per_minute=settings.limit_key,
            address_per_minute=settings.limit_address,
            sign_in_per_minute=settings.limit_sign_in,
            submissions_per_second=settings.limit_submissions,
            failed_logins=settings.limit_failed_logins,
            topics_per_minute=settings.limit_topics,
        ),
        door=DoorSettings(settings.limit_sockets, settings.request_timeout_s),
        origins=settings.cors_origins or frozenset(),
        trusted_proxies=parse_networks(settings.trusted_proxies or ""),
        body_timeout_s=settings.body_timeout_s,
        registration=settings.registration == "open",
        issuers=issuers,
        discord=DiscordSettings(client_id, secret, redirect) if client_id and secret and redirect else None,
    )


class Access:
    """Made by :meth:`open` only."""

    def __init__(self, settings: AccessSettings, engine: Engine, keys: Keys) -> None:
        self.settings = settings
        self.keys = keys
        self.tokens = AccessTokens(settings.signing_keys(engine.now()), engine.clock, settings.issuer)
        self.limits = Limits(settings.limits, engine.clock)
        self.audit = AuditLog(engine.pool, engine.clock)
        self.passwords = Passwords(settings.hasher)
        self.accounts = Accounts(engine, self.tokens, self.passwords)
        self.outside = {each.issuer: OutsideIssuer(each, engine.clock) for each in settings.issuers}
        self.discord = Discord(settings.discord, engine.clock) if settings.discord is not None else None
        self._clock = engine.clock
        self._off = engine.directory.hidden("")
        self._chores: list[Callable[[], Awaitable[None]]] = [
            keys.flush,
            self.accounts.flush,
            self.accounts.forget_deleted,
            self.accounts.sessions.drop_expired,
            self._forget_old,
        ]

    @classmethod
    @asynccontextmanager
    async def open(
        cls, settings: AccessSettings, engine: Engine, announce_key: Callable[[str], None]
    ) -> AsyncIterator["Access"]:
        keys = await Keys.open(engine.pool, engine.clock, settings.admin_key, announce_key)
        access = cls(settings, engine, keys)
        await access.accounts.remember()
        housekeeping = asyncio.create_task(access._keep_house(), name="housekeeping of access")
        try:
            yield access
        finally:
            housekeeping.cancel()
            with suppress(asyncio.CancelledError):
                await housekeeping
            await access.do_chores()
            access.passwords.close()

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
        if self.tokens.has_read(sent):
            return self._seen(self.tokens.caller(sent))
        found = self.keys.caller(sent)
        if found is not None:
            return found
        if len(sent) > LONGEST_TOKEN:
            return _TOO_LONG
        if sent.count(".") != 2:
            return _NO_KEY
        issuer = issuer_of(sent)
        if issuer != self.tokens.issuer:
            outside = self.outside.get(issuer or "")
            if outside is None:
                return NOT_OURS
            theirs = outside.caller(sent)
            return self._unless_off(theirs) if isinstance(theirs, Caller) else self._learned(theirs)
        return self._seen(self.tokens.caller(sent))

    def _seen(self, caller: Caller) -> Caller:
        if caller.account is not None:
            self.accounts.seen(caller.account)
        return caller

    def still(self, caller: Caller) -> Caller:
        """Who was found good a while ago, as they are now: anonymous, with the reason, where it is over."""
        if caller.kind == "account":
            return self.tokens.still(caller)
        if caller.kind == "outside":
            return self._unless_off(still_outside(caller, self._clock()))
        return caller if caller.kind == "anonymous" else self.keys.still(caller) or _NO_KEY

    async def _learned(self, coming: Awaitable[Caller]) -> Caller:
        return self._unless_off(await coming)

    def _unless_off(self, caller: Caller) -> Caller:
        """Deactivating an account ends its tokens; those of an outside issuer go on, and are worth nothing here."""
        return _OFF if caller.player in self._off else caller

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

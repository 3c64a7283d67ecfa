"""Accounts: registering, logging in and out, leaving and coming back. An account is one player."""

import asyncio
import re
import secrets
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, Literal

import asyncpg

from kleos.core.errors import BadInput, Conflict, NotFound
from kleos.core.ids import check_external_id
from kleos.engine.engine import Engine
from kleos.players.accounts import sql
from kleos.players.accounts.passwords import Passwords
from kleos.players.accounts.sessions import Sessions
from kleos.players.change import delete_player, put_profile, set_hidden
from kleos.players.profiles import ProfileChange, check_change
from kleos.server.auth.caller import Role
from kleos.server.auth.tokens import LIFETIME_S, AccessTokens, Holder

Leaver = Literal["player", "manager"]

LONGEST_ADDRESS: Final = 254
_ADDRESS: Final = re.compile(r"[^@\s\x00-\x1f\x7f]+@[^@\s\x00-\x1f\x7f]+")
_TAKEN: Final = "this address or this player id is taken"


@dataclass(frozen=True, slots=True)
class Account:
    """``player`` is the number, ``id`` what games know it by; times in µs. ``password`` is its hash."""

    account: int
    player: int
    id: str
    address: str | None
    password: str | None
    roles: Sequence[Role]
    games: Sequence[str]
    generation: int
    joined_at: int
    last_login_at: int | None
    last_active_at: int | None
    deactivated_at: int | None
    deactivated_by: Leaver | None
    name: str | None


@dataclass(frozen=True, slots=True)
class LoggedIn:
    """What a client keeps: the access token for requests, the refresh token for the next pair. ``came_back`` says that
    they had deactivated the account."""

    account: Account
    access_token: str
    refresh_token: str
    came_back: bool = False


class WrongLogin(Exception):
    """The address and password are not those of an account. Nobody is told which of them is wrong."""


class LockedOut(Exception):
    """The password is right, but a manager has deactivated the account."""


class Accounts:
    """Everything that is done with accounts."""

    def __init__(self, engine: Engine, tokens: AccessTokens, passwords: Passwords) -> None:
        self._engine = engine
        self._pool: asyncpg.Pool = engine.pool
        self._clock: Callable[[], int] = engine.clock
        self._tokens = tokens
        self._passwords = passwords
        self.sessions = Sessions(engine.pool, engine.clock)
        self._active: dict[int, int] = {}
        self._showing = asyncio.Lock()

    async def remember(self) -> None:
        """At the start: what living access tokens must not outlive."""
        since = self._oldest_token()
        for session in await self.sessions.ended_since(since):
            self._tokens.end_session(session)
        for row in await self._pool.fetch(sql.CHANGED_SINCE, since):
            self._tokens.end_before(row["account"], row["generation"])
        await self._end_deleted()

    async def forget_deleted(self) -> None:
        """Lets go of deleted accounts of which no living token can speak; to be called about once a minute."""
        await self._pool.execute(sql.FORGET_DELETED, self._oldest_token())

    # Coming in --------------------------------------------------------------------------------------------------------

    async def register(self, address: str, password: str, player: str | None, name: str | None) -> LoggedIn:
        """Raises BadInput, or Conflict where the address or the player is taken: nobody claims a player who plays."""
        check_address(address)
        if player is not None and ":" in player:
            raise BadInput("a colon is for players who come by another's log-in", "player")
        hashed = await self._passwords.hash(password)
        account = await self._add(player, name, address, hashed, None)
        return await self._enter(account)

    async def log_in(self, address: str, password: str) -> LoggedIn:
        """Raises WrongLogin, after the same time whoever it is; LockedOut where a manager has closed the account."""
        row = await self._pool.fetchrow(sql.BY_ADDRESS, address_key(address))
        account = Account(**dict(row)) if row is not None else None
        try:
            is_right = await self._passwords.is_right(account.password if account else None, password)
        except BadInput:
            is_right = False
        if account is None or not is_right:
            raise WrongLogin
        assert account.password is not None
        shown = account.password
        if self._passwords.is_dated(shown):
            hashed = await self._passwords.hash(password)
            shown = await self._pool.fetchval(sql.HASH_ANEW, account.account, hashed, shown) or shown
        try:
            return await self._enter(account, shown)
        except NotFound:  # deleted meanwhile
            raise WrongLogin from None

    async def log_in_by(self, issuer: str, subject: str, name: str | None) -> LoggedIn:
        """Who comes by another's log-in; an account and a player are made at the first time.

        A player whom a game has met by that id is theirs: the issuer says so.
        """
        row = await self._pool.fetchrow(sql.BY_LOGIN, issuer, subject)
        if row is not None:
            return await self._enter(Account(**dict(row)))
        account = await self._add(f"{issuer}:{subject}", name, None, None, (issuer, subject))
        return await self._enter(account)

    async def refresh(self, token: str) -> LoggedIn:
        """The next pair. Raises sessions.Refused; where an old token is shown, the family has ended."""
        session, number, fresh = await self.sessions.renew(token)
        account = await self.of(number)
        if account.deactivated_at is not None:
            await self.sessions.end(session)
            raise LockedOut
        self.seen(number)
        return LoggedIn(account, self._issue(account, session), fresh)

    async def _enter(self, account: Account, password: str | None = None) -> LoggedIn:
        """Decided by the account as it is now, and not as it was before its password was looked at: who showed one that
        was changed meanwhile (``password`` is its hash) does not come in."""
        async with self._pool.acquire() as connection, connection.transaction():
            row = await connection.fetchrow(sql.LOCKED, account.account)
            if row is None:
                raise NotFound("account", account.id)
            account = Account(**dict(row))
            if password is not None and account.password != password:
                raise WrongLogin
            if account.deactivated_by == "manager":
                raise LockedOut
            await connection.execute(sql.COME_BACK, account.account)
            session, token = await self.sessions.start(connection, account.account)
            await connection.execute(sql.NOTE_LOGIN, account.account, self._clock())
        came_back = account.deactivated_by == "player"
        if came_back:
            await self._show_or_hide(account.account)
        # of the generation that was locked: whoever ended the account's tokens since has ended this one
        return LoggedIn(account, self._issue(account, session), token, came_back)

    def _issue(self, account: Account, session: str) -> str:
        return self._tokens.issue(
            Holder(account.account, account.id, account.roles, account.games, session, account.generation)
        )

    async def _add(
        self,
        player: str | None,
        name: str | None,
        address: str | None,
        hashed: str | None,
        login: tuple[str, str] | None,
    ) -> Account:
        check_change(ProfileChange(name=name))  # before anything is written
        id = check_external_id(player) if player is not None else f"p-{secrets.token_hex(8)}"
        now = self._clock()
        try:
            async with self._pool.acquire() as connection, connection.transaction():
                number = await connection.fetchval(sql.ADD_IDENTITY, id)
                if number is None and login is not None:
                    number = await connection.fetchval(sql.MET, id)
                if number is None:
                    raise Conflict(_TAKEN)
                await connection.execute(sql.ADD_PLAYER, number)
                key = address_key(address) if address is not None else None
                account = await connection.fetchval(sql.ADD, number, address, key, hashed, now)
                if login is not None:
                    await connection.execute(sql.ADD_LOGIN, *login, account)
        except asyncpg.UniqueViolationError:
            raise Conflict(_TAKEN) from None
        self._engine.directory.mark_existing("", [id])
        card = (await self._engine.directory.cards("", [id])).get(id)
        if name is not None and (card is None or card.name is None):  # a game may have given them another
            await put_profile(self._engine, id, ProfileChange(name=name))
        return await self.of(account)

    # Asking -----------------------------------------------------------------------------------------------------------

    async def of(self, number: int) -> Account:
        row = await self._pool.fetchrow(sql.BY_NUMBER, number)
        if row is None:
            raise NotFound("account", str(number))
        return Account(**dict(row))

    async def of_player(self, id: str) -> Account:
        row = await self._pool.fetchrow(sql.BY_PLAYER, id)
        if row is None:
            raise NotFound("account", id)
        return Account(**dict(row))

    async def page(self, after: str, limit: int) -> list[Account]:
        return [Account(**dict(row)) for row in await self._pool.fetch(sql.PAGE, after, limit)]

    def seen(self, number: int) -> None:
        """An account is active now; written down within a minute."""
        self._active[number] = self._clock()

    async def flush(self) -> None:
        if self._active:
            active, self._active = self._active, {}
            numbers = sorted(active)
            await self._pool.execute(sql.NOTE_ACTIVITY, numbers, [active[number] for number in numbers])

    # Changing ---------------------------------------------------------------------------------------------------------

    async def change_password(self, number: int, old: str, new: str) -> LoggedIn:
        """Ends every session but a new one. Raises WrongLogin where the old password is not right."""
        account = await self.of(number)
        if not await self._passwords.is_right(account.password, old):
            raise WrongLogin
        await self._pool.execute(sql.SET_PASSWORD, number, await self._passwords.hash(new))
        await self.log_out_everywhere(number)
        return await self._enter(await self.of(number))

    async def log_out(self, session: str) -> None:
        await self.sessions.end(session)
        self._tokens.end_session(session)

    async def log_out_everywhere(self, number: int) -> None:
        for session in await self.sessions.end_all(number):
            self._tokens.end_session(session)
        await self._end_tokens(number)

    async def set_roles(self, account: Account, roles: Sequence[Role], games: Sequence[str]) -> Account:
        """Access tokens with the roles of before end now; clients refresh them."""
        await self._pool.execute(sql.SET_ROLES, account.account, sorted(set(roles)), sorted(set(games)))
        await self._end_tokens(account.account)
        return await self.of(account.account)

    async def deactivate(self, account: Account, by: Leaver) -> None:
        """Off every board, and logged out; who did it themselves comes back by logging in."""
        await self._pool.execute(sql.DEACTIVATE, account.account, self._clock(), by)
        await self._show_or_hide(account.account)
        await self.log_out_everywhere(account.account)

    async def reactivate(self, account: Account) -> None:
        await self._pool.execute(sql.REACTIVATE, account.account)
        await self._show_or_hide(account.account)

    async def _show_or_hide(self, number: int) -> None:
        """As the account is now. One at a time, so that who changed it last has the last word."""
        async with self._showing:
            account = await self.of(number)
            await set_hidden(self._engine, account.id, account.deactivated_at is not None)

    async def delete(self, account: Account) -> None:
        """The account, the profile and all ids go; what the player did stays in the log, under a number."""
        await self.log_out_everywhere(account.account)
        await delete_player(self._engine, account.id)
        await self._end_deleted()

    async def confirm(self, number: int, password: str | None) -> Account:
        """The account, for something that cannot be undone. Raises WrongLogin where it has another password."""
        account = await self.of(number)
        if account.password is not None and not await self._passwords.is_right(account.password, password or ""):
            raise WrongLogin
        return account

    async def _end_deleted(self) -> None:
        """Also those of players who counted as one that was deleted, and those that logged in meanwhile."""
        for row in await self._pool.fetch(sql.DELETED_SINCE, self._oldest_token()):
            self._tokens.end_account(row["account"])

    def _oldest_token(self) -> int:
        """When the oldest access token that is still good can have been issued."""
        return self._clock() - LIFETIME_S * 1_000_000

    async def _end_tokens(self, number: int) -> None:
        generation = await self._pool.fetchval(sql.NEXT_GENERATION, number, self._clock())
        if generation is not None:
            self._tokens.end_before(number, generation)


def check_address(address: str) -> None:
    """Raises BadInput for what is no e-mail address."""
    if len(address) > LONGEST_ADDRESS or not _ADDRESS.fullmatch(address):
        raise BadInput(f"an address is like ann@example.org, at most {LONGEST_ADDRESS} characters", "address")
    if any("\ud800" <= character <= "\udfff" for character in address):
        raise BadInput("an address is valid Unicode", "address")


def address_key(address: str) -> str:
    """By which addresses are unique: without regard to case, or to how a keyboard composed them."""
    return unicodedata.normalize("NFC", address.strip().casefold())

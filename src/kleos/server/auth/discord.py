"""Logging in with Discord: OAuth 2, authorization code with PKCE and a state that is good once."""

import secrets
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import httpx2
import msgspec
from authlib.common.errors import AuthlibBaseError
from authlib.integrations.httpx_client import AsyncOAuth2Client

from kleos.core.errors import BadInput, Unavailable

ISSUER: Final = "discord"
_SECOND_US: Final = 1_000_000
_STATE_KEPT_US: Final = 600 * _SECOND_US
_MOST_STATES: Final = 10_000
_TIMEOUT_S: Final = 10.0


@dataclass(frozen=True, slots=True)
class DiscordSettings:
    """An application of Discord's developer portal. ``redirect`` is the address of this server's callback route."""

    client_id: str
    client_secret: str
    redirect: str
    authorize: str = "https://discord.com/oauth2/authorize"
    token: str = "https://discord.com/api/oauth2/token"
    user: str = "https://discord.com/api/users/@me"


class Person(msgspec.Struct):
    """What Discord tells of a user."""

    id: str
    username: str
    global_name: str | None = None


@dataclass(frozen=True, slots=True)
class Begun:
    """A log-in under way, good until ``until``; ``is_of_page``: its browser wants to come back to the page."""

    verifier: str
    until: int
    is_of_page: bool


class Discord:
    """``clock`` gives microseconds. A log-in that was begun may be finished within ten minutes, once."""

    def __init__(self, settings: DiscordSettings, clock: Callable[[], int]) -> None:
        self._settings = settings
        self._clock = clock
        self._begun: OrderedDict[str, Begun] = OrderedDict()

    def begin(self, is_of_page: bool = False) -> tuple[str, str]:
        """Where to send the browser, and the state by which it is known again."""
        verifier = secrets.token_urlsafe(48)
        address, state = self._client().create_authorization_url(self._settings.authorize, code_verifier=verifier)
        self._begun[state] = Begun(verifier, self._clock() + _STATE_KEPT_US, is_of_page)
        while len(self._begun) > _MOST_STATES:
            self._begun.popitem(last=False)
        return str(address), str(state)

    def is_of_page(self, state: str) -> bool:
        begun = self._begun.get(state)
        return begun is not None and begun.is_of_page

    async def finish(self, code: str | None, state: str) -> Person:
        """Who has come back. Raises BadInput for a code or state that is not good, Unavailable without Discord.

        Without a code somebody has said no at Discord.
        """
        begun = self._begun.pop(state, None)
        if begun is None or self._clock() >= begun.until:
            raise BadInput("this log-in was not begun here, or too long ago; begin again", "state")
        if code is None:
            raise BadInput("Discord was not allowed to say who you are")
        try:
            async with self._client() as client:
                await client.fetch_token(self._settings.token, code=code, code_verifier=begun.verifier)
                answer = await client.get(self._settings.user)
                answer.raise_for_status()
                return msgspec.json.decode(answer.content, type=Person)
        except (AuthlibBaseError, httpx2.HTTPStatusError, msgspec.DecodeError):
            raise BadInput("Discord does not know this log-in; begin again", "code") from None
        except httpx2.HTTPError:
            raise Unavailable("Discord does not answer", 5.0) from None

    def _client(self) -> Any:
        settings = self._settings
        return AsyncOAuth2Client(
            settings.client_id,
            settings.client_secret,
            redirect_uri=settings.redirect,
            scope="identify",
            code_challenge_method="S256",
            timeout=_TIMEOUT_S,
        )

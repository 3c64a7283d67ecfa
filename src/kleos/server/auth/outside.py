"""Tokens of outside issuers: their keys are found by OIDC discovery, and kept."""

import asyncio
import json
from base64 import urlsafe_b64decode
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

import httpx2
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from kleos.core.errors import Unavailable
from kleos.core.ids import MAX_ID_CHARACTERS
from kleos.server.auth.caller import Caller
from kleos.server.auth.tokens import EXPIRED, NOT_OURS

ALGORITHMS: Final = frozenset(
    {"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "Ed25519"}
)
"""Signatures with a public key only: a shared secret would let the issuer's every client make tokens."""
DISCOVERY: Final = "/.well-known/openid-configuration"
_SECOND_US: Final = 1_000_000
_KEYS_KEPT_US: Final = 3600 * _SECOND_US
_ASK_AGAIN_US: Final = 30 * _SECOND_US
_TIMEOUT_S: Final = 5.0
_LARGEST_ANSWER: Final = 256 * 1024
_KEPT_TOKENS: Final = 20_000
_LEEWAY_S: Final = 30
_LOOPBACK: Final = ("127.0.0.1", "::1", "localhost")


@dataclass(frozen=True, slots=True)
class IssuerSettings:
    """An issuer whose tokens count. A player's id is ``prefix`` and the token's subject."""

    issuer: str
    audience: str
    algorithms: tuple[str, ...] = ("RS256", "ES256")
    prefix: str = ""


def parse_issuers(text: str) -> tuple[IssuerSettings, ...]:
    """From `issuer audience algorithms prefix`, several with `;` between; the last two may be left out.

    The prefix is the issuer's host and a colon, where none is given; `-` is none at all. Raises ValueError.
    """
    issuers = tuple(_parse_issuer(part.split()) for part in text.split(";") if part.strip())
    of_prefix: dict[str, str] = {}
    for each in issuers:
        other = of_prefix.setdefault(each.prefix, each.issuer)
        if other != each.issuer:
            shared = f"the prefix {each.prefix}" if each.prefix else "no prefix"
            raise ValueError(
                f"must tell the players of {other} from those of {each.issuer}: both have {shared}; "
                "give one of them a prefix of its own, as its fourth word"
            )
    return issuers


def _parse_issuer(words: list[str]) -> IssuerSettings:
    if not 2 <= len(words) <= 4:
        raise ValueError("must be `issuer audience [algorithms [prefix]]`, several with `;` between")
    issuer = words[0]
    if not is_safe(issuer):
        raise ValueError("must name issuers by https:// addresses (http:// on this machine only)")
    algorithms = tuple(words[2].split(",")) if len(words) > 2 else ("RS256", "ES256")
    if not ALGORITHMS.issuperset(algorithms):
        raise ValueError(f"must name algorithms among {', '.join(sorted(ALGORITHMS))}")
    host = urlsplit(issuer).hostname
    prefix = f"{host}:" if len(words) < 4 else "" if words[3] == "-" else words[3]
    return IssuerSettings(issuer, words[1], algorithms, prefix)


def is_safe(address: str) -> bool:
    """Whether what is fetched from there is from whom it says: TLS, or this machine."""
    parts = urlsplit(address)
    return parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _LOOPBACK)


def issuer_of(token: str) -> str | None:
    """Whom a token says it is from, before anybody has looked at its signature."""
    try:
        claims = json.loads(_unpacked(token.split(".")[1]))
        issuer = claims["iss"]
    except (ValueError, KeyError, TypeError, IndexError, RecursionError):
        return None
    return issuer if isinstance(issuer, str) else None


def _unpacked(part: str) -> bytes:
    return urlsafe_b64decode(part + "=" * (-len(part) % 4))


class OutsideIssuer:
    """One issuer. A token that was good is remembered until it expires; keys for an hour, or until an unknown one."""

    def __init__(self, settings: IssuerSettings, clock: Callable[[], int]) -> None:
        self._settings = settings
        self._clock = clock
        self._keys: KeySet | None = None
        self._kids: frozenset[str] = frozenset()
        self._fetched_at = 0
        self._tried_at: int | None = None
        self._fetching = asyncio.Lock()
        self._read: OrderedDict[str, Caller] = OrderedDict()

    def caller(self, token: str) -> Caller | Awaitable[Caller]:
        known = self._read.get(token)
        if known is None:
            return self._learn(token)
        found = still_outside(known, self._clock())
        if found is EXPIRED:
            self._read.pop(token, None)
        return found

    async def _learn(self, token: str) -> Caller:
        keys = await self._keys_for(_kid_of(token))
        try:
            read = jwt.decode(token, keys, algorithms=list(self._settings.algorithms))
            claims = read.claims
            found = self._checked(claims)
        except (JoseError, ValueError, KeyError, TypeError):
            return NOT_OURS
        if found is None:
            return NOT_OURS
        if still_outside(found, self._clock()) is EXPIRED:
            return EXPIRED
        self._read[token] = found
        if len(self._read) > _KEPT_TOKENS:
            self._read.popitem(last=False)
        return found

    def _checked(self, claims: dict[str, Any]) -> Caller | None:
        settings, now_s = self._settings, self._clock() / _SECOND_US
        audiences = claims["aud"] if isinstance(claims["aud"], list) else [claims["aud"]]
        subject = claims["sub"]
        if claims["iss"] != settings.issuer or settings.audience not in audiences:
            return None
        if not isinstance(subject, str) or not subject or "\0" in subject:
            return None
        if claims.get("nbf", 0) > now_s + _LEEWAY_S or claims.get("iat", 0) > now_s + _LEEWAY_S:
            return None
        player = settings.prefix + subject
        if len(player) > MAX_ID_CHARACTERS:
            return None
        expires_at = int(claims["exp"] * _SECOND_US)
        return Caller("outside", f"outside:{player}", player, expires_at=expires_at)

    async def _keys_for(self, kid: str | None) -> KeySet:
        """The issuer's keys; asked for anew when they are old or do not have this one, but not time and again."""
        async with self._fetching:
            now = self._clock()
            is_old = self._keys is None or now - self._fetched_at >= _KEYS_KEPT_US or (kid and kid not in self._kids)
            may_ask = self._tried_at is None or now - self._tried_at >= _ASK_AGAIN_US
            if is_old and may_ask:
                self._tried_at = now
                await self._fetch(now)
        if self._keys is None:
            raise Unavailable(f"the issuer {self._settings.issuer} does not answer", _ASK_AGAIN_US / _SECOND_US)
        return self._keys

    async def _fetch(self, now: int) -> None:
        try:
            async with httpx2.AsyncClient(timeout=_TIMEOUT_S, follow_redirects=False) as client:
                found = await _get(client, self._settings.issuer.rstrip("/") + DISCOVERY)
                if found["issuer"] != self._settings.issuer or not is_safe(found["jwks_uri"]):
                    return
                keys = KeySet.import_key_set(await _get(client, found["jwks_uri"]))
        except (httpx2.HTTPError, JoseError, ValueError, KeyError, TypeError):
            return  # the keys of before are as good as they were
        self._keys = keys
        self._kids = frozenset(key.kid for key in keys.keys if key.kid)
        self._fetched_at = now


def still_outside(caller: Caller, now: int) -> Caller:
    """Who was found good a while ago, as they are now."""
    assert caller.expires_at is not None
    return EXPIRED if now >= caller.expires_at else caller


def _kid_of(token: str) -> str | None:
    try:
        kid = json.loads(_unpacked(token.split(".")[0])).get("kid")
    except (ValueError, AttributeError, RecursionError):
        return None
    return kid if isinstance(kid, str) else None


async def _get(client: httpx2.AsyncClient, address: str) -> Any:
    async with client.stream("GET", address) as response:
        response.raise_for_status()
        body = b""
        async for part in response.aiter_bytes():
            body += part
            if len(body) > _LARGEST_ANSWER:
                raise ValueError("the answer is too large")
    return json.loads(body)

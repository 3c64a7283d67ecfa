"""Access tokens: short-lived JWTs that this server signs (Ed25519) and reads again without the database."""

import json
import os
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet, OKPKey

from kleos.core.errors import BadInput
from kleos.server.auth.caller import Caller, account_caller, refused

ALGORITHM: Final = "Ed25519"
AUDIENCE: Final = "kleos"
LIFETIME_S: Final = 15 * 60
ROTATE_AFTER_S: Final = 30 * 24 * 3600
LONGEST_TOKEN: Final = 8_192
_KEPT_TOKENS: Final = 20_000
_NO_GENERATION: Final = 2**31
"""None that an account can come to: the database keeps them as integers of 32 bits."""
_SECOND_US: Final = 1_000_000

EXPIRED: Final = refused("this token has expired; refresh it, or log in again")
NOT_OURS: Final = refused("this token is not one of this server's, or was changed on its way")
ENDED: Final = refused("the session of this token has ended; log in again")


class SigningKeys:
    """Keys by `kid`. The first signs; the others only verify what they signed before."""

    def __init__(self, keys: Sequence[OKPKey]) -> None:
        self.keys = tuple(keys)
        self.signing = self.keys[0]
        self.verifying = KeySet(list(self.keys))

    @classmethod
    def made(cls, now_us: int) -> "SigningKeys":
        return cls([_new_key(now_us)])

    @classmethod
    def parse(cls, text: str) -> "SigningKeys":
        """From a JWK set with private Ed25519 keys. Raises BadInput."""
        try:
            keys = [OKPKey.import_key(each) for each in json.loads(text)["keys"]]
        except (ValueError, KeyError, TypeError, JoseError):
            raise BadInput("the token keys are not a JWK set of Ed25519 keys") from None
        if not keys or any(not key.is_private or key.curve_name != "Ed25519" or not key.kid for key in keys):
            raise BadInput("the token keys must be private Ed25519 keys, each with a `kid`")
        return cls(keys)

    @classmethod
    def kept_in(cls, file: Path, now_us: int) -> "SigningKeys":
        """Those of a file that only its owner can read; made at the first start, and a new one after 30 days."""
        if file.exists():
            keys = cls.parse(file.read_text(encoding="utf-8"))
            if now_us - keys._made_at_s * _SECOND_US < ROTATE_AFTER_S * _SECOND_US:
                return keys
            keys = keys.rotated(now_us)
        else:
            keys = cls.made(now_us)
        keys.write(file)
        return keys

    def rotated(self, now_us: int) -> "SigningKeys":
        """A new key signs; the one before still verifies."""
        return SigningKeys([_new_key(now_us), self.signing])

    def write(self, file: Path) -> None:
        file.parent.mkdir(parents=True, exist_ok=True)
        text = json.dumps({"keys": [key.as_dict(private=True) for key in self.keys]})
        fresh = file.with_name(f"{file.name}.new")
        fresh.unlink(missing_ok=True)
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as opened:
            opened.write(text)
        fresh.replace(file)

    def public(self) -> dict[str, Any]:
        """The JWK set with which others verify tokens of this server."""
        keys = [{**key.as_dict(private=False), "alg": ALGORITHM, "use": "sig"} for key in self.keys]
        return {"keys": [{name: value for name, value in key.items() if name != "made_at"} for key in keys]}

    @property
    def _made_at_s(self) -> int:
        return int(str(self.signing.as_dict(private=False).get("made_at", "0")))


def _new_key(now_us: int) -> OKPKey:
    made = OKPKey.generate_key("Ed25519", private=True)
    made_at = str(now_us // _SECOND_US)
    return OKPKey.import_key({**made.as_dict(private=True), "kid": made.thumbprint(), "made_at": made_at})


@dataclass(frozen=True, slots=True)
class Holder:
    """Whom a token is for. Tokens of an earlier ``generation`` of the account are worth nothing."""

    account: int
    player: str
    roles: Sequence[str]
    games: Sequence[str]
    session: str
    generation: int


class AccessTokens:
    """Issues and reads tokens. ``clock`` gives microseconds since the epoch, ``issuer`` is the `iss` of ours.

    Sessions that ended and accounts that changed are remembered for as long as a token of before could live.
    """

    def __init__(self, keys: SigningKeys, clock: Callable[[], int], issuer: str = "kleos") -> None:
        self.keys = keys
        self.issuer = issuer
        self._clock = clock
        self._read: OrderedDict[str, Caller] = OrderedDict()
        self._ended: dict[str, int] = {}
        self._generations: dict[int, tuple[int, int]] = {}

    def issue(self, holder: Holder) -> str:
        now_s = self._clock() // _SECOND_US
        claims = {
            "iss": self.issuer,
            "aud": AUDIENCE,
            "sub": str(holder.account),
            "player": holder.player,
            "roles": list(holder.roles),
            "games": list(holder.games),
            "sid": holder.session,
            "gen": holder.generation,
            "iat": now_s,
            "exp": now_s + LIFETIME_S,
        }
        header = {"alg": ALGORITHM, "typ": "at+jwt", "kid": self.keys.signing.kid}
        return jwt.encode(header, claims, self.keys.signing, algorithms=[ALGORITHM])

    def has_read(self, token: str) -> bool:
        """Whether a token's signature was found good before."""
        return token in self._read

    def caller(self, token: str) -> Caller:
        """Who sends this token: anonymous, with the reason, where it is not good."""
        known = self._read.get(token)
        if known is None:
            known = self._verify(token)
            if known is None:
                return NOT_OURS
        found = self.still(known)
        if found is EXPIRED:
            self._read.pop(token, None)
        return found

    def still(self, caller: Caller) -> Caller:
        """Who was found good a while ago, as they are now: anonymous, with the reason, where it is over."""
        assert caller.account is not None
        assert caller.session is not None
        assert caller.expires_at is not None
        if self._clock() >= caller.expires_at:
            return EXPIRED
        if caller.session in self._ended or caller.generation < self._generations.get(caller.account, (0, 0))[0]:
            return ENDED
        return caller

    def end_session(self, session: str) -> None:
        self._ended[session] = self._clock() + LIFETIME_S * _SECOND_US

    def end_before(self, account: int, generation: int) -> None:
        """Tokens of the account's generations before this one are worth nothing from now on."""
        self._generations[account] = (generation, self._clock() + LIFETIME_S * _SECOND_US)

    def end_account(self, account: int) -> None:
        """Tokens of an account that is gone are worth nothing, whatever their generation."""
        self.end_before(account, _NO_GENERATION)

    def forget_old(self) -> None:
        """Lets go of what no living token can speak of; to be called about once a minute."""
        now = self._clock()
        self._ended = {session: until for session, until in self._ended.items() if until > now}
        self._generations = {account: kept for account, kept in self._generations.items() if kept[1] > now}

    def _verify(self, token: str) -> Caller | None:
        try:
            read = jwt.decode(token, self.keys.verifying, algorithms=[ALGORITHM])
            claims = read.claims
            if claims["iss"] != self.issuer or claims["aud"] != AUDIENCE or read.header.get("typ") != "at+jwt":
                return None
            known = account_caller(
                int(claims["sub"]),
                claims["player"],
                claims["roles"],
                claims["games"],
                claims["sid"],
                int(claims["exp"]) * _SECOND_US,
                int(claims["gen"]),
            )
        except (JoseError, ValueError, KeyError, TypeError):
            return None
        self._read[token] = known
        if len(self._read) > _KEPT_TOKENS:
            self._read.popitem(last=False)
        return known

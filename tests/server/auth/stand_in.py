"""An issuer of tokens, and Discord, as far as a log-in goes: on loopback."""

import base64
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from hashlib import sha256
from typing import Any
from urllib.parse import urlencode

from joserfc import jwt
from joserfc.jwk import ECKey
from litestar import Litestar, Request, get, post
from litestar.response import Redirect

from kleos.server.auth.discord import DiscordSettings
from kleos.server.serving import listen, running
from tests.server.auth.conftest import SECOND_US
from tests.server.conftest import NOW_US

NOW_S = NOW_US // SECOND_US


class StandIn:
    """An issuer on loopback: OIDC discovery, keys, and the routes of Discord that a log-in uses."""

    def __init__(self) -> None:
        self.url = ""
        self.keys = [ECKey.generate_key("P-256", {"kid": "first"})]
        self.asked = 0
        self.says_no = False
        self.codes: dict[str, tuple[str, str]] = {}

    def token(self, key: ECKey | None = None, header: dict[str, Any] | None = None, **claims: Any) -> str:
        said = {"iss": self.url, "aud": "kleos-tests", "sub": "s-1", "iat": NOW_S, "exp": NOW_S + 600, **claims}
        signing = key or self.keys[-1]
        kept = {name: value for name, value in said.items() if value is not None}
        return jwt.encode({"alg": "ES256", "kid": signing.kid, **(header or {})}, kept, signing, ["ES256"])

    def app(self) -> Litestar:
        @get("/.well-known/openid-configuration", sync_to_thread=False)
        def configuration() -> dict[str, str]:
            return {"issuer": self.url, "jwks_uri": f"{self.url}/keys"}

        @get("/keys", sync_to_thread=False)
        def keys() -> dict[str, Any]:
            self.asked += 1
            return {"keys": [key.as_dict(private=False) for key in self.keys]}

        @post("/token", status_code=200)
        async def token(request: Request[Any, Any, Any]) -> dict[str, Any]:
            form = await request.form()
            challenge, client = self.codes.pop(form["code"])
            proof = base64.urlsafe_b64encode(sha256(form["code_verifier"].encode()).digest()).rstrip(b"=").decode()
            assert proof == challenge
            assert client == "the-client"
            return {"access_token": "of-discord", "token_type": "Bearer"}

        @get("/user", sync_to_thread=False)
        def user(request: Request[Any, Any, Any]) -> dict[str, Any]:
            assert request.headers["authorization"] == "Bearer of-discord"
            return {"id": "4711", "username": "ann", "global_name": "Ann <b>"}

        @get("/authorize", sync_to_thread=False)
        def authorize(request: Request[Any, Any, Any]) -> Redirect:
            asked = request.query_params
            self.codes["the-code"] = (asked["code_challenge"], asked["client_id"])
            said = {"error": "access_denied"} if self.says_no else {"code": "the-code"}
            return Redirect(f"{asked['redirect_uri']}?{urlencode({**said, 'state': asked['state']})}")

        return Litestar([configuration, keys, token, user, authorize], openapi_config=None, logging_config=None)


def discord_at(issuer: StandIn, kleos: str = "http://kleos.example") -> DiscordSettings:
    return DiscordSettings(
        "the-client",
        "the-secret",
        f"{kleos}/v1/auth/discord/callback",
        f"{issuer.url}/authorize",
        f"{issuer.url}/token",
        f"{issuer.url}/user",
    )


@asynccontextmanager
async def standing_in() -> AsyncIterator[StandIn]:
    made = StandIn()
    async with running(made.app(), listen("127.0.0.1", 0)) as url:
        made.url = url
        yield made

"""Tokens that are not good, from here and from outside issuers; log-in with a stand-in for Discord."""

import base64
import json
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, OctKey, OKPKey

from kleos.players.change import set_hidden
from kleos.server.auth.outside import IssuerSettings, parse_issuers
from kleos.server.auth.tokens import LIFETIME_S, SigningKeys
from kleos.store.database import Database
from tests.server.auth.conftest import ADMIN_KEY, PASSWORD, SECOND_US, Site, opened, run
from tests.server.auth.stand_in import NOW_S, StandIn, discord_at, standing_in
from tests.server.conftest import NOW_US


def packed(part: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode()


async def test_forged_tokens_are_refused(site: Site) -> None:
    token = (await site.registered("ann"))["access_token"]
    header, payload, signature = token.split(".")
    claims = json.loads(base64.urlsafe_b64decode(payload + "=="))
    kid = json.loads(base64.urlsafe_b64decode(header + "=="))["kid"]
    stranger = OKPKey.generate_key("Ed25519")
    secret = OctKey.import_key(json.dumps(site.access.tokens.keys.public()["keys"][0]).encode())
    forged = {
        "alg none": f"{packed({'alg': 'none', 'typ': 'at+jwt', 'kid': kid})}.{payload}.",
        "no signature": f"{header}.{payload}.",
        "another's claims": f"{header}.{packed({**claims, 'player': 'bob', 'roles': ['admin']})}.{signature}",
        "another key": jwt.encode({"alg": "Ed25519", "typ": "at+jwt", "kid": kid}, claims, stranger, ["Ed25519"]),
        "the public key as a secret": jwt.encode({"alg": "HS256", "kid": kid}, claims, secret, ["HS256"]),
        "unknown kid": jwt.encode({"alg": "Ed25519", "typ": "at+jwt", "kid": "x"}, claims, stranger, ["Ed25519"]),
        "rubbish": "a.b.c",
        "empty": "..",
        "long": "x" * 9_000,
    }
    for what, each in forged.items():
        assert (await site.ask("GET", "/v1/me", each)).status_code == 401, what
    await site.good("GET", "/v1/me", token)


async def test_claims_must_be_of_an_access_token_for_this_server(site: Site) -> None:
    token = (await site.registered("ann"))["access_token"]
    claims = json.loads(base64.urlsafe_b64decode(token.split(".")[1] + "=="))
    key = site.access.tokens.keys.signing
    header = {"alg": "Ed25519", "typ": "at+jwt", "kid": key.kid}

    def signed(change: dict[str, Any], **of_header: Any) -> str:
        kept = {name: value for name, value in {**claims, **change}.items() if value is not None}
        return jwt.encode({**header, **of_header}, kept, key, ["Ed25519"])

    await site.good("GET", "/v1/me", signed({}))
    for change in (
        {"aud": "another"},
        {"iss": "another"},
        {"exp": NOW_S - 1},
        {"exp": None},
        {"sub": "x"},
        {"gen": None},
    ):
        await site.refused(401, "GET", "/v1/me", signed(change))
    await site.refused(401, "GET", "/v1/me", signed({}, typ="JWT"))


async def test_keys_rotate(tmp_path: Any) -> None:
    file = tmp_path / "keys" / "tokens.json"
    first = SigningKeys.kept_in(file, NOW_US)
    assert file.stat().st_mode & 0o777 == 0o600
    assert SigningKeys.kept_in(file, NOW_US + LIFETIME_S * SECOND_US).signing.kid == first.signing.kid
    later = SigningKeys.kept_in(file, NOW_US + 31 * 24 * 3600 * SECOND_US)
    assert [later.signing.kid == first.signing.kid, later.keys[1].kid] == [False, first.signing.kid]
    assert all("d" not in key for key in later.public()["keys"])
    assert SigningKeys.kept_in(file, NOW_US + 32 * 24 * 3600 * SECOND_US).signing.kid == later.signing.kid


async def test_what_has_ended_stays_so_after_a_restart(database: Database) -> None:
    keys = SigningKeys.made(NOW_US)
    async with opened(database, signing_keys=lambda now: keys) as site:
        ann = await site.registered("ann")
        bob, max_ = await site.registered("bob"), await site.registered("max")
        await site.good("POST", "/v1/auth/logout", ann["access_token"])
        await site.good("POST", "/v1/auth/logout?everywhere=true", bob["access_token"])
    async with opened(database, signing_keys=lambda now: keys) as site:
        await site.refused(401, "GET", "/v1/me", ann["access_token"])
        await site.refused(401, "GET", "/v1/me", bob["access_token"])
        await site.good("GET", "/v1/me", max_["access_token"])
        await site.good("POST", "/v1/auth/refresh", json={"refresh_token": max_["refresh_token"]})


async def test_the_tokens_of_a_deleted_account_are_dead_after_a_restart(database: Database) -> None:
    keys = SigningKeys.made(NOW_US)
    async with opened(database, signing_keys=lambda now: keys) as site:
        ann = (await site.registered("ann"))["access_token"]
        await site.good("DELETE", "/v1/me", ann, {"password": PASSWORD})
        await site.registered("ann")  # another, who has the id now
    async with opened(database, signing_keys=lambda now: keys) as site:
        await site.refused(401, "POST", "/v1/games/arcade/events", ann, run())
        await site.refused(401, "PATCH", "/v1/me", ann, {"name": "Not Ann"})
        site.clock.now_us += (LIFETIME_S + 1) * SECOND_US
        await site.access.do_chores()
        assert await site.engine.pool.fetchval("SELECT count(*) FROM kleos.deleted_accounts") == 0
        await site.refused(401, "GET", "/v1/me", ann)


async def test_deleting_a_player_ends_the_tokens_of_who_counts_as_them(site: Site) -> None:
    ann, other = await site.registered("ann"), await site.registered("ann-2")
    await site.good("POST", "/v1/games/arcade/events", ADMIN_KEY, [run("ann"), run("ann-2")])
    merge = {"kind": "merge", "player": "ann-2", "into": "ann", "reason": "one person"}
    await site.good("POST", "/v1/games/arcade/corrections", ADMIN_KEY, merge)
    await site.good("DELETE", "/v1/me", ann["access_token"], {"password": PASSWORD})
    await site.refused(401, "POST", "/v1/games/arcade/events", other["access_token"], run())


# Outside issuers ------------------------------------------------------------------------------------------------------


@pytest.fixture
async def issuer() -> AsyncIterator[StandIn]:
    async with standing_in() as made:
        yield made


async def test_tokens_of_an_outside_issuer(database: Database, issuer: StandIn) -> None:
    settings = IssuerSettings(issuer.url, "kleos-tests", ("ES256",), "studio:")
    async with opened(database, issuers=(settings,)) as site:
        token = issuer.token()
        me = await site.good("GET", "/v1/me", token)
        assert (me["player"], me["account"]) == ("studio:s-1", None)
        sent = await site.good("POST", "/v1/games/arcade/events", token, run())
        assert sent["accepted"] == 1
        await site.refused(403, "POST", "/v1/auth/logout", token)
        bad = {
            "audience": issuer.token(aud="another"),
            "expired": issuer.token(exp=NOW_S - 1),
            "not yet": issuer.token(nbf=NOW_S + 600),
            "no end": issuer.token(exp=None),
            "no subject": issuer.token(sub=None),
            "long subject": issuer.token(sub="x" * 128),
            "stranger": issuer.token(ECKey.generate_key("P-256", {"kid": "first"})),
            "alg none": f"{packed({'alg': 'none'})}.{token.split('.')[1]}.",
            "issuer": issuer.token(iss="https://elsewhere.example"),
        }
        for what, each in bad.items():
            assert (await site.ask("GET", "/v1/me", each)).status_code == 401, what
        site.clock.now_us += 601 * SECOND_US
        await site.refused(401, "GET", "/v1/me", token)


async def test_an_outside_player_who_was_taken_off_writes_nothing(database: Database, issuer: StandIn) -> None:
    settings = IssuerSettings(issuer.url, "kleos-tests", ("ES256",), "studio:")
    async with opened(database, issuers=(settings,)) as site:
        token = issuer.token()
        await site.good("POST", "/v1/games/arcade/events", token, run())
        await set_hidden(site.engine, "studio:s-1", True)
        submission = {"user_id": "studio:s-1", "score": 5, "game_mode": "classic"}
        for each in (token, issuer.token(iat=NOW_S - 1)):  # one that was read before, and one that was not
            said = await site.refused(401, "POST", "/v1/games/arcade/events", each, run())
            assert "taken off" in said["detail"]
            await site.refused(401, "POST", "/api/leaderboard/submit", each, submission)
        await set_hidden(site.engine, "studio:s-1", False)
        await site.good("POST", "/v1/games/arcade/events", token, run())


async def test_an_unknown_key_is_asked_for_but_not_time_and_again(database: Database, issuer: StandIn) -> None:
    settings = IssuerSettings(issuer.url, "kleos-tests", ("ES256",))
    async with opened(database, issuers=(settings,)) as site:
        await site.good("GET", "/v1/me", issuer.token())
        assert issuer.asked == 1
        issuer.keys.append(ECKey.generate_key("P-256", {"kid": "second"}))
        await site.refused(401, "GET", "/v1/me", issuer.token())
        site.clock.now_us += 31 * SECOND_US
        await site.good("GET", "/v1/me", issuer.token())
        assert issuer.asked == 2
        for number in range(5):
            stranger = ECKey.generate_key("P-256", {"kid": f"made-up-{number}"})
            await site.refused(401, "GET", "/v1/me", issuer.token(stranger))
        assert issuer.asked == 2


async def test_an_issuer_that_is_away(database: Database, issuer: StandIn) -> None:
    away = "http://127.0.0.1:9"
    async with opened(database, issuers=(IssuerSettings(away, "kleos-tests"),)) as site:
        said = await site.refused(503, "GET", "/v1/me", issuer.token(iss=away))
        assert away in said["detail"]


def test_issuers_are_read_from_a_setting() -> None:
    text = "https://id.example.org games RS256,ES256; http://127.0.0.1:9 other ES256 -"
    first, second = parse_issuers(text)
    assert first == IssuerSettings("https://id.example.org", "games", ("RS256", "ES256"), "id.example.org:")
    assert second.prefix == ""
    for wrong in ("https://x.org", "http://x.org a", "https://x.org a HS256", "https://x.org a none", "a b c d e"):
        with pytest.raises(ValueError, match="must"):
            parse_issuers(wrong)


def test_two_issuers_never_share_their_players() -> None:
    first, second = "https://id.example/realms/a games", "https://id.example/realms/b games"
    for wrong in (f"{first}; {second}", f"{first} ES256 -; {second} ES256 -", f"{first} ES256 s:; {second} ES256 s:"):
        with pytest.raises(ValueError, match=r"realms/a from those of .*realms/b"):
            parse_issuers(wrong)
    told = parse_issuers(f"{first}; {second} RS256,ES256 b:")
    assert [each.prefix for each in told] == ["id.example:", "b:"]


@pytest.mark.parametrize("name", [None, "Annie"])
async def test_a_player_whom_a_game_has_met_logs_in_with_discord(
    database: Database, issuer: StandIn, name: str | None
) -> None:
    async with opened(database, discord=discord_at(issuer)) as site:
        await site.good("POST", "/v1/games/arcade/events", ADMIN_KEY, [run("discord:4711")])
        await site.good("PUT", "/v1/players/discord:4711", ADMIN_KEY, {"name": name})
        for _ in range(2):
            token = (await come_back(site, issuer))["access_token"]
            me = await site.good("GET", "/v1/me", token)
            assert (me["player"], me["name"]) == ("discord:4711", name or "Ann <b>")
        await site.good("POST", "/v1/games/arcade/events", token, run())
        rank = await site.good("GET", "/v1/games/arcade/boards/total_score/players/discord:4711?window=all")
        assert rank["value"] == 20.0


async def test_logging_in_with_discord(database: Database, issuer: StandIn) -> None:
    async with opened(database, discord=discord_at(issuer)) as site:
        first = await come_back(site, issuer)
        assert first["player"] == "discord:4711"
        again = await come_back(site, issuer)
        assert again["player"] == "discord:4711"
        me = await site.good("GET", "/v1/me", again["access_token"])
        assert (me["name"], me["account"]["address"]) == ("Ann <b>", None)
        assert len((await site.good("GET", "/v1/accounts", "kleos_the-admin-key-of-these-tests"))["accounts"]) == 1
        started = await site.ask("GET", "/v1/auth/discord")
        state = parse_qs(urlsplit(started.headers["location"]).query)["state"][0]
        site.http.cookies.clear()
        callback = f"/v1/auth/discord/callback?code=x&state={state}"
        await site.refused(400, "GET", callback)
        await site.refused(400, "GET", callback, headers={"Cookie": "kleos_login=other"})
        site.clock.now_us += 601 * SECOND_US
        await site.refused(400, "GET", callback, headers={"Cookie": f"kleos_login={state}"})


async def come_back(site: Site, issuer: StandIn) -> Any:
    """As a browser does: to Discord, and back with a code."""
    started = await site.ask("GET", "/v1/auth/discord")
    assert started.status_code == 302
    asked = {name: value[0] for name, value in parse_qs(urlsplit(started.headers["location"]).query).items()}
    assert (asked["response_type"], asked["scope"], asked["code_challenge_method"]) == ("code", "identify", "S256")
    issuer.codes["the-code"] = (asked["code_challenge"], asked["client_id"])
    site.http.cookies.clear()
    cookie = {"Cookie": f"kleos_login={asked['state']}"}
    callback = f"/v1/auth/discord/callback?code=the-code&state={asked['state']}"
    tokens = await site.good("GET", callback, headers=cookie)
    replayed = await site.ask("GET", callback, headers=cookie)
    assert replayed.status_code == 400
    return tokens


async def test_discord_is_off_unless_it_is_set(site: Site) -> None:
    await site.refused(404, "GET", "/v1/auth/discord")
    assert await site.good("GET", "/v1/auth/ways") == {"registration": True, "discord": False}


async def test_how_one_comes_in_is_told(database: Database, issuer: StandIn) -> None:
    async with opened(database, discord=discord_at(issuer), registration=False) as site:
        assert await site.good("GET", "/v1/auth/ways") == {"registration": False, "discord": True}


async def test_an_odd_authorization_header_is_nobodys(site: Site) -> None:
    for header in ("Basic abc", "Bearer", "nonsense", "Bearer kleos_wrong", "Bearer \xff"):
        response = await site.http.get("/v1/me", headers=httpx.Headers([(b"authorization", header.encode("latin-1"))]))
        assert response.status_code == 401, header
        assert 'Bearer realm="kleos"' in response.headers["www-authenticate"]

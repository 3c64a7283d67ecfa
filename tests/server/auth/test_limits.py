"""Limits, and what the edge does besides: headers, origins, addresses behind proxies, slow bodies."""

import asyncio
import ipaddress

import pytest

from kleos.core.errors import BadInput
from kleos.server.auth.access import access_settings
from kleos.server.auth.addresses import Addresses
from kleos.server.auth.limits import Buckets, LimitSettings, Policy
from kleos.settings import read_settings
from kleos.store.database import Database
from tests.server.auth.conftest import ADMIN_KEY, PASSWORD, SECOND_US, Site, opened, run
from tests.server.conftest import Clock, problem_of

ARCADE = "/v1/games/arcade/events"


async def limited(site: Site, path: str, count: int, token: str | None = None) -> list[int]:
    return [(await site.ask("GET", path, token)).status_code for _ in range(count)]


async def test_a_player_has_a_hundred_requests_a_minute(database: Database) -> None:
    async with opened(database, limits=LimitSettings()) as site:
        token = (await site.registered("ann"))["access_token"]
        assert await limited(site, "/v1/me", 100, token) == [200] * 100
        response = await site.ask("GET", "/v1/me", token)
        said = problem_of(response, 429)
        assert said["type"] == "urn:kleos:problem:too-many"
        assert response.headers["retry-after"] == "1"
        assert response.headers["ratelimit-policy"] == '"user";q=100;w=60'
        assert response.headers["ratelimit"] == '"user";r=0;t=60'
        sent = [(await site.ask("POST", ARCADE, token, run())).status_code for _ in range(11)]
        assert sent == [200] * 10 + [429]
        site.clock.now_us += SECOND_US
        await site.good("POST", ARCADE, token, [run()] * 10)
        await site.refused(429, "POST", ARCADE, token, run())
        site.clock.now_us += SECOND_US
        await site.refused(413, "POST", ARCADE, token, [run()] * 11)
        other = (await site.registered("bob"))["access_token"]
        await site.good("GET", "/v1/me", other)
        await site.good("GET", "/v1/me", token)


async def test_a_key_may_have_a_limit_of_its_own(site: Site) -> None:
    slow, fast = await site.key(None, "read", per_minute=3), await site.key(None, "read")
    assert await limited(site, "/v1/games", 4, slow) == [200, 200, 200, 429]
    response = await site.ask("GET", "/v1/games", fast)
    assert response.headers["ratelimit-policy"] == '"key";q=60000;w=60'
    assert "ratelimit" not in (await site.ask("GET", "/v1/games", ADMIN_KEY)).headers


async def test_a_flood_from_one_address_leaves_others_served(database: Database) -> None:
    proxies = (ipaddress.ip_network("127.0.0.0/8"),)
    async with opened(database, limits=LimitSettings(address_per_minute=50), trusted_proxies=proxies) as site:

        async def ask(address: str) -> int:
            response = await site.ask("GET", "/v1/games", headers={"X-Forwarded-For": address})
            return response.status_code

        flood = await asyncio.gather(*(ask("203.0.113.7") for _ in range(200)))
        assert sorted(flood) == [200] * 50 + [429] * 150
        assert await asyncio.gather(*(ask(f"198.51.100.{number}") for number in range(20))) == [200] * 20
        assert await ask("203.0.113.7") == 429
        assert (await site.ask("GET", "/health", headers={"X-Forwarded-For": "203.0.113.7"})).status_code == 200


async def test_nobody_is_believed_about_their_address_without_a_trusted_proxy(database: Database) -> None:
    async with opened(database, limits=LimitSettings(address_per_minute=3)) as site:
        asked = [
            (await site.ask("GET", "/v1/games", headers={"X-Forwarded-For": f"10.0.0.{number}"})).status_code
            for number in range(4)
        ]
        assert asked == [200, 200, 200, 429]


async def test_failed_logins_are_limited(database: Database) -> None:
    async with opened(database, limits=LimitSettings(sign_in_per_minute=0, failed_logins=3)) as site:
        await site.registered("ann")
        right = {"address": "ann@example.org", "password": PASSWORD}
        wrong = {**right, "password": "wrong horse battery"}
        for _ in range(5):
            await site.good("POST", "/v1/auth/login", json=right)
        for _ in range(3):
            await site.refused(401, "POST", "/v1/auth/login", json=wrong)
        response = await site.ask("POST", "/v1/auth/login", json=right)
        problem_of(response, 429)
        assert 0 < int(response.headers["retry-after"]) <= 900
        site.clock.now_us += 901 * SECOND_US
        await site.good("POST", "/v1/auth/login", json=right)


async def test_a_weak_new_password_is_no_failed_login(database: Database) -> None:
    async with opened(database, limits=LimitSettings(user_per_minute=0, failed_logins=3)) as site:
        token = (await site.registered("ann"))["access_token"]
        change = {"old": PASSWORD, "new": "short"}
        for _ in range(5):
            await site.refused(400, "POST", "/v1/auth/password", token, change)
        for _ in range(3):
            await site.refused(401, "POST", "/v1/auth/password", token, {**change, "old": "wrong horse battery"})
        await site.refused(429, "POST", "/v1/auth/password", token, {**change, "new": "another horse battery"})


async def test_signing_in_is_limited_by_address(database: Database) -> None:
    async with opened(database, limits=LimitSettings(sign_in_per_minute=2)) as site:
        body = {"address": "nobody@example.org", "password": PASSWORD}
        assert [(await site.ask("POST", "/v1/auth/login", json=body)).status_code for _ in range(3)] == [401, 401, 429]


def test_buckets_stay_few() -> None:
    clock = Clock()
    buckets = Buckets(Policy("user", 10, 60), clock, capacity=100)
    for number in range(1_000):
        assert not buckets.take(f"caller {number}").retry_after_s
    assert len(buckets) <= 100
    clock.now_us += 61 * SECOND_US
    for number in range(101):
        buckets.take(f"later {number}")
    assert len(buckets) <= 101


def test_a_bucket_refills_evenly() -> None:
    clock = Clock()
    buckets = Buckets(Policy("user", 10, 60), clock)
    assert [buckets.take("a").remaining for _ in range(10)] == [9, 8, 7, 6, 5, 4, 3, 2, 1, 0]
    assert buckets.take("a").retry_after_s == 6
    clock.now_us += 6 * SECOND_US
    assert [buckets.take("a").retry_after_s for _ in range(2)] == [0, 6]


def test_addresses_behind_proxies() -> None:
    addresses = Addresses([ipaddress.ip_network("10.0.0.0/8")])

    def of(peer: str, forwarded: str = "") -> str:
        return addresses.of({"client": (peer, 1), "headers": [(b"x-forwarded-for", forwarded.encode())]})

    assert of("203.0.113.7", "1.1.1.1") == "203.0.113.7"
    assert of("10.0.0.1", "1.1.1.1, 198.51.100.2, 10.0.0.9") == "198.51.100.2"
    assert of("10.0.0.1", "nonsense") == "10.0.0.1"
    assert of("10.0.0.1") == "10.0.0.1"
    assert of("2001:db8:1:2:3::1") == of("2001:db8:1:2:9::9") == "2001:db8:1:2::/64"
    assert of("::ffff:203.0.113.7") == "203.0.113.7"
    assert addresses.of({"client": None, "headers": []}) == "local"


async def test_origins_that_may_and_may_not(database: Database) -> None:
    good, bad = "https://app.example.org", "https://evil.example.org"
    async with opened(database, origins=frozenset({good})) as site:
        asking = {"Origin": good, "Access-Control-Request-Method": "POST"}
        preflight = await site.ask("OPTIONS", ARCADE, headers=asking)
        assert preflight.status_code == 204
        assert preflight.headers["access-control-allow-origin"] == good
        assert preflight.headers["access-control-allow-credentials"] == "true"
        assert "POST" in preflight.headers["access-control-allow-methods"]
        answered = await site.ask("GET", "/v1/games", headers={"Origin": good})
        assert answered.headers["access-control-allow-origin"] == good
        assert answered.headers["vary"] == "Origin"
        failed = await site.ask("GET", "/v1/me", headers={"Origin": good})
        assert failed.headers["access-control-allow-origin"] == good
        for method, headers in (("GET", {"Origin": bad}), ("OPTIONS", {**asking, "Origin": bad})):
            refused = await site.ask(method, "/v1/games", headers=headers)
            assert "access-control-allow-origin" not in refused.headers


async def test_every_answer_has_security_headers(site: Site) -> None:
    for path in ("/v1/games", "/v1/me", "/nowhere", "/v1/games/none"):
        headers = (await site.ask("GET", path)).headers
        assert (headers["x-content-type-options"], headers["x-frame-options"]) == ("nosniff", "DENY"), path
    assert "default-src 'none'" in (await site.ask("GET", "/v1/games")).headers["content-security-policy"]
    assert (await site.ask("GET", "/v1/me")).headers["cache-control"] == "no-store"


async def test_a_body_that_does_not_come_is_not_waited_for(database: Database) -> None:
    async with opened(database, body_timeout_s=0.05) as site:
        host, port = site.http.base_url.host, site.http.base_url.port or 80
        reader, writer = await asyncio.open_connection(host, port)
        head = f"POST {ARCADE} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {ADMIN_KEY}\r\nContent-Length: 100\r\n\r\n["
        writer.write(head.encode())
        answer = await asyncio.wait_for(reader.readuntil(b"\r\n"), 10)
        assert b" 408 " in answer
        writer.transport.abort()


def test_settings_of_access() -> None:
    given = {"KLEOS_CORS_ORIGINS": "https://a.org, https://b.org", "KLEOS_LIMIT_USER": "7"}
    read = access_settings(read_settings(given))
    assert read.origins == frozenset({"https://a.org", "https://b.org"})
    assert read.limits.user_per_minute == 7
    for wrong in ({"KLEOS_DISCORD_CLIENT_ID": "x"}, {"KLEOS_ISSUERS": "nonsense"}, {"KLEOS_REGISTRATION": "maybe"}):
        with pytest.raises(BadInput, match=next(iter(wrong))):
            access_settings(read_settings(wrong))

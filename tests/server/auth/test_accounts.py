"""Accounts over real sockets: coming in, going out, leaving, coming back, and being forgotten."""

import asyncio
import time
from typing import Any

import pytest

from kleos.players.accounts.sessions import LIFETIME_US
from kleos.players.accounts.sql import DEACTIVATE, SET_PASSWORD
from kleos.server.auth.tokens import LIFETIME_S
from tests.server.auth.conftest import ADMIN_KEY, PASSWORD, SECOND_US, Site, run
from tests.server.conftest import problem_of

ARCADE = "/v1/games/arcade"
WAITING = "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE pg_backend_pid() = ANY(pg_blocking_pids(pid)))"


async def test_a_life_of_an_account(site: Site) -> None:
    first = await site.registered("ann", name="Ann")
    me = await site.good("GET", "/v1/me", first["access_token"])
    assert (me["player"], me["name"], me["account"]["address"]) == ("ann", "Ann", "ann@example.org")
    assert (me["account"]["roles"], me["account"]["deactivated_at"]) == ([], None)
    await site.good("PATCH", "/v1/me", first["access_token"], {"region": "eu"})
    assert (await site.good("GET", "/v1/players/ann"))["region"] == "eu"
    site.clock.now_us += 60 * SECOND_US
    login = {"address": "ANN@Example.org", "password": PASSWORD}
    second = await site.good("POST", "/v1/auth/login", json=login)
    again = (await site.good("GET", "/v1/me", second["access_token"]))["account"]
    assert again["joined_at"] < again["last_login_at"]
    site.clock.now_us += 60 * SECOND_US
    await site.good("GET", "/v1/me", second["access_token"])
    await site.access.do_chores()
    active = await site.good("GET", "/v1/accounts/ann", ADMIN_KEY)
    assert active["last_active_at"] > active["last_login_at"]
    third = await site.good("POST", "/v1/auth/refresh", json={"refresh_token": second["refresh_token"]})
    await site.good("POST", "/v1/auth/logout", third["access_token"])
    await site.refused(401, "GET", "/v1/me", third["access_token"])
    await site.refused(401, "GET", "/v1/me", second["access_token"])
    await site.refused(401, "POST", "/v1/auth/refresh", json={"refresh_token": third["refresh_token"]})
    await site.good("GET", "/v1/me", first["access_token"])
    await site.good("POST", "/v1/auth/logout?everywhere=true", first["access_token"])
    await site.refused(401, "GET", "/v1/me", first["access_token"])


async def test_addresses_and_players_are_taken_once(site: Site) -> None:
    await site.registered("ann")
    body = {"address": "Ann@EXAMPLE.org", "password": PASSWORD, "player": "another"}
    await site.refused(409, "POST", "/v1/auth/register", json=body)
    await site.refused(409, "POST", "/v1/auth/register", json={**body, "address": "b@x.org", "player": "ann"})
    await site.good("POST", f"{ARCADE}/events", ADMIN_KEY, [run("bot")])
    await site.refused(409, "POST", "/v1/auth/register", json={**body, "address": "b@x.org", "player": "bot"})
    made = await site.good("POST", "/v1/auth/register", json={"address": "c@x.org", "password": PASSWORD})
    assert made["player"].startswith("p-")
    assert (await site.ask("GET", "/v1/players/another")).status_code == 404


BAD: list[dict[str, Any]] = [
    {"password": "short"},
    {"password": "x" * 257},
    {"address": "nobody"},
    {"address": "a b@example.org"},
    {"address": f"{'a' * 250}@example.org"},
    {"address": "a\0@example.org"},
    {"player": ""},
    {"player": "x" * 129},
    {"player": "discord:1"},
    {"nmae": "x"},
    {"name": "x" * 129},
    {"name": "a\0"},
]


async def test_a_bad_registration_is_refused(site: Site) -> None:
    for change in BAD:
        body = {"address": "ann@example.org", "password": PASSWORD, **change}
        await site.refused(400, "POST", "/v1/auth/register", json=body)
    assert (await site.good("GET", "/v1/accounts", ADMIN_KEY))["accounts"] == []


async def test_a_password_is_one_however_it_was_composed(site: Site) -> None:
    body = {"address": "zoe@example.org", "password": "Zoe\u0308 zoe\u0308 zoe\u0308"}
    await site.good("POST", "/v1/auth/register", json=body)
    await site.good("POST", "/v1/auth/login", json={**body, "password": "Zo\u00eb zo\u00eb zo\u00eb"})


async def test_nobody_is_told_whether_an_address_is_known(site: Site) -> None:
    await site.registered("ann")
    answers = []
    for address in ("ann@example.org", "nobody@example.org"):
        started = time.perf_counter()
        body = {"address": address, "password": "not the password"}
        said = await site.refused(401, "POST", "/v1/auth/login", json=body)
        answers.append((said, time.perf_counter() - started))
    assert answers[0][0] == answers[1][0]
    await site.refused(401, "POST", "/v1/auth/login", json={"address": "ann@example.org", "password": "short"})


async def test_passwords_are_kept_as_argon2id(site: Site) -> None:
    await site.registered("ann")
    kept = await site.engine.pool.fetchval("SELECT password FROM kleos.accounts")
    assert kept.startswith("$argon2id$")
    tokens = await site.engine.pool.fetch("SELECT token FROM kleos.sessions")
    assert [len(row["token"]) for row in tokens] == [32]


async def test_a_new_password_ends_every_session(site: Site) -> None:
    first = await site.registered("ann")
    path, changed = "/v1/auth/password", {"old": PASSWORD, "new": "another horse battery"}
    await site.refused(401, "POST", path, first["access_token"], {**changed, "old": "wrong horse battery"})
    await site.refused(400, "POST", path, first["access_token"], {**changed, "new": "short"})
    fresh = await site.good("POST", path, first["access_token"], changed)
    await site.refused(401, "GET", "/v1/me", first["access_token"])
    await site.refused(401, "POST", "/v1/auth/refresh", json={"refresh_token": first["refresh_token"]})
    await site.good("GET", "/v1/me", fresh["access_token"])
    await site.refused(401, "POST", "/v1/auth/login", json={"address": "ann@example.org", "password": PASSWORD})


async def test_a_replayed_refresh_token_ends_the_family(site: Site) -> None:
    first = await site.registered("ann")
    other = await site.good("POST", "/v1/auth/login", json={"address": "ann@example.org", "password": PASSWORD})
    second = await site.good("POST", "/v1/auth/refresh", json={"refresh_token": first["refresh_token"]})
    await site.refused(401, "POST", "/v1/auth/refresh", json={"refresh_token": first["refresh_token"]})
    await site.refused(401, "POST", "/v1/auth/refresh", json={"refresh_token": second["refresh_token"]})
    await site.refused(401, "GET", "/v1/me", second["access_token"])
    await site.good("POST", "/v1/auth/refresh", json={"refresh_token": other["refresh_token"]})
    entries = (await site.good("GET", "/v1/audit?action=session", ADMIN_KEY))["entries"]
    assert [entry["action"] for entry in entries] == ["session.reused"]
    assert entries[0]["address"] == "127.0.0.1"


async def test_refresh_tokens_expire_and_cannot_be_made_up(site: Site) -> None:
    first = await site.registered("ann")
    for made_up in ("", "x", "x.y", "." * 50, "a" * 300 + ".b", "\0.\0", first["access_token"]):
        await site.refused(401, "POST", "/v1/auth/refresh", json={"refresh_token": made_up})
    site.clock.now_us += LIFETIME_US
    await site.refused(401, "POST", "/v1/auth/refresh", json={"refresh_token": first["refresh_token"]})


async def appears(site: Site, player: str) -> list[bool]:
    """Whether a player is on a board, in its sheet, found, and looked up."""
    board = await site.good("GET", f"{ARCADE}/boards/total_score?window=all")
    sheet = await site.good("GET", f"{ARCADE}/sheets/career?window=all")
    found = await site.good("GET", f"/v1/players?query={player}")
    lookup = await site.good("POST", f"{ARCADE}/boards/total_score/lookup?window=all", json={"players": [player]})
    return [
        player in [entry["player"] for entry in board["entries"]],
        player in [row["key"]["player"] for row in sheet["rows"]],
        player in [each["player"] for each in found["players"]],
        bool(lookup["entries"]),
        (await site.ask("GET", f"/v1/players/{player}")).status_code == 200,
        (await site.ask("GET", f"{ARCADE}/boards/total_score/players/{player}?window=all")).status_code == 200,
    ]


async def test_who_deactivates_is_nowhere_until_they_log_in(site: Site) -> None:
    await site.engine.rankings.ready(site.engine.game("arcade"), ["all"])
    tokens = await site.registered("ann")
    await site.good("POST", f"{ARCADE}/events", ADMIN_KEY, [run("ann"), run("bob")])
    assert await appears(site, "ann") == [True] * 6
    await site.good("POST", "/v1/me/deactivate", tokens["access_token"])
    assert await appears(site, "ann") == [False] * 6
    assert await appears(site, "bob") == [True] * 6
    await site.refused(401, "GET", "/v1/me", tokens["access_token"])
    await site.refused(401, "POST", "/v1/auth/refresh", json={"refresh_token": tokens["refresh_token"]})
    await site.good("POST", f"{ARCADE}/events", ADMIN_KEY, [run("ann", score=500.0)])
    assert await appears(site, "ann") == [False] * 6
    await site.good("POST", "/v1/auth/login", json={"address": "ann@example.org", "password": PASSWORD})
    assert await appears(site, "ann") == [True] * 6
    top = (await site.good("GET", f"{ARCADE}/boards/total_score?window=all"))["entries"][0]
    assert (top["player"], top["value"]) == ("ann", 510.0)


async def test_who_was_deactivated_by_a_manager_stays_so(site: Site) -> None:
    manager = await site.with_roles("max", roles=["manager"])
    await site.registered("ann")
    await site.good("PATCH", "/v1/accounts/ann", manager, {"deactivated": True})
    login = {"address": "ann@example.org", "password": PASSWORD}
    await site.refused(403, "POST", "/v1/auth/login", json=login)
    await site.good("PATCH", "/v1/accounts/ann", manager, {"deactivated": False})
    await site.good("POST", "/v1/auth/login", json=login)
    await site.refused(403, "PATCH", "/v1/accounts/ann", manager, {"roles": ["admin"]})
    await site.refused(403, "PATCH", "/v1/accounts/max", manager, {"deactivated": True})


@pytest.mark.parametrize("by", ["player", None])
async def test_a_log_in_under_way_does_not_undo_what_a_manager_does(site: Site, by: str | None) -> None:
    tokens = await site.registered("ann")
    if by == "player":
        await site.good("POST", "/v1/me/deactivate", tokens["access_token"])
    login = {"address": "ann@example.org", "password": PASSWORD}
    async with site.engine.pool.acquire() as managing:
        async with managing.transaction():  # ends after the log-in has looked at the account and the password
            await managing.execute(DEACTIVATE, 1, site.clock(), "manager")
            logging_in = asyncio.create_task(site.ask("POST", "/v1/auth/login", json=login))
            while not await managing.fetchval(WAITING):
                await asyncio.sleep(0)
        problem_of(await logging_in, 403)
    account = await site.good("GET", "/v1/accounts/ann", ADMIN_KEY)
    assert (account["deactivated_at"] is not None, account["deactivated_by"]) == (True, "manager")


async def test_a_password_that_was_changed_meanwhile_does_not_log_in(site: Site) -> None:
    await site.registered("ann")
    login = {"address": "ann@example.org", "password": PASSWORD}
    hashed = await site.access.accounts._passwords.hash("another good password")
    async with site.engine.pool.acquire() as changing:
        async with changing.transaction():  # ends after the log-in has found its password right
            await changing.execute(SET_PASSWORD, 1, hashed)
            logging_in = asyncio.create_task(site.ask("POST", "/v1/auth/login", json=login))
            while not await changing.fetchval(WAITING):
                await asyncio.sleep(0)
        problem_of(await logging_in, 401)
    await site.good("POST", "/v1/auth/login", json=login | {"password": "another good password"})


async def test_a_log_in_and_a_deactivation_at_once_end_as_the_later_one(site: Site) -> None:
    await site.registered("ann")
    await site.good("POST", f"{ARCADE}/events", ADMIN_KEY, [run("ann")])
    login = {"address": "ann@example.org", "password": PASSWORD}
    for _ in range(10):
        token = (await site.good("POST", "/v1/auth/login", json=login))["access_token"]
        _, entered = await asyncio.gather(
            site.good("POST", "/v1/me/deactivate", token), site.ask("POST", "/v1/auth/login", json=login)
        )
        account = await site.good("GET", "/v1/accounts/ann", ADMIN_KEY)
        is_off = account["deactivated_at"] is not None
        assert await appears(site, "ann") == [not is_off] * 6
        known = await site.ask("GET", "/v1/me", entered.json()["access_token"])
        assert not (is_off and known.status_code == 200)


async def test_deleting_leaves_a_number_that_nobody_knows(site: Site) -> None:
    await site.engine.rankings.ready(site.engine.game("arcade"), ["all"])
    tokens = await site.registered("ann", name="Ann Secret")
    await site.good("POST", f"{ARCADE}/events", ADMIN_KEY, [run("ann", match="m-1"), run("bob", match="m-1")])
    await site.refused(401, "DELETE", "/v1/me", tokens["access_token"], {"password": "wrong horse battery"})
    await site.good("DELETE", "/v1/me", tokens["access_token"], {"password": PASSWORD})
    assert await appears(site, "ann") == [False] * 6
    await site.refused(401, "GET", "/v1/me", tokens["access_token"])
    await site.refused(401, "POST", "/v1/auth/login", json={"address": "ann@example.org", "password": PASSWORD})
    assert (await site.good("GET", f"{ARCADE}/matches/m-1"))["players"] == ["bob"]
    bodies = await site.good("GET", f"{ARCADE}/matches/m-1/events")
    assert "ann" not in str(bodies)
    for table in ("events", "players", "profiles", "identities", "accounts"):
        rows = await site.engine.pool.fetch(f"SELECT t::text AS row FROM kleos.{table} t")
        assert not [row["row"] for row in rows if "Ann Secret" in row["row"] or "ann@" in row["row"]]
    assert (await site.good("GET", f"{ARCADE}/boards/total_score?window=all"))["total"] == 1
    await site.good("POST", f"{ARCADE}/events", ADMIN_KEY, [run("ann", score=3.0)])
    rank = await site.good("GET", f"{ARCADE}/boards/total_score/players/ann?window=all")
    assert rank["value"] == 3.0


async def test_access_tokens_are_short_lived(site: Site) -> None:
    tokens = await site.registered("ann")
    assert tokens["expires_in"] == LIFETIME_S
    site.clock.now_us += (LIFETIME_S - 1) * SECOND_US
    await site.good("GET", "/v1/me", tokens["access_token"])
    site.clock.now_us += SECOND_US
    said = await site.refused(401, "GET", "/v1/me", tokens["access_token"])
    assert "expired" in said["detail"]

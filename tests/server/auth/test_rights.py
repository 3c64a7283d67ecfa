"""Who may do what: keys by game and scope, roles, and players for themselves alone."""

import asyncio
from typing import Any

from tests.server.auth.conftest import ADMIN_KEY, PASSWORD, SECOND_US, Site, run

ARCADE, QUEST = "/v1/games/arcade/events", "/v1/games/quest/events"
SEASON = {"name": "spring", "starts_at": "2026-03-01T00:00:00Z", "ends_at": "2026-06-01T00:00:00Z"}


async def test_a_key_is_for_its_games_and_scopes(site: Site) -> None:
    writes = await site.key(["arcade"], "events:write")
    assert (await site.good("POST", ARCADE, writes, run("ann")))["accepted"] == 1
    await site.refused(403, "POST", QUEST, writes, {"type": "session_ended", "player": "ann", "hours": 1.0})
    await site.refused(403, "GET", "/v1/games/arcade/quarantine", writes)
    await site.refused(403, "POST", "/v1/games/arcade/seasons", writes, SEASON)
    await site.refused(403, "PUT", "/v1/games/arcade/definition", writes, content=b"")
    await site.refused(403, "GET", "/v1/keys", writes)
    await site.refused(403, "GET", "/v1/accounts", writes)
    await site.refused(403, "GET", "/v1/audit", writes)
    await site.good("PUT", "/v1/players/ann", writes, {"name": "Ann"})
    reads = await site.key(["arcade"], "read")
    await site.good("GET", "/v1/games/arcade/quarantine", reads)
    await site.refused(403, "POST", ARCADE, reads, run("ann"))
    await site.refused(403, "GET", "/v1/games/golf/definition", reads)
    manages = await site.key(["arcade"], "manage")
    await site.good("POST", "/v1/games/arcade/seasons", manages, SEASON)
    await site.refused(403, "POST", "/v1/games/golf/seasons", manages, SEASON)
    awards = await site.key(["quest"], "awards:write")
    await site.refused(403, "POST", "/v1/games/arcade/achievements/x/grant", awards, {"player": "ann"})
    whole = await site.key(None, "events:write")
    assert (await site.good("POST", ARCADE, whole, run("ann")))["accepted"] == 1


async def test_a_grant_among_events_needs_the_right_to_grant(site: Site) -> None:
    source = await site.ask("GET", "/v1/games/arcade/definition", ADMIN_KEY)
    granting = source.text + "\n[achievements.given]\nmanual = true\n"
    await site.good("PUT", "/v1/games/arcade/definition", ADMIN_KEY, content=granting.encode())
    grant = {"type": "award.granted", "player": "ann", "achievement": "given"}
    writes = await site.key(["arcade"], "events:write")
    said = await site.good("POST", ARCADE, writes, [run("ann"), grant, run("ann")])
    assert (said["accepted"], [one["index"] for one in said["rejected"]]) == (2, [1])
    assert "needs a key with awards:write" in said["rejected"][0]["error"]
    both = await site.key(["arcade"], "events:write", "awards:write")
    assert (await site.good("POST", ARCADE, both, [grant]))["accepted"] == 1
    assert (await site.good("POST", ARCADE, ADMIN_KEY, [grant]))["accepted"] == 1


async def test_a_games_key_changes_that_games_players(site: Site) -> None:
    key = await site.key(["golf"], "events:write")
    await site.good("POST", ARCADE, ADMIN_KEY, run("bob"))
    said = await site.refused(403, "PUT", "/v1/players/bob", key, {"region": "us", "name": "Rob"})
    assert "has not played golf" in said["detail"]
    assert (await site.good("GET", "/v1/players/bob"))["region"] is None
    await site.registered("ann")
    await site.refused(403, "PUT", "/v1/players/ann", key, {"name": "Not Ann"})
    for _ in range(2):
        await site.good("PUT", "/v1/players/newcomer", key, {"name": "New"})
    scores = {"bob": 3, "ann": 4}
    round_ended = {"type": "round_ended", "scores": scores, "winner": "bob", "finisher": "bob"}
    assert (await site.good("POST", "/v1/games/golf/events", key, round_ended))["accepted"] == 1
    for player in scores:
        await site.good("PUT", f"/v1/players/{player}", key, {"region": "us"})
    entries = (await site.good("GET", "/v1/audit?action=profile", ADMIN_KEY))["entries"]
    assert [entry["subject"] for entry in entries] == ["ann", "bob", "newcomer", "newcomer"]
    assert {entry["actor"].partition(":")[0] for entry in entries} == {"key"}


async def test_keys_are_listed_used_and_revoked(site: Site) -> None:
    made = await site.good(
        "POST", "/v1/keys", ADMIN_KEY, {"label": "west", "games": ["arcade"], "scopes": ["events:write"]}
    )
    await site.good("POST", ARCADE, made["key"], run("ann"))
    (listed,) = (await site.good("GET", "/v1/keys", ADMIN_KEY))["keys"]
    assert made["key"] not in str(listed)
    assert (listed["id"], listed["label"], listed["games"]) == (made["id"], "west", ["arcade"])
    assert (listed["made_by"], listed["revoked_at"]) == ("admin", None)
    assert listed["last_used_at"] == "2026-09-21T14:13:20Z"
    await site.good("DELETE", f"/v1/keys/{made['id']}", ADMIN_KEY)
    await site.refused(401, "POST", ARCADE, made["key"], run("ann"))
    await site.refused(404, "DELETE", f"/v1/keys/{made['id']}", ADMIN_KEY)
    stored = await site.engine.pool.fetch("SELECT k::text AS row FROM kleos.keys k")
    assert not [row for row in stored if made["key"] in row["row"]]
    actions = [entry["action"] for entry in (await site.good("GET", "/v1/audit", ADMIN_KEY))["entries"]]
    assert actions == ["key.revoked", "key.made"]


FIRST_READING_WAITS = """
ALTER TABLE kleos.keys RENAME TO kept_keys;
CREATE SEQUENCE kleos.readings;
CREATE FUNCTION kleos.read_when_let() RETURNS bool LANGUAGE plpgsql AS $$
BEGIN
    IF nextval('kleos.readings') = 1 THEN PERFORM pg_advisory_xact_lock(4711); END IF;
    RETURN true;
END $$;
CREATE VIEW kleos.keys AS SELECT * FROM kleos.kept_keys WHERE kleos.read_when_let();
"""
"""What it reads is what there was when it began, however late it ends."""


async def test_a_slow_reading_does_not_bring_back_a_revoked_key(site: Site) -> None:
    key = await site.key(["arcade"], "events:write")
    (listed,) = (await site.good("GET", "/v1/keys", ADMIN_KEY))["keys"]
    async with site.engine.pool.acquire() as holder:
        await holder.execute(FIRST_READING_WAITS)
        await holder.execute("SELECT pg_advisory_lock(4711)")
        making = asyncio.create_task(site.key(["arcade"], "read"))
        while not await holder.fetchval("SELECT EXISTS (SELECT FROM pg_locks WHERE objid = 4711 AND NOT granted)"):
            await asyncio.sleep(0)
        revoking = asyncio.create_task(site.good("DELETE", f"/v1/keys/{listed['id']}", ADMIN_KEY))
        await asyncio.wait({revoking}, timeout=1)  # over by now, if it did not wait for its turn
        await holder.execute("SELECT pg_advisory_unlock(4711)")
    await asyncio.gather(making, revoking)
    await site.refused(401, "POST", ARCADE, key, run("ann"))


async def test_a_bad_key_is_not_made(site: Site) -> None:
    good: dict[str, Any] = {"label": "x", "games": ["arcade"], "scopes": ["read"]}
    for change, status in (
        ({"games": ["arcde"]}, 404),
        ({"games": []}, 400),
        ({"scopes": []}, 400),
        ({"scopes": ["admin"]}, 400),
        ({"label": ""}, 400),
        ({"per_minute": 0}, 400),
    ):
        await site.refused(status, "POST", "/v1/keys", ADMIN_KEY, {**good, **change})


async def test_roles(site: Site) -> None:
    developer = await site.with_roles("dev", roles=["developer"], games=["arcade"])
    assert (await site.ask("GET", "/v1/games/arcade/definition", developer)).status_code == 200
    await site.refused(403, "GET", "/v1/games/golf/definition", developer)
    key = {"label": "mine", "games": ["arcade"], "scopes": ["events:write"]}
    await site.good("POST", "/v1/keys", developer, key)
    await site.refused(403, "POST", "/v1/keys", developer, {**key, "games": ["golf"]})
    await site.refused(403, "POST", "/v1/keys", developer, {**key, "games": None})
    await site.refused(403, "GET", "/v1/audit", developer)
    await site.refused(403, "PATCH", "/v1/accounts/dev", developer, {"deactivated": True})
    manager = await site.with_roles("max", roles=["manager"])
    await site.good("POST", "/v1/games/golf/seasons", manager, SEASON)
    await site.refused(403, "GET", "/v1/keys", manager)
    await site.refused(403, "POST", "/v1/games/golf/events", manager, [])
    entries = (await site.good("GET", "/v1/audit?action=season", manager))["entries"]
    assert [(entry["subject"], entry["game"], entry["actor"]) for entry in entries] == [("spring", "golf", "account:2")]
    admin = await site.with_roles("root", roles=["admin"])
    await site.good("GET", "/v1/keys", admin)
    await site.good("GET", "/v1/accounts", admin)


async def test_a_role_that_is_taken_away_ends_at_once(site: Site) -> None:
    admin = await site.with_roles("root", roles=["admin"])
    await site.good("PATCH", "/v1/accounts/root", ADMIN_KEY, {"roles": []})
    await site.refused(401, "GET", "/v1/keys", admin)


async def test_players_send_their_own_events_of_opened_types(site: Site) -> None:
    ann = (await site.registered("ann"))["access_token"]
    assert (await site.good("POST", ARCADE, ann, run(id="a-1")))["accepted"] == 1
    assert (await site.good("POST", ARCADE, ann, run("ann", id="a-2")))["accepted"] == 1
    rank = await site.good("GET", "/v1/games/arcade/boards/total_score/players/ann?window=all")
    assert rank["value"] == 20.0
    both = await site.good("POST", ARCADE, ann, [run("bob", id="b-1"), run(id="a-3")])
    assert both["accepted"] == 1
    assert [(one["index"], one["id"]) for one in both["rejected"]] == [(0, "b-1")]
    assert "not yours" in both["rejected"][0]["error"]
    assert (await site.ask("GET", "/v1/players/bob")).status_code == 404
    twice = b'{"type":"score_submitted","score":1.0,"game_mode":"classic","player":"ann","player":"bob"}'
    assert (await site.good("POST", ARCADE, ann, content=twice))["accepted"] == 0
    granted = {"type": "award.granted", "player": "ann", "achievement": "x"}
    assert "servers only" in (await site.good("POST", ARCADE, ann, granted))["rejected"][0]["error"]
    for odd in (b"[1, null, []]", b'[{"type": "score_submitted"}]'):
        said = await site.good("POST", ARCADE, ann, content=odd)
        assert said["accepted"] == 0
        assert said["rejected"]


async def test_players_send_nothing_where_nothing_is_open(site: Site) -> None:
    ann = (await site.registered("ann"))["access_token"]
    await site.refused(403, "POST", "/v1/games/golf/events", ann, [])
    await site.refused(404, "POST", "/v1/games/glof/events", ann, [])
    await site.refused(401, "POST", ARCADE, None, run("ann"))
    await site.refused(403, "PUT", "/v1/players/bob", ann, {"name": "Bob"})
    await site.refused(403, "POST", "/v1/games/arcade/seasons", ann, SEASON)


async def test_checks_apply_to_players_too(site: Site) -> None:
    ann = (await site.registered("ann"))["access_token"]
    said = await site.good("POST", ARCADE, ann, run(score=-5.0))
    assert (said["accepted"], said["quarantined"]) == (0, 1)


async def test_what_players_and_games_change_is_in_the_audit_log(site: Site) -> None:
    token = (await site.registered("ann"))["access_token"]
    await site.good("PATCH", "/v1/me", token, {"name": "Ann", "region": "eu"})
    key = await site.key(["arcade"], "events:write")
    for _ in range(2):
        await site.good("POST", "/v1/games/arcade/matches/m-1", key, {"controllers": ["ann"], "visibility": "private"})
    await site.good("POST", "/v1/me/deactivate", token)
    login = {"address": "ann@example.org", "password": PASSWORD}
    for _ in range(2):
        await site.good("POST", "/v1/auth/login", json=login)
    entries = (await site.good("GET", "/v1/audit", ADMIN_KEY))["entries"][::-1]
    assert [(entry["actor"].partition(":")[0], entry["action"], entry["subject"]) for entry in entries] == [
        ("account", "profile.changed", "ann"),
        ("admin", "key.made", entries[1]["subject"]),
        ("key", "match.opened", "m-1"),
        ("account", "account.deactivated", "ann"),
        ("account", "account.reactivated", "ann"),
    ]
    assert entries[0]["detail"] == {"fields": ["name", "region"]}
    assert (entries[2]["game"], entries[2]["detail"]) == ("arcade", {"visibility": "private"})
    assert {entry["address"] for entry in entries} == {"127.0.0.1"}


async def test_the_audit_log_pages(site: Site) -> None:
    for name in ("a", "b", "c"):
        await site.key(["arcade"], "read", label=name)
        site.clock.now_us += SECOND_US
    first = await site.good("GET", "/v1/audit?limit=2", ADMIN_KEY)
    rest = await site.good("GET", f"/v1/audit?limit=2&before={first['next']}", ADMIN_KEY)
    labels = [entry["detail"]["label"] for entry in (*first["entries"], *rest["entries"])]
    assert labels == ["c", "b", "a"]
    assert rest["next"] is None
    assert {entry["address"] for entry in first["entries"]} == {"127.0.0.1"}

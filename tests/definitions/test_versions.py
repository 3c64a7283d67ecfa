"""Versions of a definition: listed, read, compared, restored; and changing while events come in."""

import asyncio
import json

import httpx

from kleos.core.windows import iso
from kleos.engine.engine import Engine
from kleos.sheets.verify import snapshot, verify_game
from kleos.store.pool import open_connection
from tests.definitions.test_preview import BOARDS, PATH, put
from tests.engine.darts import AWARDS, PLAIN, play
from tests.laws.world import NOW

Served = tuple[httpx.AsyncClient, Engine]


async def test_versions_are_listed_read_and_compared(served: Served) -> None:
    http, _ = served
    await put(http, PLAIN + AWARDS)
    versions = (await http.get(f"{PATH}/versions")).json()["versions"]
    assert [(each["version"], each["in_force"], each["actor"]) for each in versions] == [
        (2, True, "admin"),
        (1, False, None),
    ]
    assert set(versions[0]["counts_from"]) == {"three", "high", "given"}
    assert versions[0]["size_bytes"] == len(PLAIN + AWARDS)
    assert (await http.get(f"{PATH}/versions/1")).text == PLAIN
    assert (await http.get(f"{PATH}/versions/7")).json()["known"] == ["1", "2"]
    diff = (await http.get(f"{PATH}/diff")).json()
    assert (diff["from"], diff["to"]) == (1, 2)
    assert {change["table"] for change in diff["changes"]} >= {"achievements.three", "achievements.ever"}
    assert "+[achievements.three]" in diff["text"]
    back = (await http.get(f"{PATH}/diff", params={"from": 2, "to": 1})).json()
    assert {change["kind"] for change in back["changes"]} == {"dropped"}
    assert (await http.get(f"{PATH}/diff", params={"from": 9})).status_code == 404
    assert (await http.get(f"{PATH}/versions", headers={"Authorization": ""})).status_code == 401


async def test_a_version_is_restored_with_the_day_from_which_its_awards_count(served: Served) -> None:
    http, engine = served
    await put(http, PLAIN + AWARDS)
    started = engine.game("darts").plan.counts_from
    await put(http, PLAIN)
    tried = await http.post(f"{PATH}/versions/2/restore", params={"dry_run": True})
    assert tried.json()["preview"]["achievements"]
    assert engine.game("darts").version == 3
    restored = await http.post(f"{PATH}/versions/2/restore")
    assert (restored.status_code, restored.json()["version"]) == (200, 4)
    assert engine.game("darts").plan.counts_from == started
    newest = (await http.get(f"{PATH}/versions")).json()["versions"][0]
    assert (newest["version"], newest["restores"], newest["in_force"]) == (4, 2, True)
    assert (await http.post(f"{PATH}/versions/9/restore")).status_code == 404
    again = await http.post(f"{PATH}/versions/2/restore")
    assert again.json()["version"] == 4, "it is in force"


async def test_what_takes_longer_than_the_caller_waits_goes_on(served: Served) -> None:
    http, _ = served
    response = await http.put(PATH, content=PLAIN + AWARDS, params={"wait_s": 0})
    assert response.status_code == 202
    job = response.json()["job"]
    assert (job["kind"], job["game"], job["actor"]) == ("definition", "darts", "admin")
    later = await put(http, PLAIN + AWARDS + BOARDS)
    assert later["version"] == 3, "it waits behind the one put before"
    assert (await http.get(f"/v1/jobs/{job['id']}")).json()["result"] == {"version": 2}


async def test_a_definition_changes_while_events_come_in(served: Served) -> None:
    http, engine = served
    sent, done = 0, asyncio.Event()

    async def report(who: str) -> int:
        count = 0
        while not done.is_set():
            events = [
                {"id": f"{who}-{count}-{n}", "type": "leg", "player": who, "score": count % 181, "at": iso(NOW)}
                for n in range(3)
            ]
            response = await http.post("/v1/games/darts/events", content=json.dumps(events))
            if response.status_code == 200:
                assert response.json()["accepted"] + response.json()["duplicates"] == 3
                count += 1
            else:
                assert response.status_code == 503, response.text
        return 3 * count

    reporters = [asyncio.create_task(report(who)) for who in ("cyd", "dee", "eve")]
    grown = PLAIN.replace('best  = "max(score)"', 'z = "last(score)"')
    for source in (PLAIN + AWARDS, PLAIN + AWARDS + BOARDS, grown):
        await put(http, source)
    done.set()
    sent = sum(await asyncio.gather(*reporters))
    assert sent > 0
    connection = await open_connection(engine.database.dsn)
    async with snapshot(connection):
        verdict = await verify_game(connection, "darts")
        rows = await connection.fetchval('SELECT sum(legs) FROM "darts"."career" WHERE "window" = \'all\'')
    await connection.close()
    assert verdict.different == 0, verdict.differences
    assert rows == sent + 5
    await play(engine, ("ann", 8, 0))


SEEN = """
[events.seen]
player = "player"
how    = "{how}"
[sheets.sightings]
key = ["player"]
[[sheets.sightings.on]]
event = "seen"
{column} = "last(how)"
"""


async def test_an_event_type_that_comes_again_must_read_what_the_log_has_of_it(served: Served) -> None:
    http, engine = served
    seen, other = (PLAIN + SEEN.format(how=how, column=how) for how in ("int", "str"))
    await put(http, seen)
    await put(http, PLAIN)
    assert (await put(http, other, dry_run=True))["problems"] == [], "nothing was seen"
    await put(http, other)
    await put(http, PLAIN)
    await put(http, seen)
    fact = {"id": "s", "type": "seen", "player": "ann", "how": 3, "at": iso(NOW)}
    assert (await engine.ingest_body("darts", json.dumps(fact).encode())).accepted == 1
    await put(http, PLAIN)
    (problem,) = (await put(http, other, dry_run=True))["problems"]
    assert "[events.seen] how: is str and was int" in problem
    refused = await http.put(PATH, content=other)
    assert (refused.status_code, refused.json()["problems"][0]["key"]) == (422, "how")
    await put(http, seen)
    late = {**fact, "id": "t", "how": 4, "at": iso(NOW - 1)}
    assert (await engine.ingest_body("darts", json.dumps(late).encode())).accepted == 1
    rows = await engine.pool.fetch("SELECT int FROM darts.sightings")
    assert [row["int"] for row in rows] == [3]

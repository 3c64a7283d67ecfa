"""A rebuild makes of the log what was there, while events are taken; is begun again where it must be, and goes on where
it was killed."""

import asyncio
import itertools
import json
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from kleos.core.definition.load import load as load_definition
from kleos.core.errors import Conflict, NotFound, StaleDefinition, Unavailable
from kleos.engine import catalog
from kleos.engine.catalog import Origin
from kleos.engine.seasons import change_season, make_season
from kleos.log.archive.location import ArchiveDamaged
from kleos.moderation.asked import Ban, Void
from kleos.moderation.corrections import Corrections
from kleos.sheets.appeared import appearing
from kleos.sheets.catch_up import catch_up
from kleos.sheets.rebuild import Rebuild, Target, rebuilding
from kleos.sheets.swap import Adopt, swap
from kleos.sheets.verify import snapshot, verify_game
from kleos.store.database import Database
from kleos.store.pool import open_connection
from tests.log.archive.test_one_log import PLAYERS, some_facts
from tests.log.archive.worlds import KINDS, World, played, world_of

LEFT_OVER = "SELECT relname FROM pg_class WHERE relkind = 'r' AND relname LIKE '%+%'"


@pytest.fixture
async def world(database: Database, tmp_path: Path) -> AsyncIterator[World]:
    async with world_of(database, str(tmp_path / "archive"), tmp_path) as made:
        facts = some_facts(80)
        for start in range(0, len(facts), 16):
            await made.send(*facts[start : start + 16])
        yield made


async def check(world: World) -> int:
    """Nothing differs from the log; answers how many events there are."""
    connection = await open_connection(world.engine.database.dsn)
    try:
        async with snapshot(connection):
            verdict = await verify_game(connection, "kinds")
        assert verdict.differences == []
        assert await connection.fetch(LEFT_OVER) == []
        return verdict.events
    finally:
        await connection.close()


async def state(world: World) -> dict[str, list[dict[str, Any]]]:
    found = {}
    for table in ('"kinds"."career"', '"kinds"."table"', '"kinds"."awards"', "kleos.awards"):
        rows = [dict(row) for row in await world.connection.fetch(f"SELECT * FROM {table} r ORDER BY r")]
        there = [row for row in rows if row.pop("present", True)]
        found[table] = [{name: value for name, value in row.items() if name != "version"} for row in there]
    return found


def target_of(world: World) -> Target:
    game = world.game
    return Target(game, game.version, game.calendar_version, ("awards", "career", "table"), "decide")


async def test_a_rebuild_mends_what_was_broken(world: World) -> None:
    before = await state(world)
    highest = await world.connection.fetchval('SELECT max(version) FROM "kinds"."career"')
    await world.connection.execute(
        """
        UPDATE "kinds"."career" SET games = games + 1;
        DELETE FROM "kinds"."table";
        UPDATE kleos.awards SET event = 'x';
        DELETE FROM kleos.awards WHERE achievement = 'hot';
        UPDATE "kinds"."awards" SET points = 0;
        """
    )
    assert await world.engine.rebuild("kinds") == ["awards", "career", "table"]
    assert await state(world) == before
    assert await world.connection.fetchval('SELECT min(version) FROM "kinds"."career"') > highest
    assert await check(world) == 80
    await world.send(played("after", "2026-07-01T00:00:00Z", "bob"))
    assert await check(world) == 81


BREAK_MATCHES = """
DELETE FROM kleos.appearances WHERE match IN ('m1', 'm2');
INSERT INTO kleos.appearances (game, player, match)
    SELECT game, player, 'nowhere' FROM kleos.appearances ORDER BY player LIMIT 1;
DELETE FROM kleos.matches WHERE match = 'm3';
INSERT INTO kleos.matches SELECT game, 'nowhere', first_at, last_at, events, ended_at FROM kleos.matches LIMIT 1;
UPDATE kleos.matches SET first_at = 'epoch', last_at = now(), ended_at = now() WHERE match = 'm4';
UPDATE kleos.matches SET events = 77 WHERE match = 'm5';
"""


@pytest.fixture(params=[1, sys.maxsize], ids=["by DuckDB", "in Python"])
def what_came_is_folded(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """What came meanwhile, much or little, is taken in by either."""
    monkeypatch.setattr("kleos.sheets.rebuild.FOLDED_IN_DUCKDB", request.param)


either = pytest.mark.usefixtures("what_came_is_folded")


@pytest.mark.parametrize("archived", [False, True])
async def test_who_appears_and_what_is_kept_of_matches_is_mended_too(world: World, archived: bool) -> None:
    ends = KINDS.replace('title = "Kinds"', 'title = "Kinds"\n[matches]\nended_by = ["left"]')
    await world.engine.put_definition("kinds", ends + '\n[events.seen]\nplayer = "player"\n')
    leaves = {"type": "left", "at": "2026-03-05T00:00:00Z", "player": "ann"}
    await world.send(
        *(
            {**leaves, "id": f"{type_}{n}", "type": type_, "match": f"m{n}"}
            for n in range(4, 7)
            for type_ in ("left", "seen")
        )
    )
    await world.engine.put_definition("kinds", ends)
    assert await check(world) == 83, "three are of a type that is no more"
    if archived:
        await world.seal(span_events=30)
        await world.remove()
        await world.send(played("since", "2026-03-06T00:00:00Z", match="m4"))
    await world.connection.execute(BREAK_MATCHES)
    await world.engine.rebuild("kinds")
    assert await check(world) == 83 + archived


@either
async def test_matches_of_events_that_come_meanwhile_are_kept_as_they_are(world: World) -> None:
    """Before, in and after each round, on time and late, also in matches that were broken."""
    await world.connection.execute(BREAK_MATCHES)
    numbers = itertools.count()

    async def some_more() -> None:
        for match, month in (("m4", "2026-09"), ("m5", "2020-01"), ("n", "2026-03")):
            await world.send(played(f"more{next(numbers)}", f"{month}-02T00:00:00Z", "bob", match=match))

    everything = replace(target_of(world), matches=True, appears=True)
    target = replace(everything, game=replace(world.game, appearances=appearing("kinds")))
    connection = await open_connection(world.engine.database.dsn)
    async with rebuilding(connection, target, catalog.lock_of("kinds")) as rebuild:
        await some_more()
        await rebuild.fill()
        await some_more()
        await rebuild.take_in(await rebuild.horizon())
        await some_more()
        await world.seal()
        await world.remove()
        await some_more()
        await swap(rebuild, catalog._same_again(world.game), world.engine.quiet(world.engine.committer("kinds")))
    await connection.close()
    assert await check(world) == 92


async def test_one_sheet(world: World) -> None:
    await world.connection.execute('UPDATE "kinds"."career" SET games = 1000')
    assert await world.engine.rebuild("kinds", ["career"]) == ["career"]
    assert await check(world) == 80
    with pytest.raises(NotFound, match="nope"):
        await world.engine.rebuild("kinds", ["nope"])


@either
async def test_events_that_come_meanwhile_are_counted_once(world: World) -> None:
    """Some before each step, some late, some of new players."""
    numbers = itertools.count()
    months = itertools.cycle(["2026-09", "2020-01", "2026-03"])

    async def some_more() -> None:
        for player in ("ann", "new", "cy"):
            n = next(numbers)
            await world.send(
                played(f"more{n}", f"{next(months)}-02T00:00:00Z", player, match=f"n{n % 5}", won=n % 3 > 0)
            )

    def progress(doing: str, done: int, total: int) -> None:
        told.append(doing)

    told: list[str] = []
    connection = await open_connection(world.engine.database.dsn)
    async with rebuilding(connection, target_of(world), catalog.lock_of("kinds"), progress) as rebuild:
        await some_more()
        await rebuild.fill()
        for _ in range(3):
            await some_more()
            await rebuild.take_in(await rebuild.horizon())
        await some_more()
        await swap(rebuild, catalog._same_again(world.game), world.engine.quiet(world.engine.committer("kinds")))
    await connection.close()
    assert await check(world) == 80 + next(numbers)
    assert "folding the sheet career" in told


@either
async def test_under_load(world: World) -> None:
    stopping = asyncio.Event()

    async def load(worker: int) -> int:
        for n in itertools.count():
            if stopping.is_set():
                return n
            at = f"2026-0{1 + n % 9}-01T00:00:00Z"
            body = json.dumps([played(f"w{worker}-{n}", at, f"p{n % 7}", match=f"m{n % 5}", won=n % 2 > 0)]).encode()
            assert (await world.engine.ingest_body("kinds", body)).accepted == 1
        raise AssertionError

    workers = [asyncio.create_task(load(n)) for n in range(3)]
    for _ in range(3):
        await world.engine.rebuild("kinds")
    stopping.set()
    sent = sum(await asyncio.gather(*workers))
    assert await check(world) == 80 + sent


@either
async def test_it_comes_to_its_end_where_as_much_comes_as_is_taken_in(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each round that holds nobody back sees as many events come as it has taken in."""
    rounds: list[bool] = []
    come = asyncio.Condition()
    sent, stopping = 0, False

    async def load() -> None:
        nonlocal sent
        while not stopping:
            facts = [played(f"s{sent + n}", "2026-05-01T00:00:00Z", f"p{n % 7}", match=f"m{n % 5}") for n in range(600)]
            try:
                await world.send(*facts)
            except Unavailable:  # held back for longer than requests wait
                continue
            async with come:
                sent += 600
                come.notify_all()

    take_in = Rebuild.take_in

    async def slowly(rebuild: Rebuild, horizon: int) -> None:
        is_held = rebuild.connection.is_in_transaction()
        rounds.append(is_held)
        enough = sent + 700
        await take_in(rebuild, horizon)
        async with come:
            while not is_held and sent < enough:
                await come.wait()

    monkeypatch.setattr(Rebuild, "take_in", slowly)
    async with asyncio.TaskGroup() as tasks:  # or who waits for more would wait for ever where no more can be sent
        tasks.create_task(load())
        async with come:
            await come.wait()
        await world.engine.rebuild("kinds")
        stopping = True
    assert True in rounds
    assert len(rounds) < 40
    assert await check(world) == 80 + sent


async def test_it_goes_on_where_it_was(world: World) -> None:
    first = await open_connection(world.engine.database.dsn)
    async with rebuilding(first, target_of(world), catalog.lock_of("kinds")) as rebuild:
        with pytest.raises(Conflict, match="rebuilt already"):
            await world.engine.rebuild("kinds")
        await rebuild.fill()
        filled = dict(rebuild.horizons)
        assert filled.keys() == {"awards", "career", "table"}
    await first.close()
    await world.send(*(played(f"later{n}", "2025-01-01T00:00:00Z", "ann") for n in range(5)))
    second = await open_connection(world.engine.database.dsn)
    async with rebuilding(second, target_of(world), catalog.lock_of("kinds")) as rebuild:
        assert rebuild.horizons == filled
    await second.close()
    await world.engine.rebuild("kinds")
    assert await check(world) == 85


async def leave_tables(world: World) -> None:
    """As a rebuild does that is killed after its swap, before it has cleared away."""
    for name in ("career+old", "awards+decided"):
        await world.connection.execute(f'CREATE TABLE "kinds"."{name}" ()')


async def test_the_next_change_clears_away_what_was_left(world: World) -> None:
    await leave_tables(world)
    await world.engine.put_definition("kinds", KINDS.replace('title = "Kinds"', 'title = "All kinds"'))
    assert await check(world) == 80


async def test_a_change_clears_away_what_can_no_longer_be_gone_on_with(world: World) -> None:
    connection = await open_connection(world.engine.database.dsn)
    async with rebuilding(connection, target_of(world), catalog.lock_of("kinds")) as rebuild:
        await rebuild.fill()
    await connection.close()
    assert len(await world.connection.fetch(LEFT_OVER)) == 4
    await world.engine.put_definition("kinds", KINDS.replace('title = "Kinds"', 'title = "All kinds"'))
    assert await check(world) == 80
    assert await world.connection.fetchval("SELECT count(*) FROM kleos.rebuilds") == 0


async def test_the_next_start_clears_away_what_was_left(database: Database, tmp_path: Path) -> None:
    async with world_of(database, str(tmp_path / "archive"), tmp_path) as world:
        await leave_tables(world)
    async with world_of(database, str(tmp_path / "archive"), tmp_path) as world:
        assert await check(world) == 0


@either
async def test_bans_and_refusals_in_between_do_not_hold_it_up(world: World) -> None:
    corrections = Corrections(world.engine)
    connection = await open_connection(world.engine.database.dsn)
    async with rebuilding(connection, target_of(world), catalog.lock_of("kinds")) as rebuild:
        ban = await corrections.make("kinds", Ban(player="ann", reason="a script"), "mod")
        await rebuild.fill()
        assert ban.correction is not None
        await corrections.undo("kinds", ban.correction.seq, "mod", "no script")
        await catch_up(rebuild)
        await corrections.make("kinds", Ban(player="bob", reason="a script"), "mod")
        await swap(rebuild, catalog._same_again(world.game), world.engine.quiet(world.engine.committer("kinds")))
    assert await check(world) == 80
    assert [
        player for player in PLAYERS if player in world.engine.directory.hidden_in(world.game.namespace, "kinds")
    ] == ["bob"]
    async with rebuilding(connection, target_of(world), catalog.lock_of("kinds")) as rebuild:
        await rebuild.fill()
        await corrections.make("kinds", Void(match="m1", reason="a script"), "mod")
        with pytest.raises(StaleDefinition):
            await catch_up(rebuild)
    await connection.close()
    await world.engine.rebuild("kinds")
    assert await check(world) < 80


async def test_a_change_in_between_begins_it_again(world: World) -> None:
    connection = await open_connection(world.engine.database.dsn)
    async with rebuilding(connection, target_of(world), catalog.lock_of("kinds")) as rebuild:
        await rebuild.fill()
    await connection.close()
    await make_season(world.engine, "kinds", "spring", "Spring", 1_770_000_000_000_000, 1_775_000_000_000_000)
    await world.engine.rebuild("kinds")
    assert await check(world) == 80


async def test_an_archived_log_is_rebuilt_too_and_damage_is_named(world: World, tmp_path: Path) -> None:
    (span,) = await world.seal()
    await world.remove()
    await world.send(*(played(f"later{n}", "2026-08-01T00:00:00Z", "dee") for n in range(3)))
    before = await state(world)
    assert await world.engine.rebuild("kinds") == ["awards", "career", "table"]
    assert await state(world) == before
    file = tmp_path / "archive" / span.files[0].path
    content = file.read_bytes()
    file.write_bytes(content[:-2] + b"xx")
    with pytest.raises(ArchiveDamaged, match=file.name):
        await world.engine.rebuild("kinds")
    assert await state(world) == before
    file.unlink()
    with pytest.raises(ArchiveDamaged, match=file.name):
        await world.engine.put_definition(
            "kinds", KINDS.replace('count()"\ntotal', 'count()"\nmost  = "max(count)"\ntotal')
        )
    assert await state(world) == before
    file.write_bytes(content)
    await world.engine.rebuild("kinds")
    assert await state(world) == before


async def test_a_long_query_holds_the_swap_up_and_not_the_events(world: World) -> None:
    reader = await open_connection(world.engine.database.dsn)
    waiting = asyncio.Event()

    def progress(doing: str, done: int, total: int) -> None:
        if doing.startswith("waiting"):
            waiting.set()

    async with snapshot(reader):
        await reader.fetch('SELECT * FROM "kinds"."career"')
        rebuild = asyncio.create_task(world.engine.rebuild("kinds", progress=progress))
        await asyncio.wait_for(waiting.wait(), 30)
        await world.send(played("meanwhile", "2026-08-01T00:00:00Z"))
        assert not rebuild.done()
    await rebuild
    await reader.close()
    assert await check(world) == 81


async def test_a_definition_that_grows_and_a_season_in_the_past(world: World) -> None:
    grown = KINDS.replace('count()"\ntotal', 'count()"\nmost  = "max(count)"\ntotal').replace(
        "games >= 5", "games >= 9"
    )
    grown = grown.replace("[sheets.table]", '[sheets.career.formulas]\nshare = "total / games"\n\n[sheets.table]')
    grown += '\n[matches]\nended_by = ["played"]\n[achievements.more]\nsheet = "career"\nwhen = "most >= 1"\n'
    await world.engine.put_definition("kinds", grown)
    await make_season(world.engine, "kinds", "spring", "Spring", 1_770_000_000_000_000, 1_775_000_000_000_000)
    assert await check(world) == 80
    assert await world.connection.fetchval("SELECT count(*) FROM kleos.matches WHERE ended_at IS NOT NULL") == 10
    await change_season(world.engine, "kinds", "spring", ends_at=1_779_000_000_000_000)
    assert await check(world) == 80
    await world.engine.put_definition("kinds", KINDS)
    assert await check(world) == 80
    assert await world.connection.fetchval("SELECT count(*) FROM kleos.matches WHERE ended_at IS NOT NULL") == 0


async def test_a_rebuild_by_another_process_refuses_no_event(world: World) -> None:
    """The server hears of it, reads the game anew, and commits what waited."""
    stopping = asyncio.Event()

    async def load() -> int:
        for n in itertools.count():
            if stopping.is_set():
                return n
            await world.send(played(f"o{n}", "2026-06-01T00:00:00Z", f"p{n % 3}", match=f"m{n % 5}"))
        raise AssertionError

    loading = asyncio.create_task(load())
    connection = await open_connection(world.engine.database.dsn)
    for _ in range(4):
        await catalog.rebuild_game(connection, "kinds")
    await connection.close()
    stopping.set()
    sent = await loading
    assert sent > 4
    assert await check(world) == 80 + sent


@either
async def test_late_events_before_the_swap_are_folded_with_what_appears_by_the_new_definition(world: World) -> None:
    """Of matches that are not known yet to those whom the new definition makes appear in them."""
    by_rivals = KINDS + (
        '[sheets.beaten]\nkey = ["player"]\n'
        '[[sheets.beaten.on]]\nevent = "played"\nplayer = "rival"\nrun = "streak(won)"\n'
    )

    @asynccontextmanager
    async def late_events() -> AsyncIterator[Adopt]:
        at = "2019-01-01T00:00:00Z"
        await world.send(played("late1", at, match="new1", rival="ann"), played("late2", at, match="new2", rival="bob"))
        yield lambda _: None

    await world.send(played("rivals", "2026-01-01T00:00:00Z", rival="ann"))
    before = await catalog.read_game(world.connection, "kinds")
    definition = load_definition(by_rivals, "kinds")
    await catalog.put_in_force(world.connection, before, definition, Origin(world.engine.now()), late_events)
    assert await check(world) == 83


async def test_a_definition_from_another_process_refuses_no_event(world: World) -> None:
    """What waited is read anew by the definition that is in force then."""
    stopping = asyncio.Event()
    grown = KINDS.replace('count()"\ntotal', 'count()"\nmost  = "max(count)"\ntotal')

    async def load(worker: int) -> int:
        for n in itertools.count():
            if stopping.is_set():
                return n
            await world.send(played(f"d{worker}-{n}", "2026-06-01T00:00:00Z", f"p{n % 3}", match=f"m{n % 5}"))
        raise AssertionError

    workers = [asyncio.create_task(load(n)) for n in range(3)]
    connection = await open_connection(world.engine.database.dsn)
    for source in (grown, KINDS, grown, KINDS):
        before = await catalog.read_game(connection, "kinds")
        await catalog.put_in_force(connection, before, load_definition(source, "kinds"), Origin(world.engine.now()))
    await connection.close()
    stopping.set()
    sent = sum(await asyncio.gather(*workers))
    assert sent > 12
    assert await check(world) == 80 + sent


@either
async def test_ends_of_matches_go_on_where_they_were_after_events_left_for_files(world: World) -> None:
    grown = KINDS.replace('title = "Kinds"', 'title = "Kinds"\n[matches]\nended_by = ["left"]')
    definition, origin = load_definition(grown, "kinds"), Origin(world.engine.now())
    connection = await open_connection(world.engine.database.dsn)
    changes = await catalog.changes_between(connection, world.game.definition, definition)
    target = await catalog._target(connection, world.game, definition, changes, origin)
    async with rebuilding(connection, target, catalog.lock_of("kinds")) as rebuild:
        await rebuild.fill()
    await connection.close()  # it was killed, or cancelled
    await world.send({"type": "left", "id": "end", "at": "2026-11-20T00:00:00Z", "match": "over", "player": "ann"})
    await world.seal()
    await world.remove()
    await world.engine.put_definition("kinds", grown, origin=origin)
    assert await world.connection.fetchval("SELECT ended_at FROM kleos.matches WHERE match = 'over'") is not None
    await check(world)

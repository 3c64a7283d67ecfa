"""Law 3: the database is the truth; what memory holds can be dropped at any moment and comes back the same."""

import asyncio
import random
from typing import Any

import pytest

from kleos.core.errors import Conflict
from kleos.engine.engine import Engine
from kleos.engine.seasons import change_season, make_season
from kleos.players.change import put_profile
from kleos.players.profiles import ProfileChange
from kleos.sheets.layout import table
from tests.laws.stories import OTHER_DATES, PLAYERS, SEASON, random_story
from tests.laws.test_law1_durable_exactly_once import SMALL, scored
from tests.laws.world import LAW_TWO, NOW, Fact, State, World, differences, wire_time

VersionsOf = dict[tuple[Any, ...], tuple[int, tuple[Any, ...]]]
"""By sheet and key, the version of a row and all else that it holds."""


async def assert_memory_is_the_database(world: World, game: str) -> State:
    state = await world.state(game)
    found = list(differences(await world.ranks_in_sql(game, state), await world.ranks_in_memory(game, state)))
    assert not found, "\n".join(found[:20])
    return state


async def test_ranks_dropped_at_any_moment_under_load_come_back_the_same(world: World) -> None:
    seed = random.randrange(2**32)
    print(f"seed {seed}")
    rng = random.Random(seed)
    game = await world.new_game()
    engine = world.engine
    for turn in range(3):
        facts = random_story(rng, most_facts=60).facts
        for place, fact in enumerate(facts):
            fact["id"] = f"{turn}-{place}"
            fact["at"] = wire_time(NOW - rng.randint(0, 5_000_000)) if rng.random() < 0.5 else fact["at"]
        sends = [facts[start : start + 3] for start in range(0, len(facts), 3)]

        async def drop_while(sending: "asyncio.Future[Any]") -> None:
            while not sending.done():
                choice = rng.random()
                if choice < 0.3:
                    engine.rankings.forget(game)
                elif choice < 0.5:
                    engine.rankings.start(engine.game(game))
                elif choice < 0.7:
                    await engine.rankings.ready(engine.game(game), ["all", "day"])
                else:
                    player, region = rng.choice(PLAYERS), rng.choice(("eu", "us", None))
                    await put_profile(engine, player, ProfileChange(region=region), namespace=game)
                await asyncio.sleep(0)

        async def send_all(mine: list[list[Fact]]) -> None:
            for some in mine:
                await world.send(game, some, effects=rng.random() < 0.3)

        sending = asyncio.gather(*(send_all(sends[start::4]) for start in range(4)))
        await asyncio.gather(sending, drop_while(sending))
        await assert_memory_is_the_database(world, game)
        engine.rankings.forget(game)
        state = await assert_memory_is_the_database(world, game)
        assert state.sheets["career"]


async def test_who_the_players_are_is_read_anew(world: World) -> None:
    game = await world.new_game(SMALL)
    await world.send(game, [scored("a", 3), scored("b", 5, "bob")])
    await put_profile(world.engine, "bob", ProfileChange(name="Bob"), namespace=game)
    before = await world.engine.standings.page(world.engine.game(game), "total", "all", {}, 0, 10)
    assert [line.name for line in before.entries] == ["Bob", "ann"]
    for player in await world.ids(world.engine.game(game)):
        world.engine.directory.forget(player)
    world.engine.rankings.forget(game)
    assert await world.engine.standings.page(world.engine.game(game), "total", "all", {}, 0, 10) == before
    await world.send(game, [scored("c", 9)])
    after = await world.engine.standings.page(world.engine.game(game), "total", "all", {}, 0, 10)
    assert [(line.name, line.value) for line in after.entries] == [("ann", 12 * 512), ("Bob", 5 * 512)]


async def versions(world: World, game: str) -> VersionsOf:
    found: VersionsOf = {}
    for sheet in world.engine.game(game).definition.sheets.values():
        for row in await world.engine.pool.fetch(f"SELECT * FROM {table(game, sheet.name)}"):
            key = (sheet.name, row["window"], *(row[column.name] for column in sheet.key))
            found[key] = (row["version"], tuple(value for name, value in row.items() if name != "version"))
    return found


def assert_risen(before: VersionsOf, after: VersionsOf) -> None:
    """No row goes, no version falls, and a row that changed has a greater one."""
    for key in before:
        assert key in after, f"{key} went"
    assert_not_fallen(before, after)


def assert_not_fallen(before: VersionsOf, after: VersionsOf) -> None:
    """A table folded anew has no tombstones; each of its rows is as new as it ever was, and newer if it is another."""
    for key in before.keys() & after.keys():
        version, values = before[key]
        now, values_now = after[key]
        assert now > version if values_now != values else now >= version, key


async def test_versions_never_fall(world: World) -> None:
    seed = random.randrange(2**32)
    print(f"seed {seed}")
    rng = random.Random(seed)
    game = await world.new_game()
    facts = random_story(rng, most_facts=120).facts
    kept: VersionsOf = {}

    async def check() -> VersionsOf:
        now = await versions(world, game)
        assert_risen(kept, now)
        return now

    for start in range(0, len(facts), 30):
        await world.send(game, facts[start : start + 30])
        kept = await check()

    async def check_refolded() -> VersionsOf:
        now = await versions(world, game)
        assert_not_fallen(kept, now)
        return {**kept, **now}

    await make_season(world.engine, game, "s1", "First", *SEASON)
    kept = await check_refolded()
    for dates in (*OTHER_DATES, SEASON):
        await change_season(world.engine, game, "s1", None, *dates)
        kept = await check_refolded()
    more = LAW_TWO.replace(
        "[sheets.career.formulas]",
        '[[sheets.career.on]]\nevent = "round"\nplayer = "winner"\ncrowns = "count()"\n\n[sheets.career.formulas]',
    )
    assert more != LAW_TWO
    await world.engine.put_definition(game, more)
    now = await versions(world, game)
    for key in now.keys() & kept.keys():
        assert now[key][0] >= kept[key][0], key
    kept = now
    await world.send(game, [{**fact, "id": f"again-{fact['id']}"} for fact in facts])
    await check()


async def test_a_row_emptied_by_a_season_is_gone_and_comes_back(world: World) -> None:
    game = await world.new_game(SMALL)
    await make_season(world.engine, game, "s1", "First", NOW - 10, NOW + 10)
    await world.send(game, [scored("a", 3)])
    seen = []
    for dates in ((NOW + 20, NOW + 30), (NOW - 10, NOW + 10)):
        await change_season(world.engine, game, "s1", None, *dates)
        page = await world.engine.standings.page(world.engine.game(game), "total", "s1", {}, 0, 10)
        rows = await world.engine.pool.fetch(f"""SELECT * FROM "{game}"."career" WHERE "window" = 's1'""")
        seen.append(([line.value for line in page.entries], [row["present"] for row in rows]))
    assert seen == [([], []), ([3 * 512], [True])]


async def test_a_second_server_on_the_same_database_refuses_to_start(world: World) -> None:
    with pytest.raises(Conflict, match="another Kleos"):
        async with Engine.open(world.engine.database):
            pytest.fail("it started")
    game = await world.new_game(SMALL)
    assert (await world.send(game, [scored("a")])).accepted == 1

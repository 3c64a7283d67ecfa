"""Law 2: every sheet row, award and rank is a function of the set of accepted facts, and of nothing else."""

import asyncio
import os
import random

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kleos.engine.seasons import change_season, make_season
from kleos.players.change import put_profile
from tests.laws.stories import Story, Telling, in_any_order, in_order, random_story
from tests.laws.world import DAY_US, NOW, World, assert_same

SOAK = int(os.environ.get("KLEOS_SOAK", "8"))
"""How many random stories the soak tells."""


async def tell(world: World, telling: Telling, rng: random.Random) -> str:
    """A new game to which the story has happened."""
    game = await world.new_game(telling.source)
    seasons = 0
    for step in telling.steps:
        if isinstance(step, str):
            await world.engine.put_definition(game, step)
        elif isinstance(step, list):
            # Drawn before anything is begun: Hypothesis may end an example inside any draw.
            manners = [(rng.random() < 0.2, rng.random() < 0.5) for _ in step]
            sends = [world.send(game, facts, *manner) for facts, manner in zip(step, manners, strict=True)]
            for receipt in await asyncio.gather(*sends):
                assert not receipt.rejected
        elif isinstance(step[0], str):
            await put_profile(world.engine, step[0], step[1], namespace=game)
        elif seasons:
            await change_season(world.engine, game, "s1", None, *step)
        else:
            seasons += 1
            await make_season(world.engine, game, "s1", "First", *step)
    return game


async def check_any_telling_gives_the_same(world: World, story: Story, rng: random.Random) -> None:
    plain, strange = await tell(world, in_order(story), rng), await tell(world, in_any_order(rng, story), rng)
    expected, found = await world.state(plain), await world.state(strange)
    assert_same(await world.folded(plain), expected, "in order, and as the log folds")
    assert_same(await world.folded(strange), found, "in any order, and as the log folds")
    expected.ranks = await world.ranks_in_sql(plain, expected)
    found.ranks = await world.ranks_in_memory(strange, found)
    assert_same(expected, found, "in order, and in any order")
    world.clock.at = NOW + 40 * DAY_US
    try:
        expected.ranks = await world.ranks_in_sql(plain, expected, of_attributes=True)
        found.ranks = await world.ranks_in_sql(strange, found, of_attributes=True)
        assert_same(expected, found, "when the windows have closed")
    finally:
        world.clock.at = NOW


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(rng=st.randoms(use_true_random=False))
async def test_any_order_any_cut_any_repeats_give_the_same(world: World, rng: random.Random) -> None:
    await check_any_telling_gives_the_same(world, random_story(rng, most_facts=25), rng)


async def test_long_random_stories_give_the_same(world: World) -> None:
    for _ in range(SOAK):
        seed = random.randrange(2**32)
        print(f"seed {seed}")
        rng = random.Random(seed)
        await check_any_telling_gives_the_same(world, random_story(rng, most_facts=rng.choice((10, 60, 200))), rng)

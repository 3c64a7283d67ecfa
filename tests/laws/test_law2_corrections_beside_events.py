"""A match is voided and brought back while its events are being committed: none of them is counted wrongly."""

import asyncio
import random

from kleos.core.errors import NotFound
from kleos.moderation.asked import Merge, Void
from kleos.moderation.corrections import Corrections
from kleos.players.change import delete_player
from kleos.sheets.verify import snapshot, verify_game
from tests.laws.stories import random_story
from tests.laws.world import LAW_TWO, World, assert_same


async def test_voids_and_merges_while_events_come(world: World) -> None:
    seed = random.randrange(2**32)
    print(f"seed {seed}")
    rng = random.Random(seed)
    game = await world.new_game(LAW_TWO)
    corrections = Corrections(world.engine)
    facts = random_story(rng, most_facts=200).facts
    for number in range(len(facts), 120):
        facts.append({**facts[number % len(facts)], "id": f"more-{number}"})
    await world.send(game, facts[:20])
    rest = facts[20:]
    shares = [rest[n::4] for n in range(4)]

    async def tell(share: list[dict[str, object]]) -> None:
        for start in range(0, len(share), 3):
            await world.send(game, share[start : start + 3])

    async def correct() -> list[int]:
        made = []
        for match in ("m1", "m2", "m3", "m1"):
            try:
                outcome = await corrections.make(game, Void(match=match, reason="a race"), "a moderator")
            except NotFound:
                continue
            assert outcome.correction is not None
            made.append(outcome.correction.seq)
            if len(made) % 2:
                await corrections.undo(game, made.pop(), "a moderator", "a race")
        return made

    results = await asyncio.gather(correct(), *(tell(share) for share in shares))
    assert_same(await world.folded(game), await world.state(game), "beside events")
    for number in results[0] or ():
        await corrections.undo(game, number, "a moderator", "over")
    async with world.engine.pool.acquire() as connection, snapshot(connection):
        assert not (await verify_game(connection, game)).differences
    plain = await world.new_game(LAW_TWO)
    await world.send(plain, facts)
    assert_same(await world.state(plain), await world.state(game), "with everything undone")


async def test_two_merges_at_once_are_one_after_the_other(world: World) -> None:
    game = await world.new_game(LAW_TWO)
    hit = {"type": "hit", "weapon": "axe", "damage": 1.0, "at": "2018-11-01T00:00:00Z"}
    await world.send(game, [{**hit, "id": f"h{by}", "match": f"m{by}", "by": by} for by in ("ann", "ben", "cy")])
    corrections = Corrections(world.engine)
    merges = [
        corrections.make(game, Merge(player=player, into=into, reason="one"), "a moderator")
        for player, into in (("ann", "ben"), ("ben", "cy"), ("cy", "ann"))
    ]
    outcomes = await asyncio.gather(*merges, return_exceptions=True)
    assert sum(isinstance(outcome, Exception) for outcome in outcomes) == 1, outcomes
    assert_same(await world.folded(game), await world.state(game), "merged in a circle, but for one")


async def test_who_is_deleted_is_so_under_every_id(world: World) -> None:
    """And who comes again under one of them is somebody new, in the tables as in the log."""
    game = await world.new_game(LAW_TWO)
    hit = {"type": "hit", "weapon": "axe", "damage": 1.0, "at": "2018-11-01T00:00:00Z"}
    await world.send(game, [{**hit, "id": f"h{by}", "match": f"m{by}", "by": by} for by in ("ann", "ben", "cy")])
    merged = await Corrections(world.engine).make(game, Merge(player="ann", into="ben", reason="one"), "a moderator")
    await delete_player(world.engine, "ben", namespace=game)
    await world.send(game, [{**hit, "id": f"again-{by}", "by": by} for by in ("ann", "ben", "cy")])
    async with world.engine.pool.acquire() as connection, snapshot(connection):
        assert not (await verify_game(connection, game)).differences
    assert merged.correction is not None
    await Corrections(world.engine).undo(game, merged.correction.seq, "a moderator", "both are gone")
    async with world.engine.pool.acquire() as connection, snapshot(connection):
        assert not (await verify_game(connection, game)).differences

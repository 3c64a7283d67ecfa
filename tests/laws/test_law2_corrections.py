"""Law 2 with corrections: whatever is voided, banned, merged, accepted and undone, in any order, and whatever comes
meanwhile, the tables are what the log folds to; and undoing everything brings back every row and award as it was."""

import os
import random
from typing import Any, Final

from kleos.core.errors import Conflict, NotFound
from kleos.core.windows import to_datetime
from kleos.engine.seasons import make_season
from kleos.moderation.asked import Asked, Ban, Merge, Void
from kleos.moderation.corrections import Corrections
from kleos.sheets.verify import snapshot, verify_game
from tests.laws.stories import MATCHES, PLAYERS, SEASON, TIMES, random_story
from tests.laws.world import LAW_TWO, State, World, assert_same

SOAK: Final = int(os.environ.get("KLEOS_SOAK", "6"))
ACTOR: Final = "a moderator"


def asked_at_random(rng: random.Random, ids: list[str]) -> Asked:
    kind = rng.choice(("event", "match", "match", "player", "ban", "merge", "merge"))
    if kind == "event":
        return Void(event=rng.choice(ids), reason="cheated")
    if kind == "match":
        return Void(match=rng.choice((*MATCHES, *ids)), reason="cheated")
    if kind == "player":
        since, until = sorted(rng.sample(TIMES, 2))
        player = rng.choice(PLAYERS)
        return Void(player=player, since=to_datetime(since), until=to_datetime(until), reason="cheated")
    if kind == "ban":
        return Ban(player=rng.choice(PLAYERS), reason="cheated")
    player, into = rng.sample(PLAYERS, 2)
    return Merge(player=player, into=into, reason="one person")


async def check(world: World, game: str, what: str) -> State:
    found = await world.state(game)
    assert_same(await world.folded(game), found, f"{what}: as the log folds")
    async with world.engine.pool.acquire() as connection, snapshot(connection):
        verdict = await verify_game(connection, game)
    assert not verdict.differences, (what, verdict.differences[:5])
    in_memory, in_sql = await world.ranks_in_memory(game, found), await world.ranks_in_sql(game, found)
    assert in_memory == in_sql, what
    found.ranks = in_sql
    return found


async def quarantined(world: World, game: str) -> list[int]:
    """Those that nobody has judged."""
    statement = "SELECT seq FROM kleos.quarantine WHERE game = $1 AND status = 'waiting' ORDER BY seq"
    return [row["seq"] for row in await world.engine.pool.fetch(statement, game)]


async def tell_with_corrections(world: World, rng: random.Random, facts: list[dict[str, Any]]) -> None:
    """Facts and corrections in any order; then everything is undone in any order, and it is as if nothing had been."""
    corrections = Corrections(world.engine)
    game = await world.new_game(LAW_TWO)
    if rng.random() < 0.7:
        await make_season(world.engine, game, "s1", "First", *SEASON)
    ids = [fact["id"] for fact in facts]
    waiting = list(facts)
    rng.shuffle(waiting)
    in_force: list[int] = []
    while waiting or rng.random() < 0.7:
        step = rng.random()
        if waiting and step < 0.5:
            some = waiting[: rng.choice((1, 3, 8))]
            waiting = waiting[len(some) :]
            await world.send(game, [*some, *rng.sample(facts, 1)] if rng.random() < 0.3 else some, rng.random() < 0.3)
        elif step < 0.8:
            asked = asked_at_random(rng, ids)
            try:
                if rng.random() < 0.3:
                    before = await world.state(game)
                    await corrections.make(game, asked, ACTOR, rehearse=True)
                    assert_same(before, await world.state(game), f"rehearsing {asked}")
                outcome = await corrections.make(game, asked, ACTOR)
            except (Conflict, NotFound):
                continue
            assert outcome.correction is not None
            in_force.append(outcome.correction.seq)
            await check(world, game, f"{asked}")
        elif step < 0.9 and (events := await quarantined(world, game)):
            outcome = await corrections.judge(game, rng.choice(events), rng.random() < 0.8, ACTOR, "looked at")
            assert outcome.correction is not None
            in_force.append(outcome.correction.seq)
            await check(world, game, f"judging {outcome.correction}")
        elif in_force:
            number = in_force.pop(rng.randrange(len(in_force)))
            await corrections.undo(game, number, ACTOR, "a mistake")
            await check(world, game, f"undoing {number}")
    rng.shuffle(in_force)
    for number in in_force:
        await corrections.undo(game, number, ACTOR, "a mistake")
    found = await check(world, game, "undoing everything")
    plain = await world.new_game(LAW_TWO)
    if any(season.name == "s1" for season in world.engine.game(game).calendar.seasons):
        await make_season(world.engine, plain, "s1", "First", *SEASON)
    await world.send(plain, facts)
    assert_same(await check(world, plain, "uncorrected"), found, "uncorrected, and with everything undone")


async def test_corrections_in_any_order_and_back(world: World) -> None:
    for _ in range(SOAK):
        seed = random.randrange(2**32)
        print(f"seed {seed}")
        rng = random.Random(seed)
        facts = random_story(rng, most_facts=rng.choice((6, 20, 60))).facts
        for fact in facts:
            if fact["type"] == "round" and rng.random() < 0.2:
                fact["bonus"] = 100 + rng.randint(0, 3)  # which a check doubts
        await tell_with_corrections(world, rng, facts)

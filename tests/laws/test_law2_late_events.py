"""Law 2, told by hand: what a late event does to streaks, awards and ranks."""

import json
from typing import Any

from kleos.players.change import put_profile
from kleos.players.profiles import ProfileChange
from tests.laws.test_law1_durable_exactly_once import SMALL
from tests.laws.world import DAY_US, NOW, Fact, World, assert_same, wire_time

STREAKS = """
title = "Streaks"
identities = "own"

[events.played]
player = "player"
won    = "bool"

[sheets.career]
key = ["player"]
[[sheets.career.on]]
event = "played"
games = "count()"
run   = "streak(won)"

[sheets.turns]
key = ["turn"]
[[sheets.turns.on]]
event = "played"
turn  = "match"
who   = "last(player)"
run   = "streak(won)"

[achievements.hot]
sheet  = "career"
points = 5
when   = "run_best >= 3"

[achievements.hotter]
sheet    = "career"
points   = 7
requires = ["hot"]
when     = "games >= 3"

[achievements.gift]
manual   = true
points   = 9
requires = ["hot"]
"""


def played(id: str, second: int, won: bool, player: str = "ann", **fields: Any) -> Fact:
    at = wire_time(NOW - DAY_US + second * 1_000_000)
    return {"id": id, "type": "played", "at": at, "player": player, "won": won, **fields}


async def awards(world: World, game: str) -> dict[str, str]:
    """By achievement of ann, the event that dates it."""
    assert_same(await world.folded(game), await world.state(game), "the log and the sheets")
    return {name: event for (player, name), (_, event, _) in (await world.state(game)).awards.items()}


async def test_a_late_loss_withdraws_what_rested_on_the_streak_and_a_late_win_brings_it_back(world: World) -> None:
    game = await world.new_game(STREAKS)
    await world.send(game, [played("w1", 1, True), played("w2", 2, True), played("w4", 4, True)])
    await world.send(
        game,
        [{"id": "g", "type": "award.granted", "at": wire_time(NOW - DAY_US), "player": "ann", "achievement": "gift"}],
    )
    assert await awards(world, game) == {"hot": "w4", "hotter": "w4", "gift": "w4"}
    receipt = await world.send(game, [played("l3", 3, False)], effects=True)
    assert isinstance(receipt.awards, list)
    assert {(award.achievement, award.kind) for award in receipt.awards} == {
        ("hot", "withdrawn"),
        ("hotter", "withdrawn"),
        ("gift", "withdrawn"),
    }
    assert await awards(world, game) == {}
    await world.send(game, [played("w0", 0, True)])
    assert await awards(world, game) == {"hot": "w2", "hotter": "w2", "gift": "w2"}


async def test_an_award_is_redated_by_what_came_late_and_happened_early(world: World) -> None:
    game = await world.new_game(STREAKS)
    await world.send(game, [played(f"w{n}", n, True) for n in range(5, 9)])
    assert await awards(world, game) == {"hot": "w7", "hotter": "w7"}
    receipt = await world.send(game, [played("w1", 1, True)], effects=True)
    assert isinstance(receipt.awards, list)
    assert [(award.achievement, award.kind) for award in receipt.awards] == [("hot", "redated"), ("hotter", "redated")]
    assert await awards(world, game) == {"hot": "w6", "hotter": "w6"}


async def test_equal_times_go_by_id(world: World) -> None:
    game = await world.new_game(STREAKS)
    for id, won in (("d", True), ("\U00010000", True), ("\uffee", False), ("a", True), ("é", True)):
        await world.send(game, [played(id, 5, won)])
    row = (await world.state(game)).sheets["career"][("all", "ann")]
    assert (row["run"], row["run_best"]) == (1, 3)
    assert await awards(world, game) == {"hot": "é", "hotter": "é"}


async def test_rows_of_a_match_follow_late_events_whatever_their_key_is_called(world: World) -> None:
    game = await world.new_game(STREAKS)
    await world.send(game, [played("b", 2, True, "bob", match="m1"), played("c", 4, True, match="m1")])
    await world.send(game, [played("a", 1, True, match="m1"), played("d", 3, False, match="m1")])
    row = (await world.state(game)).sheets["turns"][("all", "m1")]
    assert (row["who"], row["run"], row["run_best"]) == ("ann", 1, 2)
    await awards(world, game)


async def test_a_closed_window_keeps_the_region_that_a_player_had_at_its_end(world: World) -> None:
    """Whether the profile changed before the events came or after."""
    pages = []
    SMALL.replace('by    = "total desc"', 'by    = "total desc"\npartitions = [[], ["region"]]')
    for profile_first in (True, False):
        game = await world.new_game(
            SMALL.replace('by    = "total desc"', 'by    = "total desc"\npartitions = [[], ["region"]]')
        )
        fact = {"id": "a", "type": "scored", "at": wire_time(NOW), "player": "ann", "score": 3}
        if profile_first:
            await put_profile(world.engine, "ann", ProfileChange(region="eu"), namespace=game)
        await world.engine.ingest_body(game, json.dumps(fact).encode())
        if not profile_first:
            await put_profile(world.engine, "ann", ProfileChange(region="eu"), namespace=game)
        found = []
        for later in (0, DAY_US):
            world.clock.at = NOW + later
            for region in ("eu", "us"):
                page = await world.engine.standings.page(
                    world.engine.game(game), "total", "2018-11-05", {"region": region}, 0, 10
                )
                found.append((later, region, [line.player for line in page.entries]))
        world.clock.at = NOW
        pages.append(found)
    assert pages[0] == pages[1] == [(0, "eu", ["ann"]), (0, "us", []), (DAY_US, "eu", ["ann"]), (DAY_US, "us", [])]

"""Law 2, in the past: the standing at a moment is what a server would show that had only the events up to then."""

import asyncio
import random
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from kleos.boards.compiled import CompiledBoard, Partition
from kleos.boards.past import PastQuestion
from kleos.boards.rank_history import days_between, rank_history
from kleos.core.windows import Window
from kleos.engine.game import Game
from kleos.players.change import delete_player, put_profile
from kleos.players.profiles import ProfileChange
from kleos.sheets.past import page_as_of
from kleos.sheets.query import Question, SheetRow, page
from tests.laws.stories import PLAYERS, TIMES, WEAPONS, Story, in_any_order, in_order, random_story
from tests.laws.test_law2_only_the_facts_count import tell
from tests.laws.world import ATTRIBUTES, NOW, World, moment

MOST_PLACES = 6
PHASES = (Phase.explicit, Phase.reuse, Phase.generate)
"""An example takes seconds: a smaller one is not looked for."""


@contextmanager
def clock_at(world: World, at: int) -> Iterator[None]:
    world.clock.at = at
    try:
        yield
    finally:
        world.clock.at = NOW


@asynccontextmanager
async def two_games(world: World, rng: random.Random, as_of: int) -> AsyncIterator[tuple[Game, Game]]:
    """One to which a whole story has happened, and one to which only what was up to a moment."""
    story = random_story(rng, most_facts=40)
    story.profiles = []
    earlier = Story([fact for fact in story.facts if moment(fact["at"]) <= as_of], [], story.has_season)
    whole = await tell(world, in_any_order(rng, story), rng)
    part = await tell(world, in_order(earlier), rng)
    yield world.engine.game(whole), world.engine.game(part)


def places(game: Game, as_of: int) -> list[tuple[CompiledBoard, Window, Partition]]:
    found = []
    for board in game.definition.boards.values():
        compiled = CompiledBoard(game.definition, board)
        windows = [game.calendar.window(kind, as_of) for kind in compiled.sheet.windows]
        for names in board.partitions:
            if ATTRIBUTES.keys() & set(names):
                continue
            parts = [Partition(names, (weapon,)) for weapon in WEAPONS] if names else [Partition((), ())]
            found += [(compiled, window, part) for window in windows if window is not None for part in parts]
    return found


async def stand_then(world: World, game: Game, question: PastQuestion) -> list[tuple[Any, ...]]:
    shown = await world.engine.past.page(game, question, 0, 1_000)
    assert shown.total == len(shown.entries)
    return [(line.rank, line.player, *line.values.values(), line.since) for line in shown.entries]


async def stand_now(
    world: World, game: Game, board: CompiledBoard, window: Window, part: Partition
) -> list[tuple[Any, ...]]:
    given = {name: str(value) for name, value in part.as_given().items()}
    world.engine.rankings.forget(game.name)
    shown = await world.engine.standings.page(game, board.board.name, window.name, given, 0, 1_000)
    return [(line.rank, line.player, *line.values.values(), line.since) for line in shown.entries]


@settings(max_examples=3, deadline=None, suppress_health_check=list(HealthCheck), phases=PHASES)
@given(rng=st.randoms(use_true_random=False))
async def test_boards_as_of_a_moment(world: World, rng: random.Random) -> None:
    as_of = rng.choice(TIMES) + rng.choice((-1, 0, 0, 1))
    async with two_games(world, rng, as_of) as (whole, part):
        for board, window, partition in rng.sample(places(whole, as_of), MOST_PLACES):
            then = await stand_then(world, whole, PastQuestion(board, window, partition, as_of))
            with clock_at(world, as_of):
                now = await stand_now(world, part, CompiledBoard(part.definition, board.board), window, partition)
            assert then == now, (board.board.name, window, partition, as_of)
            if then:
                await check_a_player(world, whole, PastQuestion(board, window, partition, as_of), then, rng)


async def check_a_player(
    world: World, game: Game, question: PastQuestion, lines: list[tuple[Any, ...]], rng: random.Random
) -> None:
    place = rng.randrange(len(lines))
    card = (await world.engine.directory.cards(game.namespace, [lines[place][1]]))[lines[place][1]]
    standing = await world.engine.past.standing(game, question, card.player)
    assert standing is not None
    assert (standing.rank, standing.total) == (lines[place][0], len(lines))
    around = await world.engine.past.around(game, question, card.player, 1)
    assert around is not None
    assert [(line.rank, line.player) for line in around.entries] == [
        line[:2] for line in lines[max(0, place - 1) : place + 2]
    ]
    middle = await world.engine.past.page(game, question, place, 2)
    assert [(line.rank, line.player) for line in middle.entries] == [line[:2] for line in lines[place : place + 2]]


@settings(max_examples=3, deadline=None, suppress_health_check=list(HealthCheck), phases=PHASES)
@given(rng=st.randoms(use_true_random=False))
async def test_sheets_as_of_a_moment(world: World, rng: random.Random) -> None:
    as_of = rng.choice(TIMES) + rng.choice((-1, 0, 0, 1))
    engine = world.engine
    async with two_games(world, rng, as_of) as (whole, part):
        for sheet in rng.sample(list(whole.definition.sheets.values()), 2):
            for window in (whole.calendar.window(kind, as_of) for kind in sheet.windows):
                if window is None:
                    continue
                question = Question(window, {}, (), 1_000, 0)
                turn = engine.past.one_at_a_time
                then, total = await page_as_of(engine.pool, engine.directory, turn, whole, sheet, question, as_of)
                now, expected = await page(engine.pool, engine.directory, part, part.sheet(sheet.name), question)
                assert by_key(then) == by_key(now), (sheet.name, window, as_of)
                assert total == expected


def by_key(rows: list[SheetRow]) -> dict[tuple[Any, ...], dict[str, Any]]:
    return {tuple(row.key.values()): row.values for row in rows}


@settings(max_examples=3, deadline=None, suppress_health_check=list(HealthCheck), phases=PHASES)
@given(rng=st.randoms(use_true_random=False))
async def test_rank_history_is_as_of_each_day(world: World, rng: random.Random) -> None:
    story = random_story(rng, most_facts=60)
    game = world.engine.game(await tell(world, in_any_order(rng, story), rng))
    cards = await world.engine.directory.cards(game.namespace, PLAYERS)
    if not cards:
        return
    card = rng.choice(sorted(cards.values(), key=lambda one: one.id))
    first, last = game.calendar.named("2018-10-31", NOW), game.calendar.named("2018-11-05", NOW)
    days = days_between(game.calendar, first, last, NOW)
    for board in rng.sample(sorted(game.definition.boards), 2):
        compiled = CompiledBoard(game.definition, game.board(board))
        names = rng.choice(compiled.board.partitions)
        values: dict[str, list[str]] = {**ATTRIBUTES, "weapon": list(WEAPONS)}
        partition = Partition(names, tuple(rng.choice(values[name]) for name in names))
        kind = rng.choice(compiled.sheet.windows)
        windows = [game.calendar.window(kind, as_of) for _, as_of in days]
        engine = world.engine
        stood = await rank_history(engine.past, engine.directory, game, compiled, partition, windows, days, card)
        assert [(each.day, each.as_of) for each in stood] == days
        for each, window in zip(stood, windows, strict=True):
            if window is None:
                assert (each.rank, each.total) == (None, 0)
                continue
            question = PastQuestion(compiled, window, partition, each.as_of)
            standing = await engine.past.standing(game, question, card.player)
            total = (await engine.past.page(game, question, 0, 1)).total
            assert each.total == total, (board, kind, each)
            if standing is None:
                assert each.rank is None
            else:
                found = (each.rank, each.values, each.since)
                assert found == (standing.rank, tuple(standing.values.values()), standing.since), (board, kind, each)


async def test_a_part_of_a_board_is_of_who_belonged_to_it_then(world: World) -> None:
    game = world.engine.game(await world.new_game())
    fact = {"type": "round", "id": "r", "at": "2018-10-29T12:00:00Z", "scores": {"ann": 3, "z": 1}}
    await world.send(game.name, [fact])
    for region in ("eu", "us"):
        await put_profile(world.engine, "ann", ProfileChange(region=region), namespace=game.name)
    card = (await world.engine.directory.cards(game.namespace, ["ann"]))["ann"]
    statement = "SELECT at FROM kleos.profiles WHERE player = $1 ORDER BY at"
    eu, us = (row["at"] for row in await world.engine.pool.fetch(statement, card.player))
    compiled = CompiledBoard(game.definition, game.board("played"))
    window = game.calendar.named("all", NOW)
    found = {}
    for region in ("eu", "us"):
        for when, as_of in (("before", eu - 1), ("eu", eu), ("still eu", us - 1), ("us", us)):
            question = PastQuestion(compiled, window, Partition(("region",), (region,)), as_of)
            if (await world.engine.past.page(game, question, 0, 9)).total:
                found[region, when] = as_of
    assert list(found) == [("eu", "eu"), ("eu", "still eu"), ("us", "us")]


async def test_what_is_kept_is_forgotten_when_something_older_comes(world: World) -> None:
    game = world.engine.game(await world.new_game())
    fact = {"type": "round", "id": "r", "at": "2018-10-29T12:00:00Z", "scores": {"ann": 3}}
    await world.send(game.name, [fact])
    compiled, past = CompiledBoard(game.definition, game.board("played")), world.engine.past
    question = PastQuestion(
        compiled, game.calendar.named("all", NOW), Partition((), ()), moment("2018-10-30T00:00:00Z")
    )
    assert (await past.page(game, question, 0, 9)).total == 1
    folded, found = past.folded, past.found
    await world.send(game.name, [{**fact, "id": "later", "at": "2018-10-31T12:00:00Z", "scores": {"z": 1}}])
    assert (await past.page(game, question, 0, 9)).total == 1
    assert (past.folded, past.found) == (folded, found + 1)
    await world.send(game.name, [{**fact, "id": "late", "at": "2018-10-28T12:00:00Z", "scores": {"z": 1}}])
    assert (await past.page(game, question, 0, 9)).total == 2
    assert past.folded == folded + 1


async def test_days_that_have_ended_are_folded_once(world: World) -> None:
    """Until something older comes; and histories hold nobody up who asks for one moment."""
    game = world.engine.game(await world.new_game())
    facts = [
        {"type": "round", "id": f"r{day}", "at": f"2018-10-{day}T12:00:00Z", "scores": {player: 3}}
        for day, player in ((28, "ann"), (30, "bob"))
    ]
    await world.send(game.name, facts)
    engine, past = world.engine, world.engine.past
    compiled, everything = CompiledBoard(game.definition, game.board("played")), Partition((), ())
    first, last = game.calendar.named("2018-10-27", NOW), game.calendar.named("2018-10-31", NOW)
    days = days_between(game.calendar, first, last, NOW)
    windows = [game.calendar.named("all", NOW)] * len(days)
    ann = (await engine.directory.cards(game.namespace, ["ann"]))["ann"]

    async def course() -> list[tuple[int | None, int]]:
        stood = await rank_history(past, engine.directory, game, compiled, everything, windows, days, ann)
        return [(each.rank, each.total) for each in stood]

    expected = [(None, 0), (1, 1), (1, 1), (1, 2), (1, 2)]
    for each in await asyncio.gather(course(), course()):
        assert each == expected
    async with past.one_history_at_a_time:  # whoever had to fold would wait for ever
        question = PastQuestion(compiled, windows[0], everything, days[2][1])
        assert (await past.page(game, question, 0, 9)).total == 1
        await world.send(game.name, [{**facts[0], "id": "later", "at": "2018-11-01T12:00:00Z", "scores": {"z": 1}}])
        assert await course() == expected
        await world.send(game.name, [{**facts[0], "id": "late", "at": "2018-10-31T12:00:00Z", "scores": {"z": 1}}])
        days, windows = days[:4], windows[:4]
        assert await course() == expected[:4]
    days = days_between(game.calendar, first, last, NOW)
    windows = [windows[0]] * len(days)
    assert await course() == [*expected[:4], (1, 3)]


async def test_who_is_deleted_leaves_what_is_kept(world: World) -> None:
    game = world.engine.game(await world.new_game())
    facts = [
        {"type": "round", "id": f"r{n}", "at": "2018-10-29T12:00:00Z", "scores": {player: 3}}
        for n, player in enumerate(("ann", "ann", "bob"))
    ]
    await world.send(game.name, facts)
    compiled, past = CompiledBoard(game.definition, game.board("played")), world.engine.past
    question = PastQuestion(
        compiled, game.calendar.named("all", NOW), Partition((), ()), moment("2018-10-30T00:00:00Z")
    )
    assert [line.player for line in (await past.page(game, question, 0, 9)).entries] == ["ann", "bob"]
    await delete_player(world.engine, "ann", game.namespace)
    page = await past.page(game, question, 0, 9)
    assert (page.total, [(line.rank, line.player) for line in page.entries]) == (1, [(1, "bob")])

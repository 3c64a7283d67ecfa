"""One contract for boards, held by the index in memory and by the statements on a real database."""

import asyncio
import random
from collections.abc import Mapping
from typing import Any, cast

import asyncpg
import msgspec
import pytest

from kleos.boards.rankings import Rankings
from kleos.boards.standings import Standings
from kleos.core.definition.model import Board
from kleos.core.errors import BadInput, NotFound
from kleos.core.windows import iso
from kleos.store.database import Database
from tests.boards.model import NaiveBoard
from tests.boards.world import DAY_US, IDS, World

MEMORY = {"memory": 2**30, "sql": 0}


@pytest.fixture
def rng() -> random.Random:
    seed = random.randrange(2**32)
    print(f"seed {seed}")
    return random.Random(seed)


async def compare_all(world: World, standings: Standings, window: str) -> int:
    """Every partition of every board against the naive one; answers how many standings were compared."""
    compared = 0
    for board in world.game.definition.boards.values():
        if board.name == "points":
            continue
        for partition in world.partitions(board):
            naive = world.naive(board, window, partition)
            compared += naive.total
            await compare(world, standings, board, window, partition, naive)
    return compared


async def compare(
    world: World,
    standings: Standings,
    board: Board,
    window: str,
    partition: Mapping[str, str],
    naive: NaiveBoard,
) -> None:
    asked = (world.game, board.name, window, partition)
    what = f"{board.name} {window} {partition}"
    whole = await standings.page(*asked, 0, 1000)
    expected = [(e.rank, e.placed.id, e.placed.values, e.placed.since) for e in naive.entries]
    assert [(e.rank, e.player, tuple(e.values.values()), e.since) for e in whole.entries] == expected, what
    assert whole.total == naive.total
    limit = world.rng.randint(1, 4)
    cut = [(await standings.page(*asked, offset, limit)).entries for offset in range(0, naive.total + limit, limit)]
    assert tuple(line for page in cut for line in page) == whole.entries, what
    id = world.rng.choice(IDS)
    me, mine = await standings.standing(*asked, id), naive.standing(id)
    if mine is None:
        assert me is None
    else:
        assert me is not None
        assert (me.rank, me.value, me.total) == (mine.rank, mine.placed.values[0], naive.total)
        assert me.percentile == 100 * (naive.total - mine.rank + 1) / naive.total
        assert me.rank >= 1
        assert 0 < me.percentile <= 100
    span = world.rng.randint(0, 3)
    around = await standings.around(*asked, id, span)
    told = [] if around is None else [(line.rank, line.player) for line in around.entries]
    assert told == [(entry.rank, entry.placed.id) for entry in naive.around(id, span)], what
    some = [*world.rng.sample(IDS, 5), "nobody"]
    found = await standings.lookup(*asked, some)
    assert [(line.rank, line.player) for line in found.entries] == [
        (entry.rank, entry.placed.id) for entry in naive.lookup(some)
    ], what
    assert found.total == naive.total


@pytest.mark.parametrize("kind", ["memory", "sql"])
async def test_every_question_is_answered_as_the_model_answers_it(
    database: Database, rng: random.Random, kind: str
) -> None:
    world = await World.made(database.pool, rng)
    for _ in range(60):
        await world.step()
    standings = world.standings(memory_bytes=MEMORY[kind])
    windows = ["all", world.today]
    await standings.rankings.ready(world.game, windows)
    states = {state for key, state in standings.rankings.states().items() if key[1] != "points"}
    assert states == ({"warm"} if kind == "memory" else {"too large"})
    compared = 0
    for _ in range(4):
        for window in windows:
            compared += await compare_all(world, standings, window)
        for _ in range(25):
            await world.step()
    assert compared > 50
    await standings.rankings.close()


async def test_a_closed_window_keeps_the_attributes_at_its_end(database: Database, rng: random.Random) -> None:
    world = await World.made(database.pool, rng)
    standings = world.standings()
    await standings.rankings.ready(world.game, ["all", "day"])
    for _ in range(80):
        await world.step()
    closed = world.today
    assert ("trial", "most", closed) in standings.rankings.states()
    world.now += DAY_US
    for _ in range(40):
        await world.step()
        await world.write_profile(rng.choice(IDS))
    end = world.game.calendar.named(closed, world.now).end
    assert end is not None
    await world.write_profile(rng.choice(IDS), at=end - 1)
    await world.write_profile(rng.choice(IDS), at=end)
    assert await compare_all(world, standings, closed) > 0
    assert ("trial", "most", closed) not in standings.rankings.states()
    await standings.rankings.ready(world.game, ["all", world.today])
    assert await compare_all(world, standings, world.today) > 0
    late = await world.write_row("career", IDS[0], window=closed)
    world.tell(late)
    await compare_all(world, standings, closed)
    await world.hide_or_show(IDS[1])
    await compare_all(world, standings, closed)
    for id in IDS[:3]:
        await world.write_profile(id, at=end - 1)
    await compare_all(world, standings, closed)
    await standings.rankings.close()


async def test_a_closed_window_is_asked_of_the_database_once(database: Database, rng: random.Random) -> None:
    world = await World.made(database.pool, rng)
    standings = world.standings()
    closed = world.today
    for id in IDS[:4]:
        await world.write_row("career", id, window=closed)
    world.now += DAY_US
    asked = (world.game, "most", closed, dict[str, str]())
    before = await standings.page(*asked, 0, 10)
    untold = [await world.write_row("career", id, window=closed) for id in IDS]
    assert await standings.page(*asked, 0, 10) == before
    assert standings.rankings.closed.size_bytes > 0
    world.tell(untold[0])
    assert await compare_all(world, standings, closed) > 0
    await standings.rankings.close()


async def test_nothing_is_lost_while_an_index_warms(database: Database, rng: random.Random) -> None:
    """Writers go on while indexes are dropped and warmed again and again; each owns its players."""
    world = await World.made(database.pool, rng)
    standings = world.standings()
    is_done = False

    async def write(ids: list[str]) -> int:
        steps = 0
        while not is_done:
            id = rng.choice(ids)
            choice = rng.random()
            if choice < 0.2:
                await world.hide_or_show(id)
            elif choice < 0.4:
                await world.write_profile(id)
            else:
                change = await world.write_row("career", id)
                await asyncio.sleep(0)
                world.tell(change)
            steps += 1
        return steps

    writers = [asyncio.create_task(write(IDS[part::3])) for part in range(3)]
    seen_warming = 0
    for _ in range(60):
        standings.rankings.forget("trial")
        ready = asyncio.create_task(standings.rankings.ready(world.game, ["all", world.today]))
        while not ready.done():
            seen_warming += "warming" in standings.rankings.states().values()
            await asyncio.sleep(0)
    is_done = True
    steps = await asyncio.gather(*writers)
    assert set(standings.rankings.states().values()) == {"warm"}
    assert seen_warming
    assert min(steps) > 20
    for window in ("all", world.today):
        assert await compare_all(world, standings, window) > 0
    await standings.rankings.close()


async def test_a_failed_warm_up_is_repeated(database: Database, rng: random.Random) -> None:
    world = await World.made(database.pool, rng)
    for _ in range(30):
        await world.step()
    standings = world.standings(retry_s=0.01)
    async with database.pool.acquire() as connection:
        await connection.execute("ALTER TABLE trial.career RENAME TO away")
        await standings.rankings.ready(world.game, ["all"])
        assert standings.rankings.states()[("trial", "most", "all")] != "warm"
        await connection.execute("ALTER TABLE trial.away RENAME TO career")
    async with asyncio.timeout(10):
        while set(standings.rankings.states().values()) != {"warm"}:
            await asyncio.sleep(0.01)
    assert await compare_all(world, standings, "all") > 0
    await standings.rankings.close()


async def test_a_page_is_kept_until_a_standing_or_a_profile_changes(database: Database, rng: random.Random) -> None:
    world = await World.made(database.pool, rng)
    for _ in range(60):
        await world.step()
    standings = world.standings()
    await standings.rankings.ready(world.game, ["all"])
    asked: tuple[Any, ...] = (world.game, "most", "all", {}, 0, 10)
    first = await standings.page_json(*asked)
    assert await standings.page_json(*asked) is first
    shown = msgspec.json.decode(first)
    page = await standings.page(*asked)
    assert (shown["board"], shown["window"], shown["partition"]) == ("most", "all", {})
    assert shown["total"] == page.total
    for line, told in zip(page.entries, shown["entries"], strict=True):
        assert told.pop("since", None) == (None if line.since is None else iso(line.since))
        assert told == {
            "rank": line.rank,
            "player": line.player,
            "name": line.name,
            "value": line.value,
            "values": line.values,
        }
    await world.write_profile(page.entries[0].player)
    again = await standings.page_json(*asked)
    assert again is not first
    seen = page.entries[0].player
    while page == await standings.page(*asked):
        world.tell(await world.write_row("career", seen, window="all"))
    assert await standings.page_json(*asked) != again
    await standings.rankings.close()


async def test_effects_tell_the_rank_before_and_after(database: Database, rng: random.Random) -> None:
    world = await World.made(database.pool, rng)
    for id in IDS[:8]:
        await world.write_row("career", id, window="all")
    memory, statements = world.standings(), world.standings(memory_bytes=-1)  # not even an empty index fits
    await memory.rankings.ready(world.game, ["all", world.today])
    await statements.rankings.ready(world.game, ["all", world.today])
    told = 0
    for _ in range(60):
        id = rng.choice(IDS)
        before = {name: await memory.standing(world.game, name, "all", {}, id) for name in ("most", "shares", "places")}
        change = await world.write_row("career", id, window="all")
        ids = {person.player: person.id for person in world.people.values()}
        effects = memory.rankings.apply(world.game, [change], ids, {id})
        assert not effects.asked
        asked = statements.rankings.apply(world.game, [change], ids, {id})
        assert not asked.known
        by_sql = {effect.board: effect for effect in await statements.effects(world.game, asked)}
        for effect in effects.known:
            told += 1
            naive = world.naive(world.game.board(effect.board), "all", {}).standing(id)
            known = before[effect.board]
            assert naive is not None
            assert (effect.window, effect.player, effect.partition) == ("all", id, {})
            assert effect.rank == naive.rank == by_sql[effect.board].rank
            assert effect.previous_rank == (None if known is None else known.rank)
            assert effect.value == naive.placed.values[0] == by_sql[effect.board].value
        assert {effect.board for effect in effects.known} == set(by_sql)
    assert told > 30
    await memory.rankings.close()
    await statements.rankings.close()


class CountingPool:
    """A real pool that counts what is asked of it."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool
        self.asked = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._pool, name)

    async def fetch(self, *arguments: Any) -> list[Any]:
        self.asked += 1
        return list(await self._pool.fetch(*arguments))


async def test_effects_of_many_players_are_asked_together(database: Database, rng: random.Random) -> None:
    """A thousand events of an old week must not become a thousand questions, each of which ranks the whole week."""
    world = await World.made(database.pool, rng)
    changes = [await world.write_row("career", id, window="all") for id in IDS]
    ids = {person.player: person.id for person in world.people.values()}
    counting = CountingPool(database.pool)
    pool = cast("asyncpg.Pool", counting)
    rankings = Rankings(pool, world.directory, lambda: world.now, memory_bytes=0)
    statements = Standings(pool, world.directory, rankings, lambda: world.now)
    await statements.rankings.ready(world.game, ["all"])
    asked = statements.rankings.apply(world.game, changes, ids, set(IDS))
    told = await statements.effects(world.game, asked)
    boards = {effect.board for effect in told}
    assert len(told) > 2 * len(boards)
    assert counting.asked <= len({(board.board.name, partition) for board, _, partition, _ in asked.asked})
    for effect in told:
        naive = world.naive(world.game.board(effect.board), "all", {}).standing(effect.player)
        assert naive is not None
        assert (effect.rank, effect.value) == (naive.rank, naive.placed.values[0])
    await statements.rankings.close()


async def test_memory_is_bounded(database: Database, rng: random.Random) -> None:
    """Idle rankings make room for others, what does not fit is answered from the database, and growth is noticed."""
    world = await World.made(database.pool, rng)
    standings = world.standings(memory_bytes=20_000)
    await standings.rankings.ready(world.game, ["all", world.today])
    assert set(standings.rankings.states().values()) == {"warm"}
    for id in IDS:
        for window in ("all", world.today):
            world.tell(await world.write_row("career", id, window=window))
    world.now += 61_000_000
    await standings.page(world.game, "most", "all", {}, 0, 1)
    world.tell(await world.write_row("career", IDS[0], window="all"))
    states = standings.rankings.states()
    assert 0 < len(states) < 12
    assert states[("trial", "most", "all")] == "warm"
    for window in ("all", world.today):
        assert await compare_all(world, standings, window) > 0
    world.now += 1_000_000
    await standings.rankings.ready(world.game, ["all", world.today])
    assert "too large" in standings.rankings.states().values()
    for window in ("all", world.today):
        assert await compare_all(world, standings, window) > 0
    await standings.rankings.close()


async def test_what_a_board_does_not_have_is_refused(database: Database, rng: random.Random) -> None:
    world = await World.made(database.pool, rng)
    standings = world.standings()
    with pytest.raises(BadInput, match="by clan and region"):
        await standings.page(world.game, "most", "all", {"mode": "solo"}, 0, 1)
    with pytest.raises(BadInput, match="by mode"):
        await standings.page(world.game, "modes", "all", {}, 0, 1)
    with pytest.raises(NotFound, match="all, day"):
        await standings.page(world.game, "most", "week", {}, 0, 1)
    with pytest.raises(NotFound, match="fortune"):
        await standings.page(world.game, "unknown", "all", {}, 0, 1)
    await standings.rankings.close()

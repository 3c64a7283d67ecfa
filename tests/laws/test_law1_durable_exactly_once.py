"""Law 1: acknowledged means durable and counted, exactly once."""

import asyncio
import json
import random
from pathlib import Path
from typing import Any, Final

import asyncpg
import pytest

from kleos.core.errors import Unavailable
from kleos.engine.engine import Engine
from kleos.store.database import Database
from kleos.store.pool import open_connection
from tests.laws.world import NOW, Fact, World, assert_same, wire_time

SMALL: Final = (Path(__file__).parent / "small.toml").read_text("utf-8")
LARGEST: Final = 2**53
"""512 of it twice is one more than 64 bits hold."""


def scored(id: str, score: int = 1, player: str = "ann", **fields: Any) -> Fact:
    return {"id": id, "type": "scored", "at": wire_time(NOW), "player": player, "score": score, **fields}


async def counted(engine: Engine, game: str) -> dict[str, tuple[int, int]]:
    """By player, how many events count and their total."""
    rows = await engine.pool.fetch(
        f"""SELECT i.id, s.count, s.total FROM "{game}"."career" s
        JOIN kleos.identities i ON i.namespace = $1 AND i.player = s.player
        WHERE s."window" = 'all' AND s.present""",
        game,
    )
    return {row["id"]: (row["count"], row["total"] // 512) for row in rows}


async def logged(engine: Engine, game: str) -> list[str]:
    rows = await engine.pool.fetch("SELECT id FROM kleos.events WHERE game = $1 ORDER BY id", game)
    return [row["id"] for row in rows]


async def test_an_id_twice_in_one_batch_counts_for_the_first(world: World) -> None:
    game = await world.new_game(SMALL)
    receipt = await world.send(game, [scored("a", 5), scored("a", 7), scored("a", 9, "bob"), scored("b", 1)])
    assert (receipt.accepted, receipt.duplicates) == (2, 2)
    assert await counted(world.engine, game) == {"ann": (2, 6)}
    assert await logged(world.engine, game) == ["a", "b"]


async def test_an_id_in_many_requests_at_once_counts_once(world: World) -> None:
    game = await world.new_game(SMALL)
    receipts = await asyncio.gather(*(world.send(game, [scored("a", 5), scored(f"{n}")]) for n in range(20)))
    assert sum(receipt.accepted for receipt in receipts) == 21
    assert sum(receipt.duplicates for receipt in receipts) == 19
    assert await counted(world.engine, game) == {"ann": (21, 25)}


async def test_full_commits_side_by_side_count_everything_once(world: World) -> None:
    """The same players, and ids that several requests share, in more events than one commit takes; in mixed order, so
    that streaks are refolded too.
    """
    seed = random.randrange(2**32)
    print(f"seed {seed}")
    rng = random.Random(seed)
    game = await world.new_game(SMALL)
    facts = [
        scored(f"{n}", n % 5, f"player {n % 37}") | {"at": wire_time(NOW - rng.randrange(3_600_000_000))}
        for n in range(4_000)
    ]
    batches = [rng.sample(facts, 700) for _ in range(12)]
    spoiled = {**scored("spoiled", LARGEST), "player": "player 1"}
    batches[3] += [spoiled, {**spoiled, "id": "spoiled too"}]
    receipts = await asyncio.gather(*(world.send(game, batch) for batch in batches))
    sent = {fact["id"]: fact for batch in batches for fact in batch}
    assert sum(receipt.accepted + receipt.quarantined for receipt in receipts) == len(sent)
    assert sum(receipt.quarantined for receipt in receipts) == 1
    assert sum(receipt.duplicates for receipt in receipts) == sum(map(len, batches)) - len(sent)
    state = await world.state(game)
    assert_same(state, await world.folded(game), "what was committed side by side")
    assert await world.ranks_in_memory(game, state) == await world.ranks_in_sql(game, state)


async def test_a_quarantined_id_counts_as_seen_and_a_rejected_one_does_not(world: World) -> None:
    game = await world.new_game(SMALL)
    receipt = await world.send(game, [scored("a", text="doubtful"), {**scored("b"), "score": "many"}])
    assert (receipt.accepted, receipt.quarantined, len(receipt.rejected)) == (0, 1, 1)
    receipt = await world.send(game, [scored("a"), scored("b")])
    assert (receipt.accepted, receipt.duplicates) == (1, 1)
    assert await counted(world.engine, game) == {"ann": (1, 1)}


async def test_an_id_is_known_after_a_restart(database: Database) -> None:
    for accepted in (1, 0):
        async with Engine.open(database, clock=lambda: NOW) as engine:
            await engine.put_definition("small", SMALL)
            receipt = await engine.ingest_body("small", json.dumps([scored("a", 5)]).encode())
            assert (receipt.accepted, receipt.duplicates) == (accepted, 1 - accepted)
            assert await counted(engine, "small") == {"ann": (1, 5)}


async def test_a_commit_killed_in_the_middle_leaves_nothing_and_can_be_sent_again(world: World) -> None:
    game = await world.new_game(SMALL)
    await world.send(game, [scored("before")])
    other = await open_connection(world.engine.database.dsn)
    try:
        transaction = other.transaction()
        await transaction.start()
        await other.execute(f'SELECT * FROM "{game}"."career" FOR UPDATE')
        sending = asyncio.create_task(world.send(game, [scored("a", 5), scored("b", 7, "bob")]))
        committing = await backend_waiting_for(other)
        assert await other.fetchval("SELECT pg_terminate_backend($1)", committing)
        with pytest.raises(Unavailable):
            await sending
        await transaction.rollback()
    finally:
        await other.close()
    assert await logged(world.engine, game) == ["before"]
    again = [scored("a", 5), scored("b", 7, "bob")]
    receipts = [await world.send(game, again), await world.send(game, again)]
    assert [(receipt.accepted, receipt.duplicates) for receipt in receipts] == [(2, 0), (0, 2)]
    assert await counted(world.engine, game) == {"ann": (2, 6), "bob": (1, 7)}
    assert_same(await world.folded(game), await world.state(game), "the log and the sheets")


async def backend_waiting_for(holder: "asyncpg.Connection[Any]") -> int:
    """The process of the commit that waits for what this connection has locked."""
    async with asyncio.timeout(20):
        while True:
            waiting: int | None = await holder.fetchval(
                "SELECT pid FROM pg_stat_activity WHERE pg_backend_pid() = ANY(pg_blocking_pids(pid)) LIMIT 1"
            )
            if waiting is not None:
                return waiting


async def test_what_is_sent_until_it_is_answered_counts_once_whatever_is_killed(world: World) -> None:
    game = await world.new_game(SMALL)
    seed = random.randrange(2**32)
    print(f"seed {seed}")
    rng = random.Random(seed)
    sends = [[scored(f"{n}-{m}", m, rng.choice(("ann", "bob"))) for m in range(rng.randint(1, 5))] for n in range(60)]
    failures = 0

    async def insist(facts: list[Fact]) -> None:
        nonlocal failures
        async with asyncio.timeout(30):
            while True:
                try:
                    receipt = await world.send(game, facts, effects=len(facts) == 1)
                except Unavailable:
                    failures += 1
                    await asyncio.sleep(0.01)
                else:
                    assert receipt.accepted + receipt.duplicates == len(facts)
                    return

    async def insist_on_all(mine: list[list[Fact]]) -> None:
        for facts in mine:
            await insist(facts)

    async def kill(sending: "asyncio.Future[Any]") -> None:
        killer = await open_connection(world.engine.database.dsn)
        try:
            while not sending.done() and failures < 12:
                await killer.execute(
                    """SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                    WHERE datname = current_database() AND pid <> pg_backend_pid() AND xact_start IS NOT NULL"""
                )
        finally:
            await killer.close()

    sending = asyncio.gather(*(insist_on_all(sends[start::6]) for start in range(6)))
    await asyncio.gather(sending, kill(sending))
    assert failures, "nothing was killed"
    facts = [fact for send in sends for fact in send]
    assert await logged(world.engine, game) == sorted(fact["id"] for fact in facts)
    expected = {
        player: (len(mine), sum(fact["score"] for fact in mine))
        for player in ("ann", "bob")
        if (mine := [fact for fact in facts if fact["player"] == player])
    }
    assert await counted(world.engine, game) == expected
    assert_same(await world.folded(game), await world.state(game), "the log and the sheets")


@pytest.mark.parametrize("together", [True, False])
async def test_an_event_that_cannot_be_counted_is_taken_out_and_its_neighbours_count(
    world: World, together: bool
) -> None:
    game = await world.new_game(SMALL)
    first, culprit = scored("first", LARGEST), scored("second", LARGEST)
    neighbours = [scored(f"n{n}", n, "bob") for n in range(9)]
    if not together:
        await world.send(game, [first])
    batch = [*neighbours[:5], *([first] if together else []), culprit, *neighbours[5:]]
    bystander, receipt = await asyncio.gather(world.send(game, [scored("other", 3, "eve")]), world.send(game, batch))
    assert (bystander.accepted, receipt.accepted, receipt.quarantined) == (1, len(batch) - 1, 1)
    assert [(one.index, one.id) for one in receipt.quarantine] == [(batch.index(culprit), "second")]
    assert receipt.rejected == []
    kept = await world.engine.pool.fetchrow("SELECT * FROM kleos.quarantine WHERE game = $1", game)
    assert kept is not None
    assert kept["id"] == "second"
    assert "too large" in kept["reason"]
    assert json.loads(kept["body"])["score"] == LARGEST
    assert await counted(world.engine, game) == {"ann": (1, LARGEST), "bob": (9, 36), "eve": (1, 3)}
    receipt = await world.send(game, batch)
    assert (receipt.accepted, receipt.duplicates) == (0, len(batch))


async def test_games_that_share_their_players_commit_at_once(world: World) -> None:
    seed = random.randrange(2**32)
    print(f"seed {seed}")
    rng = random.Random(seed)
    source = SMALL.replace('identities = "own"', 'identities = "shared"')
    games = [await world.new_game(source) for _ in range(3)]
    players = [f"shared-{seed}-{n}" for n in range(12)]
    sent: dict[str, dict[str, int]] = {game: dict.fromkeys(players, 0) for game in games}

    async def send_some(game: str, sender: int) -> None:
        for turn in range(8):
            chosen = rng.sample(players, 5)
            facts = [scored(f"{sender}-{turn}-{player}", 1, player) for player in chosen]
            for player in chosen:
                sent[game][player] += 1
            receipt = await world.send(game, facts)
            assert receipt.accepted == len(facts)

    await asyncio.gather(*(send_some(game, sender) for game in games for sender in range(3)))
    for game in games:
        rows = await world.engine.pool.fetch(
            f"""SELECT i.id, s.count FROM "{game}"."career" s JOIN kleos.identities i USING (player)
            WHERE i.namespace = '' AND s."window" = 'all'"""
        )
        assert {row["id"]: row["count"] for row in rows} == {id: count for id, count in sent[game].items() if count}
        assert (await world.folded_awards(game)) == (await world.stored_awards(game))


async def test_events_without_id_and_time_get_both_rising_along_the_array(world: World) -> None:
    game = await world.new_game(SMALL)
    bare = [{"type": "scored", "player": "ann", "score": n} for n in range(20)]
    receipts = [await world.send(game, bare), await world.send(game, bare)]
    assert [receipt.accepted for receipt in receipts] == [20, 20]
    rows = await world.engine.pool.fetch(
        "SELECT id, match, at, body FROM kleos.events WHERE game = $1 ORDER BY at", game
    )
    assert [json.loads(row["body"])["score"] for row in rows] == [*range(20), *range(20)]
    assert [row["id"] for row in rows] == sorted({row["id"] for row in rows})
    assert len({row["at"] for row in rows}) == 40
    assert all(row["match"] == row["id"] for row in rows)

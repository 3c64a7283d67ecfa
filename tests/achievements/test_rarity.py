"""Rarity, measured on a real database."""

import asyncio

from kleos.achievements.rarity import Rarity
from kleos.engine.slow import Keeping
from kleos.store.database import Database

ADD_AWARD = """
INSERT INTO kleos.awards (game, player, achievement, at, event, match) VALUES ('golf', $1, 'first_win', now(), 'e', 'm')
"""

WAITING = "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'kleos.awards'::regclass"


async def test_who_asks_at_once_is_answered_by_one_count(database: Database) -> None:
    """The count stands before a lock until all have asked; those who ask after it see what is new."""
    pool = database.pool
    for player in (1, 2):
        await pool.execute("INSERT INTO kleos.players (player) VALUES ($1)", player)
        await pool.execute("INSERT INTO kleos.appearances (game, player, match) VALUES ('golf', $1, 'm')", player)
    await pool.execute(ADD_AWARD, 1)
    rarity = Rarity(pool)
    async with pool.acquire() as connection, connection.transaction():
        await connection.execute("LOCK TABLE kleos.awards")
        asked = [asyncio.create_task(rarity.of("golf")) for _ in range(40)]
        while not await connection.fetchval(WAITING):
            await asyncio.sleep(0)
        busy = pool.get_size() - pool.get_idle_size()
    answers = await asyncio.gather(*asked)
    assert busy == 2, "the lock's connection, and one that counts"
    assert all(answer is answers[0] for answer in answers)
    assert (answers[0].completed, answers[0].players, answers[0].rate("first_win")) == ({"first_win": 1}, 2, 50.0)


async def test_who_stops_waiting_takes_nobody_along(database: Database) -> None:
    rarity = Rarity(database.pool)
    first, second = (asyncio.create_task(rarity.of("golf")) for _ in range(2))
    await asyncio.sleep(0)
    first.cancel()
    assert (await second).players == 0


async def test_a_slow_count_is_made_beside_the_answers(database: Database) -> None:
    """What is kept answers at once while it is counted anew, though the count cannot go on."""
    pool = database.pool
    rarity = Rarity(pool, Keeping(worth_from_s=0.0, fresh_times=0.0, stale_times=1e9), worth_from_players=0)
    rarity.begin(["golf"])
    first = await rarity.of("golf")
    assert first.completed == {}
    await pool.execute("INSERT INTO kleos.players (player) VALUES (1)")
    await pool.execute(ADD_AWARD, 1)
    async with pool.acquire() as connection, connection.transaction():
        await connection.execute("LOCK TABLE kleos.awards")
        assert await rarity.of("golf") == first
    while (await rarity.of("golf")).completed != {"first_win": 1}:
        await asyncio.sleep(0)
    await rarity.close()

"""The peer of ingest: the statements that nobody can do without, by the same driver, and nothing else.

Ids, events, appearances and the upsert of the folded rows, one transaction a batch, into tables that are those of
Kleos, with arrays made before the clock starts. No decoding, no folding, no check, no lock, no answer, no rank.
"""

from __future__ import annotations

from typing import Any, Final

import asyncpg

from bench.rounds import Prepared
from kleos.core.definition.load import load
from kleos.sheets.schema import apply_schema

GAME: Final = "rounds"

IDS: Final = """
INSERT INTO kleos.event_ids (game, id) SELECT $1, unnest($2::text[]) ON CONFLICT DO NOTHING
"""

EVENTS: Final = """
INSERT INTO kleos.events (game, id, match, type, at, received_at, body)
SELECT $1, id, match, type, at, now(), body
FROM unnest($2::text[], $3::text[], $4::text[], $5::timestamptz[], $6::jsonb[]) AS d(id, match, type, at, body)
"""

APPEARANCES: Final = """
INSERT INTO kleos.appearances (game, player, match)
SELECT $1, player, match FROM unnest($2::bigint[], $3::text[]) AS d(player, match) ON CONFLICT DO NOTHING
"""

ROWS: Final = """
INSERT INTO rounds.career AS r ("window", player, rounds_played, rounds_won, total_points, best_round, worst_round,
    knockouts, perfect_rounds, wolfpacks, rounds_played_since, rounds_won_since, total_points_since)
SELECT * FROM unnest($1::text[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[], $7::bigint[],
    $8::bigint[], $9::bigint[], $10::bigint[], $11::timestamptz[], $12::timestamptz[], $13::timestamptz[])
ON CONFLICT ("window", player) DO UPDATE SET
    rounds_played = r.rounds_played + excluded.rounds_played,
    rounds_won = r.rounds_won + excluded.rounds_won,
    total_points = r.total_points + excluded.total_points,
    best_round = LEAST(r.best_round, excluded.best_round),
    worst_round = GREATEST(r.worst_round, excluded.worst_round),
    knockouts = r.knockouts + excluded.knockouts,
    perfect_rounds = r.perfect_rounds + excluded.perfect_rounds,
    wolfpacks = r.wolfpacks + excluded.wolfpacks,
    rounds_played_since = GREATEST(r.rounds_played_since, excluded.rounds_played_since),
    rounds_won_since = GREATEST(r.rounds_won_since, excluded.rounds_won_since),
    total_points_since = GREATEST(r.total_points_since, excluded.total_points_since)
"""


async def make_tables(connection: asyncpg.Connection[Any], definition: str) -> None:
    await apply_schema(connection, load(definition, GAME))


async def write(connection: asyncpg.Connection[Any], batch: Prepared) -> None:
    async with connection.transaction():
        await connection.execute(IDS, GAME, batch.events[0])
        await connection.execute(EVENTS, GAME, *batch.events)
        await connection.execute(APPEARANCES, GAME, *batch.appearances)
        await connection.execute(ROWS, *batch.rows)

"""The statements about versions of definitions, and those by which a change is measured before it is made."""

from typing import Final

VERSIONS: Final = """
SELECT d.version, d.created_at, d.actor, d.restores, d.counts_from, octet_length(d.source) AS size_bytes,
       d.version = g.version AS in_force
FROM kleos.definitions d JOIN kleos.games g USING (game)
WHERE d.game = $1 ORDER BY d.version DESC
"""
NUMBERS: Final = "SELECT version FROM kleos.definitions WHERE game = $1 ORDER BY version"
SOURCE: Final = "SELECT source, counts_from FROM kleos.definitions WHERE game = $1 AND version = $2"

SEALED: Final = """
SELECT COALESCE(max(last_seq), 0) AS last_seq, COALESCE(sum(events), 0)::bigint AS events
FROM kleos.spans WHERE game = $1 AND sealed_at IS NOT NULL
"""
UNSEALED: Final = """
SELECT count(*) FROM (SELECT FROM kleos.events WHERE game = $1 AND seq > $2 AND type NOT LIKE '%.%' LIMIT $3) counted
"""
GUESS_UNSEALED: Final = """
EXPLAIN (FORMAT JSON) SELECT FROM kleos.events WHERE game = '{game}' AND seq > {after_seq}
"""

PLAYERS: Final = "SELECT count(DISTINCT player) FROM kleos.appearances WHERE game = $1"

PLAYERS_ANYHOW: Final = """
SELECT player FROM (SELECT DISTINCT player FROM kleos.appearances WHERE game = $1) a ORDER BY hashint8(player), player
"""
"""In an order that has nothing to do with when they came: the first so many stand for all."""

AWARDS_OF_DROPPED: Final = """
SELECT achievement, count(*) AS awards FROM kleos.awards
WHERE game = $1 AND achievement = ANY($2::text[]) GROUP BY achievement
"""

ROWS: Final = "SELECT count(*) FROM {table} WHERE present"
QUALIFIED: Final = """
SELECT count(*) FROM {table} WHERE "window" = $1 AND present AND COALESCE({qualified}, false)
  AND ($2::bigint[] IS NULL OR {player} = ANY($2::bigint[]))
  AND NOT EXISTS (SELECT FROM kleos.hidden h WHERE h.player = {table}.{player} AND h.game IN ('', $3))
"""

HAS_EVENTS: Final = "SELECT EXISTS (SELECT FROM kleos.event_ids WHERE game = $1)"
"""Whether the game's log holds anything that a new column would have to be filled from, wherever it lies."""

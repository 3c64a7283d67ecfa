"""The statements about sheets' tables; names in braces are filled from the definition, already quoted."""

from typing import Final

SET_LOCK_TIMEOUT: Final = "SET LOCAL lock_timeout = {milliseconds}"
CREATE_SCHEMA: Final = "CREATE SCHEMA IF NOT EXISTS {schema}"

CREATE_TABLE: Final = """
CREATE TABLE {table} (
    {columns},
    PRIMARY KEY ({key})
) WITH (fillfactor = 70)
"""
CREATE_PLAYER_INDEX: Final = "CREATE INDEX ON {table} ({player})"
ADD_COLUMN: Final = "ALTER TABLE {table} ADD COLUMN {column} {type}"
DROP_COLUMN: Final = "ALTER TABLE {table} DROP COLUMN {column}"
COMMENT: Final = "COMMENT ON COLUMN {column} IS {text}"

COLUMNS: Final = """
SELECT a.attname AS name, col_description(a.attrelid, a.attnum) AS formula
FROM pg_attribute a
JOIN pg_class c ON c.oid = a.attrelid
JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = $1 AND c.relname = $2 AND a.attnum > 0 AND NOT a.attisdropped
"""

PLAYERS_OF: Final = "SELECT DISTINCT player FROM kleos.appearances WHERE game = $1 ORDER BY player"
AWARDED_PLAYERS: Final = "SELECT DISTINCT player FROM kleos.awards WHERE game = $1 ORDER BY player"

EMPTY_ROWS: Final = """
UPDATE {table} SET {resets}, present = false, version = nextval('kleos.version_seq')
WHERE $1::text IS NULL OR "window" = $1
"""

ALL_ROWS: Final = "SELECT * FROM {table} WHERE present"
"""Read with a cursor."""

SEEN: Final = " AND NOT EXISTS (SELECT FROM kleos.hidden h WHERE h.player = r.{player})"

PAGE: Final = """
SELECT {columns} FROM {table} r WHERE "window" = $1 AND present{filters}
ORDER BY {order} LIMIT {limit} OFFSET {offset}
"""
COUNT: Final = 'SELECT count(*) FROM {table} r WHERE "window" = $1 AND present{filters}'

ROW: Final = 'SELECT {columns} FROM {table} WHERE "window" = $1 AND {key} AND present'

ROW_OF_PLAYER: Final = 'SELECT {columns} FROM {table} WHERE "window" = $1 AND {player} = $2 AND present'

ROWS_OF_PLAYERS: Final = """
SELECT {player} AS of_player, {columns} FROM {table} WHERE "window" = $1 AND {player} = ANY($2::bigint[]) AND present
"""

WINDOWS_OF_PLAYER: Final = """
WITH RECURSIVE held("window") AS (
    SELECT max("window") FROM {table}
    UNION ALL
    SELECT (SELECT max(t."window") FROM {table} t WHERE t."window" < held."window")
    FROM held WHERE held."window" IS NOT NULL
)
SELECT r."window", {columns}
FROM held JOIN {table} r ON r."window" = held."window" AND r.{player} = $1
WHERE held."window" ~ $2 AND r.present
ORDER BY r."window" DESC LIMIT $3
"""
"""Hops along the primary key from one window to the next, so that the number of windows counts and not that of rows."""

SEASONS_OF_PLAYER: Final = """
SELECT r."window", {columns} FROM {table} r
WHERE r."window" = ANY($2::text[]) AND r.{player} = $1 AND r.present
ORDER BY array_position($2::text[], r."window") DESC LIMIT $3
"""

BETTER_THAN: Final = """
SELECT count({column}) AS ranked, count(*) FILTER (WHERE {column} {sign} $2) AS better
FROM {table} r WHERE "window" = $1 AND present AND {qualified}{seen}
"""

QUALIFIED_VALUE: Final = """
SELECT {column} AS value, COALESCE({qualified}, false) AS qualified
FROM {table} WHERE "window" = $1 AND {player} = $2 AND present
"""

# What `verify` reads.
COUNT_EVENTS: Final = "SELECT count(*) FROM kleos.events WHERE game = $1"
ALL_AWARDS: Final = "SELECT player, achievement, at, event, match FROM kleos.awards WHERE game = $1"
ALL_MATCHES: Final = "SELECT match, first_at, last_at, events, ended_at FROM kleos.matches WHERE game = $1"
ALL_APPEARANCES: Final = "SELECT player, match FROM kleos.appearances WHERE game = $1"
ALL_SEASONS: Final = "SELECT name, title, starts_at, ends_at FROM kleos.seasons WHERE game = $1"
PLAYERS_THERE: Final = """
SELECT player FROM kleos.players WHERE player = ANY($1::bigint[])
UNION SELECT player FROM kleos.hidden WHERE player = ANY($1::bigint[])
"""
"""A deleted player is hidden for good."""
FACTS: Final = "SELECT seq, at, body FROM kleos.events WHERE game = $1 AND type = $2 ORDER BY seq"

MATCHES_OF_LOG: Final = """
SELECT match, min(at) AS first_at, max(at) AS last_at, count(*) AS events,
       min(at) FILTER (WHERE type = ANY($2::text[])) AS ended_at
FROM kleos.events WHERE game = $1 AND match <> id GROUP BY match
"""

EVENTS_AMISS: Final = """
SELECT e.id, count(*) AS events, bool_or(i.id IS NOT NULL) AS remembered
FROM kleos.events e LEFT JOIN kleos.event_ids i USING (game, id)
WHERE e.game = $1 AND e.type <> ALL($2::text[])
GROUP BY e.id HAVING count(*) > 1 OR NOT bool_or(i.id IS NOT NULL)
ORDER BY e.id LIMIT $3
"""

"""The statements about sheets' tables; names in braces are filled from the definition, already quoted."""

from typing import Final

SET_LOCK_TIMEOUT: Final = "SET LOCAL lock_timeout = {milliseconds}"
CREATE_SCHEMA: Final = "CREATE SCHEMA IF NOT EXISTS {schema}"

CREATE_TABLE: Final = """
CREATE TABLE {table} (
    {columns}
) WITH (fillfactor = 70)
"""
ADD_KEY: Final = "ALTER TABLE {table} ADD PRIMARY KEY ({key})"
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

ALL_ROWS: Final = "SELECT {columns} FROM {table} WHERE present"

SEEN: Final = " AND NOT EXISTS (SELECT FROM kleos.hidden h WHERE h.player = r.{player} AND h.game IN ('', '{game}'))"

PAGE: Final = """
SELECT {columns} FROM {table} r WHERE "window" = $1 AND present{filters}
ORDER BY {order} LIMIT {limit} OFFSET {offset}
"""
COUNT: Final = 'SELECT count(*) FROM {table} r WHERE "window" = $1 AND present{filters}'

EXTENT: Final = """
SELECT count(v) AS rows, count(*) - count(v) AS empty, min(v) AS low, max(v) AS high, avg(v) AS mean
FROM (SELECT {column}::double precision AS v FROM {table} r WHERE "window" = $1 AND present{filters}) AS given
"""
BINS: Final = """
SELECT LEAST(floor((v - $2::double precision) / $3::double precision)::bigint, $4::bigint) AS bin, count(*) AS rows
FROM (SELECT {column}::double precision AS v FROM {table} r WHERE "window" = $1 AND present{filters}) AS given
WHERE v IS NOT NULL AND v >= $2
GROUP BY 1
"""

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

PLACES: Final = """
SELECT {counts} FROM {table} r WHERE "window" = $1 AND present{seen}
"""
RANKED: Final = "count({column}) FILTER (WHERE {qualified}) AS ranked_{at}"
BETTER: Final = "count(*) FILTER (WHERE {qualified} AND {column} {sign} ${parameter}) AS better_{at}"
"""``sign`` is `<` where less is better."""

OWN_VALUES: Final = 'SELECT {values} FROM {table} WHERE "window" = $1 AND {player} = $2 AND present'
OWN_VALUE: Final = "{column} AS value_{at}, COALESCE({qualified}, false) AS qualified_{at}"

# What `verify` reads.
ALL_AWARDS: Final = """
SELECT player, achievement, (extract(epoch FROM at) * 1000000)::bigint, event, match FROM kleos.awards WHERE game = $1
"""
ALL_MATCHES: Final = """
SELECT match, (extract(epoch FROM first_at) * 1000000)::bigint, (extract(epoch FROM last_at) * 1000000)::bigint, events,
       (extract(epoch FROM ended_at) * 1000000)::bigint
FROM kleos.matches WHERE game = $1
"""
ALL_APPEARANCES: Final = "SELECT player, match FROM kleos.appearances WHERE game = $1"
ALL_SEASONS: Final = "SELECT name, title, starts_at, ends_at FROM kleos.seasons WHERE game = $1"
PLAYERS_THERE: Final = """
SELECT player FROM kleos.players WHERE player = ANY($1::bigint[])
UNION SELECT player FROM kleos.hidden WHERE player = ANY($1::bigint[]) AND correction = 0
"""
"""A deleted player is hidden for good."""
FACTS: Final = "SELECT seq, at, body FROM kleos.events WHERE game = $1 AND type = $2 ORDER BY seq"

OTHER_EVENTS: Final = """
SELECT id, match, type, (extract(epoch FROM at) * 1000000)::bigint FROM kleos.events
WHERE game = $1 AND seq > $2 AND seq <= $3 AND type <> ALL($4::text[]) AND type NOT LIKE '%.%'
"""
"""Of types that the definition no longer has; facts of our own have a dot in their type."""

SEALED: Final = "SELECT COALESCE(max(last_seq), 0) FROM kleos.spans WHERE game = $1 AND sealed_at IS NOT NULL"

EVENTS_AMISS: Final = """
SELECT e.id, count(*) AS events, bool_or(i.id IS NOT NULL) AS remembered
FROM kleos.events e LEFT JOIN kleos.event_ids i USING (game, id)
WHERE e.game = $1 AND (e.type NOT LIKE '%.%' OR e.type = 'award.granted')
GROUP BY e.id HAVING count(*) > 1 OR NOT bool_or(i.id IS NOT NULL)
ORDER BY e.id LIMIT $2
"""
REMEMBERED: Final = "SELECT id FROM kleos.event_ids WHERE game = $1"

PLAYERS_EXTENT: Final = "SELECT min(player) AS first, max(player) AS last FROM kleos.appearances WHERE game = $1"
PLAYERS_FROM: Final = """
SELECT DISTINCT f.player FROM unnest($2::bigint[]) AS s(start), LATERAL (
    SELECT player FROM kleos.appearances WHERE game = $1 AND player >= s.start ORDER BY player LIMIT 1
) f
"""
MATCHES_OF: Final = """
SELECT DISTINCT match FROM (
    SELECT match FROM kleos.appearances WHERE game = $1 AND player = ANY($2::bigint[]) LIMIT $3
) m ORDER BY match
"""
AWARDS_AMONG: Final = """
SELECT player, achievement, at, event, match FROM kleos.awards WHERE game = $1 AND player = ANY($2::bigint[])
"""
ROWS_OF_OWNERS: Final = "SELECT * FROM {table} WHERE {owner} = ANY($1) AND present"
ROWS_ABOUT: Final = "SELECT GREATEST(reltuples, 0)::bigint FROM pg_class WHERE oid = $1::text::regclass"

# Tables beside those in use.
DROP_TABLE: Final = "DROP TABLE IF EXISTS {table}"
DRAW_VERSIONS: Final = "ALTER TABLE {table} ALTER version SET DEFAULT nextval('kleos.version_seq')"
KEEP_VERSIONS: Final = "ALTER TABLE {table} ALTER version SET DEFAULT 0"
ANALYZE: Final = "ANALYZE {table}"
LOCK_TABLE: Final = "LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE"
RENAME_TABLE: Final = "ALTER TABLE {table} RENAME TO {name}"
TABLES_LIKE: Final = """
SELECT c.relname AS name FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = $1 AND c.relkind = 'r' AND c.relname LIKE ANY($2::text[])
"""
TABLE_THERE: Final = "SELECT to_regclass($1) IS NOT NULL"

# Rows whose history is archived.
POSTPONE: Final = """
INSERT INTO kleos.pending_refolds AS p (game, sheet, key)
SELECT $1, d.sheet, d.key FROM unnest($2::text[], $3::jsonb[]) AS d(sheet, key)
ON CONFLICT (game, sheet, key) DO UPDATE SET number = DEFAULT
"""
POSTPONED: Final = """
SELECT sheet, key, number FROM kleos.pending_refolds WHERE game = $1 ORDER BY number LIMIT $2
"""
ALL_POSTPONED: Final = "SELECT sheet, key FROM kleos.pending_refolds WHERE game = $1"
GAMES_POSTPONED: Final = "SELECT DISTINCT game FROM kleos.pending_refolds ORDER BY game"
REFOLDED: Final = "DELETE FROM kleos.pending_refolds WHERE game = $1 AND number = ANY($2::bigint[])"
LOCK_ROWS: Final = """
SELECT {own} FROM {table} r
WHERE ({own}) IN (SELECT * FROM unnest({arrays})) AND r.present
ORDER BY {own} FOR UPDATE
"""

# Rebuilds.
IN_FORCE: Final = "SELECT version, calendar FROM kleos.games WHERE game = $1"
FOLDED_BY: Final = """
SELECT (SELECT max(GREATEST(seq, undone_seq)) FROM kleos.corrections
        WHERE kind IN ('void', 'merge', 'accept') AND (game = $1 OR (game = '' AND namespace = $2))) AS correction,
       (SELECT jsonb_agg(to_jsonb(s) ORDER BY s.name)::text FROM kleos.seasons s WHERE s.game = $1) AS seasons
"""
TRY_REBUILDING: Final = "SELECT pg_try_advisory_lock($1)"
END_REBUILDING: Final = "SELECT pg_advisory_unlock($1)"
REBUILD: Final = "SELECT target FROM kleos.rebuilds WHERE game = $1"
REBUILD_PARTS: Final = "SELECT part, horizon FROM kleos.rebuild_parts WHERE game = $1"
BEGIN_REBUILD: Final = "INSERT INTO kleos.rebuilds (game, target) VALUES ($1, $2)"
END_REBUILD: Final = "DELETE FROM kleos.rebuilds WHERE game = $1"
SET_PART: Final = """
INSERT INTO kleos.rebuild_parts AS p (game, part, horizon) VALUES ($1, $2, $3)
ON CONFLICT (game, part) DO UPDATE SET horizon = excluded.horizon
"""
LEFT_FOR_FILES: Final = """
SELECT EXISTS (
    SELECT FROM kleos.spans WHERE game = $1 AND last_seq > $2 AND first_seq < $3 AND removed_at IS NOT NULL
)
"""
BROUGHT: Final = "kleos_brought"
MAKE_BROUGHT: Final = f"CREATE TEMP TABLE {BROUGHT} ON COMMIT DROP AS SELECT {{columns}} FROM {{like}} WITH NO DATA"
"""Where rows are brought by COPY, to be merged."""
BROUGHT_LATE: Final = f"""
WITH w AS ({{written}})
SELECT d.* FROM {BROUGHT} d WHERE NOT EXISTS (SELECT FROM w WHERE {{both}})
"""
EVENTS_BETWEEN: Final = "SELECT count(*) FROM kleos.events WHERE game = $1 AND seq > $2 AND seq <= $3"

MAKE_DECIDED: Final = """
CREATE TABLE {table} (
    player bigint NOT NULL, achievement text COLLATE "C" NOT NULL, at timestamptz NOT NULL,
    event text COLLATE "C" NOT NULL, match text COLLATE "C" NOT NULL
)
"""
KEY_OF_DECIDED: Final = "ALTER TABLE {table} ADD PRIMARY KEY (player, achievement)"
TAKE_AWARDS: Final = """
INSERT INTO {table} SELECT player, achievement, at, event, match FROM kleos.awards
WHERE game = $1 AND ($2::bigint[] IS NULL OR player = ANY($2))
"""
DROP_DECIDED: Final = "DELETE FROM {table} WHERE player = ANY($1::bigint[])"
DECIDED_OF: Final = "SELECT player, achievement, at, event, match FROM {table} WHERE player = ANY($1::bigint[])"
DECIDED_PLAYERS: Final = "SELECT DISTINCT player FROM {table} ORDER BY player"
TOUCHED: Final = """
SELECT a.player
FROM kleos.events e JOIN {appearances} a ON a.game = e.game AND a.match = e.match
WHERE e.game = $1 AND e.seq > $2 AND e.seq <= $3
UNION
SELECT a.player FROM kleos.spans s JOIN kleos.archived_matches m ON m.game = s.game AND m.last_seq = s.last_seq
JOIN {appearances} a ON a.game = m.game AND a.match = m.match
WHERE s.game = $1 AND s.last_seq > $2 AND s.first_seq < $3
ORDER BY player
"""
"""Whose awards may be others by these events, and some more."""
UNLIKE: Final = """
SELECT DISTINCT player FROM (
    (SELECT player, achievement, at, event, match FROM kleos.awards WHERE game = $1
     EXCEPT SELECT player, achievement, at, event, match FROM {table})
    UNION ALL
    (SELECT player, achievement, at, event, match FROM {table}
     EXCEPT SELECT player, achievement, at, event, match FROM kleos.awards WHERE game = $1)
) unlike
"""
WITHDRAW_UNDECIDED: Final = """
DELETE FROM kleos.awards a
WHERE a.game = $1 AND a.player = ANY($2::bigint[])
  AND NOT EXISTS (SELECT FROM {table} d WHERE d.player = a.player AND d.achievement = a.achievement)
"""
WRITE_DECIDED: Final = """
INSERT INTO kleos.awards AS a (game, player, achievement, at, event, match)
SELECT $1, d.player, d.achievement, d.at, d.event, d.match FROM {table} d WHERE d.player = ANY($2::bigint[])
ON CONFLICT (game, player, achievement) DO UPDATE SET at = excluded.at, event = excluded.event, match = excluded.match
WHERE (a.at, a.event, a.match) <> (excluded.at, excluded.event, excluded.match)
"""

MAKE_APPEARED: Final = 'CREATE TABLE {table} (player bigint NOT NULL, match text COLLATE "C" NOT NULL)'
KEY_OF_APPEARED: Final = "ALTER TABLE {table} ADD PRIMARY KEY (player, match)"
INDEX_OF_APPEARED: Final = "CREATE INDEX ON {table} (match)"
ADD_APPEARED: Final = """
INSERT INTO {table} (player, match) SELECT * FROM {source} ON CONFLICT DO NOTHING
"""
APPEARED_GIVEN: Final = "unnest($1::bigint[], $2::text[])"
MAKE_UNLIKE: Final = """
CREATE TABLE {unlike} AS
SELECT COALESCE(n.player, a.player) AS player, COALESCE(n.match, a.match) COLLATE "C" AS match,
       n.player IS NOT NULL AS enters
FROM {table} n FULL JOIN (SELECT player, match FROM kleos.appearances WHERE game = {game}) a USING (player, match)
WHERE n.player IS NULL OR a.player IS NULL
"""
TOUCHED_MATCHES: Final = """
SELECT e.match FROM kleos.events e WHERE e.game = $1 AND e.seq > $2 AND e.seq <= $3
UNION
SELECT m.match FROM kleos.spans s JOIN kleos.archived_matches m ON m.game = s.game AND m.last_seq = s.last_seq
WHERE s.game = $1 AND s.last_seq > $2 AND s.first_seq < $3
"""
ADD_UNLIKE: Final = f"""
WITH touched AS MATERIALIZED ({TOUCHED_MATCHES}),
     found AS (SELECT n.player, n.match FROM touched JOIN {{table}} n USING (match)),
     known AS (SELECT a.player, a.match FROM touched JOIN kleos.appearances a USING (match) WHERE a.game = $1)
INSERT INTO {{unlike}} (player, match, enters)
SELECT player, match, f.player IS NOT NULL
FROM found f FULL JOIN known k USING (player, match)
WHERE f.player IS NULL OR k.player IS NULL
"""
LEAVE_UNLIKE: Final = """
WITH gone AS MATERIALIZED (
    SELECT player, match FROM {unlike} u
    WHERE NOT enters AND NOT EXISTS (SELECT FROM {table} n WHERE n.player = u.player AND n.match = u.match)
)
DELETE FROM kleos.appearances a USING gone WHERE a.game = $1 AND a.player = gone.player AND a.match = gone.match
"""
"""Who was found too early to have come is not unlike: most of them, for which nothing else is looked up."""
ENTER_UNLIKE: Final = """
INSERT INTO kleos.appearances (game, player, match) SELECT $1, player, match FROM {unlike} WHERE enters
ON CONFLICT DO NOTHING
"""
KNOW_APPEARED: Final = """
INSERT INTO kleos.players (player)
SELECT DISTINCT u.player FROM {unlike} u
WHERE u.enters AND EXISTS (SELECT FROM kleos.identities i WHERE i.player = u.player)
ORDER BY u.player
ON CONFLICT DO NOTHING
"""
"""Who was deleted stays so."""

MAKE_MATCHED: Final = """
CREATE TABLE {table} (
    match text COLLATE "C" NOT NULL, first_at timestamptz NOT NULL, last_at timestamptz NOT NULL,
    events bigint NOT NULL, ended_at timestamptz
)
"""
KEY_OF_MATCHED: Final = "ALTER TABLE {table} ADD PRIMARY KEY (match)"
ADD_MATCHED: Final = """
INSERT INTO {table} AS m (match, first_at, last_at, events, ended_at)
SELECT * FROM {source}
ON CONFLICT (match) DO UPDATE SET
    first_at = LEAST(m.first_at, excluded.first_at),
    last_at = GREATEST(m.last_at, excluded.last_at),
    events = m.events + excluded.events,
    ended_at = LEAST(m.ended_at, excluded.ended_at)
"""
MATCHED_GIVEN: Final = "unnest($1::text[], $2::timestamptz[], $3::timestamptz[], $4::bigint[], $5::timestamptz[])"
MAKE_MATCHED_UNLIKE: Final = """
CREATE TABLE {unlike} AS
SELECT match COLLATE "C" AS match
FROM {table} n FULL JOIN (SELECT * FROM kleos.matches WHERE game = {game}) m USING (match)
WHERE (n.first_at, n.last_at, n.events, n.ended_at) IS DISTINCT FROM (m.first_at, m.last_at, m.events, m.ended_at)
"""
_MATCHES_ASKED: Final = f"SELECT match FROM {{unlike}} UNION {TOUCHED_MATCHES}"
LEAVE_MATCHED: Final = f"""
DELETE FROM kleos.matches m
WHERE m.game = $1 AND m.match IN ({_MATCHES_ASKED}) AND NOT EXISTS (SELECT FROM {{table}} n WHERE n.match = m.match)
"""
KEEP_MATCHED: Final = f"""
INSERT INTO kleos.matches AS m (game, match, first_at, last_at, events, ended_at)
SELECT $1, n.match, n.first_at, n.last_at, n.events, n.ended_at FROM {{table}} n WHERE n.match IN ({_MATCHES_ASKED})
ON CONFLICT (game, match) DO UPDATE SET
    first_at = excluded.first_at, last_at = excluded.last_at, events = excluded.events, ended_at = excluded.ended_at
WHERE (m.first_at, m.last_at, m.events, m.ended_at)
    IS DISTINCT FROM (excluded.first_at, excluded.last_at, excluded.events, excluded.ended_at)
"""

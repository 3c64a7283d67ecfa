"""The statements of the log: ids, events, who appeared where, matches, quarantine, outbox."""

from typing import Final

BEGIN_SHARED: Final = "BEGIN; SELECT pg_advisory_xact_lock_shared({lock:d});"
"""One round trip for both; the number is filled in, since several statements at once take no arguments."""
LOCK_SHARED: Final = "SELECT pg_advisory_xact_lock_shared($1)"
LOCK_EXCLUSIVE: Final = "SELECT pg_advisory_xact_lock($1)"
HOLDERS: Final = """
SELECT pid, virtualtransaction FROM pg_locks
WHERE locktype = 'advisory' AND objsubid = 1 AND granted AND pid <> pg_backend_pid()
  AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
  AND classid::bigint = $1::bigint >> 32 & 4294967295 AND objid::bigint = $1::bigint & 4294967295
"""
"""A lock of one number is shown as its two halves."""
LAST_GIVEN: Final = "SELECT COALESCE(pg_sequence_last_value('kleos.events_seq_seq'::regclass), 0)"
"""Under a game's exclusive lock: whatever of that game has a number up to this one is committed, or never will be."""

IN_FORCE: Final = "SELECT version, calendar FROM kleos.games WHERE game = $1"

NEW_IDS: Final = """
INSERT INTO kleos.event_ids (game, id)
SELECT $1, id FROM unnest($2::text[]) AS given(id)
WHERE EXISTS (SELECT FROM kleos.games WHERE game = $1 AND version = $3 AND calendar = $4)
ON CONFLICT DO NOTHING
RETURNING id
"""

ADD_EVENTS: Final = """
WITH added AS (
    INSERT INTO kleos.events (game, id, match, type, at, received_at, body)
    SELECT $1, d.id, d.match, d.type, d.at, $7, d.body
    FROM unnest($2::text[], $3::text[], $4::text[], $5::timestamptz[], $6::jsonb[]) AS d(id, match, type, at, body)
    RETURNING seq
)
SELECT max(seq) FROM added
"""

ADD_APPEARANCES: Final = """
INSERT INTO kleos.appearances (game, player, match)
SELECT $1, d.player, d.match FROM unnest($2::bigint[], $3::text[]) AS d(player, match)
ON CONFLICT DO NOTHING
"""

MERGE_MATCHES: Final = """
INSERT INTO kleos.matches AS m (game, match, first_at, last_at, events, ended_at)
SELECT $1, d.* FROM unnest($2::text[], $3::timestamptz[], $4::timestamptz[], $5::bigint[], $6::timestamptz[]) AS d
ON CONFLICT (game, match) DO UPDATE SET
    first_at = LEAST(m.first_at, excluded.first_at),
    last_at = GREATEST(m.last_at, excluded.last_at),
    events = m.events + excluded.events,
    ended_at = LEAST(m.ended_at, excluded.ended_at)
"""

ADD_QUARANTINE: Final = """
INSERT INTO kleos.quarantine (game, id, match, type, at, received_at, reason, body)
SELECT $1, d.id, d.match, d.type, d.at, $8, d.reason, d.body
FROM unnest($2::text[], $3::text[], $4::text[], $5::timestamptz[], $6::text[], $7::jsonb[])
    AS d(id, match, type, at, reason, body)
"""

ADD_OUTBOX: Final = "INSERT INTO kleos.outbox (game, body) VALUES ($1, $2) RETURNING id"
OUTBOX_REST: Final = "SELECT id, game, body FROM kleos.outbox ORDER BY id LIMIT 1000"
DROP_OUTBOX: Final = "DELETE FROM kleos.outbox WHERE id = ANY($1::bigint[])"

COUNTED: Final = " AND NOT EXISTS (SELECT FROM kleos.voided v WHERE v.game = e.game AND v.id = e.id)"
"""Stands for {counted} where the game has events that do not count."""

ALL_VOIDED: Final = "SELECT DISTINCT id FROM kleos.voided WHERE game = $1"
VOIDED_AMONG: Final = "SELECT DISTINCT id FROM kleos.voided WHERE game = $1 AND id = ANY($2::text[])"

HISTORY_OF_PLAYERS: Final = """
SELECT a.player, e.id, e.match, e.type, e.at, e.body
FROM {appearances} a
JOIN kleos.events e ON e.game = a.game AND e.match = a.match
WHERE a.game = $1 AND a.player = ANY($2::bigint[]) AND e.type = ANY($3::text[])
  AND ($4::timestamptz IS NULL OR e.at >= $4) AND ($5::timestamptz IS NULL OR e.at < $5){counted}
ORDER BY a.player, e.at, e.id
"""

HISTORY_OF_MATCHES: Final = """
SELECT e.match AS player, e.id, e.match, e.type, e.at, e.body
FROM kleos.events e
WHERE e.game = $1 AND e.match = ANY($2::text[]) AND e.type = ANY($3::text[])
  AND ($4::timestamptz IS NULL OR e.at >= $4) AND ($5::timestamptz IS NULL OR e.at < $5){counted}
ORDER BY e.match, e.at, e.id
"""

LOGGED: Final = """
SELECT e.id, e.match, e.type, e.at, e.body FROM kleos.events e
WHERE e.game = $1 AND e.match = ANY($2::text[]) AND (e.type NOT LIKE '%.%' OR e.type = 'award.granted')
ORDER BY e.at, e.id
"""
MATCHES_NAMING: Final = """
SELECT DISTINCT match FROM kleos.events WHERE game = $1 AND type = ANY($2::text[]) AND body::text ~ $3
"""
MATCH_OF_EVENT: Final = """
SELECT match FROM kleos.events
WHERE game = $1 AND id = $2 AND ($3::text IS NULL OR match = $3) AND (type NOT LIKE '%.%' OR type = 'award.granted')
"""
"""Looks through a game's whole log where the match is not given."""

WHOLE_LOG: Final = """
SELECT e.id, e.match, e.type, e.at, e.body FROM kleos.events e
WHERE e.game = $1 AND ($2::timestamptz IS NULL OR e.at >= $2) AND ($3::timestamptz IS NULL OR e.at < $3)
  AND e.seq > $4 AND ($5::bigint IS NULL OR e.seq <= $5){counted}
ORDER BY e.at, e.id
"""
"""In event order; read with a cursor."""

QUARANTINE_SIZES: Final = """
SELECT game, count(*) AS events FROM kleos.quarantine WHERE status = 'waiting' GROUP BY game
"""
OUTBOX_SIZE: Final = "SELECT count(*) FROM kleos.outbox"

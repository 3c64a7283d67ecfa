"""The statements of the archive: spans, their files, what lies in them alone."""

from typing import Final

LOCATION: Final = "SELECT location FROM kleos.archive_location"
SET_LOCATION: Final = """
INSERT INTO kleos.archive_location AS l (location, retention_days) VALUES ($1, $2)
ON CONFLICT (only_one) DO UPDATE SET location = excluded.location, retention_days = excluded.retention_days
WHERE (l.location, l.retention_days) IS DISTINCT FROM (excluded.location, excluded.retention_days)
"""
RETENTION_DAYS: Final = "SELECT retention_days FROM kleos.archive_location"

SPANS: Final = """
SELECT game, first_seq, last_seq, events, received_at, sealed_at, removed_at
FROM kleos.spans WHERE game = $1 ORDER BY last_seq
"""
FILES: Final = """
SELECT last_seq, type, month, path, events, size_bytes, sha256, fields
FROM kleos.span_files WHERE game = $1 AND last_seq = ANY($2::bigint[]) ORDER BY last_seq, type, month
"""
NEWEST_FILES: Final = """
SELECT type, month, path, events, size_bytes, sha256, fields FROM kleos.span_files WHERE (game, last_seq) = (
    SELECT game, last_seq FROM kleos.spans WHERE sealed_at IS NOT NULL ORDER BY sealed_at DESC, last_seq DESC LIMIT 1
)
"""
"""Of the span that was sealed last, of any game."""

NTH_AFTER: Final = """
SELECT seq FROM kleos.events WHERE game = $1 AND seq > $2 AND seq <= $3 ORDER BY seq OFFSET $4 LIMIT 1
"""
ANY_BETWEEN: Final = "SELECT EXISTS (SELECT FROM kleos.events WHERE game = $1 AND seq > $2 AND seq <= $3)"

BEGUN_SPAN: Final = "SELECT last_seq FROM kleos.spans WHERE game = $1 AND sealed_at IS NULL"
BEGIN_SPAN: Final = "INSERT INTO kleos.spans (game, first_seq, last_seq) VALUES ($1, $2, $3)"
END_SPAN: Final = """
UPDATE kleos.spans SET events = $3, received_at = $4, sealed_at = $5
WHERE game = $1 AND last_seq = $2 AND sealed_at IS NULL
"""
ADD_FILES: Final = """
INSERT INTO kleos.span_files (game, last_seq, type, month, path, events, size_bytes, sha256, fields)
SELECT $1, $2, d.* FROM unnest($3::text[], $4::text[], $5::text[], $6::bigint[], $7::bigint[], $8::text[], $9::jsonb[])
    AS d(type, month, path, events, size_bytes, sha256, fields)
"""

TRY_SEALING: Final = "SELECT pg_try_advisory_lock($1)"
END_SEALING: Final = "SELECT pg_advisory_unlock($1)"

OLD_ENOUGH: Final = """
SELECT last_seq FROM kleos.spans
WHERE game = $1 AND sealed_at IS NOT NULL AND removed_at IS NULL AND (received_at IS NULL OR received_at < $2)
ORDER BY last_seq
"""
ADD_ARCHIVED_MATCHES: Final = """
INSERT INTO kleos.archived_matches (game, match, last_seq)
SELECT DISTINCT game, match, $3::bigint FROM kleos.events
WHERE game = $1 AND seq > $2 AND seq <= $3 AND NOT (type LIKE '%.%' AND type <> 'award.granted')
ON CONFLICT DO NOTHING
"""
REMOVE_EVENTS: Final = """
DELETE FROM kleos.events
WHERE game = $1 AND seq > $2 AND seq <= $3 AND NOT (type LIKE '%.%' AND type <> 'award.granted')
"""
"""Facts of our own, which have a dot in their type, stay: they are few, and read by SQL."""
MARK_REMOVED: Final = "UPDATE kleos.spans SET removed_at = $3 WHERE game = $1 AND last_seq = $2"

IS_KNOWN: Final = "SELECT EXISTS (SELECT FROM kleos.event_ids WHERE game = $1 AND id = $2)"
HAS_REMOVED: Final = "SELECT EXISTS (SELECT FROM kleos.spans WHERE game = $1 AND removed_at IS NOT NULL)"
REMOVED_SPANS: Final = "SELECT last_seq FROM kleos.spans WHERE game = $1 AND removed_at IS NOT NULL ORDER BY last_seq"

ARCHIVED_OF_MATCHES: Final = """
SELECT match, last_seq FROM kleos.archived_matches WHERE game = $1 AND match = ANY($2::text[])
"""
ARCHIVED_OF_PLAYERS: Final = """
SELECT a.player, a.match, m.last_seq
FROM {appearances} a JOIN kleos.archived_matches m USING (game, match)
WHERE a.game = $1 AND a.player = ANY($2::bigint[])
"""
ARCHIVED_PLAYERS: Final = """
SELECT p.player FROM unnest($2::bigint[]) AS p(player)
WHERE EXISTS (
    SELECT FROM kleos.appearances a JOIN kleos.archived_matches m USING (game, match)
    WHERE a.game = $1 AND a.player = p.player
)
"""
ARCHIVED_MATCHES: Final = """
SELECT DISTINCT match FROM kleos.archived_matches WHERE game = $1 AND match = ANY($2::text[])
"""

ROWS_AS_TEXT: Final = """
SELECT seq, id, match, type, (extract(epoch FROM at) * 1000000)::bigint,
       (extract(epoch FROM received_at) * 1000000)::bigint, body::text
FROM kleos.events WHERE game = $1 AND seq > $2 AND seq <= $3
"""

ARCHIVED: Final = """
SELECT s.game, sum(s.events)::bigint AS events,
       (COALESCE(sum(s.events) FILTER (WHERE s.removed_at IS NOT NULL), 0))::bigint AS removed,
       (COALESCE(sum(f.size_bytes), 0))::bigint AS size_bytes, max(s.sealed_at) AS sealed_at
FROM kleos.spans s LEFT JOIN (
    SELECT game, last_seq, sum(size_bytes) AS size_bytes FROM kleos.span_files GROUP BY game, last_seq
) f USING (game, last_seq)
WHERE s.sealed_at IS NOT NULL GROUP BY s.game
"""
POSTPONED_BY_GAME: Final = "SELECT game, count(*) AS postponed FROM kleos.pending_refolds GROUP BY game"

"""The statements of corrections and of what they come to."""

from typing import Final

HAS_VOIDS: Final = """
SELECT EXISTS (SELECT FROM kleos.voided WHERE game = $1) AS voids,
       EXISTS (SELECT FROM kleos.voided_matches WHERE game = $1) AS voided_matches
"""

MERGES: Final = """
SELECT m.player, m.into_player, m.correction, i.id, j.id AS into_id
FROM kleos.merges m
LEFT JOIN kleos.identities i ON i.player = m.player AND i.namespace = m.namespace
LEFT JOIN kleos.identities j ON j.player = m.into_player AND j.namespace = m.namespace
WHERE m.namespace = $1
"""

EMPTY_KEYS: Final = """
UPDATE {table} AS r SET {resets}, present = false, version = nextval('kleos.version_seq')
FROM unnest({given}) AS gone({names})
WHERE {same} AND r.present
RETURNING {returned}, r.present, r.version
"""

ROWS_AT: Final = """
SELECT {columns} FROM unnest({given}) AS asked({names}) JOIN {table} r ON {same} WHERE r.present
"""

ROWS_HOLDING: Final = "SELECT {key} FROM {table} WHERE {player} = ANY($1::bigint[]) AND present"

# At the door -----------------------------------------------------------------------------------------------------
VOID_ARRIVING: Final = """
INSERT INTO kleos.voided (game, id, correction)
SELECT $1, d.id, m.correction
FROM unnest($2::text[], $3::text[]) AS d(id, match) JOIN kleos.voided_matches m ON m.game = $1 AND m.match = d.match
RETURNING id
"""

# Corrections -----------------------------------------------------------------------------------------------------
ADD_FACT: Final = """
INSERT INTO kleos.events (game, id, match, type, at, received_at, body) VALUES ($1, $2, $2, $3, $4, $4, $5)
RETURNING seq
"""
ADD_CORRECTION: Final = """
INSERT INTO kleos.corrections (seq, game, namespace, kind, subject, players, actor, reason, at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
"""
MARK_UNDONE: Final = """
UPDATE kleos.corrections SET undone_seq = $2, undone_at = $3, undone_by = $4, undone_reason = $5
WHERE seq = $1 AND undone_seq IS NULL RETURNING seq
"""
NEW_CALENDARS: Final = """
UPDATE kleos.games SET calendar = calendar + 1 WHERE game = ANY($1::text[]) RETURNING game, calendar
"""

_CORRECTION: Final = """
SELECT seq, game, namespace, kind, subject, actor, reason, at, undone_at, undone_by, undone_reason
FROM kleos.corrections
"""
_OF_GAME: Final = "(game = $1 OR (game = '' AND namespace = $2))"
CORRECTION: Final = _CORRECTION + f"WHERE seq = $3 AND {_OF_GAME}"
CORRECTIONS: Final = (
    _CORRECTION
    + f"""
WHERE {_OF_GAME} AND ($3::text IS NULL OR kind = $3) AND ($4::bigint[] IS NULL OR players && $4)
ORDER BY seq DESC LIMIT $5 OFFSET $6
"""
)
COUNT_CORRECTIONS: Final = f"""
SELECT count(*) FROM kleos.corrections
WHERE {_OF_GAME} AND ($3::text IS NULL OR kind = $3) AND ($4::bigint[] IS NULL OR players && $4)
"""

VOID_EVENTS: Final = """
INSERT INTO kleos.voided (game, id, correction) SELECT $1, id, $3 FROM unnest($2::text[]) AS given(id)
ON CONFLICT DO NOTHING
"""
VOID_MATCHES: Final = """
INSERT INTO kleos.voided_matches (game, match, correction) SELECT $1, match, $3 FROM unnest($2::text[]) AS given(match)
"""
UNVOID_EVENTS: Final = "DELETE FROM kleos.voided WHERE correction = ANY($1::bigint[])"
UNVOID_MATCHES: Final = "DELETE FROM kleos.voided_matches WHERE correction = $1"
MATCHES_VOIDED: Final = """
SELECT match FROM kleos.voided_matches WHERE game = $1
UNION SELECT subject->>'match' FROM kleos.corrections WHERE game = $1 AND subject ? 'event' AND subject ? 'match'
ORDER BY match
"""
"""And some more: those of events that were voided, doubted or taken back."""
VOIDED: Final = "SELECT DISTINCT id FROM kleos.voided WHERE game = $1 AND id = ANY($2::text[])"
VOIDING_MATCH: Final = "SELECT correction FROM kleos.voided_matches WHERE game = $1 AND match = $2"

MATCHES_OF_PLAYER: Final = """
SELECT DISTINCT e.match FROM kleos.appearances a JOIN kleos.events e ON e.game = a.game AND e.match = a.match
WHERE a.game = $1 AND a.player = ANY($2::bigint[])
  AND ($3::timestamptz IS NULL OR e.at >= $3) AND ($4::timestamptz IS NULL OR e.at < $4)
"""
APPEARED_IN: Final = "SELECT DISTINCT match FROM kleos.appearances WHERE game = $1 AND player = ANY($2::bigint[])"
MET: Final = """
SELECT a.game, a.match FROM kleos.appearances a JOIN kleos.appearances b USING (game, match)
WHERE a.game = ANY($1::text[]) AND a.player = $2 AND b.player = $3 ORDER BY a.game, a.match LIMIT 6
"""

HIDE: Final = "INSERT INTO kleos.hidden (player, since, game, correction) VALUES ($1, $2, $3, $4)"
SHOW: Final = "DELETE FROM kleos.hidden WHERE correction = $1"
NUMBER_OF: Final = "SELECT player FROM kleos.identities WHERE namespace = $1 AND id = $2"
BANS_OF: Final = """
SELECT seq FROM kleos.corrections
WHERE kind = 'ban' AND undone_seq IS NULL AND game = $1 AND namespace = $2 AND players && $3::bigint[] ORDER BY seq
"""

ADD_MERGE: Final = "INSERT INTO kleos.merges (player, into_player, namespace, correction) VALUES ($1, $2, $3, $4)"
ADD_MERGED_MATCHES: Final = """
INSERT INTO kleos.merged_matches (game, match, correction)
SELECT $1, d.match, d.correction FROM unnest($2::text[], $3::bigint[]) AS d(match, correction)
ON CONFLICT DO NOTHING
"""
MERGED_MATCHES: Final = "SELECT match FROM kleos.merged_matches WHERE correction = $1 AND game = $2"
DROP_MERGED_MATCHES: Final = "DELETE FROM kleos.merged_matches WHERE correction = $1"
DROP_MERGE: Final = "DELETE FROM kleos.merges WHERE correction = $1"

# What is kept of matches -----------------------------------------------------------------------------------------
DROP_APPEARANCES: Final = """
DELETE FROM kleos.appearances
WHERE game = $1 AND match = ANY($2::text[])
  AND (player, match) NOT IN (SELECT * FROM unnest($3::bigint[], $4::text[]))
"""
DROP_MATCHES: Final = "DELETE FROM kleos.matches WHERE game = $1 AND match = ANY($2::text[])"
ADD_MATCHES: Final = """
INSERT INTO kleos.matches (game, match, first_at, last_at, events, ended_at)
SELECT $1, d.* FROM unnest($2::text[], $3::timestamptz[], $4::timestamptz[], $5::bigint[], $6::timestamptz[]) AS d
"""
ADD_KNOWN_PLAYERS: Final = """
INSERT INTO kleos.players (player)
SELECT DISTINCT i.player FROM kleos.identities i WHERE i.player = ANY($1::bigint[]) ORDER BY i.player
ON CONFLICT DO NOTHING
"""
"""A player who was deleted stays so."""

IDS_OF: Final = "SELECT player, id FROM kleos.identities WHERE namespace = $1 AND player = ANY($2::bigint[])"

# Quarantine ------------------------------------------------------------------------------------------------------
_QUARANTINED: Final = """
SELECT seq, id, match, type, at, received_at, reason, body, status, correction,
       EXISTS (SELECT FROM kleos.matches m WHERE m.game = q.game AND m.match = q.match)
    OR EXISTS (SELECT FROM kleos.events e WHERE e.game = q.game AND e.match = q.match)
    OR EXISTS (SELECT FROM kleos.archived_matches a WHERE a.game = q.game AND a.match = q.match) AS match_known
FROM kleos.quarantine q
"""
QUARANTINED: Final = _QUARANTINED + "WHERE game = $1 AND seq = $2"
_QUARANTINE_ASKED: Final = """
WHERE game = $1 AND ($2::text IS NULL OR status = $2) AND ($3::text IS NULL OR reason = $3)
"""
QUARANTINE: Final = _QUARANTINED + _QUARANTINE_ASKED + "ORDER BY seq DESC LIMIT $4 OFFSET $5"
COUNT_QUARANTINE: Final = "SELECT count(*) FROM kleos.quarantine" + _QUARANTINE_ASKED
SET_STATUS: Final = "UPDATE kleos.quarantine SET status = $3, correction = $4 WHERE game = $1 AND seq = $2"
ADD_EVENT: Final = """
INSERT INTO kleos.events (game, id, match, type, at, received_at, body)
SELECT q.game, q.id, q.match, q.type, q.at, q.received_at, q.body FROM kleos.quarantine q
WHERE q.game = $1 AND q.seq = $2
"""
EARLIER_ACCEPTS: Final = """
SELECT seq FROM kleos.corrections
WHERE game = $1 AND kind = 'accept' AND undone_seq IS NOT NULL AND (subject->>'quarantine')::bigint = $2
"""

MERGE_EDGES: Final = "SELECT player, into_player FROM kleos.merges"
QUARANTINE_REASONS: Final = """
SELECT reason, type, count(*) FILTER (WHERE status = 'waiting') AS waiting,
       count(*) FILTER (WHERE status = 'accepted') AS accepted, count(*) FILTER (WHERE status = 'refused') AS refused,
       max(at) AS last_at
FROM kleos.quarantine WHERE game = $1 AND ($2::timestamptz IS NULL OR at >= $2)
GROUP BY reason, type ORDER BY count(*) DESC, reason, type LIMIT $3
"""

# What `verify` compares with the facts ---------------------------------------------------------------------------
CORRECTION_FACTS: Final = """
SELECT seq, game, type, at, body FROM kleos.events
WHERE game = ANY($1::text[]) AND type IN ('correction.made', 'correction.undone') ORDER BY seq
"""
ALL_CORRECTIONS: Final = f"""
SELECT seq AS correction, game, namespace, kind, subject, players, actor, reason, at, undone_seq, undone_at, undone_by,
       undone_reason
FROM kleos.corrections WHERE {_OF_GAME}
"""
ALL_VOIDED: Final = "SELECT id, correction FROM kleos.voided WHERE game = $1"
ALL_VOIDED_MATCHES: Final = "SELECT match, correction FROM kleos.voided_matches WHERE game = $1"
ALL_MERGES: Final = "SELECT player, into_player, namespace, correction FROM kleos.merges WHERE namespace = $1"
MERGED_BY_NOTHING: Final = """
SELECT match, correction FROM kleos.merged_matches d
WHERE game = $1 AND NOT EXISTS (SELECT FROM kleos.merges m WHERE m.correction = d.correction)
ORDER BY match, correction
"""
NOTED: Final = "SELECT match, correction FROM kleos.merged_matches WHERE game = $1 AND match = ANY($2::text[])"
APPEARING: Final = "SELECT match, player FROM kleos.appearances WHERE game = $1 AND match = ANY($2::text[])"
ALL_BANS: Final = """
SELECT h.player, h.game, h.correction, h.since FROM kleos.hidden h
WHERE h.correction <> 0 AND (h.game = $1 OR (h.game = '' AND EXISTS (
    SELECT FROM kleos.corrections c WHERE c.seq = h.correction AND c.namespace = $2
)))
"""
ALL_JUDGED: Final = """
SELECT seq, status, correction FROM kleos.quarantine
WHERE game = $1 AND (status <> 'waiting' OR correction IS NOT NULL)
"""

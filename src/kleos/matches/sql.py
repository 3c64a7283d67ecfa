"""The statements of matches."""

from typing import Final

# As `listing.status_of` has it.
_STATUS: Final = """CASE WHEN m.ended_at IS NOT NULL THEN 'ended' WHEN m.last_at > $7 THEN 'open'
                              WHEN m.game = ANY($8::text[]) THEN 'ended' ELSE 'quiet' END"""

NEWEST: Final = f"""
SELECT m.game, m.match, m.first_at, m.last_at, m.events, m.ended_at
FROM kleos.matches m
WHERE m.game = ANY($1::text[]) AND ($2::text IS NULL OR $2 = {_STATUS})
  AND ($3::timestamptz IS NULL OR (m.last_at, m.game, m.match) < ($3, $4::text, $5::text))
  AND NOT EXISTS (SELECT FROM kleos.opened_matches o
                  WHERE o.game = m.game AND o.match = m.match AND o.visibility = 'private')
ORDER BY m.last_at DESC, m.game DESC, m.match DESC LIMIT $6
"""

NEWEST_OF_PLAYER: Final = f"""
SELECT m.game, m.match, m.first_at, m.last_at, m.events, m.ended_at
FROM kleos.appearances a JOIN kleos.matches m ON m.game = a.game AND m.match = a.match
WHERE a.game = ANY($1::text[]) AND ($2::text IS NULL OR $2 = {_STATUS})
  AND ($3::timestamptz IS NULL OR (m.last_at, m.game, m.match) < ($3, $4::text, $5::text))
  AND a.player = $9
  AND ($10::bigint IS NULL OR EXISTS (SELECT FROM kleos.appearances b
                                      WHERE b.game = a.game AND b.player = $10 AND b.match = a.match))
  AND NOT EXISTS (SELECT FROM kleos.opened_matches o
                  WHERE o.game = m.game AND o.match = m.match AND o.visibility = 'private')
ORDER BY m.last_at DESC, m.game DESC, m.match DESC LIMIT $6
"""

ONE: Final = """
SELECT game, match, first_at, last_at, events, ended_at FROM kleos.matches WHERE game = $1 AND match = $2
"""

RUNNING: Final = """
SELECT m.game, count(*) AS running FROM kleos.matches m
WHERE m.ended_at IS NULL AND m.last_at > $1
  AND NOT EXISTS (SELECT FROM kleos.opened_matches o
                  WHERE o.game = m.game AND o.match = m.match AND o.visibility = 'private')
GROUP BY m.game
"""

NAMED: Final = """
SELECT m.game, m.match, m.first_at, m.last_at, m.events, m.ended_at FROM kleos.matches m
WHERE m.game = ANY($1::text[]) AND m.match = $2
  AND NOT EXISTS (SELECT FROM kleos.opened_matches o
                  WHERE o.game = m.game AND o.match = m.match AND o.visibility = 'private')
ORDER BY m.game
"""

PLAYERS_OF: Final = """
SELECT a.game, a.match, a.player FROM kleos.appearances a
JOIN unnest($1::text[], $2::text[]) AS asked(game, match) USING (game, match)
WHERE NOT EXISTS (SELECT FROM kleos.hidden h WHERE h.player = a.player AND h.game IN ('', a.game))
ORDER BY a.game, a.match, a.player
"""

EVENTS: Final = """
SELECT seq, id, type, at, received_at, body FROM kleos.events
WHERE game = $1 AND match = $2 AND ($3::timestamptz IS NULL OR (at, id) > ($3, $4::text))
ORDER BY at, id LIMIT $5
"""

NEWEST_EVENTS: Final = """
SELECT seq, id, type, at, received_at, body FROM kleos.events
WHERE game = $1 AND match = $2 AND ($3::timestamptz IS NULL OR (at, id) < ($3, $4::text))
ORDER BY at DESC, id DESC LIMIT $5
"""

HAS_EVENTS: Final = """
SELECT EXISTS (SELECT FROM kleos.events WHERE game = $1 AND match = $2)
    OR EXISTS (SELECT FROM kleos.archived_matches WHERE game = $1 AND match = $2)
"""

COUNTS: Final = """
SELECT type, count(*) AS events FROM kleos.events WHERE game = $1 AND match = $2 GROUP BY type ORDER BY type
"""

OPEN: Final = """
INSERT INTO kleos.opened_matches AS o (game, match, visibility, controllers, opened_at)
VALUES ($1, $2, $3, $4::bigint[], $5)
ON CONFLICT (game, match) DO UPDATE SET opened_at = o.opened_at
RETURNING visibility, controllers, opened_at, xmax = 0 AS is_new
"""
"""A row that was there already has been locked, and so has an `xmax`."""

OPENING: Final = """
SELECT visibility, controllers, opened_at FROM kleos.opened_matches WHERE game = $1 AND match = $2
"""

PRIVATE_AMONG: Final = """
SELECT match, controllers FROM kleos.opened_matches
WHERE game = $1 AND match = ANY($2::text[]) AND visibility = 'private'
"""

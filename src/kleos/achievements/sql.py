"""The statements of awards."""

from typing import Final

AWARDS_OF: Final = """
SELECT player, achievement, at, event, match FROM kleos.awards
WHERE game = $1 AND player = ANY($2::bigint[])
"""

WRITE_AWARDS: Final = """
INSERT INTO kleos.awards (game, player, achievement, at, event, match)
SELECT $1, d.* FROM unnest($2::bigint[], $3::text[], $4::timestamptz[], $5::text[], $6::text[]) AS d
ON CONFLICT (game, player, achievement) DO UPDATE SET at = excluded.at, event = excluded.event, match = excluded.match
"""

WITHDRAW_AWARDS: Final = """
DELETE FROM kleos.awards a
USING unnest($2::bigint[], $3::text[]) AS d(player, achievement)
WHERE a.game = $1 AND a.player = d.player AND a.achievement = d.achievement
"""

LOCK_PLAYERS: Final = """
SELECT player FROM kleos.players WHERE player = ANY($1::bigint[]) ORDER BY player FOR NO KEY UPDATE
"""
"""Awards of one player are settled by one transaction at a time, whichever sheets or events they come from."""

EMPTY_AWARD_ROWS: Final = """
UPDATE {table} AS r
SET {resets}, present = false, version = nextval('kleos.version_seq')
FROM unnest($1::bigint[]) AS gone(player)
WHERE r.player = gone.player AND r.present
  AND (r."window", r.player) NOT IN (SELECT * FROM unnest($2::text[], $3::bigint[]))
RETURNING r."window", r.player, {returned}, r.present, r.version
"""

COMPLETIONS: Final = """
SELECT achievement, count(*) AS completed FROM kleos.awards a
WHERE game = $1 AND NOT EXISTS (SELECT FROM kleos.hidden h WHERE h.player = a.player AND h.game IN ('', a.game))
GROUP BY achievement
"""

POPULATION: Final = """
SELECT count(*)
FROM (SELECT DISTINCT player FROM kleos.appearances WHERE game = $1) a JOIN kleos.players p USING (player)
WHERE NOT EXISTS (SELECT FROM kleos.hidden h WHERE h.player = p.player AND h.game IN ('', $1))
"""

LATEST_AWARDS: Final = """
SELECT latest.* FROM unnest($2::text[]) AS asked(achievement), LATERAL (
    SELECT achievement, player, at, match FROM kleos.awards a
    WHERE a.game = $1 AND a.achievement = asked.achievement
      AND NOT EXISTS (SELECT FROM kleos.hidden h WHERE h.player = a.player AND h.game IN ('', a.game))
    ORDER BY at DESC, player LIMIT $3
) AS latest
"""

AWARDS_OF_PLAYER: Final = """
SELECT game, achievement, at, match FROM kleos.awards WHERE player = $1 AND game = ANY($2::text[])
"""

PROGRESS: Final = 'SELECT {highest} FROM {table} WHERE "window" = $1 AND {player} = $2 AND present'

DEFINITIONS_OF: Final = "SELECT source, created_at FROM kleos.definitions WHERE game = $1 ORDER BY version"

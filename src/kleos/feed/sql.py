"""The statements of the feed's snapshots."""

from typing import Final

LATEST_AWARDS: Final = """
SELECT latest.* FROM unnest($2::text[]) AS asked(name), LATERAL (
    SELECT player, achievement, at, event, match FROM kleos.awards a
    WHERE a.game = $1 AND a.achievement = asked.name
    ORDER BY at DESC, player LIMIT $3
) AS latest
ORDER BY at DESC, player, achievement LIMIT $3
"""

NEWEST_MATCHES: Final = """
SELECT m.match, m.ended_at IS NOT NULL AS ended, m.events FROM kleos.matches m
WHERE m.game = $1
  AND NOT EXISTS (SELECT FROM kleos.opened_matches o
                  WHERE o.game = m.game AND o.match = m.match AND o.visibility = 'private')
ORDER BY m.last_at DESC, m.match LIMIT $2
"""

PUBLIC_MATCHES: Final = """
SELECT m.match, m.ended_at IS NOT NULL AS ended, m.events FROM kleos.matches m
WHERE m.game = $1 AND m.match = ANY($2::text[])
  AND NOT EXISTS (SELECT FROM kleos.opened_matches o
                  WHERE o.game = m.game AND o.match = m.match AND o.visibility = 'private')
ORDER BY m.match
"""

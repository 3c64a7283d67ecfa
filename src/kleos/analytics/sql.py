"""The statements of activity; spans of time come as the array of their starts, and as the end of the last."""

from typing import Final

# `starts` has $2[1] as the first moment counted; width_bucket numbers the spans from 1.
EVENTS: Final = """
SELECT width_bucket(at, $2::timestamptz[]) AS span, count(*) AS number FROM kleos.events
WHERE game = $1 AND at >= ($2::timestamptz[])[1] AND at < $3 AND type NOT LIKE '%.%'
GROUP BY 1
"""

MATCHES: Final = """
SELECT width_bucket(first_at, $2::timestamptz[]) AS span, count(*) AS number FROM kleos.matches
WHERE game = $1 AND first_at >= ($2::timestamptz[])[1] AND first_at < $3
GROUP BY 1
"""

PLAYERS_OF_ROWS: Final = """
SELECT n.span, count(DISTINCT r.player) AS number
FROM ({rows}) AS r JOIN unnest($1::text[]) WITH ORDINALITY AS n("window", span) USING ("window")
WHERE NOT EXISTS (SELECT FROM kleos.hidden h WHERE h.player = r.player AND h.game IN ('', $2))
GROUP BY 1
"""
ROWS: Final = 'SELECT "window", {player} AS player FROM {table} WHERE "window" = ANY($1::text[]) AND present'

PLAYERS_OF_MATCHES: Final = """
SELECT played.span, count(DISTINCT a.player) AS number
FROM (
    SELECT width_bucket(at, $2::timestamptz[]) AS span, match FROM kleos.events
    WHERE game = $1 AND at >= ($2::timestamptz[])[1] AND at < $3 AND type NOT LIKE '%.%'
    UNION
    SELECT width_bucket(moment, $2::timestamptz[]), match
    FROM kleos.matches, LATERAL (VALUES (first_at), (last_at)) AS ends(moment)
    WHERE game = $1 AND moment >= ($2::timestamptz[])[1] AND moment < $3
) AS played
JOIN kleos.appearances a ON a.game = $1 AND a.match = played.match
WHERE NOT EXISTS (SELECT FROM kleos.hidden h WHERE h.player = a.player AND h.game IN ('', $1))
GROUP BY 1
"""
"""For games of which no sheet has rows by player and span: of a match whose events have left, its two ends tell."""

# Windows are named by their start, so that of one kind the least name is the first.
RETENTION: Final = """
WITH seen AS ({rows}),
first AS (SELECT player, min("window") AS "window" FROM seen GROUP BY player)
SELECT begun.span AS cohort, later.span, count(DISTINCT seen.player) AS players
FROM first
JOIN unnest($2::text[]) WITH ORDINALITY AS begun("window", span) ON begun."window" = first."window"
JOIN seen ON seen.player = first.player
JOIN unnest($2::text[]) WITH ORDINALITY AS later("window", span) ON later."window" = seen."window"
GROUP BY 1, 2
"""
ROWS_OF_KIND: Final = 'SELECT "window", {player} AS player FROM {table} WHERE "window" ~ $1 AND present'

TOTALS: Final = """
SELECT {by} AS value, count(DISTINCT {player}) AS players, {totals}
FROM {table} WHERE "window" = $1 AND present GROUP BY 1 ORDER BY 3 DESC NULLS LAST, 1 LIMIT {limit}
"""

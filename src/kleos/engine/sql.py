"""The statements of definitions, seasons and the lock by which one server keeps others away."""

from typing import Final

IN_FORCE: Final = """
SELECT g.game, g.version, g.calendar, d.source
FROM kleos.games g JOIN kleos.definitions d USING (game, version)
ORDER BY g.game
"""

VERSIONS: Final = "SELECT version, source, created_at FROM kleos.definitions WHERE game = $1 ORDER BY version"

ADD_VERSION: Final = """
INSERT INTO kleos.definitions (game, version, source, actor, restores, counts_from)
SELECT $1, COALESCE(max(version), 0) + 1, $2, $3, $4, $5 FROM kleos.definitions WHERE game = $1
RETURNING version
"""
COUNTS_FROM: Final = "SELECT counts_from FROM kleos.definitions WHERE game = $1 AND version = $2"

PUT_IN_FORCE: Final = """
INSERT INTO kleos.games AS g (game, version) VALUES ($1, $2)
ON CONFLICT (game) DO UPDATE SET version = excluded.version
RETURNING g.calendar
"""

EVENTS_WITHIN: Final = """
SELECT EXISTS (
        SELECT FROM kleos.events
        WHERE game = $1 AND at >= $2 AND at < $3 AND seq > $4 AND NOT (type LIKE '%.%' AND type <> 'award.granted')
    ) OR EXISTS (
        SELECT FROM kleos.span_files f JOIN kleos.spans s USING (game, last_seq)
        WHERE f.game = $1 AND s.removed_at IS NOT NULL AND f.month BETWEEN $5 AND $6 AND s.last_seq > $4
    )
"""
"""Whether there are events of a span of time; of those in files alone, by month."""

SEASONS: Final = "SELECT name, title, starts_at, ends_at FROM kleos.seasons WHERE game = $1 ORDER BY starts_at"

ADD_SEASON: Final = "INSERT INTO kleos.seasons (game, name, title, starts_at, ends_at) VALUES ($1, $2, $3, $4, $5)"
CHANGE_SEASON: Final = """
UPDATE kleos.seasons SET title = $3, starts_at = $4, ends_at = $5 WHERE game = $1 AND name = $2
"""

ADD_SEASON_FACT: Final = """
INSERT INTO kleos.events (game, id, match, type, at, received_at, body) VALUES ($1, $2, $2, $3, $4, $4, $5)
"""

NEW_CALENDAR: Final = "UPDATE kleos.games SET calendar = calendar + 1 WHERE game = $1 RETURNING calendar"

TRY_NODE_LOCK: Final = "SELECT pg_try_advisory_lock($1)"
EVENTS_BEFORE: Final = """
SELECT EXISTS (SELECT FROM kleos.events WHERE game = $1) OR EXISTS (SELECT FROM kleos.spans WHERE game = $1)
"""
"""Whether the game's log holds anything that a new column would have to be filled from."""
HOLDS_TYPE: Final = """
SELECT EXISTS (SELECT FROM kleos.events WHERE game = $1 AND type = $2)
    OR EXISTS (SELECT FROM kleos.span_files WHERE game = $1 AND type = $2)
    OR EXISTS (SELECT FROM kleos.quarantine WHERE game = $1 AND type = $2)
"""
"""Whether there are events of a type, wherever they lie; what is in quarantine may yet be accepted. Looks through a
game's whole log where there are none."""

"""The statements of keys and of the audit log."""

from typing import Final

KEYS_IN_FORCE: Final = "SELECT hash, id, games, scopes, per_minute FROM kleos.keys WHERE revoked_at IS NULL"

ALL_KEYS: Final = """
SELECT id, label, games, scopes, per_minute, made_by, created_at, last_used_at, revoked_at
FROM kleos.keys ORDER BY created_at, id
"""

ADD_KEY: Final = """
INSERT INTO kleos.keys (hash, id, label, games, scopes, per_minute, made_by, created_at)
VALUES ($1, $2, $3, $4::text[], $5::text[], $6, $7, $8)
"""

REVOKE_KEY: Final = """
UPDATE kleos.keys SET revoked_at = $2 WHERE id = $1 AND revoked_at IS NULL RETURNING games
"""

GAMES_OF_KEY: Final = "SELECT games FROM kleos.keys WHERE id = $1 AND revoked_at IS NULL"

NOTE_USE_OF_KEYS: Final = """
UPDATE kleos.keys k SET last_used_at = greatest(k.last_used_at, used.at)
FROM unnest($1::text[], $2::timestamptz[]) AS used(id, at) WHERE k.id = used.id
"""

ADD_AUDIT: Final = """
INSERT INTO kleos.audit (at, actor, address, action, subject, game, detail) VALUES ($1, $2, $3, $4, $5, $6, $7)
"""

AUDIT_PAGE: Final = """
SELECT seq, at, actor, address, action, subject, game, detail FROM kleos.audit
WHERE ($1::bigint IS NULL OR seq < $1) AND ($2::text IS NULL OR game = $2)
  AND ($3::text IS NULL OR actor = $3) AND ($4::text IS NULL OR starts_with(action, $4))
ORDER BY seq DESC LIMIT $5
"""

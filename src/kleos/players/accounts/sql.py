"""The statements of accounts and sessions."""

from typing import Final

_ACCOUNT: Final = """
SELECT a.account, a.player, i.id, a.address, a.password, a.roles, a.games, a.generation, a.joined_at, a.last_login_at,
       a.last_active_at, a.deactivated_at, a.deactivated_by, p.name
FROM kleos.accounts a
JOIN kleos.identities i ON i.player = a.player AND i.namespace = ''
LEFT JOIN kleos.players p ON p.player = a.player
"""

BY_ADDRESS: Final = _ACCOUNT + "WHERE a.address_key = $1"
BY_NUMBER: Final = _ACCOUNT + "WHERE a.account = $1"
LOCKED: Final = BY_NUMBER + " FOR UPDATE OF a"
BY_PLAYER: Final = _ACCOUNT + "WHERE i.id = $1"
BY_LOGIN: Final = _ACCOUNT + "JOIN kleos.logins l USING (account) WHERE l.issuer = $1 AND l.subject = $2"
PAGE: Final = _ACCOUNT + "WHERE i.id > $1 ORDER BY i.id LIMIT $2"

ADD_IDENTITY: Final = """
INSERT INTO kleos.identities (namespace, id) VALUES ('', $1) ON CONFLICT DO NOTHING RETURNING player
"""
"""Nothing comes back where somebody has the id already: nobody takes over a player who plays."""
MET: Final = "SELECT player FROM kleos.identities WHERE namespace = '' AND id = $1"
ADD_PLAYER: Final = "INSERT INTO kleos.players (player) VALUES ($1) ON CONFLICT DO NOTHING"

ADD: Final = """
INSERT INTO kleos.accounts (player, address, address_key, password, generation_at, joined_at)
VALUES ($1, $2, $3, $4, $5, $5) RETURNING account
"""
ADD_LOGIN: Final = "INSERT INTO kleos.logins (issuer, subject, account) VALUES ($1, $2, $3)"

SET_PASSWORD: Final = "UPDATE kleos.accounts SET password = $2 WHERE account = $1"
HASH_ANEW: Final = "UPDATE kleos.accounts SET password = $2 WHERE account = $1 AND password = $3 RETURNING password"
"""Not where the password was changed meanwhile."""
SET_ROLES: Final = "UPDATE kleos.accounts SET roles = $2, games = $3 WHERE account = $1"
NEXT_GENERATION: Final = """
UPDATE kleos.accounts SET generation = generation + 1, generation_at = $2 WHERE account = $1 RETURNING generation
"""
CHANGED_SINCE: Final = "SELECT account, generation FROM kleos.accounts WHERE generation_at > $1"
DELETED_SINCE: Final = "SELECT account FROM kleos.deleted_accounts WHERE deleted_at > $1"
FORGET_DELETED: Final = "DELETE FROM kleos.deleted_accounts WHERE deleted_at <= $1"
NOTE_LOGIN: Final = """
UPDATE kleos.accounts SET last_login_at = $2, last_active_at = greatest(last_active_at, $2) WHERE account = $1
"""
NOTE_ACTIVITY: Final = """
UPDATE kleos.accounts a SET last_active_at = greatest(a.last_active_at, seen.at)
FROM unnest($1::bigint[], $2::timestamptz[]) AS seen(account, at) WHERE a.account = seen.account
"""
DEACTIVATE: Final = """
UPDATE kleos.accounts SET deactivated_at = coalesce(deactivated_at, $2),
    deactivated_by = CASE WHEN deactivated_by = 'manager' THEN 'manager' ELSE $3 END
WHERE account = $1
"""
REACTIVATE: Final = "UPDATE kleos.accounts SET deactivated_at = NULL, deactivated_by = NULL WHERE account = $1"
COME_BACK: Final = REACTIVATE + " AND deactivated_by = 'player'"

ADD_SESSION: Final = """
INSERT INTO kleos.sessions (session, account, token, started_at, refreshed_at, expires_at)
VALUES ($1, $2, $3, $4, $4, $5)
"""
LOCK_SESSION: Final = """
SELECT session, account, token, expires_at, ended_at FROM kleos.sessions WHERE session = $1 FOR UPDATE
"""
RENEW_SESSION: Final = """
UPDATE kleos.sessions SET token = $2, refreshed_at = $3, expires_at = $4 WHERE session = $1
"""
END_SESSION: Final = "UPDATE kleos.sessions SET ended_at = $2 WHERE session = $1 AND ended_at IS NULL"
END_SESSIONS_OF: Final = (
    "UPDATE kleos.sessions SET ended_at = $2 WHERE account = $1 AND ended_at IS NULL RETURNING session"
)
ENDED_SINCE: Final = "SELECT session FROM kleos.sessions WHERE ended_at > $1"
DROP_EXPIRED: Final = "DELETE FROM kleos.sessions WHERE expires_at < $1"

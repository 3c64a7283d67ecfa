"""The statements of identities, players and their profiles."""

from typing import Final

CARDS_BY_ID: Final = """
SELECT i.id, i.player, p.player IS NOT NULL AS exists, p.name, p.region, p.avatar, p.attributes
FROM kleos.identities i LEFT JOIN kleos.players p USING (player)
WHERE i.namespace = $1 AND i.id = ANY($2::text[])
"""

CARDS_BY_NUMBER: Final = """
SELECT i.id, i.player, p.player IS NOT NULL AS exists, p.name, p.region, p.avatar, p.attributes
FROM kleos.identities i LEFT JOIN kleos.players p USING (player)
WHERE i.namespace = $1 AND i.player = ANY($2::bigint[])
"""

ALL_NAMES: Final = """
SELECT i.namespace, i.id, p.name
FROM kleos.players p JOIN kleos.identities i USING (player)
WHERE p.name IS NOT NULL
"""

ADD_IDENTITIES: Final = """
INSERT INTO kleos.identities (namespace, id)
SELECT $1, id FROM unnest($2::text[]) AS given(id)
ON CONFLICT DO NOTHING
"""
"""The ids must come sorted: identities are locked in code-point order."""

ADD_PLAYERS: Final = """
INSERT INTO kleos.players (player) SELECT unnest($1::bigint[]) ON CONFLICT DO NOTHING
"""

LOCK_PROFILE: Final = """
SELECT i.id, i.player, true AS exists, p.name, p.region, p.avatar, p.attributes,
       (SELECT max(f.at) FROM kleos.profiles f WHERE f.player = p.player) AS latest_at
FROM kleos.identities i JOIN kleos.players p USING (player)
WHERE i.namespace = $1 AND i.id = $2
FOR UPDATE OF p
"""

ADD_PROFILE_FACT: Final = """
INSERT INTO kleos.events (game, id, match, type, at, received_at, body)
VALUES ($1, $2, $2, $3, $4, $4, $5) RETURNING seq
"""

ADD_PROFILE: Final = """
INSERT INTO kleos.profiles (player, at, seq, name, region, avatar, attributes)
VALUES ($1, $2, $3, $4, $5, $6, $7)
"""

WRITE_PLAYER: Final = """
UPDATE kleos.players SET name = $2, region = $3, avatar = $4, attributes = $5 WHERE player = $1
"""

FIND: Final = """
SELECT found.id, p.name, p.region, p.avatar
FROM (
    (SELECT i.id, i.player FROM kleos.identities i JOIN kleos.players p USING (player)
     WHERE i.namespace = $1 AND i.id > $3 AND starts_with(i.id, $2)
       AND NOT EXISTS (SELECT FROM kleos.hidden h WHERE h.player = i.player AND h.game = '')
     ORDER BY i.id LIMIT $4)
    UNION
    (SELECT i.id, i.player FROM kleos.players p JOIN kleos.identities i USING (player)
     WHERE i.namespace = $1 AND i.id > $3 AND p.name IS NOT NULL
       AND starts_with(lower(p.name), lower($2 COLLATE "C"))
       AND NOT EXISTS (SELECT FROM kleos.hidden h WHERE h.player = i.player AND h.game = '')
     ORDER BY i.id LIMIT $4)
) found JOIN kleos.players p USING (player)
ORDER BY found.id LIMIT $4
"""
"""Two searches, not one with OR: the index of ids finds their beginning, and only who has a name is looked through."""

GAMES_OF: Final = """
SELECT g.game, p.created_at, EXISTS (SELECT FROM kleos.appearances a WHERE a.game = g.game AND a.player = $1) AS played
FROM unnest($2::text[]) AS g(game), kleos.players p
WHERE p.player = $1
"""

WHOSE: Final = """
SELECT ARRAY(SELECT g.game FROM unnest($3::text[]) AS g(game)
             WHERE EXISTS (SELECT FROM kleos.appearances a WHERE a.game = g.game AND a.player = i.player)) AS games,
       EXISTS (SELECT FROM kleos.accounts a WHERE a.player = i.player) AS has_account
FROM kleos.identities i WHERE i.namespace = $1 AND i.id = $2
"""

AWARDS_OF_ALL_GAMES: Final = "SELECT game, achievement FROM kleos.awards WHERE player = $1"

# What `verify` reads.
PROFILE_FACTS: Final = "SELECT at, body FROM kleos.events WHERE game = $1 AND type = $2 ORDER BY seq"
ALL_PROFILES: Final = "SELECT player, at, name, region, avatar, attributes FROM kleos.profiles"
ALL_PLAYERS: Final = """
SELECT p.player, p.name, p.region, p.avatar, p.attributes,
       p.player IN (SELECT a.player FROM kleos.appearances a)
       OR EXISTS (SELECT FROM kleos.corrections c WHERE c.kind <> 'ban')
       OR EXISTS (SELECT FROM kleos.definitions d WHERE d.version > 1) AS appeared
FROM kleos.players p
"""
"""A player stays who appeared only in what was voided since, before they were merged, or by an earlier definition."""
IDS_OF: Final = """
SELECT DISTINCT ON (player) player, id FROM kleos.identities
WHERE player = ANY($1::bigint[]) AND ($2::text IS NULL OR namespace = $2) ORDER BY player, namespace, id
"""

# Hiding and deleting.
HIDDEN_IN: Final = "SELECT player FROM kleos.hidden WHERE game IN ('', $1)"
HIDDEN_IDS: Final = """
SELECT DISTINCT i.namespace, i.id, h.game FROM kleos.hidden h JOIN kleos.identities i USING (player)
"""
"""The game is '' for whom nobody sees in any."""
MERGED_IDS: Final = """
WITH RECURSIVE meant(player, root, namespace) AS (
    SELECT player, into_player, namespace FROM kleos.merges
    UNION
    SELECT meant.player, m.into_player, m.namespace FROM meant JOIN kleos.merges m ON m.player = meant.root
)
SELECT i.namespace, i.id, j.id AS meant FROM meant
JOIN kleos.identities i ON i.player = meant.player AND i.namespace = meant.namespace
JOIN kleos.identities j ON j.player = meant.root AND j.namespace = meant.namespace
WHERE meant.root NOT IN (SELECT player FROM kleos.merges)
"""
HIDE: Final = "INSERT INTO kleos.hidden (player, since) VALUES ($1, $2) ON CONFLICT DO NOTHING RETURNING player"
SHOW: Final = "DELETE FROM kleos.hidden WHERE player = $1 AND correction = 0 RETURNING player"
DROP_ACCOUNT_OF: Final = """
WITH dropped AS (DELETE FROM kleos.accounts WHERE player = $1 RETURNING account)
INSERT INTO kleos.deleted_accounts (account, deleted_at) SELECT account, $2 FROM dropped
"""
"""Its number is kept for a while: access tokens carry it."""
DROP_IDENTITIES: Final = "DELETE FROM kleos.identities WHERE player = $1"
DROP_PROFILES: Final = "DELETE FROM kleos.profiles WHERE player = $1"
DROP_PLAYER: Final = "DELETE FROM kleos.players WHERE player = $1"
DROP_PROFILE_FACTS: Final = """
DELETE FROM kleos.events WHERE game = $1 AND type = $2 AND (body->>'player')::bigint = $3
"""

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

ADD_IDENTITIES: Final = """
INSERT INTO kleos.identities (namespace, id)
SELECT $1, id FROM unnest($2::text[]) AS given(id)
ON CONFLICT DO NOTHING
"""
"""The ids must come sorted: identities are locked in code-point order."""

ADD_PLAYERS: Final = """
INSERT INTO kleos.players (player) SELECT unnest($1::bigint[]) ON CONFLICT DO NOTHING
"""

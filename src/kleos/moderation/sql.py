"""The statements of corrections and of what they come to."""

from typing import Final

HAS_VOIDS: Final = """
SELECT EXISTS (SELECT FROM kleos.voided WHERE game = $1) AS voids,
       EXISTS (SELECT FROM kleos.voided_matches WHERE game = $1) AS voided_matches
"""

MERGES: Final = """
SELECT m.player, m.into_player, i.id, j.id AS into_id
FROM kleos.merges m
LEFT JOIN kleos.identities i ON i.player = m.player AND i.namespace = m.namespace
LEFT JOIN kleos.identities j ON j.player = m.into_player AND j.namespace = m.namespace
WHERE m.namespace = $1
"""

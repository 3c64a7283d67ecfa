"""The statements of keys."""

from typing import Final

KEYS: Final = "SELECT hash FROM kleos.keys"

ADD_KEY: Final = "INSERT INTO kleos.keys (hash, label) VALUES ($1, $2) ON CONFLICT DO NOTHING"

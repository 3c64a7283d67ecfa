"""The statements about sheets' tables; names in braces are filled from the definition, already quoted."""

from typing import Final

SET_LOCK_TIMEOUT: Final = "SET LOCAL lock_timeout = {milliseconds}"
CREATE_SCHEMA: Final = "CREATE SCHEMA IF NOT EXISTS {schema}"

CREATE_TABLE: Final = """
CREATE TABLE {table} (
    {columns},
    PRIMARY KEY ({key})
) WITH (fillfactor = 70)
"""
CREATE_PLAYER_INDEX: Final = "CREATE INDEX ON {table} ({player})"
ADD_COLUMN: Final = "ALTER TABLE {table} ADD COLUMN {column} {type}"
DROP_COLUMN: Final = "ALTER TABLE {table} DROP COLUMN {column}"
COMMENT: Final = "COMMENT ON COLUMN {column} IS {text}"

COLUMNS: Final = """
SELECT a.attname AS name, col_description(a.attrelid, a.attnum) AS formula
FROM pg_attribute a
JOIN pg_class c ON c.oid = a.attrelid
JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = $1 AND c.relname = $2 AND a.attnum > 0 AND NOT a.attisdropped
"""

PLAYERS_OF: Final = "SELECT DISTINCT player FROM kleos.appearances WHERE game = $1 ORDER BY player"
AWARDED_PLAYERS: Final = "SELECT DISTINCT player FROM kleos.awards WHERE game = $1 ORDER BY player"

EMPTY_ROWS: Final = """
UPDATE {table} SET {resets}, present = false, version = nextval('kleos.version_seq')
WHERE $1::text IS NULL OR "window" = $1
"""

ALL_ROWS: Final = "SELECT * FROM {table} WHERE present"
"""Read with a cursor."""

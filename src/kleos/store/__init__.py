"""Where data is kept: PostgreSQL, embedded or by URL; its pool, its types, its migrations."""

-- After so many days events leave PostgreSQL, once they are archived; null: never.
ALTER TABLE kleos.archive_location ADD COLUMN retention_days integer CHECK (retention_days > 0);

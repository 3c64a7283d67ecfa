-- Which database this is: drawn once, and kept by its copies and backups. What lies outside names by it where it belongs.
CREATE TABLE kleos.database_id (
    only_one  boolean PRIMARY KEY DEFAULT true CHECK (only_one),
    id        text COLLATE "C" NOT NULL DEFAULT gen_random_uuid()::text
);
INSERT INTO kleos.database_id DEFAULT VALUES;

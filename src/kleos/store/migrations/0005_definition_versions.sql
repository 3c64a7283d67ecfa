-- A version of a definition, with who put it there, which it brought back, and since when achievements that count
-- "from today" count, in microseconds by name: facts, from which awards follow.
ALTER TABLE kleos.definitions
    ADD COLUMN actor text COLLATE "C",
    ADD COLUMN restores integer,
    ADD COLUMN counts_from jsonb NOT NULL DEFAULT '{}';

-- What was said of a match when it was opened; a match need not be opened to have events, and is public then.
CREATE TABLE kleos.opened_matches (
    game         text COLLATE "C" NOT NULL,
    match        text COLLATE "C" NOT NULL,
    visibility   text COLLATE "C" NOT NULL CHECK (visibility IN ('public', 'private')),
    controllers  bigint[] NOT NULL,
    opened_at    timestamptz NOT NULL,
    PRIMARY KEY (game, match)
);

-- The archive: spans of a game's log that lie in Parquet files. Everything in (first_seq, last_seq] is final.

-- Where the files are: an URL or an absolute path, as the server that opened the database last was told.
CREATE TABLE kleos.archive_location (
    only_one  boolean PRIMARY KEY DEFAULT true CHECK (only_one),
    location  text NOT NULL
);

CREATE TABLE kleos.spans (
    game         text COLLATE "C" NOT NULL,
    first_seq    bigint NOT NULL,  -- the last of the span before
    last_seq     bigint NOT NULL,
    events       bigint NOT NULL DEFAULT 0,
    received_at  timestamptz,      -- when the newest of them came
    sealed_at    timestamptz,      -- null while it is being written: a span that was begun is written to the end
    removed_at   timestamptz,      -- since then its events are in the files alone
    PRIMARY KEY (game, last_seq),
    CHECK (first_seq < last_seq)
);

CREATE TABLE kleos.span_files (
    game        text COLLATE "C" NOT NULL,
    last_seq    bigint NOT NULL,
    type        text COLLATE "C" NOT NULL,
    month       text COLLATE "C" NOT NULL,
    path        text COLLATE "C" NOT NULL,
    events      bigint NOT NULL,
    size_bytes  bigint NOT NULL,
    sha256      text COLLATE "C" NOT NULL,
    fields      jsonb NOT NULL,  -- the typed fields, each as the definition wrote its type; none where all is in `body`
    PRIMARY KEY (game, last_seq, type, month),
    FOREIGN KEY (game, last_seq) REFERENCES kleos.spans ON DELETE CASCADE
);

-- Which removed spans hold events of a match: the way from a match to its files, when PostgreSQL no longer has them.
CREATE TABLE kleos.archived_matches (
    game      text COLLATE "C" NOT NULL,
    match     text COLLATE "C" NOT NULL,
    last_seq  bigint NOT NULL,
    PRIMARY KEY (game, match, last_seq)
);

-- Rows and players (where sheet is '') whose history lies in files: they are made right beside the commits.
CREATE TABLE kleos.pending_refolds (
    game    text COLLATE "C" NOT NULL,
    sheet   text COLLATE "C" NOT NULL,
    key     jsonb NOT NULL,
    number  bigint GENERATED ALWAYS AS IDENTITY,
    PRIMARY KEY (game, sheet, key)
);

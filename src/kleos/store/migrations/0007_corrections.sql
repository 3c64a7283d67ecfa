-- Corrections: facts that say what counts no more, or counts after all. Each fact stands in the log; here is what the
-- facts in force come to. None of this takes anything out of the log.
CREATE TABLE kleos.corrections (
    seq           bigint PRIMARY KEY,         -- of the fact in the log
    game          text COLLATE "C" NOT NULL,  -- '' where it is about every game of the namespace
    namespace     text COLLATE "C" NOT NULL,
    kind          text COLLATE "C" NOT NULL CHECK (kind IN ('void', 'ban', 'merge', 'accept', 'refuse')),
    subject       jsonb NOT NULL,             -- players as numbers
    players       bigint[] NOT NULL,          -- those whom the subject names
    actor         text NOT NULL,
    reason        text NOT NULL,
    at            timestamptz NOT NULL,
    undone_seq    bigint,                     -- of the fact that undoes it
    undone_at     timestamptz,
    undone_by     text,
    undone_reason text,
    CHECK ((undone_seq IS NULL) = (undone_at IS NULL) AND (undone_seq IS NULL) = (undone_by IS NULL))
);
CREATE INDEX corrections_game ON kleos.corrections (game, seq DESC);

-- Events that do not count, each by every correction in force that voids it.
CREATE TABLE kleos.voided (
    game        text COLLATE "C" NOT NULL,
    id          text COLLATE "C" NOT NULL,
    correction  bigint NOT NULL,
    PRIMARY KEY (game, id, correction)
);
CREATE INDEX voided_correction ON kleos.voided (correction);

-- Matches of which nothing counts: what comes later is kept, and voided as it comes.
CREATE TABLE kleos.voided_matches (
    game        text COLLATE "C" NOT NULL,
    match       text COLLATE "C" NOT NULL,
    correction  bigint NOT NULL,
    PRIMARY KEY (game, match, correction)
);
CREATE INDEX voided_matches_correction ON kleos.voided_matches (correction);

-- Who counts as whom. The log keeps the number that an event came with; whoever reads it to fold puts the other there.
CREATE TABLE kleos.merges (
    player       bigint PRIMARY KEY,
    into_player  bigint NOT NULL,
    namespace    text COLLATE "C" NOT NULL,
    correction   bigint NOT NULL UNIQUE,
    CHECK (player <> into_player)
);

-- Why somebody is hidden: 0 for an account that was left or deleted, else the number of a ban. A ban may be in one game.
ALTER TABLE kleos.hidden
    ADD COLUMN game        text COLLATE "C" NOT NULL DEFAULT '',
    ADD COLUMN correction  bigint NOT NULL DEFAULT 0,
    DROP CONSTRAINT hidden_pkey,
    ADD PRIMARY KEY (player, game, correction);

ALTER TABLE kleos.quarantine
    ADD COLUMN status      text COLLATE "C" NOT NULL DEFAULT 'waiting'
        CHECK (status IN ('waiting', 'accepted', 'refused')),
    ADD COLUMN correction  bigint;

-- Rebuilds that were begun and not ended: what they are to come to, and how far each part has taken the log in.
CREATE TABLE kleos.rebuilds (
    game        text COLLATE "C" PRIMARY KEY,
    target      text COLLATE "C" NOT NULL,  -- a digest of all that the result depends on beside the log
    started_at  timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE kleos.rebuild_parts (
    game     text COLLATE "C" NOT NULL REFERENCES kleos.rebuilds ON DELETE CASCADE,
    part     text COLLATE "C" NOT NULL,
    horizon  bigint NOT NULL,
    PRIMARY KEY (game, part)
);

-- A season whose span holds no events needs no rebuild: to know that, the whole log must not be read.
CREATE INDEX events_at ON kleos.events USING brin (at) WITH (autosummarize = on);

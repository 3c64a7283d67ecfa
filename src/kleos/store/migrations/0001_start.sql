-- The fixed tables: the log and what every game shares. A game's sheets live in a schema of the game's own name.
-- Text is COLLATE "C" throughout, so that the database sorts as Python does: by code point.

-- Guards every copy of a row against stale updates; drawn inside the update, so that it never falls.
CREATE SEQUENCE kleos.version_seq;

CREATE TABLE kleos.definitions (
    game        text COLLATE "C" NOT NULL,
    version     integer NOT NULL,
    source      text NOT NULL,
    created_at  timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (game, version)
);

-- The version in force; one row a game, read by every commit under the game's shared lock.
CREATE TABLE kleos.games (
    game     text COLLATE "C" PRIMARY KEY,
    version  integer NOT NULL,
    calendar integer NOT NULL DEFAULT 1  -- rises with every change of the game's seasons
);

CREATE SEQUENCE kleos.player_seq;

CREATE TABLE kleos.identities (
    namespace  text COLLATE "C" NOT NULL,
    id         text COLLATE "C" NOT NULL,
    player     bigint NOT NULL DEFAULT nextval('kleos.player_seq'),
    PRIMARY KEY (namespace, id)
);
CREATE INDEX identities_player ON kleos.identities (player);

-- A player exists from the first sheet row, award or profile; the profile here is the one in force.
CREATE TABLE kleos.players (
    player      bigint PRIMARY KEY,
    name        text COLLATE "C",
    region      text COLLATE "C",
    avatar      text COLLATE "C",
    attributes  jsonb NOT NULL DEFAULT '{}',
    created_at  timestamptz NOT NULL DEFAULT now()
) WITH (fillfactor = 85);

-- Every profile a player ever had, each from its time on: a closed window keeps the attributes at its end.
CREATE TABLE kleos.profiles (
    player      bigint NOT NULL,
    at          timestamptz NOT NULL,
    seq         bigint NOT NULL,
    name        text COLLATE "C",
    region      text COLLATE "C",
    avatar      text COLLATE "C",
    attributes  jsonb NOT NULL DEFAULT '{}',
    PRIMARY KEY (player, at, seq)
);

-- The log: append-only. Players stand in the body as numbers. Facts about the whole server have the game ''.
CREATE TABLE kleos.events (
    seq          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    game         text COLLATE "C" NOT NULL,
    id           text COLLATE "C" NOT NULL,
    match        text COLLATE "C" NOT NULL,
    type         text COLLATE "C" NOT NULL,
    at           timestamptz NOT NULL,
    received_at  timestamptz NOT NULL,
    body         jsonb NOT NULL
);
CREATE INDEX events_match ON kleos.events (game, match, type);

-- Every id ever accepted or quarantined; outlives the archiving of its event.
CREATE TABLE kleos.event_ids (
    game  text COLLATE "C" NOT NULL,
    id    text COLLATE "C" NOT NULL,
    PRIMARY KEY (game, id)
);

-- One row for each player in each match: the way from a player to the events behind any number.
CREATE TABLE kleos.appearances (
    game    text COLLATE "C" NOT NULL,
    player  bigint NOT NULL,
    match   text COLLATE "C" NOT NULL,
    PRIMARY KEY (game, player, match)
);
CREATE INDEX appearances_match ON kleos.appearances (game, match);

-- Only matches that the game named; an event without a match is its own and has no row here.
CREATE TABLE kleos.matches (
    game      text COLLATE "C" NOT NULL,
    match     text COLLATE "C" NOT NULL,
    first_at  timestamptz NOT NULL,
    last_at   timestamptz NOT NULL,
    events    bigint NOT NULL,
    ended_at  timestamptz,
    PRIMARY KEY (game, match)
) WITH (fillfactor = 70);

CREATE TABLE kleos.quarantine (
    seq          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    game         text COLLATE "C" NOT NULL,
    id           text COLLATE "C" NOT NULL,
    match        text COLLATE "C" NOT NULL,
    type         text COLLATE "C" NOT NULL,
    at           timestamptz NOT NULL,
    received_at  timestamptz NOT NULL,
    reason       text NOT NULL,
    body         jsonb NOT NULL
);
CREATE INDEX quarantine_game ON kleos.quarantine (game, seq);

CREATE TABLE kleos.awards (
    game         text COLLATE "C" NOT NULL,
    player       bigint NOT NULL,
    achievement  text COLLATE "C" NOT NULL,
    at           timestamptz NOT NULL,
    event        text COLLATE "C" NOT NULL,
    match        text COLLATE "C" NOT NULL,
    PRIMARY KEY (game, player, achievement)
);
CREATE INDEX awards_newest ON kleos.awards (game, achievement, at DESC);
CREATE INDEX awards_player ON kleos.awards (player, at DESC);

CREATE TABLE kleos.seasons (
    game       text COLLATE "C" NOT NULL,
    name       text COLLATE "C" NOT NULL,
    title      text NOT NULL,
    starts_at  timestamptz NOT NULL,
    ends_at    timestamptz NOT NULL,
    PRIMARY KEY (game, name),
    CHECK (starts_at < ends_at)
);

-- What a crash must not lose between a commit and its publication.
CREATE TABLE kleos.outbox (
    id    bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    game  text COLLATE "C" NOT NULL,
    body  jsonb NOT NULL
);

CREATE TABLE kleos.keys (
    hash        bytea PRIMARY KEY,  -- SHA-256 of the key; the key itself is shown once and kept nowhere
    label       text NOT NULL,
    created_at  timestamptz NOT NULL DEFAULT now()
);

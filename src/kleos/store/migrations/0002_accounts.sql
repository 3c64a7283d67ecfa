-- People: accounts, their sessions, who is hidden; the keys of games; who changed what.

-- Off every board, sheet, list and lookup. A player who deactivates is here until they come back; one who is deleted
-- stays here as a number that nobody knows. Few, and looked at by every reading statement.
CREATE TABLE kleos.hidden (
    player  bigint PRIMARY KEY,
    since   timestamptz NOT NULL
);

CREATE TABLE kleos.accounts (
    account          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    player           bigint NOT NULL UNIQUE,
    address          text COLLATE "C",         -- as it was given; null for who comes by another's log-in
    address_key      text COLLATE "C" UNIQUE,  -- without regard to case
    password         text,                     -- argon2id
    roles            text[] NOT NULL DEFAULT '{}',
    games            text[] NOT NULL DEFAULT '{}',  -- of a developer
    generation       integer NOT NULL DEFAULT 1,    -- access tokens of an earlier one are worth nothing
    generation_at    timestamptz NOT NULL,
    joined_at        timestamptz NOT NULL,
    last_login_at    timestamptz,
    last_active_at   timestamptz,
    deactivated_at   timestamptz,
    deactivated_by   text CHECK (deactivated_by IN ('player', 'manager')),
    CHECK ((deactivated_at IS NULL) = (deactivated_by IS NULL))
) WITH (fillfactor = 85);

-- Who somebody is to another's log-in.
CREATE TABLE kleos.logins (
    issuer   text COLLATE "C" NOT NULL,
    subject  text COLLATE "C" NOT NULL,
    account  bigint NOT NULL REFERENCES kleos.accounts ON DELETE CASCADE,
    PRIMARY KEY (issuer, subject)
);
CREATE INDEX logins_account ON kleos.logins (account);

-- A family of refresh tokens, of which only the newest is good; it is kept as a SHA-256.
CREATE TABLE kleos.sessions (
    session       text COLLATE "C" PRIMARY KEY,
    account       bigint NOT NULL REFERENCES kleos.accounts ON DELETE CASCADE,
    token         bytea NOT NULL,
    started_at    timestamptz NOT NULL,
    refreshed_at  timestamptz NOT NULL,
    expires_at    timestamptz NOT NULL,
    ended_at      timestamptz
);
CREATE INDEX sessions_account ON kleos.sessions (account);
CREATE INDEX sessions_expires ON kleos.sessions (expires_at);

-- A key without games is for all of them. Those made before this may do everything.
ALTER TABLE kleos.keys
    ADD COLUMN id            text COLLATE "C" NOT NULL UNIQUE DEFAULT substr(md5(random()::text), 1, 12),
    ADD COLUMN games         text[],
    ADD COLUMN scopes        text[] NOT NULL DEFAULT '{admin}',
    ADD COLUMN per_minute    integer CHECK (per_minute > 0),
    ADD COLUMN made_by       text NOT NULL DEFAULT 'the server',
    ADD COLUMN last_used_at  timestamptz,
    ADD COLUMN revoked_at    timestamptz;

CREATE TABLE kleos.audit (
    seq      bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at       timestamptz NOT NULL,
    actor    text COLLATE "C" NOT NULL,
    address  text COLLATE "C",
    action   text COLLATE "C" NOT NULL,
    subject  text COLLATE "C" NOT NULL,
    game     text COLLATE "C",
    detail   jsonb NOT NULL DEFAULT '{}'
);
CREATE INDEX audit_game ON kleos.audit (game, seq);

-- Accounts that were deleted, for as long as an access token of theirs could live: numbers, and nothing of the person.
CREATE TABLE kleos.deleted_accounts (
    account     bigint PRIMARY KEY,
    deleted_at  timestamptz NOT NULL
);

-- One schema for SQLite and PostgreSQL. Entries are only ever added; what they say of a record is folded into
-- `records`, which is there to search by.
CREATE TABLE records (
    id TEXT PRIMARY KEY,
    opened_utc_ms BIGINT NOT NULL,
    state TEXT NOT NULL,
    protocol TEXT NOT NULL,
    donor TEXT NOT NULL,
    order_id TEXT NOT NULL,
    din TEXT NOT NULL DEFAULT ''
);
CREATE INDEX records_opened ON records (opened_utc_ms);
CREATE INDEX records_donor ON records (donor);
-- A donation number is given once.
CREATE UNIQUE INDEX records_din ON records (din) WHERE din <> '';

CREATE TABLE entries (
    record TEXT NOT NULL REFERENCES records (id),
    seq BIGINT NOT NULL,
    kind TEXT NOT NULL,
    body TEXT NOT NULL,
    hash TEXT NOT NULL,
    PRIMARY KEY (record, seq)
);

CREATE TABLE checkpoints (
    record TEXT NOT NULL REFERENCES records (id),
    seq BIGINT NOT NULL,
    hash TEXT NOT NULL,
    utc_ms BIGINT NOT NULL,
    signer TEXT NOT NULL,
    signature TEXT NOT NULL,
    PRIMARY KEY (record, seq)
);

CREATE TABLE users (
    login TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    role TEXT NOT NULL,
    secret TEXT NOT NULL,
    active BIGINT NOT NULL,
    failures BIGINT NOT NULL,
    locked_until_utc_ms BIGINT NOT NULL
);

CREATE TABLE sessions (
    token_sha256 TEXT PRIMARY KEY,
    login TEXT NOT NULL REFERENCES users (login),
    csrf TEXT NOT NULL,
    expires_utc_ms BIGINT NOT NULL
);

-- Finished collections of a site, imported from its table: a file whole, and once.
CREATE TABLE past_collections (
    file_sha256 TEXT NOT NULL,
    line BIGINT NOT NULL,
    body TEXT NOT NULL,
    imported_utc_ms BIGINT NOT NULL,
    actor TEXT NOT NULL,
    PRIMARY KEY (file_sha256, line)
);

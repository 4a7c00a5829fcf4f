-- Machines of a console, each with the record of the last run on it.
CREATE TABLE bedsides (
    id TEXT PRIMARY KEY,
    label TEXT NOT NULL,
    record TEXT NOT NULL DEFAULT ''
);
-- What a list of records needs of each is some ten entries among ten thousand.
CREATE INDEX entries_outline ON entries (record, seq) WHERE kind NOT IN ('event', 'sample');

-- Tables of the SQLite storage, version 1.

-- Live objects and tombstones. `data` is the JSON of the object without its id and timestamp
-- (of a tombstone: {"deleted":true}); `created` is the timestamp of the list at creation, from
-- which the lists below the object take theirs until they are written.
CREATE TABLE objects (
    parent_id TEXT NOT NULL,
    resource_name TEXT NOT NULL,
    id TEXT NOT NULL,
    last_modified INTEGER NOT NULL,
    created INTEGER NOT NULL,
    deleted INTEGER NOT NULL DEFAULT 0,
    data TEXT NOT NULL,
    PRIMARY KEY (parent_id, resource_name, id)
);

-- Order of a list, and its promise: no two entries share a timestamp.
CREATE UNIQUE INDEX objects_by_timestamp ON objects (parent_id, resource_name, last_modified);

-- Timestamps of the lists that were written at least once.
CREATE TABLE timestamps (
    parent_id TEXT NOT NULL,
    resource_name TEXT NOT NULL,
    last_modified INTEGER NOT NULL,
    PRIMARY KEY (parent_id, resource_name)
) WITHOUT ROWID;

CREATE INDEX timestamps_by_resource ON timestamps (resource_name)

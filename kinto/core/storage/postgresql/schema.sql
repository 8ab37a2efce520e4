-- Tables of the PostgreSQL storage, version 26.
--
-- Every table, key and index begins with `bucket`, the id of the bucket that a row belongs to (for
-- the resources of a user, the user; see `kinto.core.protocol.identifiers.shard_of`): a
-- request touches one shard. Nothing but tables, keys and plain indexes is used.

-- Live objects and tombstones. `body` is the JSON of the object as it was written, without its id
-- and timestamp, and `data` the same for filters; `created` is when the object came to be, from
-- which the lists below it take their timestamp until they are written.
CREATE TABLE objects (
    bucket TEXT NOT NULL,
    parent_id TEXT NOT NULL,
    resource_name TEXT NOT NULL,
    id TEXT NOT NULL,
    last_modified BIGINT NOT NULL,
    created BIGINT NOT NULL,
    deleted BOOLEAN NOT NULL,
    data JSONB NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (bucket, parent_id, resource_name, id)
);

-- Order of a list, and its promise: no two entries share a timestamp.
CREATE UNIQUE INDEX objects_by_timestamp
    ON objects (bucket, parent_id, resource_name, last_modified);

-- A copy of the buckets, all in the bucket '': what a list of buckets is read from, so that it
-- does not ask every shard.
CREATE TABLE directory (
    bucket TEXT NOT NULL,
    parent_id TEXT NOT NULL,
    resource_name TEXT NOT NULL,
    id TEXT NOT NULL,
    last_modified BIGINT NOT NULL,
    created BIGINT NOT NULL,
    deleted BOOLEAN NOT NULL,
    data JSONB NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (bucket, parent_id, resource_name, id)
);

CREATE UNIQUE INDEX directory_by_timestamp
    ON directory (bucket, parent_id, resource_name, last_modified);

-- Timestamps of the lists that were written at least once. The row is also the lock of the list:
-- its writers hold it until they commit, so timestamps rise in the order of commits. `previous`
-- is the timestamp before the transaction that changed the row last, or a number drawn by lot where
-- that one left the timestamp as it was: both columns together tell a version of the list.
CREATE TABLE timestamps (
    bucket TEXT NOT NULL,
    parent_id TEXT NOT NULL,
    resource_name TEXT NOT NULL,
    last_modified BIGINT NOT NULL,
    previous BIGINT,
    PRIMARY KEY (bucket, parent_id, resource_name)
)

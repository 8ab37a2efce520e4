-- Tables of the PostgreSQL permission backend, version 2.
--
-- Every table, key and index begins with `bucket`: of an object, the bucket it belongs to; of a
-- user or another principal in a directory, itself. A request touches one shard.

-- The principals of users (groups, mostly); `bucket` is the user.
CREATE TABLE user_principals (
    bucket TEXT NOT NULL,
    principal TEXT NOT NULL,
    PRIMARY KEY (bucket, principal)
);

-- The same from the other side: who has a principal. `bucket` is that of the group.
CREATE TABLE principal_users (
    bucket TEXT NOT NULL,
    principal TEXT NOT NULL,
    user_id TEXT NOT NULL,
    PRIMARY KEY (bucket, principal, user_id)
);

-- Who holds which permission on which object.
CREATE TABLE access_control_entries (
    bucket TEXT NOT NULL,
    object_id TEXT NOT NULL,
    permission TEXT NOT NULL,
    principal TEXT NOT NULL,
    PRIMARY KEY (bucket, object_id, permission, principal)
);

CREATE INDEX access_control_entries_by_principal
    ON access_control_entries (bucket, principal, permission, object_id);

-- Where a principal may hold anything: what "shared with me" asks first. `bucket` is the
-- principal, `target` the bucket of the objects. Rows may outlive the entries they announced.
CREATE TABLE principal_targets (
    bucket TEXT NOT NULL,
    target TEXT NOT NULL,
    PRIMARY KEY (bucket, target)
);

-- One row for each object whose entries were replaced by themselves: the lock of doing so.
CREATE TABLE object_locks (
    bucket TEXT NOT NULL,
    object_id TEXT NOT NULL,
    taken BOOLEAN NOT NULL,
    PRIMARY KEY (bucket, object_id)
)

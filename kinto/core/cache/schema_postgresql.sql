-- Table of the PostgreSQL cache. `bucket` is the key itself: one shard for each value.
-- Nothing here has to survive a crash, but UNLOGGED is not for every distributed engine.
CREATE TABLE cache (
    bucket TEXT NOT NULL,
    value TEXT NOT NULL,
    expires_at DOUBLE PRECISION NOT NULL,
    PRIMARY KEY (bucket)
)

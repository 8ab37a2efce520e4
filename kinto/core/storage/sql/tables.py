"""The tables of objects, as both SQL backends have them; their DDL is in `schema.sql` files."""

from __future__ import annotations

import sqlalchemy as sa

metadata = sa.MetaData()

objects = sa.Table(
    "objects",
    metadata,
    sa.Column("parent_id", sa.String, primary_key=True),
    sa.Column("resource_name", sa.String, primary_key=True),
    sa.Column("id", sa.String, primary_key=True),
    sa.Column("last_modified", sa.BigInteger, nullable=False),
    sa.Column("created", sa.BigInteger, nullable=False),
    sa.Column("deleted", sa.Boolean, nullable=False),
    sa.Column("data", sa.String, nullable=False),
    # Of databases that may be sharded: the first column of the key, and the JSON as written.
    sa.Column("bucket", sa.String),
    sa.Column("body", sa.String),
)

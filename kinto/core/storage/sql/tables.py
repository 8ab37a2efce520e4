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
    sa.Column("deleted", sa.Integer, nullable=False),
    sa.Column("data", sa.String, nullable=False),
)

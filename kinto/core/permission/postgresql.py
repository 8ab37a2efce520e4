"""Permissions in PostgreSQL, usually where the storage is: then one transaction for both.

Patterns of object ids are key ranges inside a bucket, tested in Python on what the range leaves;
no text of a user is ever a pattern of SQL.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from kinto.core.permission import postgresql_aces as aces
from kinto.core.permission.sql import PRINCIPALS, SQLPermission
from kinto.core.protocol.identifiers import shard_of_uri
from kinto.core.storage.postgresql.client import PostgreSQLClient, database_from
from kinto.core.storage.postgresql.migrator import MigratorMixin
from kinto.core.storage.postgresql.prepared import Hot

TABLES = (
    "user_principals",
    "principal_users",
    "access_control_entries",
    "principal_targets",
    "object_locks",
)


def load_from_config(config: Any) -> Permission:
    """Return the backend at the address in the setting `permission_url`.

    Raises:
        sqlalchemy.exc.ArgumentError: the setting is no address.
        RuntimeError: the server is not durable.
    """
    return Permission(database_from(config.get_settings(), "permission_").client)


class Permission(SQLPermission, MigratorMixin):
    """See `PermissionBase`. What was read inside the transaction of a unit is remembered."""

    name = "permission"
    schema_version = 2
    schema_file = Path(__file__).with_name("schema_postgresql.sql")
    migrations_directory = Path(__file__).with_name("migrations_postgresql")
    _aces = aces
    _principals_of_users = Hot("SELECT principal FROM user_principals WHERE bucket IN (%s, %s)")

    def __init__(self, client: PostgreSQLClient, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        assert client.database is not None
        self.client = client
        self.database = client.database
        self.database.require(self.name, self.schema_version)

    def initialize_schema(self, dry_run: bool = False) -> None:
        self.create_or_migrate_schema(dry_run)
        self.database.recheck()

    def flush(self) -> None:
        with self.database.writing() as session:
            for table in TABLES:
                session.write(f"DELETE FROM {table}")
            # Another age: what processes know of the directory is no more.
            session.write(
                "UPDATE metadata SET value = CAST(CAST(value AS BIGINT) + 1 AS TEXT)"
                " WHERE name = 'created_at'"
            )
            session.forget_facts()
            session.memory.pop(PRINCIPALS, None)
            session.memory.pop(aces.REMEMBERED, None)

    # Principals of users

    def add_user_principal(self, user_id: str, principal: str) -> None:
        with self.database.writing() as session:
            session.write(
                "INSERT INTO principal_users (bucket, principal, user_id) VALUES (%s, %s, %s)"
                " ON CONFLICT (bucket, principal, user_id) DO NOTHING",
                (shard_of_uri(principal), principal, user_id),
            )
            session.write(
                "INSERT INTO user_principals (bucket, principal) VALUES (%s, %s)"
                " ON CONFLICT (bucket, principal) DO NOTHING",
                (user_id, principal),
            )
            session.memory.pop(PRINCIPALS, None)

    def remove_user_principal(self, user_id: str, principal: str) -> None:
        with self.database.writing() as session:
            session.write(
                "DELETE FROM principal_users WHERE bucket = %s AND principal = %s AND user_id = %s",
                (shard_of_uri(principal), principal, user_id),
            )
            session.write(
                "DELETE FROM user_principals WHERE bucket = %s AND principal = %s",
                (user_id, principal),
            )
            session.memory.pop(PRINCIPALS, None)

    def remove_principal(self, principal: str) -> None:
        with self.database.writing() as session:
            rows = session.write_returning(
                "DELETE FROM principal_users WHERE bucket = %s AND principal = %s"
                " RETURNING user_id",
                (shard_of_uri(principal), principal),
            )
            if rows:
                session.write(
                    "DELETE FROM user_principals WHERE bucket = ANY(%s) AND principal = %s",
                    (sorted(user_id for (user_id,) in rows), principal),
                )
            session.memory.pop(PRINCIPALS, None)

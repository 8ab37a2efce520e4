"""Permissions in PostgreSQL, usually where the storage is: then one transaction for both.

Patterns of object ids are key ranges inside a bucket, tested in Python on what the range leaves;
no text of a user is ever a pattern of SQL.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from kinto.core.permission import postgresql_aces as aces
from kinto.core.permission.base import (
    AUTHENTICATED,
    BoundPermissions,
    ObjectPermissions,
    PermissionBase,
)
from kinto.core.permission.patterns import ObjectPattern
from kinto.core.protocol.identifiers import shard_of_uri
from kinto.core.storage.postgresql.client import PostgreSQLClient, database_from
from kinto.core.storage.postgresql.migrator import MigratorMixin

PRINCIPALS = "principals"
"""What a session remembers of users inside a transaction: user id -> principals."""

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


class Permission(PermissionBase, MigratorMixin):
    """See `PermissionBase`. What was read inside the transaction of a unit is remembered."""

    name = "permission"
    schema_version = 2
    schema_file = Path(__file__).with_name("schema_postgresql.sql")
    migrations_directory = Path(__file__).with_name("migrations_postgresql")

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

    def get_user_principals(self, user_id: str) -> set[str]:
        with self.database.reading() as session:
            known = session.remembered(PRINCIPALS)
            if known is not None and user_id in known:
                return set(known[user_id])
            rows = session.read(
                "SELECT principal FROM user_principals WHERE bucket IN (%s, %s)",
                (user_id, AUTHENTICATED),
            )
            principals = {principal for (principal,) in rows}
            if known is not None:
                known[user_id] = frozenset(principals)
            return principals

    # Access control entries

    def add_principal_to_ace(self, object_id: str, permission: str, principal: str) -> None:
        with self.database.writing() as session:
            aces.add(session, object_id, permission, [principal])

    def remove_principal_from_ace(self, object_id: str, permission: str, principal: str) -> None:
        with self.database.writing() as session:
            aces.remove(session, object_id, permission, [principal])

    def get_object_permission_principals(self, object_id: str, permission: str) -> set[str]:
        with self.database.reading() as session:
            return aces.authorized(session, [(object_id, permission)])

    def get_accessible_objects(
        self,
        principals: Collection[str],
        bound_permissions: BoundPermissions | None = None,
        with_children: bool = True,
    ) -> dict[str, set[str]]:
        patterns = None
        if bound_permissions is not None:
            patterns = [(ObjectPattern.escaped(text), name) for text, name in bound_permissions]
        with self.database.reading() as session:
            return aces.accessible(session, principals, patterns, with_children=with_children)

    def get_authorized_principals(self, bound_permissions: BoundPermissions) -> set[str]:
        with self.database.reading() as session:
            return aces.authorized(session, list(bound_permissions))

    def get_objects_permissions(
        self, objects_ids: Sequence[str], permissions: Collection[str] | None = None
    ) -> list[ObjectPermissions]:
        with self.database.reading() as session:
            found = aces.of_objects(session, objects_ids)
        if permissions is None:
            return found
        return [
            {name: held for name, held in of_one.items() if name in permissions} for of_one in found
        ]

    def replace_object_permissions(
        self, object_id: str, permissions: Mapping[str, Iterable[str]]
    ) -> None:
        wanted = {name: set(principals) for name, principals in permissions.items()}
        if wanted:
            with self.database.writing() as session:
                aces.replace(session, object_id, wanted)

    def delete_object_permissions(self, *object_id_list: str) -> None:
        if object_id_list:
            with self.database.writing() as session:
                aces.delete(session, [ObjectPattern.literal(text) for text in object_id_list])

    def get_principals_and_permissions(
        self, user_id: str | None, object_ids: Sequence[str]
    ) -> tuple[set[str], list[ObjectPermissions]]:
        with self.database.reading() as session:
            if user_id is None:
                return set(), aces.of_objects(session, object_ids)
            if session.is_writing:  # each part may be remembered
                principals = self.get_user_principals(user_id)
                return principals, aces.of_objects(session, object_ids)
            return aces.with_principals(session, (user_id, AUTHENTICATED), object_ids)

    def prefetch(self, object_ids: Sequence[str]) -> None:
        with self.database.reading() as session:
            if session.is_writing:
                aces.of_objects(session, object_ids[: aces.MOST_REMEMBERED])

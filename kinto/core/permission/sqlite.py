"""Permissions in an SQLite file, usually that of the storage: then one transaction for both.

Patterns of object ids are key ranges, tested in Python on what the range leaves; no text of a
user is ever a pattern of SQL.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from kinto.core.permission import sqlite_aces as aces
from kinto.core.permission.base import (
    AUTHENTICATED,
    BoundPermissions,
    ObjectPermissions,
    PermissionBase,
)
from kinto.core.permission.patterns import ObjectPattern
from kinto.core.settings.backends import PermissionSettings
from kinto.core.storage.sqlite.client import Database, database_at
from kinto.core.storage.sqlite.installation import Schema

SCHEMA = Schema(
    name="permission",
    version=1,
    script=Path(__file__).with_name("schema_sqlite.sql").read_text(encoding="utf-8"),
)

PRINCIPALS = "principals"
"""What a session remembers of users under the write lock: user id -> principals."""


def load_from_config(config: Any) -> Permission:
    """Return the backend in the file of the setting `permission_url`; opened at first use.

    Raises:
        ValueError: the setting names no SQLite file.
    """
    return Permission(database_at(PermissionSettings.from_mapping(config.get_settings()).url))


class Permission(PermissionBase):
    """See `PermissionBase`. What was read under the write lock of a unit is remembered."""

    def __init__(self, database: Database, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.database = database
        database.require(SCHEMA)

    def initialize_schema(self, dry_run: bool = False) -> None:
        self.database.initialize(SCHEMA, dry_run=dry_run)

    def flush(self) -> None:
        with self.database.writing() as session:
            session.write("DELETE FROM user_principals")
            session.write("DELETE FROM access_control_entries")
            session.memory.pop(PRINCIPALS, None)
            session.memory.pop(aces.REMEMBERED, None)

    # Principals of users

    def add_user_principal(self, user_id: str, principal: str) -> None:
        with self.database.writing() as session:
            session.write(
                "INSERT OR IGNORE INTO user_principals (user_id, principal) VALUES (?, ?)",
                (user_id, principal),
            )
            session.memory.pop(PRINCIPALS, None)

    def remove_user_principal(self, user_id: str, principal: str) -> None:
        with self.database.writing() as session:
            session.write(
                "DELETE FROM user_principals WHERE user_id = ? AND principal = ?",
                (user_id, principal),
            )
            session.memory.pop(PRINCIPALS, None)

    def remove_principal(self, principal: str) -> None:
        with self.database.writing() as session:
            session.write("DELETE FROM user_principals WHERE principal = ?", (principal,))
            session.memory.pop(PRINCIPALS, None)

    def get_user_principals(self, user_id: str) -> set[str]:
        with self.database.reading() as session:
            known = session.remembered(PRINCIPALS)
            if known is not None and user_id in known:
                return set(known[user_id])
            rows = session.read(
                "SELECT principal FROM user_principals WHERE user_id IN (?, ?)",
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
        with self.database.reading(snapshot=True) as session:
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

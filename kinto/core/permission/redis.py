"""Permissions in Redis (or Valkey), usually in the database of the storage.

Then a unit of work over both is applied by one script, all or nothing. In another database the
two are applied one after the other, and a crash in between may keep one of them only. No text of a
user is ever a pattern of Redis: patterns of object ids are key ranges, tested in Python.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from kinto.core.permission.base import (
    AUTHENTICATED,
    BoundPermissions,
    ObjectPermissions,
    PermissionBase,
)
from kinto.core.permission.patterns import ObjectPattern
from kinto.core.permission.redis_aces import Aces, Permissions
from kinto.core.storage.redis.client import Database, database_of


def load_from_config(config: Any) -> Permission:
    """Return the backend of the setting `permission_url`.

    Raises:
        ValueError: the address is none.
        ImportError: the package `redis` is not installed.
    """
    return Permission(database_of(config.get_settings(), "permission"))


class Permission(PermissionBase):
    """See `PermissionBase`. What was read under the lock of a unit is remembered."""

    def __init__(self, database: Database, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.database = database

    def initialize_schema(self, dry_run: bool = False) -> None:
        """There is nothing to initialize."""

    def durability(self) -> str:
        """Tell what a crash of Redis may lose.

        Raises:
            BackendError: it does not answer.
        """
        return self.database.durability()

    def flush(self) -> None:
        with self.database.writing() as session:
            session.part(Permissions).empty()

    # Principals of users

    def add_user_principal(self, user_id: str, principal: str) -> None:
        with self.database.writing() as session:
            part = session.part(Permissions)
            (held,), _ = part.read([user_id], [])
            if principal not in held:
                part.set_principals(user_id, held | {principal})

    def remove_user_principal(self, user_id: str, principal: str) -> None:
        with self.database.writing() as session:
            _take(session.part(Permissions), [user_id], principal)

    def remove_principal(self, principal: str) -> None:
        with self.database.writing() as session:
            part = session.part(Permissions)
            _take(part, sorted(part.users_with(principal)), principal)

    def get_user_principals(self, user_id: str) -> set[str]:
        return self.get_principals_and_permissions(user_id, [])[0]

    # Access control entries, one at a time

    def add_principal_to_ace(self, object_id: str, permission: str, principal: str) -> None:
        with self.database.writing() as session:
            part = session.part(Permissions)
            _, (aces,) = part.read([], [object_id])
            held = aces.get(permission, frozenset())
            if principal not in held:
                part.set_aces(object_id, {**aces, permission: held | {principal}})

    def remove_principal_from_ace(self, object_id: str, permission: str, principal: str) -> None:
        with self.database.writing() as session:
            part = session.part(Permissions)
            _, (aces,) = part.read([], [object_id])
            held = aces.get(permission, frozenset())
            if principal in held:
                part.set_aces(object_id, {**aces, permission: held - {principal}})

    def get_object_permission_principals(self, object_id: str, permission: str) -> set[str]:
        return self.get_object_permissions(object_id).get(permission, set())

    # Questions

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
            return session.part(Permissions).accessible(
                principals, patterns, with_children=with_children
            )

    def get_authorized_principals(self, bound_permissions: BoundPermissions) -> set[str]:
        wanted = list(bound_permissions)
        with self.database.reading() as session:
            _, found = session.part(Permissions).read([], [object_id for object_id, _ in wanted])
        return {
            principal
            for (_, name), aces in zip(wanted, found, strict=True)
            for principal in aces.get(name, ())
        }

    def get_objects_permissions(
        self, objects_ids: Sequence[str], permissions: Collection[str] | None = None
    ) -> list[ObjectPermissions]:
        with self.database.reading() as session:
            _, found = session.part(Permissions).read([], objects_ids)
        return [_copied(aces, permissions) for aces in found]

    # Changes of whole objects

    def replace_object_permissions(
        self, object_id: str, permissions: Mapping[str, Iterable[str]]
    ) -> None:
        wanted = {name: frozenset(principals) for name, principals in permissions.items()}
        if not wanted:
            return
        with self.database.writing() as session:
            part = session.part(Permissions)
            _, (aces,) = part.read([], [object_id])
            part.set_aces(object_id, {**aces, **wanted})

    def delete_object_permissions(self, *object_id_list: str) -> None:
        if not object_id_list:
            return
        with self.database.writing() as session:
            part = session.part(Permissions)
            for object_id in part.objects_matching(map(ObjectPattern.literal, object_id_list)):
                part.set_aces(object_id, {})

    # One round trip

    def get_principals_and_permissions(
        self, user_id: str | None, object_ids: Sequence[str]
    ) -> tuple[set[str], list[ObjectPermissions]]:
        users = [] if user_id is None else [user_id, AUTHENTICATED]
        with self.database.reading() as session:
            principals, found = session.part(Permissions).read(users, object_ids)
        return set().union(*principals), [_copied(aces) for aces in found]

    def prefetch(self, object_ids: Sequence[str]) -> None:
        with self.database.reading() as session:
            if session.exclusive:
                session.part(Permissions).read([], object_ids)


def _take(part: Permissions, user_ids: list[str], principal: str) -> None:
    """Take a principal from users."""
    found, _ = part.read(user_ids, [])
    for user_id, held in zip(user_ids, found, strict=True):
        if principal in held:
            part.set_principals(user_id, held - {principal})


def _copied(aces: Aces, permissions: Collection[str] | None = None) -> ObjectPermissions:
    return {
        name: set(principals)
        for name, principals in aces.items()
        if permissions is None or name in permissions
    }

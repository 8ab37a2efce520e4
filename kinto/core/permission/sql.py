"""Permissions in an SQL database: what is the same whichever database it is.

Patterns of object ids are key ranges, tested in Python on what the range leaves; no text of a
user is ever a pattern of SQL.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any, Protocol

from kinto.core.permission.base import (
    AUTHENTICATED,
    BoundPermissions,
    ObjectPermissions,
    PermissionBase,
)
from kinto.core.permission.patterns import ObjectPattern

PRINCIPALS = "principals"
"""What a session remembers of users inside a transaction: user id -> principals."""


class Entries(Protocol):
    """The access control entries: functions over the sessions of a backend."""

    REMEMBERED: str
    MOST_REMEMBERED: int

    def add(
        self, session: Any, object_id: str, permission: str, principals: Collection[str]
    ) -> None: ...

    def remove(
        self, session: Any, object_id: str, permission: str, principals: Collection[str]
    ) -> None: ...

    def replace(self, session: Any, object_id: str, wanted: Mapping[str, set[str]]) -> None: ...

    def add_new(
        self, session: Any, object_ids: Sequence[str], wanted: Mapping[str, set[str]]
    ) -> None: ...

    def delete(self, session: Any, patterns: Sequence[ObjectPattern]) -> None: ...

    def remember_none(self, session: Any, object_id: str) -> None: ...

    def of_objects(self, session: Any, object_ids: Sequence[str]) -> list[ObjectPermissions]: ...

    def with_principals(
        self, session: Any, user_ids: Sequence[str], object_ids: Sequence[str]
    ) -> tuple[set[str], list[ObjectPermissions]]: ...

    def are_known(self, session: Any, object_ids: Sequence[str]) -> bool: ...

    def authorized(self, session: Any, bound: Sequence[tuple[str, str]]) -> set[str]: ...

    def accessible(
        self,
        session: Any,
        principals: Iterable[str],
        patterns: Sequence[tuple[ObjectPattern, str]] | None,
        *,
        with_children: bool,
    ) -> dict[str, set[str]]: ...


class SQLPermission(PermissionBase):
    """See `PermissionBase`. `database` gives sessions: `reading()` and `writing()` are blocks."""

    database: Any
    _aces: Entries
    _principals_of_users: str
    """A query for the principals of two users."""

    def get_user_principals(self, user_id: str) -> set[str]:
        with self.database.reading() as session:
            known = session.remembered(PRINCIPALS)
            if known is not None and user_id in known:
                return set(known[user_id])
            rows = session.read(self._principals_of_users, (user_id, AUTHENTICATED))
            principals = {principal for (principal,) in rows}
            if known is not None:
                known[user_id] = frozenset(principals)
            return principals

    def add_principal_to_ace(self, object_id: str, permission: str, principal: str) -> None:
        with self.database.writing() as session:
            self._aces.add(session, object_id, permission, [principal])

    def remove_principal_from_ace(self, object_id: str, permission: str, principal: str) -> None:
        with self.database.writing() as session:
            self._aces.remove(session, object_id, permission, [principal])

    def get_object_permission_principals(self, object_id: str, permission: str) -> set[str]:
        with self.database.reading() as session:
            return self._aces.authorized(session, [(object_id, permission)])

    def get_accessible_objects(
        self,
        principals: Collection[str],
        bound_permissions: BoundPermissions | None = None,
        with_children: bool = True,
    ) -> dict[str, set[str]]:
        patterns = None
        if bound_permissions is not None:
            patterns = [(ObjectPattern.escaped(text), name) for text, name in bound_permissions]
        with self._reading_at_once() as session:
            return self._aces.accessible(session, principals, patterns, with_children=with_children)

    def get_authorized_principals(self, bound_permissions: BoundPermissions) -> set[str]:
        with self.database.reading() as session:
            return self._aces.authorized(session, list(bound_permissions))

    def get_objects_permissions(
        self, objects_ids: Sequence[str], permissions: Collection[str] | None = None
    ) -> list[ObjectPermissions]:
        with self.database.reading() as session:
            found = self._aces.of_objects(session, objects_ids)
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
                self._aces.replace(session, object_id, wanted)

    def replace_objects_permissions(
        self,
        object_ids: Sequence[str],
        permissions: Mapping[str, Collection[str]],
        *,
        are_new: bool = False,
    ) -> None:
        wanted = {name: set(principals) for name, principals in permissions.items()}
        if wanted and object_ids:
            with self.database.writing() as session:
                if are_new:
                    self._aces.add_new(session, object_ids, wanted)
                else:
                    for object_id in object_ids:
                        self._aces.replace(session, object_id, wanted)

    def delete_object_permissions(self, *object_id_list: str) -> None:
        if object_id_list:
            with self.database.writing() as session:
                self._aces.delete(session, [ObjectPattern.literal(text) for text in object_id_list])

    def get_principals_and_permissions(
        self, user_id: str | None, object_ids: Sequence[str]
    ) -> tuple[set[str], list[ObjectPermissions]]:
        with self.database.reading() as session:
            if user_id is None:
                return set(), self._aces.of_objects(session, object_ids)
            users = session.remembered(PRINCIPALS)
            is_known = users is not None and user_id in users
            if is_known or self._aces.are_known(session, object_ids):
                return self.get_user_principals(user_id), self._aces.of_objects(session, object_ids)
            # In one trip, also with the lock of a list, where that is about to be taken.
            principals, found = self._aces.with_principals(
                session, (user_id, AUTHENTICATED), object_ids
            )
            if users is not None:
                users[user_id] = frozenset(principals)
            return principals, found

    def prefetch(self, object_ids: Sequence[str]) -> None:
        if (session := self.database.session_of_unit()) is not None:
            session.keep(self._aces.REMEMBERED)
            with self.database.reading():
                self._aces.of_objects(session, object_ids[: self._aces.MOST_REMEMBERED])

    def note_new_object(self, object_id: str) -> None:
        session = self.database.session_of_unit()
        if session is not None and session.is_writing:
            self._aces.remember_none(session, object_id)

    def _reading_at_once(self) -> AbstractContextManager[Any]:
        """A block for several reads of one moment, where the database tells moments apart."""
        return self.database.reading()  # type: ignore[no-any-return]

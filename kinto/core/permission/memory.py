"""Permissions in the memory of this process: lost at exit, shared with no other process.

It writes through the undo journal that it shares with the memory storage, so a unit of work
over both is all or nothing, and a reader never sees a half-done one.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

from kinto.core.permission.base import (
    AUTHENTICATED,
    BoundPermissions,
    ObjectPermissions,
    PermissionBase,
)
from kinto.core.permission.patterns import ObjectPattern
from kinto.core.permission.sorted_ids import SortedIds
from kinto.core.runtime import journal

_MOST_SHARED = 10_000


def load_from_config(config: Any) -> Permission:
    """Return a new, empty backend; it has no setting."""
    return Permission()


class Permission(PermissionBase):
    """See `PermissionBase`. Lookups by user, by principal and by prefix are indexed."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._state = _State()

    def initialize_schema(self, dry_run: bool = False) -> None:
        pass

    def flush(self) -> None:
        with journal.writing() as undo:
            before = self._state
            undo(lambda: setattr(self, "_state", before))
            self._state = _State()

    def add_user_principal(self, user_id: str, principal: str) -> None:
        with journal.writing() as undo:
            state = self._state
            if state.give(user_id, principal):
                undo(lambda: state.take(user_id, principal))

    def remove_user_principal(self, user_id: str, principal: str) -> None:
        with journal.writing() as undo:
            state = self._state
            if state.take(user_id, principal):
                undo(lambda: state.give(user_id, principal))

    def remove_principal(self, principal: str) -> None:
        with journal.writing():
            for user_id in sorted(self._state.users.get(principal, ())):
                self.remove_user_principal(user_id, principal)

    def get_user_principals(self, user_id: str) -> set[str]:
        with journal.reading():
            return self._state.principals_of(user_id)

    def add_principal_to_ace(self, object_id: str, permission: str, principal: str) -> None:
        with journal.writing() as undo:
            state = self._state
            if state.grant(object_id, permission, principal):
                undo(lambda: state.revoke(object_id, permission, [principal]))

    def remove_principal_from_ace(self, object_id: str, permission: str, principal: str) -> None:
        with journal.writing() as undo:
            state = self._state
            if state.revoke(object_id, permission, [principal]):
                undo(lambda: state.grant(object_id, permission, principal))

    def get_object_permission_principals(self, object_id: str, permission: str) -> set[str]:
        with journal.reading():
            return set(self._state.aces.get(object_id, {}).get(permission, ()))

    def get_accessible_objects(
        self,
        principals: Collection[str],
        bound_permissions: BoundPermissions | None = None,
        with_children: bool = True,
    ) -> dict[str, set[str]]:
        patterns = None
        if bound_permissions is not None:
            patterns = [(ObjectPattern.escaped(text), name) for text, name in bound_permissions]
        accessible: dict[str, set[str]] = {}
        with journal.reading():
            for principal in set(principals):
                granted = self._state.granted.get(principal, {})
                for object_id, permission in _select(granted, patterns, with_children):
                    accessible.setdefault(object_id, set()).add(permission)
        return accessible

    def get_authorized_principals(self, bound_permissions: BoundPermissions) -> set[str]:
        with journal.reading():
            aces = self._state.aces
            return set().union(
                *(aces.get(object_id, {}).get(name, ()) for object_id, name in bound_permissions)
            )

    def get_objects_permissions(
        self, objects_ids: Sequence[str], permissions: Collection[str] | None = None
    ) -> list[ObjectPermissions]:
        with journal.reading():
            return [self._state.permissions_of(i, permissions) for i in objects_ids]

    def replace_object_permissions(
        self, object_id: str, permissions: Mapping[str, Iterable[str]]
    ) -> None:
        wanted = {name: set(principals) for name, principals in permissions.items()}
        with journal.writing() as undo:
            state = self._state
            if object_id not in state.aces:
                undo(lambda: state.drop({object_id}))
                state.add_object(object_id, wanted)
                return
            before = {name: state.aces[object_id].get(name, set()).copy() for name in wanted}
            undo(lambda: state.replace(object_id, before))
            state.replace(object_id, wanted)

    def replace_objects_permissions(
        self,
        object_ids: Sequence[str],
        permissions: Mapping[str, Collection[str]],
        *,
        are_new: bool = False,
    ) -> None:
        with journal.writing() as undo:
            state = self._state
            if not state.aces.keys().isdisjoint(object_ids):
                super().replace_objects_permissions(object_ids, permissions)
                return
            undo(lambda: state.drop(set(object_ids)))
            state.add_objects(object_ids, permissions)

    def delete_object_permissions(self, *object_id_list: str) -> None:
        with journal.writing() as undo:
            state = self._state
            dropped = state.drop(state.find(map(ObjectPattern.literal, object_id_list)))
            undo(lambda: state.restore(dropped))

    def get_principals_and_permissions(
        self, user_id: str | None, object_ids: Sequence[str]
    ) -> tuple[set[str], list[ObjectPermissions]]:
        with journal.reading():  # one lock, so one moment
            state = self._state
            principals = set() if user_id is None else state.principals_of(user_id)
            return principals, [state.shared_permissions_of(i) for i in object_ids]


def _select(
    granted: Mapping[str, SortedIds],
    patterns: list[tuple[ObjectPattern, str]] | None,
    with_children: bool,
) -> Iterator[tuple[str, str]]:
    """The (object id, permission) pairs of one principal that satisfy one of `patterns`."""
    if patterns is None:
        for permission, object_ids in granted.items():
            yield from ((object_id, permission) for object_id in object_ids)
        return
    for pattern, permission in patterns:
        if permission in granted:
            for object_id in granted[permission].under(pattern.prefix):
                if pattern.matches(object_id, with_children=with_children):
                    yield object_id, permission


class _State:
    """Both relations with their indexes. Every change tells whether it changed anything."""

    def __init__(self) -> None:
        self.principals: dict[str, set[str]] = {}  # user -> principals
        self.users: dict[str, set[str]] = {}  # principal -> users
        self.aces: dict[str, ObjectPermissions] = {}  # object -> permission -> principals
        self.objects = SortedIds()  # the keys of `aces`
        self.granted: dict[str, dict[str, SortedIds]] = {}  # principal -> permission -> objects
        self._shared: dict[str, ObjectPermissions] = {}  # copies given to readers

    def principals_of(self, user_id: str) -> set[str]:
        return self.principals.get(user_id, set()) | self.principals.get(AUTHENTICATED, set())

    def permissions_of(
        self, object_id: str, permissions: Collection[str] | None = None
    ) -> ObjectPermissions:
        aces = self.aces.get(object_id)
        if aces is None:
            return {}
        return {
            name: principals.copy()
            for name, principals in aces.items()
            if permissions is None or name in permissions
        }

    def shared_permissions_of(self, object_id: str) -> ObjectPermissions:
        """The same, made once for each version of the object and not to be modified."""
        shared = self._shared.get(object_id)
        if shared is None:
            if len(self._shared) >= _MOST_SHARED:
                self._shared.clear()
            shared = self._shared[object_id] = self.permissions_of(object_id)
        return shared

    def find(self, patterns: Iterable[ObjectPattern]) -> set[str]:
        """The objects with an ACE that match one of `patterns`."""
        found: set[str] = set()
        for pattern in patterns:
            if pattern.is_exact:
                found.update({pattern.prefix} & self.aces.keys())
            elif pattern.is_prefix:
                found.update(self.objects.under(pattern.prefix))
            else:
                found.update(filter(pattern.matches, self.objects.under(pattern.prefix)))
        return found

    def give(self, user_id: str, principal: str) -> bool:
        if principal in self.principals.get(user_id, ()):
            return False
        self.principals.setdefault(user_id, set()).add(principal)
        self.users.setdefault(principal, set()).add(user_id)
        return True

    def take(self, user_id: str, principal: str) -> bool:
        if principal not in self.principals.get(user_id, ()):
            return False
        _discard(self.principals, user_id, principal)
        _discard(self.users, principal, user_id)
        return True

    def grant(self, object_id: str, permission: str, principal: str) -> bool:
        if principal in self.aces.get(object_id, {}).get(permission, ()):
            return False
        self._shared.pop(object_id, None)
        if object_id not in self.aces:
            self.objects.add(object_id)
        self.aces.setdefault(object_id, {}).setdefault(permission, set()).add(principal)
        self._remember(principal, permission, object_id)
        return True

    def revoke(self, object_id: str, permission: str, principals: Iterable[str]) -> bool:
        self._shared.pop(object_id, None)
        held = self.aces.get(object_id, {})
        gone = held.get(permission, set()) & set(principals)
        for principal in gone:
            _discard(held, permission, principal)
            self._forget(principal, permission, [object_id])
        if gone and not held:
            del self.aces[object_id]
            self.objects.remove([object_id])
        return bool(gone)

    def add_object(self, object_id: str, permissions: Mapping[str, set[str]]) -> None:
        """Grant permissions on an object that has none; the sets belong to this from now on."""
        held = {name: principals for name, principals in permissions.items() if principals}
        if not held:
            return
        self._shared.pop(object_id, None)
        self.aces[object_id] = held
        self.objects.add(object_id)
        for name, principals in held.items():
            for principal in principals:
                self._remember(principal, name, object_id)

    def add_objects(
        self, object_ids: Sequence[str], permissions: Mapping[str, Collection[str]]
    ) -> None:
        """Grant the same permissions on objects that have none."""
        held = {name: principals for name, principals in permissions.items() if principals}
        if not held:
            return
        for object_id in object_ids:
            self._shared.pop(object_id, None)
            self.aces[object_id] = {name: set(principals) for name, principals in held.items()}
        self.objects.add_all(object_ids)
        for name, principals in held.items():
            for principal in set(principals):
                self._remember_all(principal, name, object_ids)

    def replace(self, object_id: str, permissions: Mapping[str, set[str]]) -> None:
        for name, wanted in permissions.items():
            held = self.aces.get(object_id, {}).get(name, set())
            self.revoke(object_id, name, held - wanted)
            for principal in wanted - held:
                self.grant(object_id, name, principal)

    def drop(self, object_ids: set[str]) -> dict[str, ObjectPermissions]:
        """Remove every ACE of these objects and return them."""
        for object_id in object_ids:
            self._shared.pop(object_id, None)
        dropped = {
            object_id: self.aces.pop(object_id)
            for object_id in object_ids
            if object_id in self.aces
        }
        self.objects.remove(object_ids)
        gone: dict[tuple[str, str], list[str]] = {}
        for object_id, permissions in dropped.items():
            for name, principals in permissions.items():
                for principal in principals:
                    gone.setdefault((principal, name), []).append(object_id)
        for (principal, name), ids in gone.items():
            self._forget(principal, name, ids)
        return dropped

    def restore(self, dropped: Mapping[str, ObjectPermissions]) -> None:
        for object_id, permissions in dropped.items():
            self.replace(object_id, permissions)

    def _remember(self, principal: str, permission: str, object_id: str) -> None:
        self._remember_all(principal, permission, (object_id,))

    def _remember_all(self, principal: str, permission: str, object_ids: Collection[str]) -> None:
        granted = self.granted.get(principal)
        if granted is None:
            granted = self.granted[principal] = {}
        ids = granted.get(permission)
        if ids is None:
            ids = granted[permission] = SortedIds()
        ids.add_all(object_ids)

    def _forget(self, principal: str, permission: str, object_ids: Collection[str]) -> None:
        granted = self.granted[principal]
        granted[permission].remove(object_ids)
        if not granted[permission]:
            del granted[permission]
        if not granted:
            del self.granted[principal]


def _discard(index: dict[str, set[str]], key: str, value: str) -> None:
    """Remove a value from a multi-valued index, and the key with its last value."""
    values = index[key]
    values.discard(value)
    if not values:
        del index[key]

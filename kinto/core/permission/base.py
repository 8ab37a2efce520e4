"""The contract of permission backends: who holds which permission on which object.

A backend keeps two relations and knows no rule: principals of users (`add_user_principal`) and
access control entries, ACE for short: (object id, permission, principal). What grants what is
decided above, by `kinto.core.authorization`.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any

from kinto.core.settings.fields import TRUE_WORDS

logger = logging.getLogger("kinto.core.permission")

HEARTBEAT_USER = "__heartbeat__"
HEARTBEAT_PRINCIPAL = "__heartbeat__"

AUTHENTICATED = "system.Authenticated"
"""What is given to this user id is given to every authenticated user."""

BoundPermissions = Iterable[tuple[str, str]]
ObjectPermissions = dict[str, set[str]]


class PermissionBase:
    """What a permission backend does; every method may raise `BackendError`.

    Object ids are URIs without version prefix (`/buckets/b/collections/c`) or any other string,
    permissions any string (`record:create`), user ids and principals any string. Sets that are
    returned belong to the caller, who may change them.

    Inside a unit of work (`kinto.core.runtime.units`) the changes of a backend are committed
    with the unit or not at all, and its reads see them; outside a unit each call commits by
    itself. Methods may be called from several threads.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Accepts and ignores anything, so that subclasses may pass their arguments on."""

    def initialize_schema(self, dry_run: bool = False) -> None:
        """Create what the backend needs (tables, indexes); nothing happens the second time.

        :param dry_run: only log what would be done.
        """
        raise NotImplementedError

    def flush(self) -> None:
        """Remove every principal and every ACE."""
        raise NotImplementedError

    # Principals of users

    def add_user_principal(self, user_id: str, principal: str) -> None:
        """Give `principal` to the user; nothing happens when they have it."""
        raise NotImplementedError

    def remove_user_principal(self, user_id: str, principal: str) -> None:
        """Take `principal` from the user; an unknown user or principal is fine."""
        raise NotImplementedError

    def remove_principal(self, principal: str) -> None:
        """Take `principal` from every user. ACEs that name it stay."""
        raise NotImplementedError

    def get_user_principals(self, user_id: str) -> set[str]:
        """The principals of the user and those given to `system.Authenticated`."""
        raise NotImplementedError

    # Access control entries, one at a time

    def add_principal_to_ace(self, object_id: str, permission: str, principal: str) -> None:
        """Add one ACE; nothing happens when it exists."""
        raise NotImplementedError

    def remove_principal_from_ace(self, object_id: str, permission: str, principal: str) -> None:
        """Remove one ACE; nothing happens when there is none."""
        raise NotImplementedError

    def get_object_permission_principals(self, object_id: str, permission: str) -> set[str]:
        """Who holds exactly this permission on exactly this object."""
        raise NotImplementedError

    # Questions

    def get_accessible_objects(
        self,
        principals: Collection[str],
        bound_permissions: BoundPermissions | None = None,
        with_children: bool = True,
    ) -> dict[str, set[str]]:
        """The objects on which one of `principals` holds an ACE, and with which permissions.

        :param bound_permissions: None: every ACE of these principals. Otherwise pairs of a
            pattern and a permission, and only ACEs that satisfy one of them are returned; `[]`
            gives `{}`. In a pattern `*` stands for any characters and a backslash makes the
            character that follows it an ordinary one; everything else is literal. The pattern
            covers the whole object id.
        :param with_children: False: `*` does not match `/`.
        """
        raise NotImplementedError

    def get_authorized_principals(self, bound_permissions: BoundPermissions) -> set[str]:
        """Who holds at least one of these (object id, permission) pairs; `[]` gives nobody."""
        raise NotImplementedError

    def check_permission(
        self, principals: Collection[str], bound_permissions: BoundPermissions
    ) -> bool:
        """Does one of `principals` hold one of these (object id, permission) pairs?"""
        return not self.get_authorized_principals(bound_permissions).isdisjoint(principals)

    def get_object_permissions(
        self, object_id: str, permissions: Collection[str] | None = None
    ) -> ObjectPermissions:
        """The ACEs of one object, as `get_objects_permissions` gives them."""
        return self.get_objects_permissions([object_id], permissions)[0]

    def get_objects_permissions(
        self, objects_ids: Sequence[str], permissions: Collection[str] | None = None
    ) -> list[ObjectPermissions]:
        """The ACEs of several objects: for each id, in order, permission -> principals.

        :param permissions: restrict the answer to these (None: all of them).
        :returns: one mapping for each id, `{}` for an unknown one; a set is never empty.
        """
        raise NotImplementedError

    # Changes of whole objects

    def replace_object_permissions(
        self, object_id: str, permissions: Mapping[str, Iterable[str]]
    ) -> None:
        """Make the listed permissions of an object exactly these; others stay as they are.

        :param permissions: permission -> principals (duplicates allowed; an empty iterable
            removes the permission). `{}` does nothing.
        """
        raise NotImplementedError

    def replace_objects_permissions(
        self,
        object_ids: Sequence[str],
        permissions: Mapping[str, Collection[str]],
        *,
        are_new: bool = False,
    ) -> None:
        """`replace_object_permissions` of each of these objects.

        :param are_new: nothing ever had any of these ids, so there is no ACE to replace.
        """
        for object_id in object_ids:
            if are_new:
                self.note_new_object(object_id)
            self.replace_object_permissions(object_id, permissions)

    def delete_object_permissions(self, *object_id_list: str) -> None:
        """Remove every ACE of these objects; no argument is fine.

        In an id `*` stands for any characters, `/` included, and **everything else is literal**:
        `/buckets/a_b/*` has nothing to do with `/buckets/axb/c`. The id is matched as a whole.
        """
        raise NotImplementedError

    # Optional: one round trip where the methods above take two

    def get_principals_and_permissions(
        self, user_id: str | None, object_ids: Sequence[str]
    ) -> tuple[set[str], list[ObjectPermissions]]:
        """`get_user_principals(user_id)` (of None: none) and `get_objects_permissions(...)`.

        The permissions may be shared with other callers: they are not to be modified.
        """
        principals = set() if user_id is None else self.get_user_principals(user_id)
        return principals, self.get_objects_permissions(object_ids) if object_ids else []

    def note_new_object(self, object_id: str) -> None:
        """Hint: nothing ever had this id, so there is no ACE to replace."""

    def prefetch(self, object_ids: Sequence[str]) -> None:
        """Hint: the ACEs of these objects are about to be read in this unit of work.

        A backend whose unit already excludes other writers may keep them until the unit ends.
        """


def heartbeat(backend: PermissionBase) -> Callable[[Any], bool]:
    """Return `ping(request) -> bool`: does the backend answer? It never raises.

    A server that is read-only (setting `readonly`) is asked for the principals of a user,
    another one for a write: a principal is given to a user `__heartbeat__` and taken back.
    """

    def ping(request: Any) -> bool:
        try:
            if _is_readonly(request):
                backend.get_user_principals(HEARTBEAT_USER)
            else:
                backend.add_user_principal(HEARTBEAT_USER, HEARTBEAT_PRINCIPAL)
                backend.remove_user_principal(HEARTBEAT_USER, HEARTBEAT_PRINCIPAL)
        except Exception:
            logger.exception("Heartbeat Error")
            return False
        return True

    return ping


def _is_readonly(request: Any) -> bool:
    readonly = request.registry.settings.get("readonly")
    return str(readonly).strip().lower() in TRUE_WORDS

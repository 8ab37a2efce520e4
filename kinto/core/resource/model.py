"""Storage and permissions of one list as one thing. Knows nothing of HTTP."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from typing import Any, Protocol

from kinto.core.protocol.terms import (
    COMPARISON,
    DEFAULT_DELETED_FIELD,
    DEFAULT_ID_FIELD,
    DEFAULT_MODIFIED_FIELD,
    Filter,
    KintoObject,
    Sort,
)
from kinto.core.resource.deprecated import DeprecatedModelNames
from kinto.core.runtime.deprecation import warn_deprecated
from kinto.core.storage.generators import never_repeats
from kinto.core.storage.pages import JSONPage

Permissions = dict[str, set[str]]


class PermissionSource(Protocol):
    """Where the ACEs of an object are already known (see `authorization.principals`)."""

    def of(self, object_uri: str) -> Permissions: ...

    def set(self, object_uri: str, permissions: Permissions) -> None: ...

    def set_all(self, object_uris: Iterable[str], permissions: Permissions) -> None: ...

    def forget(self, object_uri: str) -> None: ...


class Model(DeprecatedModelNames):
    """The objects of one resource in one parent, annotated with their permissions.

    Args:
        storage: storage backend.
        permission: permission backend.
        id_generator: callable returning new ids, with `match(id)`.
        resource_name: kind of the objects.
        parent_id: URI of what holds the list.
        current_principal: who gets `write` on what is created.
        prefixed_principals: of the caller, to decide which permissions are disclosed.
        explicit_perm: False: nobody is ever given `write` automatically.
    """

    id_field = DEFAULT_ID_FIELD
    modified_field = DEFAULT_MODIFIED_FIELD
    deleted_field = DEFAULT_DELETED_FIELD
    permissions_field = "__permissions__"

    def __init__(
        self,
        storage: Any,
        permission: Any,
        id_generator: Any = None,
        resource_name: str = "",
        parent_id: str = "",
        current_principal: str | None = None,
        prefixed_principals: Collection[str] | None = None,
        explicit_perm: bool = True,
    ) -> None:
        self.storage = storage
        self.permission = permission
        self.id_generator = id_generator
        self.resource_name = resource_name
        self.parent_id = parent_id
        self.current_principal = current_principal
        self.prefixed_principals = prefixed_principals
        self.explicit_perm = explicit_perm
        self.get_permission_object_id: Callable[..., str] | None = None
        self.known_permissions: PermissionSource | None = None

    def timestamp(self, parent_id: str | None = None) -> int:
        """Timestamp of the list, in milliseconds."""
        return int(self.storage.resource_timestamp(**self._list(parent_id)))

    def get_objects(
        self,
        filters: list[Filter] | None = None,
        sorting: list[Sort] | None = None,
        pagination_rules: list[list[Filter]] | None = None,
        limit: int | None = None,
        include_deleted: bool = False,
        parent_id: str | None = None,
        **restrictions: Any,
    ) -> list[KintoObject]:
        """The matching objects, without permissions.

        `only_ids=` restricts the answer in a way that no filter can undo.
        """
        filters, narrowing = self._narrowed(filters, restrictions)
        return list(
            self.storage.list_all(
                **self._list(parent_id),
                filters=filters,
                sorting=sorting,
                pagination_rules=pagination_rules,
                limit=limit,
                include_deleted=include_deleted,
                **self._fields(),
                **narrowing,
            )
        )

    def get_page(
        self,
        *,
        filters: list[Filter],
        sorting: list[Sort],
        pagination_rules: list[list[Filter]] | None,
        limit: int | None,
        include_deleted: bool,
        only_ids: Collection[str] | None = None,
    ) -> tuple[int, list[KintoObject]]:
        """Timestamp of the list and matching objects, of one moment."""
        timestamp, objects = self.storage.list_page(
            **self._list(None),
            filters=filters,
            sorting=sorting,
            pagination_rules=pagination_rules,
            limit=limit,
            include_deleted=include_deleted,
            only_ids=only_ids,
            **self._fields(),
        )
        return timestamp, objects

    def get_json_page(
        self, *, only_ids: Collection[str] | None = None, **query: Any
    ) -> JSONPage | None:
        """What `get_page` gives, as the text that is stored; None where objects are needed.

        `limit` is that of the page.
        """
        make = getattr(self.storage, "list_page_json", None)
        own = type(self)
        if make is None or own.get_page is not Model.get_page:
            return None
        if (self.id_field, self.modified_field) != (DEFAULT_ID_FIELD, DEFAULT_MODIFIED_FIELD):
            return None
        page: JSONPage = make(**self._list(None), only_ids=only_ids, **query, **self._fields())
        return page

    def count_objects(
        self,
        filters: list[Filter] | None = None,
        parent_id: str | None = None,
        **restrictions: Any,
    ) -> int:
        """Number of live objects that match."""
        filters, narrowing = self._narrowed(filters, restrictions)
        return int(
            self.storage.count_all(
                **self._list(parent_id), filters=filters, **self._fields(), **narrowing
            )
        )

    def delete_objects(
        self,
        filters: list[Filter] | None = None,
        sorting: list[Sort] | None = None,
        pagination_rules: list[list[Filter]] | None = None,
        limit: int | None = None,
        parent_id: str | None = None,
        **restrictions: Any,
    ) -> list[KintoObject]:
        """Delete the matching objects with their permissions; returns their tombstones."""
        filters, narrowing = self._narrowed(filters, restrictions)
        deleted: list[KintoObject] = self.storage.delete_all(
            **self._list(parent_id),
            filters=filters,
            sorting=sorting,
            pagination_rules=pagination_rules,
            limit=limit,
            **self._fields(),
            **narrowing,
        )
        uri_of = self.get_permission_object_id
        if uri_of is not None and deleted:
            uris = [uri_of(object_id=obj[self.id_field]) for obj in deleted]
            self.permission.delete_object_permissions(*uris)
        return deleted

    def get_object(self, object_id: str, parent_id: str | None = None) -> KintoObject:
        """The object with its permissions.

        Raises:
            ObjectNotFoundError: there is none.
        """
        obj = self.storage.get(
            **self._list(parent_id),
            object_id=object_id,
            id_field=self.id_field,
            modified_field=self.modified_field,
        )
        return self.annotate(obj)

    def create_object(self, obj: KintoObject, parent_id: str | None = None) -> KintoObject:
        """Store a new object and its permissions; the current principal gets `write`.

        Raises:
            UnicityError: an object has this id already.
        """
        permissions = obj.pop(self.permissions_field, {})
        is_new_id = self.id_field not in obj and never_repeats(self.id_generator)
        stored = self.storage.create(
            **self._list(parent_id),
            obj=obj,
            id_generator=self.id_generator,
            id_field=self.id_field,
            modified_field=self.modified_field,
        )
        uri = self._uri(stored[self.id_field])
        written: Permissions = {}
        if uri is not None:
            if is_new_id:
                self.permission.note_new_object(uri)
            written = self._write_permissions(uri, permissions, known={})
        return {**stored, self.permissions_field: self._disclosed(written)}

    def update_object(self, obj: KintoObject, parent_id: str | None = None) -> KintoObject:
        """Replace an object; permissions that are not given stay."""
        permissions = obj.pop(self.permissions_field, {})
        object_id = obj[self.id_field]
        stored = self.storage.update(
            **self._list(parent_id),
            object_id=object_id,
            obj=obj,
            id_field=self.id_field,
            modified_field=self.modified_field,
        )
        uri = self._uri(object_id)
        written: Permissions = {}
        if uri is not None:
            written = self._write_permissions(uri, permissions, known=self._known(uri))
        return {**stored, self.permissions_field: self._disclosed(written)}

    def delete_object(
        self, obj: KintoObject, parent_id: str | None = None, last_modified: int | None = None
    ) -> KintoObject:
        """Delete an object and its permissions; returns the tombstone."""
        object_id = obj[self.id_field]
        uri = self._uri(object_id)
        if uri is not None:
            self.permission.delete_object_permissions(uri)
            if self.known_permissions is not None:
                self.known_permissions.forget(uri)
        tombstone: KintoObject = self.storage.delete(
            **self._list(parent_id),
            object_id=object_id,
            last_modified=last_modified,
            **self._fields(),
        )
        return tombstone

    def annotate(self, obj: KintoObject) -> KintoObject:
        """Return the object with its permissions; without them unless the caller may write it."""
        uri = self._uri(obj[self.id_field])
        permissions = {} if uri is None else self._known(uri)
        return {**obj, self.permissions_field: self._disclosed(permissions)}

    def stored_permissions(self, object_id: str) -> Permissions:
        """All permissions of an object, disclosed or not: a patch starts from these."""
        uri = self._uri(object_id)
        return {} if uri is None else _copied(self._known(uri))

    def _disclosed(self, permissions: Permissions) -> Permissions:
        """A copy for those who may write, nothing for others."""
        writers = permissions.get("write")
        if not writers:
            return {}
        is_writer = self.current_principal in writers or not writers.isdisjoint(
            self.prefixed_principals or ()
        )
        return _copied(permissions) if is_writer else {}

    def _known(self, uri: str) -> Permissions:
        """The permissions of an object, not to be modified."""
        if self.known_permissions is not None:
            return self.known_permissions.of(uri)
        found: Permissions = self.permission.get_object_permissions(uri)
        return found

    def _write_permissions(
        self, uri: str, permissions: dict[str, Iterable[str]], *, known: Permissions
    ) -> Permissions:
        """Replace what changes, `known` being what is stored; returns what is stored then."""
        changed: Permissions = {}
        if permissions:
            changed = {
                name: set(principals)
                for name, principals in permissions.items()
                if principals is not None and set(principals) != known.get(name, set())
            }
        writer = self.current_principal
        if self.explicit_perm and writer is not None:
            writers = changed.get("write", known.get("write", ()))
            if writer not in writers:
                changed["write"] = {*writers, writer}
        if not changed:
            return known
        self.permission.replace_object_permissions(uri, changed)
        stored = {name: who for name, who in {**known, **changed}.items() if who}
        if self.known_permissions is not None:
            self.known_permissions.set(uri, stored)
        return stored

    def _narrowed(
        self, filters: list[Filter] | None, restrictions: dict[str, Any]
    ) -> tuple[list[Filter] | None, dict[str, Any]]:
        """The same restriction as a filter, for backends that do not know `only_ids=`."""
        only_ids = restrictions.get("only_ids")
        if only_ids is None or getattr(self.storage, "supports_only_ids", False):
            return filters, restrictions
        own = Filter(self.id_field, list(only_ids), COMPARISON.IN)
        return [*(filters or ()), own], {}

    def _uri(self, object_id: str) -> str | None:
        uri_of = self.get_permission_object_id
        return None if uri_of is None else uri_of(object_id)

    def _list(self, parent_id: str | None) -> dict[str, str]:
        return {
            "resource_name": self.resource_name,
            "parent_id": self.parent_id if parent_id is None else parent_id,
        }

    def _fields(self) -> dict[str, str]:
        return {
            "id_field": self.id_field,
            "modified_field": self.modified_field,
            "deleted_field": self.deleted_field,
        }


def _copied(permissions: Permissions) -> Permissions:
    return {name: set(principals) for name, principals in permissions.items()}


class ShareableModel(Model):
    """Deprecated: every model knows permissions."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        warn_deprecated("`ShareableModel` is deprecated, use `Model` instead.")
        super().__init__(*args, **kwargs)

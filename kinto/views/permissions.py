"""`/permissions`: every object on which the caller holds a permission, stored or from settings.

Rights inherited from a parent make no entry: who may write a bucket may write what it holds.
Entries are computed at each request and have no timestamp, hence no meaningful ETag.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any

import colander
from pyramid.settings import aslist

from kinto.core.authorization.narrowing import accessible_objects, narrowing_of
from kinto.core.http.lookup import view_lookup_registry
from kinto.core.protocol import matching
from kinto.core.protocol.identifiers import object_uri
from kinto.core.protocol.terms import Filter, KintoObject, Sort
from kinto.core.resource.base import Resource
from kinto.core.resource.register import register
from kinto.core.resource.schema.envelope import ResourceSchema
from kinto.views.authorization import PERMISSIONS_INHERITANCE_TREE, RouteFactory
from kinto.views.listing import all_ids

_EXPANDED = {
    # setting -> kind of object it makes entries of, permission of these entries
    ("bucket", "read"): ("bucket", "read"),
    ("bucket", "write"): ("bucket", "write"),
    ("collection", "create"): ("bucket", "collection:create"),
    ("group", "create"): ("bucket", "group:create"),
    ("collection", "read"): ("collection", "read"),
    ("collection", "write"): ("collection", "write"),
    ("group", "read"): ("group", "read"),
    ("group", "write"): ("group", "write"),
    ("record", "create"): ("collection", "record:create"),
}
_ROOT = (("bucket", "create"), ("account", "create"))
_IDS = ("bucket_id", "group_id", "collection_id", "record_id")


def allowed_from_settings(
    settings: Mapping[str, Any], principals: Collection[str]
) -> dict[str, set[str]]:
    """What `<resource>_<permission>_principals` settings give to these principals.

    Returns:
        permissions (`create`, `read`, `write`) by resource name, without empty sets.
    """
    allowed: dict[str, set[str]] = {}
    held = set(principals)
    for resource_name, permission in {*_EXPANDED, *_ROOT}:
        named = settings.get(f"{resource_name}_{permission}_principals")
        if named and not held.isdisjoint(aslist(named)):
            allowed.setdefault(resource_name, set()).add(permission)
    return allowed


class PermissionsModel:
    """The entries of one caller, in the shape that a resource expects of a model."""

    id_field = "id"
    modified_field = "last_modified"
    deleted_field = "deleted"
    permissions_field = "__permissions__"
    resource_name = "permissions"
    parent_id = ""

    def __init__(self, request: Any) -> None:
        self.request = request

    def timestamp(self, parent_id: str | None = None) -> int:
        """A constant: nothing tells when the entries changed."""
        return 0

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
        """The matching entries."""
        entries, _ = matching.select(
            self._entries(),
            filters=filters,
            sorting=sorting,
            pagination_rules=pagination_rules,
            limit=limit,
        )
        for entry in entries:
            entry["permissions"] = _expanded(entry["resource_name"], entry["permissions"])
        return entries

    def count_objects(
        self,
        filters: list[Filter] | None = None,
        parent_id: str | None = None,
        **restrictions: Any,
    ) -> int:
        """Number of matching entries."""
        return matching.select(self._entries(), filters=filters)[1]

    def _entries(self) -> Iterable[KintoObject]:
        principals = self.request.prefixed_principals
        registry = self.request.registry
        held: dict[str, set[str]] = {}
        for uri, permissions in accessible_objects(self.request, principals).items():
            held.setdefault(uri, set()).update(permissions)
        allowed = allowed_from_settings(registry.settings, principals)
        narrowing = narrowing_of(self.request)
        for uri, permission in self._from_settings(allowed):
            names = {permission} if narrowing is None else narrowing.left_of(uri, {permission})
            if names:
                held.setdefault(uri, set()).update(names)
        entries = [_entry(registry, uri, permissions) for uri, permissions in held.items()]
        root = [
            f"{resource_name}:{permission}"
            for resource_name, permission in _ROOT
            if permission in allowed.get(resource_name, ())
            and (narrowing is None or narrowing.permits(f"/{resource_name}s", permission))
        ]
        if root:
            entries.append({"uri": "/", "resource_name": "root", "permissions": root})
        return [entry for entry in entries if entry is not None]

    def _from_settings(self, allowed: dict[str, set[str]]) -> Iterable[tuple[str, str]]:
        """Pairs (URI, permission) of all the objects that settings open to the caller."""
        wanted: dict[str, set[str]] = {}
        for (resource_name, permission), (kind, name) in _EXPANDED.items():
            if permission in allowed.get(resource_name, ()):
                wanted.setdefault(kind, set()).add(name)
        registry = self.request.registry
        for kind, names in wanted.items():
            parents = [""] if kind == "bucket" else registry.storage.all_resources_timestamps(kind)
            for parent_id in parents:
                for object_id in all_ids(registry, kind, parent_id=parent_id):
                    uri = object_uri(kind, parent_id=parent_id, object_id=object_id)
                    yield from ((uri, name) for name in names)


class PermissionsSchema(ResourceSchema):
    """The fields that may be filtered on, sorted by and asked for."""

    class Options:
        preserve_unknown = False

    uri = colander.SchemaNode(colander.String())
    resource_name = colander.SchemaNode(colander.String())
    bucket_id = colander.SchemaNode(colander.String())
    collection_id = colander.SchemaNode(colander.String(), missing=colander.drop)
    group_id = colander.SchemaNode(colander.String(), missing=colander.drop)
    record_id = colander.SchemaNode(colander.String(), missing=colander.drop)


class PermissionsContext(RouteFactory):
    """The entries are within the reach of the caller, so the list is for everybody."""

    narrows_itself = True


@register(
    name="permissions",
    description="List of user permissions",
    factory=PermissionsContext,
    plural_path="/permissions",
    object_path=None,
    plural_methods=("HEAD", "GET"),
)
class Permissions(Resource):
    """`/permissions`, open to whom `permissions_read_principals` names (by default all)."""

    schema = PermissionsSchema

    def __init__(self, request: Any, context: Any = None) -> None:
        self.model = PermissionsModel(request)
        super().__init__(request, context)

    def _get_known_fields(self) -> list[str]:
        model = self.model
        return ["uri", "resource_name", *_IDS, model.id_field, model.modified_field]

    def _extract_filters(self) -> list[Filter]:
        """Conditions on the timestamp are checked, then mean nothing."""
        modified = self.model.modified_field
        return [item for item in super()._extract_filters() if item.field != modified]

    def _extract_sorting(self, limit: int | None) -> list[Sort]:
        """By descending URI, which also separates what ties."""
        modified = self.model.modified_field
        wanted = [item for item in super()._extract_sorting(limit) if item.field != modified]
        if all(item.field != "uri" for item in wanted):
            wanted.append(Sort("uri", -1))
        return wanted

    def _raise_304_if_not_modified(self, obj: KintoObject | None = None) -> None:
        """Never: nothing tells whether the entries changed."""

    def _raise_412_if_modified(self, obj: KintoObject | None = None) -> None:
        """Never, for the same reason."""


def _entry(registry: Any, uri: str, permissions: Iterable[str]) -> KintoObject | None:
    """None for what is no object of a resource (plugins store permissions on other texts)."""
    try:
        resource_name, matchdict = view_lookup_registry(registry, uri)
    except ValueError:
        return None
    if "id" not in matchdict:
        return None
    return {
        "uri": uri,
        "resource_name": resource_name,
        # Expanded once the page is known: most entries are not on it.
        "permissions": permissions,
        **matchdict,
        f"{resource_name}_id": matchdict["id"],
    }


def _expanded(resource_name: str, permissions: Iterable[str]) -> list[str]:
    """These permissions and those that they imply on the same object."""
    held = set(permissions)
    rows = PERMISSIONS_INHERITANCE_TREE.get(resource_name, {})
    implied = {
        name
        for name, granting in rows.items()
        if not held.isdisjoint(granting.get(resource_name, ()))
    }
    return sorted(held | implied)

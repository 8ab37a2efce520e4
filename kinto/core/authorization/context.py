"""RouteFactory: which object a request is about, and which permission it needs.

It is Pyramid's context. For a write it also takes the lock that orders the list's timestamps and
reads the object under it, so that the decision, the preconditions and the write all see the
same version.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from functools import lru_cache, partial
from typing import Any

from pyramid.interfaces import IAuthorizationPolicy
from pyramid.settings import aslist

from kinto.core.authorization.decision import bound_permissions
from kinto.core.authorization.narrowing import accessible_objects, narrowing_of
from kinto.core.authorization.principals import (
    DYNAMIC,
    PRIVATE,
    BoundPermissions,
    expect_permissions,
    known_permissions,
)
from kinto.core.http.lookup import routed_path, strip_uri_prefix
from kinto.core.protocol.identifiers import ancestors

__all__ = ["DYNAMIC", "PRIVATE", "RouteFactory", "objects_above"]

ANNOUNCED = "_announced"
"""Attribute of a request: whether what its context would announce is announced already."""

_PATTERN_SPECIALS = re.compile(r"([^\w/:-])")


class RouteFactory:
    """Context of the request; plugins subclass it and set the attributes after `__init__`.

    Attributes:
        resource_name: kind of object the request is about.
        on_plural_endpoint: whether it is about a list.
        required_permission: `read`, `write`, `create` or any name of a permission.
        permission_object_id: URI on which the permission is looked up.
        current_object: the targeted object as stored, or None.
        shared_ids: ids visible to the caller on a list that is not readable as a whole.
        expected_objects: keys of what a read of one object needs, its own last.
        made_resource: the resource, where a write needed it; the view works with the same one.
        plain_write: what takes its place where the write is usual (`resource.plain_writes`).
        plain_writes: whether writes may be so. What derives from this class has to say it again:
            the resource then hears of the context only when something is unusual.
    """

    plain_writes = True

    resource_name: str | None = None
    on_plural_endpoint = False
    required_permission: str | None = None
    permission_object_id: str | None = None
    current_object: dict[str, Any] | None = None
    shared_ids: list[str] | None = None
    expected_objects: list[tuple[str, str, str]] | None = None
    is_administrator = False
    is_anonymous = False
    # Whether a caller with less than the user's rights gets here as the user does, because what
    # is shown is read with `accessible_objects`.
    narrows_itself = False

    method_permissions = {
        "head": "read",
        "get": "read",
        "post": "create",
        "delete": "write",
        "patch": "write",
    }

    def __init__(self, request: Any) -> None:
        self._request = request
        self._settings = request.registry.settings
        self.made_resource: Any = None
        self.plain_write: Any = None
        service = request.current_service
        if service is not None and hasattr(service, "viewset") and hasattr(service, "resource"):
            self._set_up_resource(request, service)

    def get_prefixed_principals(self) -> list[str]:
        return self._request.prefixed_principals  # type: ignore[no-any-return]

    def check_permission(self, principals: Any, bound_perms: BoundPermissions | None) -> bool:
        """Whether settings or stored permissions grant one of the bound permissions.

        Args:
            principals: of the caller.
            bound_perms: pairs of object URI and permission name.
        """
        if not bound_perms:
            bound_perms = [(self.resource_name or "", self.required_permission or "")]
        held = set(principals)
        known = known_permissions(self._request)
        if known.already_grants(held, bound_perms):
            return True
        for permission in {permission for _, permission in bound_perms}:
            if not held.isdisjoint(self.allowed_by_settings(permission)):
                return True
        return known.grants(held, bound_perms)

    def allowed_by_settings(self, permission: str) -> Collection[str]:
        """Principals that `<resource>_<permission>_principals` names."""
        value = self._settings.get(_setting_of(self.resource_name, permission))
        return aslist(value) if value else ()

    def fetch_shared_objects(
        self, perm: str, principals: Any, get_bound_permissions: Any
    ) -> list[str] | None:
        """Ids of the list's objects that the caller may read (or write) one by one.

        They are kept in `shared_ids`: None when there are none.
        """
        plural_uri = self.permission_object_id or ""
        match_all = _PATTERN_SPECIALS.sub(r"\\\1", plural_uri) + "/*"
        if get_bound_permissions is None:
            bound_perms = [(match_all, perm)]
        else:
            bound_perms = [
                (match_all, permission)
                for uri, permission in get_bound_permissions(f"{plural_uri}/*", perm)
                if uri == f"{plural_uri}/*"
            ]
        found = accessible_objects(self._request, principals, bound_perms, with_children=False)
        ids = [uri.rpartition("/")[2] for uri in found]
        self.shared_ids = ids or None
        return self.shared_ids

    def get_permission_object_id(self, request: Any, object_id: str | None = None) -> str:
        """URI of the current object, or of `object_id` under the current list."""
        uri = self._uri
        if uri is None or request is not self._request:
            uri = strip_uri_prefix(request.path_info)
        if object_id is None:
            return uri
        if self.on_plural_endpoint:
            return f"{uri}/{object_id}"
        return f"{uri.rpartition('/')[0]}/{object_id}"

    def may_read_current_object(self) -> bool:
        """Whether an error answer may show the object (reliability, rule 9)."""
        policy = self._request.registry.queryUtility(IAuthorizationPolicy)
        if policy is None or self._object_uri is None:
            return False
        narrowing = narrowing_of(self._request)
        if narrowing is not None and not narrowing.permits(self._object_uri, "read"):
            return False
        bound_perms = bound_permissions(policy, self._object_uri, "read")
        return self.check_permission(self.get_prefixed_principals(), bound_perms)

    @property
    def object_uri(self) -> str | None:
        """URI of the object that the request reads, changes or makes; None when not known."""
        return self._object_uri

    # What follows serves resource endpoints only.

    _object_uri: str | None = None
    _uri: str | None = None

    def _set_up_resource(self, request: Any, service: Any) -> None:
        verb = request.method
        method = verb.lower()
        self.resource_name = request.current_resource_name
        self.on_plural_endpoint = service.type == "plural"
        self.required_permission = self.method_permissions.get(method)
        self._uri = strip_uri_prefix(routed_path(request))
        uri = self.permission_object_id = self.get_permission_object_id(request)
        if verb not in service.defined_methods or method == "options":
            return
        uris = [uri, *objects_above(uri.rpartition("/")[0])]
        if method in ("get", "head"):
            # What was announced for a short way that was not taken is on its way, or here.
            is_announced = vars(request).pop(ANNOUNCED, False)
            if not is_announced:
                expect_permissions(request, uris)
            self._expect_objects(request, service.resource, announce=not is_announced)
            self._object_uri = None if self.on_plural_endpoint else uri
            return
        plain: Any = getattr(service, "plain_writes", None) if self._may_be_plain() else None
        asked = None if plain is None else plain.read(request, self._uri)
        # Credentials may take long to verify: never under the lock. The groups of the user, and
        # what they may do, are read under it. A write is alone on its list from here to the end
        # of the unit.
        known = expect_permissions(request, uris, partial(self._begin_write, request, service))
        request.prefixed_principals  # noqa: B018
        known.begin()
        if request.registry.permission is not None:
            known.read_wanted()
        if asked is not None and plain.begin(request, self, asked):
            self._set_up_write(request, method, self.plain_write.object_id)
        elif not self.on_plural_endpoint or method == "post":
            resource = self.made_resource = service.resource(request=request, context=self)
            object_id = resource.object_id
            if object_id is not None:
                self.current_object = resource.find_object(object_id)
            self._set_up_write(request, method, object_id)

    def _expect_objects(self, request: Any, resource: Any, *, announce: bool = True) -> None:
        """Announce what the resource is going to read: it may come with the permissions."""
        storage = request.registry.storage
        list_uri = self._uri or ""
        keys = list(getattr(resource, "ancestor_keys", _nothing)(request.matchdict))
        name = resource.__name__.lower()
        if self.on_plural_endpoint:
            if announce:
                storage.expect(keys, timestamp_of=(name, list_uri.rpartition("/")[0]))
            return
        list_uri, _, object_id = list_uri.rpartition("/")
        parent_id = list_uri.rpartition("/")[0]
        keys.append((name, parent_id, object_id))
        if request.method in ("GET", "HEAD"):
            self.expected_objects = keys
            if announce:
                storage.expect(keys)
        else:
            storage.expect(keys, timestamp_of=(name, parent_id))

    def _begin_write(self, request: Any, service: Any) -> None:
        """Lock the list: what is asked for then is true until the write is done."""
        self._lock_list(request)
        self._expect_objects(request, service.resource)

    def _lock_list(self, request: Any) -> None:
        uri = self.permission_object_id or ""
        parent_uri = uri.rpartition("/")[0]
        if not self.on_plural_endpoint:
            parent_uri = parent_uri.rpartition("/")[0]
        request.registry.storage.lock_parent(self.resource_name, parent_uri)

    def _may_be_plain(self) -> bool:
        return bool(vars(type(self)).get("plain_writes"))

    def _set_up_write(self, request: Any, method: str, object_id: str | None) -> None:
        if method == "post":
            if self.current_object is not None:
                self.required_permission = "read"
                self.permission_object_id = self.get_permission_object_id(request, object_id)
                self._object_uri = self.permission_object_id
        elif method == "put":
            safe_creation = request.environ.get("HTTP_IF_NONE_MATCH", "").strip() == "*"
            if self.current_object is None or safe_creation:
                self._object_uri = self.permission_object_id
                self.required_permission = "create"
                self.permission_object_id = (self.permission_object_id or "").rpartition("/")[0]
            else:
                self.required_permission = "write"
                self._object_uri = self.permission_object_id
        else:
            self._object_uri = self.permission_object_id


def _nothing(matchdict: Any) -> list[Any]:
    return []


@lru_cache(maxsize=4096)
def objects_above(list_uri: str) -> tuple[str, ...]:
    """URIs of the objects above what a list holds, the nearest first.

    The URI of the object that holds the list does as well.
    """
    return tuple(ancestors(f"{list_uri}/any"))


@lru_cache(maxsize=256)
def _setting_of(resource_name: str | None, permission: str) -> str:
    """Name of the setting that grants a permission on every object of a resource."""
    suffix = permission.removeprefix(f"{resource_name}:").replace(":", "_")
    return f"{resource_name}_{suffix}_principals"

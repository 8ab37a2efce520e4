"""Which permissions of which objects grant a permission, in buckets and what they hold.

The tree is what the table of the protocol says (http: 7.3); plugins add their resources to it.
The rules that walk it are below, and know nothing of requests.
"""

from __future__ import annotations

from typing import Any

from pyramid.interfaces import IAuthorizationPolicy
from zope.interface import implementer

from kinto.core.authorization import context, policy

Tree = dict[str, dict[str, dict[str, list[str]]]]

PERMISSIONS_INHERITANCE_TREE: Tree = {
    # Rights at the root come from settings only.
    "root": {"bucket:create": {}, "write": {}, "read": {}},
    "bucket": {
        "write": {"bucket": ["write"]},
        "read": {"bucket": ["write", "read"]},
        "read:attributes": {"bucket": ["write", "read", "collection:create", "group:create"]},
        "group:create": {"bucket": ["write", "group:create"]},
        "collection:create": {"bucket": ["write", "collection:create"]},
    },
    "group": {
        "write": {"bucket": ["write"], "group": ["write"]},
        "read": {"bucket": ["write", "read"], "group": ["write", "read"]},
    },
    "collection": {
        "write": {"bucket": ["write"], "collection": ["write"]},
        "read": {"bucket": ["write", "read"], "collection": ["write", "read"]},
        "read:attributes": {
            "bucket": ["write", "read"],
            "collection": ["write", "read", "record:create"],
        },
        "record:create": {"bucket": ["write"], "collection": ["write", "record:create"]},
    },
    "record": {
        "write": {"bucket": ["write"], "collection": ["write"], "record": ["write"]},
        "read": {
            "bucket": ["write", "read"],
            "collection": ["write", "read"],
            "record": ["write", "read"],
        },
    },
}
"""resource -> permission -> {related resource: permissions on it that grant this one}.

A row `read:attributes` replaces `read` where one object is read, rather than what it holds.
"""


@implementer(IAuthorizationPolicy)
class AuthorizationPolicy(policy.AuthorizationPolicy):
    """Permissions are inherited along the tree."""

    def get_bound_permissions(self, *args: Any, **kwargs: Any) -> list[tuple[str, str]]:
        return _inherited_permissions(*args, **kwargs)


class RouteFactory(context.RouteFactory):
    """Context of the application's requests."""


def _resource_endpoint(object_uri: str) -> tuple[str, bool]:
    """Name of the resource that a URI is about, and whether the URI is a list.

    A list is about the object that holds it: `/buckets/b/groups` is about the bucket. The root,
    and the lists it holds, are about nothing: `""`.
    """
    parts = object_uri.split("/")
    is_plural = len(parts) % 2 == 0
    if is_plural:
        parts = parts[:-1]
    if len(parts) <= 2:
        return "", False
    return parts[-2][:-1], is_plural


def _relative_object_uri(resource_name: str, object_uri: str) -> str:
    """URI of the ancestor of this resource, or of the object itself.

    Raises:
        ValueError: no such object contains this one.
    """
    parts = object_uri.split("/")
    for length in range(len(parts) + 1):
        uri = "/".join(parts[:length])
        if _resource_endpoint(uri) == (resource_name, False):
            return uri
    raise ValueError(f"Cannot get URL of resource {resource_name!r} from parent {object_uri!r}.")


def _inherited_permissions(object_uri: str, permission: str) -> list[tuple[str, str]]:
    """The (URI, permission) pairs of which one is enough, the longest URI first."""
    resource_name, is_plural = _resource_endpoint(object_uri)
    rows = PERMISSIONS_INHERITANCE_TREE.get(resource_name or "root")
    if rows is None:
        return []
    granting = None if is_plural else rows.get(f"{permission}:attributes")
    if granting is None:
        granting = rows.get(permission, {})
    pairs = {
        (_relative_object_uri(related, object_uri), name)
        for related, names in granting.items()
        for name in names
    }
    return sorted(pairs, key=lambda pair: (-len(pair[0]), pair))

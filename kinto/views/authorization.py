"""Which permissions of which objects grant a permission, in buckets and what they hold.

The tree is what the table of the protocol says (http: 7.3); plugins add their resources to it.
The rules that walk it are in `protocol.inheritance`.
"""

from __future__ import annotations

from typing import Any

from pyramid.interfaces import IAuthorizationPolicy
from zope.interface import implementer

from kinto.core.authorization import context, policy
from kinto.core.protocol import inheritance

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

    plain_writes = True


def _resource_endpoint(object_uri: str) -> tuple[str, bool]:
    """Name of the resource that a URI is about, and whether the URI is a list."""
    return inheritance.resource_endpoint(object_uri)


def _relative_object_uri(resource_name: str, object_uri: str) -> str:
    """URI of the ancestor of this resource, or of the object itself.

    Raises:
        ValueError: no such object contains this one.
    """
    return inheritance.relative_object_uri(resource_name, object_uri)


def _inherited_permissions(object_uri: str, permission: str) -> list[tuple[str, str]]:
    """The (URI, permission) pairs of which one is enough, the longest URI first."""
    return inheritance.inherited_permissions(PERMISSIONS_INHERITANCE_TREE, object_uri, permission)

"""Face: the application's authorization, for settings and plugins."""

from kinto.views.authorization import (
    PERMISSIONS_INHERITANCE_TREE,
    AuthorizationPolicy,
    RouteFactory,
    _inherited_permissions,
    _relative_object_uri,
    _resource_endpoint,
)

__all__ = [
    "PERMISSIONS_INHERITANCE_TREE",
    "AuthorizationPolicy",
    "RouteFactory",
    "_inherited_permissions",
    "_relative_object_uri",
    "_resource_endpoint",
]

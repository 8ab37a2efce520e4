"""May this caller do what the context asks? The answer, from settings and stored permissions."""

from __future__ import annotations

from typing import Any

from kinto.core.authorization.narrowing import Narrowing, narrowing_of
from kinto.core.authorization.principals import BoundPermissions


def bound_permissions(policy: Any, object_uri: str, permission: str) -> BoundPermissions:
    """The (URI, permission) pairs of which one is enough for `permission` on the object.

    `policy.get_bound_permissions` knows what parents grant; without it only the object counts.
    """
    if policy.get_bound_permissions is not None:
        return policy.get_bound_permissions(object_uri, permission)  # type: ignore[no-any-return]
    pairs = [(object_uri, permission)]
    if permission == "read":
        pairs.append((object_uri, "write"))
    return pairs


def is_permitted(policy: Any, context: Any) -> bool:
    """Whether the user may, and what the caller is narrowed to allows it (see `narrowing`)."""
    narrowing = narrowing_of(getattr(context, "_request", None))
    if narrowing is None or getattr(context, "narrows_itself", False) is True:
        return _is_granted(policy, context)
    if narrowing.permits(_target(context), context.required_permission):
        return _is_granted(policy, context)
    return _is_granted_in_part(policy, context, narrowing)


def _target(context: Any) -> str:
    """The object that the request is about: for a creation, the one to be made if it has a URI."""
    made = context.object_uri if context.required_permission == "create" else None
    return str(made or context.permission_object_id)


def _is_granted_in_part(policy: Any, context: Any, narrowing: Narrowing) -> bool:
    """Of a list, callers see and delete the objects that are within their reach."""
    wanted = context.required_permission
    ids = narrowing.members(context.permission_object_id)
    if not ids or not context.on_plural_endpoint or context.current_object is not None:
        return False
    if wanted not in ("read", "write") or (narrowing.read_only and wanted != "read"):
        return False
    if not _is_granted(policy, context):
        return False
    shared = context.shared_ids
    context.shared_ids = ids if shared is None else [item for item in shared if item in ids]
    return True


def _is_granted(policy: Any, context: Any) -> bool:
    """Decide on the object, then on its list where the protocol allows more (http: 401/403/404).

    On a list that is not readable as a whole, the objects shared with the caller are left in
    `context.shared_ids`, and a caller who may only create sees an empty list.
    """
    principals = context.get_prefixed_principals()
    permission = context.required_permission
    object_uri = context.permission_object_id
    if permission == "create":
        permission = _creation(context)
    if _holds(policy, context, principals, object_uri, permission):
        return True
    if context.on_plural_endpoint:
        if permission == _creation(context) or context.required_permission not in (
            "read",
            "write",
        ):
            return False
        if context.current_object is not None:
            return False
        if context.fetch_shared_objects(permission, principals, policy.get_bound_permissions):
            return True
        if _holds(policy, context, principals, object_uri, _creation(context)):
            context.shared_ids = []
            return True
        return False
    if permission == "write" and context.current_object is None:
        # The view answers 404: who may read the whole list may know what is not in it.
        list_uri = object_uri.rpartition("/")[0]
        return _holds(policy, context, principals, list_uri, "read")
    return False


def _holds(policy: Any, context: Any, principals: Any, uri: str, permission: str) -> bool:
    # Where nothing stored can grant it, settings still may.
    bound = bound_permissions(policy, uri, permission) or [(uri, permission)]
    return bool(context.check_permission(principals, bound))


def _creation(context: Any) -> str:
    return f"{context.resource_name}:create"

"""PATCH, from the request to what changes: attributes and permissions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from kinto.core.protocol import patching as rules
from kinto.core.protocol.failures import Problem
from kinto.core.protocol.terms import KintoObject
from kinto.core.resource.intent import refuse

Permissions = dict[str, Iterable[str]]


def patch_object(resource: Any, obj: KintoObject, changes: Any) -> tuple[KintoObject, KintoObject]:
    """The attributes after the patch, and those that the patch gave.

    Args:
        obj: as stored, with or without its permissions.
        changes: the attributes given, or for a JSON patch the list of operations.
    Raises:
        HTTPBadRequest: the patch cannot be applied.
    """
    hidden = resource.model.permissions_field
    attributes = {name: value for name, value in obj.items() if name != hidden}
    if resource._is_json_patch:
        return _by_operations(resource, attributes, changes)
    given = dict(changes)
    if not resource._is_merge_patch:
        return rules.shallow_update(attributes, given), given
    id_field = resource.model.id_field
    if id_field in given and given[id_field] is None:
        # Null would remove the id, which cannot be.
        del given[id_field]
    merged = rules.merge_patch(attributes, given)
    return merged, rules.applied_changes(given, merged)


def changed_permissions(resource: Any, old: KintoObject | None) -> Permissions:
    """Permissions to replace, by name; the empty mapping when none changes.

    PUT with at least one list replaces all of them. A patch changes the ones it names, starting
    from the stored permissions, whether or not they are disclosed to the caller.

    Raises:
        HTTPBadRequest: too many principals.
    """
    if resource.request.method.upper() == "PATCH":
        if resource._is_json_patch:
            changed = resource._patched_permissions or {}
        else:
            changed = rules.patched_permissions(
                _given(resource), null_removes=resource._is_merge_patch
            )
    else:
        stored: Mapping[str, Any] = {}
        if old is not None and hasattr(resource.model, "stored_permissions"):
            stored = resource.model.stored_permissions(old[resource.model.id_field])
        changed = rules.replaced_permissions(_given(resource), names=stored) or {}
    try:
        rules.check_permissions(changed)
    except Problem as problem:
        refuse(resource, problem)
    return dict(changed)


def _by_operations(
    resource: Any, attributes: KintoObject, operations: Iterable[dict[str, Any]]
) -> tuple[KintoObject, KintoObject]:
    model = resource.model
    stored = {}
    if hasattr(model, "stored_permissions"):
        stored = model.stored_permissions(attributes[model.id_field])
    try:
        updated, permissions = rules.apply_json_patch(
            attributes, stored, operations, allowed_permissions=resource.permissions
        )
    except Problem as problem:
        refuse(resource, problem)
    resource._patched_permissions = permissions
    # An id that the patch removed is given back.
    updated.setdefault(model.id_field, attributes[model.id_field])
    return updated, dict(updated)


def _given(resource: Any) -> Mapping[str, Any]:
    body = resource.request.validated.get("body")
    given = body.get("permissions") if isinstance(body, dict) else None
    return given or {}

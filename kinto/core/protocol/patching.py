"""What a PUT or a PATCH makes of an object: of its data, and of its permissions.

Data and permissions come in as JSON values and go out as new ones; nothing given is modified.
The permissions kept are always those stored, also when the caller may not see them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Literal

from kinto.core.protocol.failures import Problem
from kinto.core.protocol.jsonpatch import PatchError, apply_operations, parse_pointer
from kinto.core.protocol.limits import LIMITS, Limits
from kinto.core.protocol.terms import MISSING, KintoObject
from kinto.core.protocol.values import clone, equal

Principals = set[str]
Permissions = dict[str, Principals]
ResponseBehavior = Literal["full", "light", "diff"]

_ALWAYS_SETTABLE = ("read", "write")
_ANNOTATION = "__permissions__"


def shallow_update(stored: Mapping[str, Any], changes: Mapping[str, Any]) -> KintoObject:
    """Return the object with each given top-level field replaced (`application/json`)."""
    return {**clone(dict(stored)), **clone(dict(changes))}


def merge_patch(stored: Any, patch: Any) -> Any:
    """Return the result of a JSON merge patch (RFC 7396).

    Null removes a member; anything but an object replaces; an object over what is none starts
    from nothing. Nulls that were stored and are not named stay.
    """
    return _merge_into(clone(stored), patch)


def applied_changes(patch: Mapping[str, Any], merged: Mapping[str, Any]) -> KintoObject:
    """Return the top-level fields that a merge patch names, with the values it gave them."""
    return {name: merged[name] for name in patch if name in merged}


def apply_json_patch(
    data: Mapping[str, Any],
    permissions: Mapping[str, Iterable[str]],
    operations: Iterable[Mapping[str, Any]],
    *,
    allowed_permissions: Iterable[str],
    limits: Limits = LIMITS,
) -> tuple[KintoObject, Permissions]:
    """Return the data after a JSON patch (RFC 6902), and the permissions that it changes.

    The document is `{"data": ..., "permissions": {name: {principal: principal}}}`. Operations
    below `/permissions/read/` and `/permissions/write/` need no value. A whole permission may
    be replaced by an array, or removed.

    Args:
        permissions: as stored.
        allowed_permissions: names that the resource has.
    Raises:
        Problem: the patch cannot be applied, leaves no object, or names another permission.
    """
    stored = {name: set(members) for name, members in permissions.items()}
    allowed = list(allowed_permissions)
    try:
        document = _patched_document(data, stored, operations, limits=limits)
        granted = {name: _principals(name, who) for name, who in document["permissions"].items()}
        for name in granted.keys() - stored.keys():
            if name not in allowed:
                raise PatchError(f'"{name}" is not one of {", ".join(allowed)}')
    except PatchError as error:
        raise Problem("body", None, f"JSON Patch operation failed: {error}") from None
    changed = {
        name: granted.get(name, set())
        for name in [*stored, *granted]
        if granted.get(name, set()) != stored.get(name, set())
    }
    return document["data"], changed


def patch_annotated_object(
    obj: Mapping[str, Any], ops: Iterable[Mapping[str, Any]]
) -> dict[str, Any]:
    """Return `{"data": ..., "permissions": {name: {principal: principal}}}` after a JSON patch.

    The published `apply_json_patch`, for an object that carries its permissions under
    `__permissions__`; it is not modified.

    Raises:
        PatchError: (a ValueError) the patch cannot be applied.
    """
    data = {name: value for name, value in obj.items() if name != _ANNOTATION}
    held = {name: set(members) for name, members in (obj.get(_ANNOTATION) or {}).items()}
    document = _patched_document(data, held, ops, limits=LIMITS)
    permissions = {
        name: {principal: principal for principal in _principals(name, who)}
        for name, who in document["permissions"].items()
    }
    return {"data": document["data"], "permissions": permissions}


def replaced_permissions(
    requested: Mapping[str, Iterable[str] | None] | None, *, names: Iterable[str]
) -> Permissions | None:
    """Return the permissions that a PUT or a POST sets; None when it keeps those stored.

    One array is enough to replace them all: those of `names` not mentioned are emptied.
    """
    given = _given(requested)
    if not given:
        return None
    return {**{name: set() for name in names}, **given}


def patched_permissions(
    requested: Mapping[str, Iterable[str] | None] | None, *, null_removes: bool = False
) -> Permissions:
    """Return the permissions that a PATCH sets, name by name; others are kept.

    Args:
        null_removes: true for a merge patch; elsewhere null means "no change".
    """
    permissions = _given(requested)
    if null_removes:
        permissions.update(
            {n: set() for n, members in (requested or {}).items() if members is None}
        )
    return permissions


def check_permissions(permissions: Mapping[str, Iterable[str]], *, limits: Limits = LIMITS) -> None:
    """Raise a Problem if permissions would hold too many principals, or too long ones."""
    total = 0
    for name, members in permissions.items():
        for principal in members:
            total += 1
            if len(principal) > limits.principal_length:
                text = f"Length of principals is limited to {limits.principal_length}"
                raise Problem("body", f"permissions.{name}", text)
    if total > limits.permission_principals:
        text = f"Number of principals is limited to {limits.permission_principals}"
        raise Problem("body", "permissions", text)


def visible_changes(
    behavior: ResponseBehavior,
    *,
    provided: Mapping[str, Any],
    old: Mapping[str, Any],
    new: Mapping[str, Any],
) -> KintoObject:
    """Return the data to answer a PATCH with, as its `Response-Behavior` header asks.

    Args:
        provided: the top-level fields the patch set, with the values it gave them (for a JSON
            patch, the whole patched object).
        old: the object before.
        new: the object as it is now stored.
    """
    if behavior == "full":
        return dict(new)
    changed = {
        name: new[name]
        for name in provided
        if name in new and not equal(old.get(name, MISSING), new[name])
    }
    if behavior == "light":
        return changed
    return {name: value for name, value in changed.items() if not equal(provided[name], value)}


def _merge_into(target: Any, patch: Any) -> Any:
    if not isinstance(patch, dict):
        return clone(patch)
    merged: KintoObject = target if isinstance(target, dict) else {}
    for name, change in patch.items():
        if change is None:
            merged.pop(name, None)
        else:
            merged[name] = _merge_into(merged.get(name), change)
    return merged


def _given(requested: Mapping[str, Iterable[str] | None] | None) -> Permissions:
    return {
        name: set(members) for name, members in (requested or {}).items() if members is not None
    }


def _patched_document(
    data: Mapping[str, Any],
    permissions: Mapping[str, Iterable[str]],
    operations: Iterable[Mapping[str, Any]],
    *,
    limits: Limits,
) -> dict[str, Any]:
    held = {**dict.fromkeys(_ALWAYS_SETTABLE, ()), **permissions}
    document = {
        "data": dict(data),
        "permissions": {name: {who: who for who in members} for name, members in held.items()},
    }
    steps = map(_with_principal, operations)
    patched = apply_operations(document, steps, shown=("data",), limits=limits)
    for name in document:
        if not isinstance(patched.get(name), dict):
            raise PatchError(f"The {name} must stay an object")
    return dict(patched)


def _with_principal(operation: Mapping[str, Any]) -> Mapping[str, Any]:
    """Give operations on one principal its name as value: permissions are maps of them."""
    path = operation.get("path")
    if not isinstance(path, str) or not path.startswith("/permissions/"):
        return operation
    parts = parse_pointer(path)
    if len(parts) == 3 and parts[1] in _ALWAYS_SETTABLE:
        return {**operation, "value": parts[2]}
    return operation


def _principals(name: str, members: Any) -> Principals:
    if not isinstance(members, (list, dict)):
        raise PatchError(f"The permission '{name}' is not a list of principals")
    if not all(isinstance(item, str) and item for item in members):
        raise PatchError(f"The permission '{name}' holds what is not a principal")
    return set(members)

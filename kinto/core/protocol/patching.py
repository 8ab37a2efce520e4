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


def merge_shallow(stored: Mapping[str, Any], changes: Mapping[str, Any]) -> KintoObject:
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


def json_patch(
    data: Mapping[str, Any],
    permissions: Mapping[str, Iterable[str]],
    operations: Iterable[Mapping[str, Any]],
    *,
    limits: Limits = LIMITS,
) -> tuple[KintoObject, Permissions]:
    """Return data and permissions after the operations of a JSON patch (RFC 6902).

    The document is `{"data": ..., "permissions": {name: {principal: principal}}}`. Operations
    below `/permissions/read/` and `/permissions/write/` need no value. A whole permission may
    be replaced by an array. A permission that was removed is given back empty. Names are not
    checked: the caller knows which ones the resource has.

    Args:
        permissions: as stored.
    Raises:
        PatchError: the patch cannot be applied, or leaves no object or no permissions.
    """
    held = {name: list(members) for name, members in permissions.items()}
    known = {**{name: [] for name in _ALWAYS_SETTABLE}, **held}
    document = {
        "data": dict(data),
        "permissions": {name: {item: item for item in members} for name, members in known.items()},
    }
    patched = apply_operations(document, map(_with_principal, operations), limits=limits)
    changed, granted = patched.get("data"), patched.get("permissions")
    if not isinstance(changed, dict):
        raise PatchError("The data must stay an object")
    if not isinstance(granted, dict):
        raise PatchError("The permissions must stay an object")
    result = {name: _principals(name, members) for name, members in granted.items()}
    for name in held:
        result.setdefault(name, set())
    return changed, result


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

"""A caller with less than the rights of the user: one that shows a token limited to some objects.

An authentication policy says so with `narrow`. Every decision then asks twice: is the user
allowed, and is it within the narrowing. What no rule here knows is refused, so a view has nothing
to remember; one that shows objects of several places reads them with `accessible_objects`.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

EVERYTHING = "/buckets"
"""Buckets and all they hold: the most that a narrowed caller reaches."""


@dataclass(frozen=True)
class Narrowing:
    """What is left of the rights of a user.

    Attributes:
        user_id: prefixed id of the user.
        roots: URIs of objects; these and all below them are within reach.
        read_only: whether nothing may be changed.
    """

    user_id: str
    roots: tuple[str, ...] = (EVERYTHING,)
    read_only: bool = False

    def permits(self, object_uri: str, permission: str) -> bool:
        """Whether this permission on this object is left; the user needs to have it, too."""
        if self.read_only and permission != "read":
            return False
        return any(object_uri == root or object_uri.startswith(f"{root}/") for root in self.roots)

    def members(self, list_uri: str) -> list[str]:
        """Ids of the objects within reach in a list that is not itself within reach."""
        prefix = f"{list_uri}/"
        below = [root[len(prefix) :] for root in self.roots if root.startswith(prefix)]
        return sorted({object_id for object_id in below if "/" not in object_id})

    def permits_to_make(self, object_uri: str) -> bool:
        """Whether an object that everybody takes for granted may be made in passing."""
        is_above = any(root.startswith(f"{object_uri}/") for root in self.roots)
        return not self.read_only and (is_above or self.permits(object_uri, "write"))

    def left_of(self, object_uri: str, permissions: Collection[str]) -> set[str]:
        """What is left of the permissions held on an object."""
        held = set(permissions)
        if self.read_only and "write" in held:
            held.add("read")
        return {name for name in held if self.permits(object_uri, name)}


def narrow(request: Any, narrowing: Narrowing | None) -> None:
    """Restrict what the caller of a request may do, as long as it is this user who calls."""
    request.__dict__["narrowing"] = narrowing


def narrowing_of(request: Any) -> Narrowing | None:
    """What the caller is restricted to; None for a user with all rights, or for nobody."""
    found = getattr(request, "__dict__", {}).get("narrowing")
    if not isinstance(found, Narrowing) or found.user_id != request.prefixed_userid:
        return None  # Another policy recognised the caller.
    return found


def accessible_objects(
    request: Any,
    principals: Collection[str],
    bound_permissions: Sequence[tuple[str, str]] | None = None,
    *,
    with_children: bool = True,
) -> Mapping[str, set[str]]:
    """URIs on which the principals hold permissions, as far as the caller of the request may know.

    The arguments are those of `get_accessible_objects` of the permission backend.
    """
    found: Mapping[str, set[str]] = request.registry.permission.get_accessible_objects(
        principals, bound_permissions, with_children=with_children
    )
    narrowing = narrowing_of(request)
    if narrowing is None:
        return found
    narrowed = {uri: narrowing.left_of(uri, names) for uri, names in found.items()}
    return {uri: names for uri, names in narrowed.items() if names}

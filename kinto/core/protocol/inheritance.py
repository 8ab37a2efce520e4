"""Which (object, permission) pairs grant a permission, from the tree of the application.

The tree itself belongs to `kinto.authorization`, and plugins add to it:
`resource -> permission -> {related resource: [permissions that grant it]}`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache

Tree = Mapping[str, Mapping[str, Mapping[str, Sequence[str]]]]
BoundPermission = tuple[str, str]
"""An object URI and the name of a permission on it."""

ROOT = "root"
ATTRIBUTES = "attributes"


def inherited_permissions(tree: Tree, object_uri: str, permission: str) -> list[BoundPermission]:
    """Return the pairs that grant a permission on an object or a list, longest URI first.

    For a single object the row `<permission>:attributes` is preferred when there is one: seeing
    a bucket is less than seeing what it holds. Unknown resources and permissions give `[]`.
    """
    resource_name, is_plural, uris = _lineage(object_uri)
    rows = tree.get(resource_name or ROOT, {})
    row = rows.get(permission, {})
    if not is_plural:
        row = rows.get(f"{permission}:{ATTRIBUTES}", row)
    granters = []
    for related, names in row.items():
        if related not in uris:
            raise ValueError(f"{object_uri!r} has no {related!r} above it")
        granters.extend([(uris[related], name) for name in names])
    # Sorting is stable: on one URI the order is the tree's.
    granters.sort(key=_length_of_uri, reverse=True)
    return granters


def resource_endpoint(object_uri: str) -> tuple[str, bool]:
    """Return the resource whose permissions rule a URI, and whether the URI is a list's.

    A list is ruled by the object that holds it: `/buckets/b/groups` gives `("bucket", True)`.
    The root, and the lists directly under it, give `("", False)`.
    """
    resource_name, is_plural, _ = _lineage(object_uri)
    return resource_name, is_plural


def relative_object_uri(resource_name: str, object_uri: str) -> str:
    """Return the URI of the ancestor (or the object itself) that is of a resource.

    Raises:
        ValueError: there is none.
    """
    uris = _lineage(object_uri)[2]
    if resource_name not in uris:
        raise ValueError(f"{object_uri!r} has no {resource_name!r} above it")
    return uris[resource_name]


@lru_cache(maxsize=4096)
def _lineage(uri: str) -> tuple[str, bool, Mapping[str, str]]:
    """Ruling resource, whether the URI is a list's, and the URI of each resource on its path."""
    parts = _segments(uri)
    is_plural = len(parts) % 2 == 1
    if is_plural:
        parts.pop()
    uris: dict[str, str] = {}
    for index in range(0, len(parts), 2):
        uris.setdefault(_singular(parts[index]), "/" + "/".join(parts[: index + 2]))
    return (_singular(parts[-2]), is_plural, uris) if parts else ("", False, uris)


def _length_of_uri(granter: BoundPermission) -> int:
    return len(granter[0])


def _segments(uri: str) -> list[str]:
    return [part for part in uri.split("/") if part]


def _singular(plural: str) -> str:
    return plural.removesuffix("s")

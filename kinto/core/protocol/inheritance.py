"""Which (object, permission) pairs grant a permission, from the tree of the application.

The tree itself belongs to `kinto.authorization`, and plugins add to it:
`resource -> permission -> {related resource: [permissions that grant it]}`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

Tree = Mapping[str, Mapping[str, Mapping[str, Sequence[str]]]]
BoundPermission = tuple[str, str]
"""An object URI and the name of a permission on it."""

ROOT = "root"
ATTRIBUTES = "attributes"

_NO_ROWS: Mapping[str, Mapping[str, Sequence[str]]] = {}
_NO_ROW: Mapping[str, Sequence[str]] = {}
_MOST_RULES = 4096


class _Rule(NamedTuple):
    """What grants a permission on each object of a list, or on a list.

    Attributes:
        resource_name: where the row is in the tree.
        preferred: name of its row, if it has this one.
        row: what this was made of.
        own: names of permissions on the object itself.
        above: pairs of the objects above, longest URI first.
    """

    resource_name: str
    preferred: str
    row: Mapping[str, Sequence[str]]
    own: tuple[str, ...]
    above: tuple[BoundPermission, ...]


_rules: dict[tuple[str, bool, str], _Rule] = {}


def inherited_permissions(tree: Tree, object_uri: str, permission: str) -> list[BoundPermission]:
    """Return the pairs that grant a permission on an object or a list, longest URI first.

    For a single object the row `<permission>:attributes` is preferred when there is one: seeing
    a bucket is less than seeing what it holds. Unknown resources and permissions give `[]`.

    The tree may change at any time: what is remembered of it is compared with it.
    """
    list_uri, _, object_id = object_uri.rpartition("/")
    is_object = object_id != "" and object_uri.count("/") % 2 == 0
    key = (list_uri if is_object else object_uri, is_object, permission)
    rule = _rules.get(key)
    if rule is None or rule.row != _row(tree, rule.resource_name, rule.preferred, permission):
        rule = _make_rule(tree, object_uri, permission)
        if "//" not in object_uri:
            if len(_rules) >= _MOST_RULES:
                _rules.clear()
            _rules[key] = rule
    granters = [(object_uri, name) for name in rule.own]
    granters += rule.above
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


def _make_rule(tree: Tree, object_uri: str, permission: str) -> _Rule:
    resource_name, is_plural, uris = _lineage(object_uri)
    resource_name = resource_name or ROOT
    preferred = permission if is_plural else f"{permission}:{ATTRIBUTES}"
    row = _row(tree, resource_name, preferred, permission)
    granters = []
    for related, names in row.items():
        if related not in uris:
            raise ValueError(f"{object_uri!r} has no {related!r} above it")
        granters.extend([(uris[related], name) for name in names])
    # Sorting is stable: on one URI the order is the tree's.
    granters.sort(key=_length_of_uri, reverse=True)
    return _Rule(
        resource_name,
        preferred,
        row={related: names[:] for related, names in row.items()},
        own=tuple(name for uri, name in granters if uri == object_uri),
        above=tuple(pair for pair in granters if pair[0] != object_uri),
    )


def _row(
    tree: Tree, resource_name: str, preferred: str, permission: str
) -> Mapping[str, Sequence[str]]:
    rows = tree.get(resource_name, _NO_ROWS)
    return rows[preferred] if preferred in rows else rows.get(permission, _NO_ROW)


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

"""What goes with a deleted bucket or collection: everything below it, and nothing else.

The subscribers of `buckets` and `collections` run last, so that plugins still see the children
when they hear of the deletion. Children leave no tombstone, no timestamp and no permission.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from kinto.core.protocol.identifiers import object_uri
from kinto.core.protocol.terms import KintoObject

PENDING = "deleted_parents"
"""Key in `request.bound_data`: URIs of deleted objects whose children are still there. A batch
sends the events early when a later sub-request touches one of these."""


def announce(request: Any, uris: Iterable[str]) -> None:
    """Note that the descendants of these URIs are to be removed before the unit ends."""
    request.bound_data.setdefault(PENDING, set()).update(uris)


def remove_descendants(request: Any, uri: str) -> None:
    """Remove all that is below an object, in the current unit of work.

    Args:
        request: gives the backends.
        uri: of a deleted bucket or collection.
    """
    storage = request.registry.storage
    _remove_groups(request, parent_id=uri)
    for parent_id in (uri, f"{uri}/*"):
        # A backend may cap what one call deletes.
        while len(storage.delete_all(resource_name=None, parent_id=parent_id, with_deleted=False)):
            pass
        storage.purge_deleted(resource_name=None, parent_id=parent_id)
    request.registry.permission.delete_object_permissions(f"{uri}/*")
    request.bound_data.get(PENDING, set()).discard(uri)


def objects_of(result: Any) -> list[KintoObject]:
    """The tombstones of a deletion, of one object or of a list."""
    return result if isinstance(result, list) else [result]


def _remove_groups(request: Any, *, parent_id: str) -> None:
    """Take the groups of a bucket away from their members, then remove them."""
    backend = request.registry.permission
    while groups := list(
        request.registry.storage.delete_all(
            resource_name="group", parent_id=parent_id, with_deleted=False
        )
    ):
        for group in groups:
            backend.remove_principal(
                object_uri("group", parent_id=parent_id, object_id=group["id"])
            )

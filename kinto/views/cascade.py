"""What goes with a deleted bucket or collection: everything below it, and nothing else.

The subscribers of `buckets` and `collections` run last, so that plugins still see the children
when they hear of the deletion. Children leave no tombstone, no timestamp and no permission.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from kinto.core.authorization.principals import forget_principals
from kinto.core.protocol.identifiers import ancestors, object_uri
from kinto.core.protocol.terms import KintoObject
from kinto.views.listing import all_ids

PENDING = "deleted_parents"
"""Key in `request.bound_data`: URIs of deleted objects whose children are still there. A batch
sends the events early when a later sub-request touches one of these."""


def announce(request: Any, uris: Iterable[str]) -> None:
    """Note that the descendants of these URIs are to be removed before the unit ends."""
    request.bound_data.setdefault(PENDING, set()).update(uris)


def revoke_groups(request: Any, bucket_uri: str) -> None:
    """Take the groups of a deleted bucket away from their members, at once.

    The groups themselves go with the other descendants.
    """
    for group_id in all_ids(request.registry, "group", parent_id=bucket_uri):
        request.registry.permission.remove_principal(
            object_uri("group", parent_id=bucket_uri, object_id=group_id)
        )
    forget_principals(request)


def remove_descendants(request: Any, uri: str) -> None:
    """Remove all that is below an object, in the current unit of work.

    Args:
        request: gives the backends.
        uri: of a deleted bucket or collection.
    """
    storage = request.registry.storage
    _lock_lists(request.registry, uri)
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


def _lock_lists(registry: Any, uri: str) -> None:
    """Be the only writer of every list below: nothing may arrive there behind our back.

    In the order in which batches lock, by resource name then parent. A writer who was first is
    seen by the deletion; one who comes after finds no parent.
    """
    lock = registry.storage.lock_parent
    if list(ancestors(uri)):  # A collection: it holds one list.
        lock("record", uri)
        return
    lock("collection", uri)
    lock("group", uri)
    for collection_id in sorted(all_ids(registry, "collection", parent_id=uri)):
        lock("record", object_uri("collection", parent_id=uri, object_id=collection_id))

"""Objects that one request needs, read together: the target and what stands above it."""

from __future__ import annotations

from typing import Any

from kinto.core.protocol.identifiers import object_uri
from kinto.core.protocol.terms import KintoObject
from kinto.core.resource.intent import body_id

ObjectKey = tuple[str, str, str]
Reads = dict[ObjectKey, KintoObject | None]


def read_together(resource: Any) -> None:
    """Fill `resource._reads` (and `_list_timestamp` for lists) in one round trip.

    The resource made by the context, under the lock in case of a write, and the one that the view
    works with share what was read.
    """
    request, context = resource.request, resource.context
    model = resource.model
    shared = context.__dict__.setdefault("_shared_reads", {})
    list_key = (model.resource_name, model.parent_id)
    if list_key in shared:
        resource._reads, resource._list_timestamp = shared[list_key]
        return
    matchdict = request.matchdict or {}
    keys = list(resource.ancestor_keys(matchdict))
    target = _target_id(resource, matchdict)
    if target is not None and hasattr(model, "annotate"):
        keys.append((*list_key, target))
    reads: Reads = {}
    timestamp = None
    storage = request.registry.storage
    needs_timestamp = context.on_plural_endpoint or request.method not in ("GET", "HEAD")
    if keys and needs_timestamp:
        found, timestamp = storage.get_many_with_timestamp(
            keys, resource_name=model.resource_name, parent_id=model.parent_id
        )
        reads = dict(zip(keys, found, strict=True))
    elif keys:
        reads = dict(zip(keys, storage.get_many(keys), strict=True))
    _remember_parents(request, reads)
    if request.method not in ("GET", "HEAD"):
        timestamp = None  # A write moves it: the backend knows the current one.
    resource._reads, resource._list_timestamp = reads, timestamp
    shared[list_key] = (reads, timestamp)


def share(request: Any, context: Any, list_key: tuple[str, str], reads: Reads) -> None:
    """Let resources to come have what was read for a write, under the lock."""
    _remember_parents(request, reads)
    context.__dict__.setdefault("_shared_reads", {})[list_key] = (reads, None)


def read_one(resource: Any, key: ObjectKey) -> KintoObject | None:
    """The live object of this key, or None."""
    (found,) = resource.request.registry.storage.get_many([key])
    return found  # type: ignore[no-any-return]


def _target_id(resource: Any, matchdict: dict[str, str]) -> str | None:
    if resource.request.method != "POST":
        return matchdict.get("id")
    return body_id(resource)


def _remember_parents(request: Any, reads: Reads) -> None:
    """Keep buckets and collections where views and plugins look for them."""
    for (resource_name, parent_id, object_id), obj in reads.items():
        if resource_name in ("bucket", "collection"):
            known = request.bound_data.setdefault(f"{resource_name}s", {})
            uri = object_uri(resource_name, parent_id=parent_id, object_id=object_id)
            if obj is None:
                known.pop(uri, None)
            else:
                known[uri] = obj

"""The counters: an object for each bucket and each collection, beside what they count.

They are read and written under their lock, so that two writers never count past one another,
and they vanish with what they belong to. No URL leads here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from kinto.core.utils import json

RESOURCE_NAME = "quota"
BUCKET_INFO = "bucket_info"
COLLECTION_INFO = "collection_info"


@dataclass
class Usage:
    """What a bucket or a collection holds."""

    record_count: int = 0
    storage_size: int = 0
    collection_count: int = 0

    def add(self, *, records: int = 0, size: int = 0, collections: int = 0) -> None:
        """Count a change. What was there before the plugin was not counted: never below zero."""
        self.record_count = max(self.record_count + records, 0)
        self.storage_size = max(self.storage_size + size, 0)
        self.collection_count = max(self.collection_count + collections, 0)


def bucket_uri(bucket_id: str) -> str:
    """Parent id of the counters of a bucket."""
    return f"/buckets/{bucket_id}"


def collection_uri(bucket_id: str, collection_id: str) -> str:
    """Parent id of the counters of a collection."""
    return f"/buckets/{bucket_id}/collections/{collection_id}"


def size_of(obj: dict[str, Any] | None) -> int:
    """Bytes that an object counts for: its JSON with sorted keys; tombstones weigh nothing."""
    if not obj or obj.get("deleted"):
        return 0
    return len(json.dumps(obj, sort_keys=True))


def lock_bucket(storage: Any, bucket_id: str) -> Usage:
    """Be the only one who counts in a bucket until the unit ends; returns its counters."""
    storage.lock_parent(RESOURCE_NAME, bucket_uri(bucket_id))
    return _read(storage, bucket_uri(bucket_id), BUCKET_INFO)


def lock_collection(storage: Any, bucket_id: str, collection_id: str) -> Usage:
    """The counters of a collection; to be called after `lock_bucket`, for all in one order."""
    uri = collection_uri(bucket_id, collection_id)
    storage.lock_parent(RESOURCE_NAME, uri)
    return _read(storage, uri, COLLECTION_INFO)


def keep_bucket(storage: Any, bucket_id: str, usage: Usage) -> None:
    """Store the counters of a bucket."""
    info = {
        "collection_count": usage.collection_count,
        "record_count": usage.record_count,
        "storage_size": usage.storage_size,
    }
    storage.update(RESOURCE_NAME, bucket_uri(bucket_id), BUCKET_INFO, info)


def keep_collection(storage: Any, bucket_id: str, collection_id: str, usage: Usage) -> None:
    """Store the counters of a collection."""
    info = {"record_count": usage.record_count, "storage_size": usage.storage_size}
    uri = collection_uri(bucket_id, collection_id)
    storage.update(RESOURCE_NAME, uri, COLLECTION_INFO, info)


def _read(storage: Any, uri: str, object_id: str) -> Usage:
    (found,) = storage.get_many([(RESOURCE_NAME, uri, object_id)])
    found = found or {}
    return Usage(
        record_count=found.get("record_count", 0),
        storage_size=found.get("storage_size", 0),
        collection_count=found.get("collection_count", 0),
    )

"""`kinto rebuild-quotas`: the counters as they should be, counted from what is stored."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from typing import Any

from kinto.core.runtime import units
from kinto.core.storage import Filter, Sort
from kinto.core.utils import COMPARISON
from kinto.plugins.quotas import counters
from kinto.plugins.quotas.counters import Usage, size_of

logger = logging.getLogger("kinto.plugins.quotas")

PAGE = 1000


def count_records(storage: Any) -> int:
    """How many records there are in all: the length of the work."""
    return int(storage.count_all("record", "/buckets/*"))


def rebuild_quotas(
    storage: Any, *, dry_run: bool = False, counted: Callable[[int], None] = lambda records: None
) -> None:
    """Count every bucket and store its counters, one unit of work for each bucket.

    Whoever writes in a bucket waits while it is counted, and counts from there.

    Args:
        dry_run: count, and store nothing.
        counted: called with the number of records that were counted since the last call.
    """
    for bucket in list(_pages(storage, "bucket", "")):
        with units.unit_of_work():
            if not dry_run:
                counters.lock_bucket(storage, bucket["id"])
            _rebuild_bucket(storage, bucket["id"], dry_run=dry_run, counted=counted)


def forget_collection(storage: Any, bucket_id: str, collection_id: str) -> None:
    """Count a collection out that is deleted, with its records, without any event."""
    total = counters.lock_bucket(storage, bucket_id)
    usage = counters.lock_collection(storage, bucket_id, collection_id)
    total.add(records=-usage.record_count, size=-usage.storage_size, collections=-1)
    counters.keep_bucket(storage, bucket_id, total)
    uri = counters.collection_uri(bucket_id, collection_id)
    storage.delete_all(counters.RESOURCE_NAME, uri, with_deleted=False)


def _rebuild_bucket(
    storage: Any, bucket_id: str, *, dry_run: bool, counted: Callable[[int], None]
) -> None:
    (bucket,) = storage.get_many([("bucket", "", bucket_id)])
    if bucket is None:
        return  # deleted meanwhile
    uri = counters.bucket_uri(bucket_id)
    total = Usage(storage_size=size_of(bucket))
    for group in _pages(storage, "group", uri):
        total.add(size=size_of(group))
    for collection in _pages(storage, "collection", uri):
        usage = Usage(storage_size=size_of(collection))
        collection_id = collection["id"]
        for record in _pages(storage, "record", counters.collection_uri(bucket_id, collection_id)):
            usage.add(records=1, size=size_of(record))
            if usage.record_count % PAGE == 0:
                counted(PAGE)
        counted(usage.record_count % PAGE)
        total.add(records=usage.record_count, size=usage.storage_size, collections=1)
        if not dry_run:
            counters.lock_collection(storage, bucket_id, collection_id)
            counters.keep_collection(storage, bucket_id, collection_id, usage)
        logger.info(
            f"Bucket {bucket_id}, collection {collection_id}. "
            f"Final size: {usage.record_count} records, {usage.storage_size} bytes."
        )
    if not dry_run:
        counters.keep_bucket(storage, bucket_id, total)
    logger.info(
        f"Bucket {bucket_id}. Final size: {total.collection_count} collections, "
        f"{total.record_count} records, {total.storage_size} bytes."
    )


def _pages(storage: Any, resource_name: str, parent_id: str) -> Iterator[dict[str, Any]]:
    """The objects of a list, oldest first, a page at a time."""
    filters: list[Filter] = []
    while page := storage.list_all(
        resource_name,
        parent_id,
        filters=filters,
        sorting=[Sort("last_modified", 1)],
        limit=PAGE,
    ):
        yield from page
        filters = [Filter("last_modified", page[-1]["last_modified"], COMPARISON.GT)]

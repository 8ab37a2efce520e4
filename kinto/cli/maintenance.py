"""`kinto delete-collection`: a collection goes with its records and rights, leaving no trace."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from kinto.core.runtime import units
from kinto.core.settings.fields import asbool
from kinto.core.storage.exceptions import ObjectNotFoundError
from kinto.plugins.quotas.scripts import forget_collection

logger = logging.getLogger(__name__)

READONLY = 31
NO_BUCKET = 32
NO_COLLECTION = 33


def delete_collection(env: Mapping[str, Any], bucket_id: str, collection_id: str) -> int:
    """Delete a collection without tombstones or events, as one unit of work.

    Returns 0, or 31 on a read-only server, 32 without such a bucket, 33 without such a
    collection.
    """
    registry = env["registry"]
    if asbool(registry.settings.get("readonly")):
        logger.error("Cannot delete the collection while in readonly mode.")
        return READONLY
    bucket = f"/buckets/{bucket_id}"
    collection = f"{bucket}/collections/{collection_id}"
    with units.unit_of_work():
        if not _exists(registry.storage, "bucket", "", bucket_id):
            logger.error(f"Bucket '{bucket}' does not exist.")
            return NO_BUCKET
        registry.storage.lock_parent("collection", bucket)
        if not _exists(registry.storage, "collection", bucket, collection_id):
            logger.error(f"Collection '{collection}' does not exist.")
            return NO_COLLECTION
        _delete(registry, bucket, collection, collection_id)
        if hasattr(registry, "quota_limits"):
            forget_collection(registry.storage, bucket_id, collection_id)
    return 0


def _delete(registry: Any, bucket: str, collection: str, collection_id: str) -> None:
    count = 0
    while deleted := registry.storage.delete_all("record", collection, with_deleted=False):
        count += len(deleted)
    if count:
        logger.info(f"{count} record(s) were deleted.")
    else:
        logger.info(f"No records found for '{collection}'.")
    registry.storage.purge_deleted(None, collection)
    registry.storage.delete("collection", bucket, collection_id, with_deleted=False)
    logger.info(f"'{collection}' collection object was deleted.")
    registry.permission.delete_object_permissions(collection, f"{collection}/*")
    logger.info("Related permissions were deleted.")


def _exists(storage: Any, resource_name: str, parent_id: str, object_id: str) -> bool:
    try:
        storage.get(resource_name, parent_id, object_id)
    except ObjectNotFoundError:
        return False
    return True

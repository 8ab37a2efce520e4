"""What happens when records change: too many at once are refused, the others counted."""

from typing import Any

from kinto.core.errors import ERRORS, http_error
from kinto.core.events import ResourceChanged
from kinto.core.storage.exceptions import ObjectNotFoundError
from pyramid.httpexceptions import HTTPForbidden

# Kept like objects of a resource that has no URL, below the collection: they go with it.
RESOURCE_NAME = "@slug@"
OBJECT_ID = "writes"


def on_records_changed(event: ResourceChanged) -> None:
    """Count the changes of one collection in one request.

    Raises:
        HTTPForbidden: there are too many; nothing of the request stays.
    """
    registry = event.request.registry
    limit = registry.@slug@_settings.max_per_request
    if len(event.impacted_objects) > limit:
        message = f"No more than {limit} records per request"
        raise http_error(HTTPForbidden(), errno=ERRORS.FORBIDDEN, message=message)
    uri = collection_uri(event.payload["bucket_id"], event.payload["collection_id"])
    # Nobody else counts until this request is committed.
    registry.storage.lock_parent(RESOURCE_NAME, uri)
    total = writes_of(registry.storage, uri) + len(event.impacted_objects)
    registry.storage.update(
        resource_name=RESOURCE_NAME, parent_id=uri, object_id=OBJECT_ID, obj={"writes": total}
    )


def writes_of(storage: Any, uri: str) -> int:
    """How often records of the collection of this URI were written."""
    try:
        found = storage.get(resource_name=RESOURCE_NAME, parent_id=uri, object_id=OBJECT_ID)
    except ObjectNotFoundError:
        return 0
    return int(found["writes"])


def collection_uri(bucket_id: str, collection_id: str) -> str:
    """The URI of a collection, which is also the parent of all that it holds."""
    return f"/buckets/{bucket_id}/collections/{collection_id}"

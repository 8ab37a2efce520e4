"""Before the commit: the limit. After the commit: the count."""

import logging

from pyramid.httpexceptions import HTTPForbidden

from kinto.core.errors import ERRORS, http_error
from kinto.core.utils import instance_uri

logger = logging.getLogger(__name__)


def tally_key(collection_uri):
    return f"tally:{collection_uri}"


def ping(request):
    """Heartbeat: whether the cache takes values."""
    try:
        request.registry.cache.set(tally_key("ping"), True, ttl=10)
    except Exception:
        logger.exception("The cache refuses the tally")
        return False
    return True


def refuse_many(event):
    """Undo the request, or the whole batch, that writes more than the limit."""
    limit = int(event.request.registry.settings["tally.max_per_request"])
    if len(event.impacted_objects) <= limit:
        return
    raise http_error(
        HTTPForbidden(),
        errno=ERRORS.FORBIDDEN,
        message=f"At most {limit} records may be written at once",
    )


def count(event):
    """The storage is closed to us by now; the cache and the metrics are not."""
    registry, written = event.request.registry, len(event.impacted_objects)
    collection = {name: event.payload[f"{name}_id"] for name in ("bucket", "collection")}
    uri = instance_uri(
        event.request,
        "collection",
        bucket_id=collection["bucket"],
        id=collection["collection"],
    )
    total = written + (registry.cache.get(tally_key(uri)) or 0)
    registry.cache.set(tally_key(uri), total, ttl=int(registry.settings["tally.ttl_seconds"]))
    registry.metrics.count("plugins.tally", count=written)

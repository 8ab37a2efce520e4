"""Former objects: what has their names today shows nothing of them but to readers of the bucket.

To everybody else an entry is shown for the sake of an object that they may read now. An entry that
is older than the last deletion of that object, or of what held it, is about another one.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from pyramid.interfaces import IAuthorizationPolicy

from kinto.core.authorization import bound_permissions
from kinto.core.storage import Filter, Sort
from kinto.core.utils import COMPARISON

_COLLECTIONS = "/collections/"


def deletions(storage: Any, bucket_uri: str, uris: Collection[str]) -> dict[str, int]:
    """Timestamps of the last deletion of objects, or of what held them, for those that had one.

    Args:
        uris: of objects in the bucket.
    """
    above = {uri: _collection_of(uri) for uri in uris}
    asked = sorted({*above, *above.values()})
    entries = storage.list_all(
        "history",
        bucket_uri,
        filters=[
            Filter("action", "delete", COMPARISON.EQ),
            Filter("uri", asked, COMPARISON.IN),
        ],
        sorting=[Sort("last_modified", 1)],
    )
    last = {entry["uri"]: int(entry["last_modified"]) for entry in entries}
    found = {uri: max(last.get(uri, -1), last.get(holder, -1)) for uri, holder in above.items()}
    return {uri: moment for uri, moment in found.items() if moment >= 0}


def hidden_until(request: Any, bucket_uri: str, collection_id: str, record_id: str | None) -> int:
    """Timestamp up to which entries are about former objects for the caller; -1 when none are.

    Args:
        record_id: None for all records of the collection.
    """
    if _may_read(request, f"{bucket_uri}/history"):
        return -1
    storage = request.registry.storage
    uri = f"{bucket_uri}{_COLLECTIONS}{collection_id}"
    entries = storage.list_all(
        "history",
        bucket_uri,
        filters=[
            Filter("uri", uri, COMPARISON.EQ),
            Filter("action", ["create", "delete"], COMPARISON.IN),
        ],
        sorting=[Sort("last_modified", -1)],
        limit=1,
    )
    moments = [-1, *(int(entry["last_modified"]) for entry in entries)]
    if record_id is not None and not _may_read(request, f"{uri}/records"):
        record_uri = f"{uri}/records/{record_id}"
        moments += deletions(storage, bucket_uri, [record_uri]).values()
    return max(moments)


def _may_read(request: Any, uri: str) -> bool:
    """Whether the caller reads a whole list, as stored permissions have it."""
    context = request.context
    policy = request.registry.queryUtility(IAuthorizationPolicy)
    pairs = bound_permissions(policy, uri, "read")
    return bool(context.check_permission(context.get_prefixed_principals(), pairs))


def _collection_of(uri: str) -> str:
    """URI of the collection that holds a record; of anything else its own."""
    return uri.rpartition("/records/")[0] or uri

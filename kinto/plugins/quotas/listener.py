"""Counting each change in its own unit of work, and refusing what is too much.

The counters are locked late, after the lists that hold the data: bucket first, then collection.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NoReturn

from pyramid.httpexceptions import HTTPInsufficientStorage

from kinto.core.errors import ERRORS, http_error
from kinto.plugins.quotas import counters
from kinto.plugins.quotas.counters import Usage, size_of
from kinto.plugins.quotas.settings import Limits

Change = dict[str, Any]


def on_resource_changed(event: Any) -> None:
    """Subscriber: count the changes of one event, and undo the request when they are too much.

    Raises:
        HTTPInsufficientStorage: 507, a limit is exceeded.
    """
    payload = event.payload
    resource_name, action = payload["resource_name"], payload["action"]
    storage = event.request.registry.storage
    limits: Limits = event.request.registry.quota_limits
    if resource_name != "bucket":
        counted = _Counting(storage, limits, payload["bucket_id"], action=action)
        if resource_name == "record":
            counted.records(payload["collection_id"], event.impacted_objects)
        elif resource_name == "collection":
            counted.collections(event.impacted_objects)
        else:
            counted.others(event.impacted_objects)
    elif action != "delete":  # The counters of a deleted bucket go with all it holds.
        for change in event.impacted_objects:
            _Counting(storage, limits, change["new"]["id"], action=action).others([change])


class _Counting:
    """The changes of one kind in one bucket.

    A deletion is checked once, at its end: what is left may still be too much.
    """

    def __init__(self, storage: Any, limits: Limits, bucket_id: str, *, action: str) -> None:
        self._storage = storage
        self._limits = limits
        self._bucket_id = bucket_id
        self._sign = {"create": 1, "update": 0, "delete": -1}[action]
        self._bucket = Usage()

    def records(self, collection_id: str, changes: Iterable[Change]) -> None:
        self._bucket = counters.lock_bucket(self._storage, self._bucket_id)
        usage = counters.lock_collection(self._storage, self._bucket_id, collection_id)
        for change in changes:
            size = self._weigh(change, collection_id)
            self._bucket.add(records=self._sign, size=size)
            usage.add(records=self._sign, size=size)
            if self._sign >= 0:
                self._check(collection_id, usage)
        self._check(collection_id, usage)
        counters.keep_bucket(self._storage, self._bucket_id, self._bucket)
        counters.keep_collection(self._storage, self._bucket_id, collection_id, usage)

    def collections(self, changes: Iterable[Change]) -> None:
        changes = sorted(changes, key=_id)
        if self._sign < 0:
            # As the cascade will, and before the counters: whoever writes a record holds its
            # list, and then wants to count.
            for change in changes:
                uri = counters.collection_uri(self._bucket_id, _id(change))
                self._storage.lock_parent("record", uri)
        self._bucket = counters.lock_bucket(self._storage, self._bucket_id)
        for change in changes:
            collection_id = _id(change)
            usage = counters.lock_collection(self._storage, self._bucket_id, collection_id)
            if self._sign < 0:
                # With all it holds; its counters vanish with it.
                gone = {"records": -usage.record_count, "size": -usage.storage_size}
                self._bucket.add(collections=-1, **gone)
                continue
            size = self._weigh(change, collection_id)
            self._bucket.add(collections=self._sign, size=size)
            usage.add(size=size)
            self._check(collection_id, usage)
            counters.keep_collection(self._storage, self._bucket_id, collection_id, usage)
        self._check()
        counters.keep_bucket(self._storage, self._bucket_id, self._bucket)

    def others(self, changes: Iterable[Change]) -> None:
        """Groups, and the bucket itself."""
        self._bucket = counters.lock_bucket(self._storage, self._bucket_id)
        for change in changes:
            self._bucket.add(size=self._weigh(change, None))
            if self._sign >= 0:
                self._check()
        self._check()
        counters.keep_bucket(self._storage, self._bucket_id, self._bucket)

    def _weigh(self, change: Change, collection_id: str | None) -> int:
        """How much a change adds; refuses an object that is too large by itself."""
        new = size_of(change["new"])
        if self._sign >= 0:
            limit = self._limits.per_item(self._bucket_id, collection_id)
            if limit is not None and new > limit:
                _refuse(f'Maximum bytes per object exceeded " "({new} > {limit} Bytes.')
        return new - size_of(change.get("old"))

    def _check(self, collection_id: str | None = None, usage: Usage | None = None) -> None:
        limit = self._limits.of_bucket("max_bytes", self._bucket_id)
        if limit is not None and (size := self._bucket.storage_size) > limit:
            _refuse(f"Bucket maximum total size exceeded ({size} > {limit} Bytes). ")
        limit = self._limits.of_bucket("max_items", self._bucket_id)
        if limit is not None and (count := self._bucket.record_count) > limit:
            _refuse(f"Bucket maximum number of objects exceeded ({count} > {limit} objects).")
        if collection_id is None or usage is None:
            return
        limit = self._limits.of_collection("max_bytes", self._bucket_id, collection_id)
        if limit is not None and (size := usage.storage_size) > limit:
            _refuse(f"Collection maximum size exceeded ({size} > {limit} Bytes).")
        limit = self._limits.of_collection("max_items", self._bucket_id, collection_id)
        if limit is not None and (count := usage.record_count) > limit:
            _refuse(f"Collection maximum number of objects exceeded ({count} > {limit} objects).")


def _id(change: Change) -> str:
    return str((change.get("old") or change["new"])["id"])


def _refuse(message: str) -> NoReturn:
    """Raises: HTTPInsufficientStorage. The texts are those that clients compare."""
    raise http_error(HTTPInsufficientStorage(), errno=ERRORS.FORBIDDEN, message=message)

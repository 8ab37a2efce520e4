"""One entry for each monitored collection: when its records changed last. Nothing is written."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import Any

from kinto.core.runtime import clock
from kinto.core.storage import Filter, Sort
from kinto.core.storage.memory import extract_object_set
from kinto.core.utils import COMPARISON

BUCKET, COLLECTION = "monitor", "changes"
COLLECTION_URI = f"/buckets/{BUCKET}/collections/{COLLECTION}"

PAGE = 1000
MANY = 25
"""From that many collections on, all timestamps of the storage are read at once."""

PATIENCE_MS = 30
"""How long a list waits for the time of its newest entry to be over."""


_UUID = ((0, 8), (8, 12), (12, 16), (16, 20), (20, 32))


class ChangesModel:
    """The entries, in the shape that a resource expects of a model."""

    id_field = "id"
    modified_field = "last_modified"
    deleted_field = "deleted"
    permissions_field = "__permissions__"
    resource_name = "changes"
    parent_id = COLLECTION_URI

    def __init__(self, request: Any) -> None:
        self._request = request
        self._entries: list[dict[str, Any]] | None = None
        self._read_at = 0

    def timestamp(self, parent_id: str | None = None) -> int:
        """The highest of the entries, or the last millisecond that was over when they were read.

        Each collection has a clock of its own: until a millisecond is over, another one may still
        change in it, and who polls from here on has to see that. The current time when nothing is
        monitored.
        """
        highest = _highest(self.entries())
        return clock.now_ms() if highest is None else min(highest, self._read_at - 1)

    def get_objects(
        self,
        filters: Any = None,
        sorting: Any = None,
        pagination_rules: Any = None,
        limit: int | None = None,
        include_deleted: bool = False,
        parent_id: str | None = None,
        **restrictions: Any,
    ) -> list[dict[str, Any]]:
        """The matching entries."""
        found, _ = extract_object_set(
            self.entries(),
            filters,
            sorting,
            pagination_rules=pagination_rules,
            limit=limit,
        )
        return list(found)

    def count_objects(
        self, filters: Any = None, parent_id: str | None = None, **restrictions: Any
    ) -> int:
        """Number of matching entries."""
        return int(extract_object_set(self.entries(), filters, None)[1])

    def entries(self) -> list[dict[str, Any]]:
        """All of them, read once a request."""
        if self._entries is None:
            self._entries = self._read()
            ahead = (_highest(self._entries) or 0) - self._read_at
            if 0 <= ahead < PATIENCE_MS:
                clock.sleep((ahead + 1) / 1000)
                self._entries = self._read()
        return self._entries

    def _read(self) -> list[dict[str, Any]]:
        self._read_at = clock.now_ms()
        registry = self._request.registry
        host = registry.settings.get("http_host") or ""
        uris = dict.fromkeys(_collections(registry.storage, registry.changes.resources))
        times = _timestamps(registry.storage, list(uris))
        return [entry_of(uri, times[uri], host=host) for uri in uris]


def entry_of(uri: str, timestamp: int, *, host: str) -> dict[str, Any]:
    """The entry of a collection."""
    _, _, bucket_id, _, collection_id = uri.split("/")
    digest = hashlib.md5(f"{host}{uri}".encode(), usedforsecurity=False).hexdigest()
    return {
        "id": "-".join(digest[start:stop] for start, stop in _UUID),
        "last_modified": timestamp,
        "bucket": bucket_id,
        "collection": collection_id,
        "host": host,
    }


def _highest(entries: Iterable[dict[str, Any]]) -> int | None:
    return max((entry["last_modified"] for entry in entries), default=None)


def _collections(storage: Any, resources: Iterable[str]) -> Iterable[str]:
    """URIs of the monitored collections, those of buckets as they are now."""
    for uri in resources:
        if "/collections/" in uri:
            yield uri
            continue
        rules = None
        while True:
            page = storage.list_all(
                "collection",
                uri,
                sorting=[Sort("id", 1)],
                pagination_rules=rules,
                limit=PAGE,
            )
            yield from (f"{uri}/collections/{each['id']}" for each in page)
            if len(page) < PAGE:
                break
            rules = [[Filter("id", page[-1]["id"], COMPARISON.GT)]]


def _timestamps(storage: Any, uris: list[str]) -> dict[str, int]:
    """Of the records of each collection, for collections without records too."""
    known = storage.all_resources_timestamps("record") if len(uris) >= MANY else {}
    return {
        uri: known[uri] if uri in known else storage.resource_timestamp("record", uri)
        for uri in uris
    }

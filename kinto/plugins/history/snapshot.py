"""The records of a collection as they were at a time, from records, tombstones and history."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import colander
from pyramid.httpexceptions import HTTPNotFound

from kinto.authorization import RouteFactory
from kinto.core import Service
from kinto.core.authorization import DYNAMIC
from kinto.core.errors import ERRORS, http_error
from kinto.core.openapi import answer
from kinto.core.storage import Filter, Sort
from kinto.core.utils import COMPARISON
from kinto.plugins.history.former import hidden_until

_LATEST = 2**53
_AT_ONCE = 500
"""Records whose history is looked up in one go."""


class SnapshotContext(RouteFactory):
    """Requires the permission to read all records; settings do not give it."""

    def __init__(self, request: Any) -> None:
        super().__init__(request)
        ids = request.matchdict
        self.resource_name = "history-snapshot"
        self.required_permission = "read"
        self.permission_object_id = (
            f"/buckets/{ids['bucket_id']}/collections/{ids['collection_id']}/records"
        )

    def allowed_by_settings(self, permission: str) -> Any:
        return ()


class SnapshotBodySchema(colander.MappingSchema):
    """Records in the shape of a list's answer."""

    data = colander.SchemaNode(
        colander.Sequence(), colander.SchemaNode(colander.Mapping(unknown="preserve"))
    )


snapshot = Service(
    name="history_snapshot",
    path="/buckets/{bucket_id}/snapshot/collections/{collection_id}@{timestamp}",
    description="The records of a collection at a time",
    factory=SnapshotContext,
)


def timestamp_validator(request: Any, **kwargs: Any) -> None:
    """Validator: the time is in milliseconds, 0 or more."""
    text = request.matchdict["timestamp"]
    if text.isascii() and text.isdigit() and len(text) <= 16 and int(text) <= _LATEST:
        request.validated["timestamp"] = int(text)
    else:
        request.errors.add("path", "timestamp", f"Invalid timestamp '{text}'")


@snapshot.get(
    permission=DYNAMIC,
    validators=(timestamp_validator,),
    tags=["History"],
    operation_id="get_snapshot",
    response_schemas={"200": answer("The records of that time.", SnapshotBodySchema())},
)
def snapshot_get(request: Any) -> dict[str, Any]:
    """All records of that time, the newest first."""
    ids = request.matchdict
    for name in ("bucket", "collection"):
        if not request.registry.id_generators[name].match(ids[f"{name}_id"]):
            details = {"id": ids[f"{name}_id"], "resource_name": name}
            raise http_error(HTTPNotFound(), errno=ERRORS.MISSING_RESOURCE, details=details)
    bucket_uri = f"/buckets/{ids['bucket_id']}"
    records = get_snapshot(
        request, bucket_uri, ids["collection_id"], timestamp=request.validated["timestamp"]
    )
    return {"data": records}


def get_snapshot(
    request: Any, bucket_uri: str, collection_id: str, *, timestamp: int
) -> list[dict[str, Any]]:
    """The records of a collection at a time in milliseconds, the newest first.

    A record whose history of that time was trimmed, or never kept, is absent.
    """
    storage = request.registry.storage
    records_of = ("record", f"{bucket_uri}/collections/{collection_id}")
    before = Filter("last_modified", timestamp, COMPARISON.MAX)
    after = Filter("last_modified", timestamp, COMPARISON.GT)
    records = list(storage.list_all(*records_of, filters=[before]))
    changed = storage.list_all(*records_of, filters=[after], include_deleted=True)
    records += _versions(
        storage,
        bucket_uri,
        collection_id,
        ids=[item["id"] for item in changed],
        until=timestamp,
        after=hidden_until(request, bucket_uri, collection_id, None),
    )
    return sorted(records, key=lambda record: record["last_modified"], reverse=True)


def _versions(
    storage: Any, bucket_uri: str, collection_id: str, *, ids: list[str], until: int, after: int
) -> Iterator[dict[str, Any]]:
    """The newest version of each record that is not younger than `until`, unless it is gone."""
    for start in range(0, len(ids), _AT_ONCE):
        entries = storage.list_all(
            "history",
            bucket_uri,
            filters=[
                Filter("resource_name", "record", COMPARISON.EQ),
                Filter("collection_id", collection_id, COMPARISON.EQ),
                Filter("record_id", ids[start : start + _AT_ONCE], COMPARISON.IN),
                Filter("target.data.last_modified", until, COMPARISON.MAX),
                Filter("last_modified", after, COMPARISON.GT),
            ],
            sorting=[Sort("last_modified", -1)],
        )
        seen = set()
        for entry in entries:
            if entry["record_id"] in seen:
                continue
            seen.add(entry["record_id"])
            if not entry["target"]["data"].get("deleted"):
                yield entry["target"]["data"]

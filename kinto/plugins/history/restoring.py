"""Bringing records back to what they were at a time: one record, or all of a collection.

Each difference becomes an ordinary request of the caller, in the unit of work of this one, so that
permissions, schemas, quotas, timestamps, events and the history itself see a write like any other.
Where the history does not know what was, a record is left as it is, and told.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from pyramid.httpexceptions import HTTPNotFound, status_map

from kinto.authorization import RouteFactory
from kinto.core import Service
from kinto.core.authorization import DYNAMIC
from kinto.core.errors import ERRORS, http_error
from kinto.core.openapi import one
from kinto.core.storage import Filter, Sort
from kinto.core.utils import COMPARISON, build_request
from kinto.plugins.history.former import hidden_until
from kinto.plugins.history.snapshot import timestamp_validator
from kinto.plugins.history.trimming import read_state

PAGE = 500
"""Entries, or records, read in one go."""

_PRECONDITIONS = ("If-Match", "If-None-Match")


class RestoreContext(RouteFactory):
    """Requires the permission to write what is restored."""

    def __init__(self, request: Any) -> None:
        super().__init__(request)
        ids = request.matchdict
        uri = f"/buckets/{ids['bucket_id']}/collections/{ids['collection_id']}/records"
        self.resource_name = "history-restoration"
        self.required_permission = "write"
        self.permission_object_id = f"{uri}/{ids['record_id']}" if "record_id" in ids else uri
        # What is to be written need not be there: readers are refused all the same, not told 404.
        self.current_object = {}

    def allowed_by_settings(self, permission: str) -> Any:
        return ()


restoration = Service(
    name="history_restoration",
    path="/buckets/{bucket_id}/restore/collections/{collection_id}@{timestamp}",
    description="Bring the records of a collection back to what they were at a time",
    factory=RestoreContext,
)

record_restoration = Service(
    name="history_record_restoration",
    path="/buckets/{bucket_id}/restore/collections/{collection_id}/records/{record_id}@{timestamp}",
    description="Bring a record back to what it was at a time",
    factory=RestoreContext,
)


@dataclass
class Past:
    """What the history knows of one record.

    Attributes:
        oldest_action: of the oldest entry about it.
        entry_id: of the entry that holds its state at the time, if there is one.
        modified: timestamp of that state.
        is_deleted: the record was deleted at the time.
    """

    oldest_action: str
    entry_id: str | None = None
    modified: int = -1
    is_deleted: bool = False


@dataclass
class Plan:
    """What has to be done. `write`: history entries by record id."""

    write: dict[str, str] = field(default_factory=dict)
    delete: list[str] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)
    unchanged: int = 0


@restoration.post(
    permission=DYNAMIC,
    validators=(timestamp_validator,),
    tags=["History"],
    operation_id="restore_collection",
    response_schemas={"200": one("How many records were written, deleted, not known.")},
)
@record_restoration.post(
    permission=DYNAMIC,
    validators=(timestamp_validator,),
    tags=["History"],
    operation_id="restore_record",
    response_schemas={"200": one("How many records were written, deleted, not known.")},
)
def restoration_post(request: Any) -> dict[str, Any]:
    """Restore, and tell how many records were written, deleted, or are not known."""
    ids = request.matchdict
    _check_ids(request)
    bucket_uri = f"/buckets/{ids['bucket_id']}"
    storage = request.registry.storage
    uri = f"{bucket_uri}/collections/{ids['collection_id']}"
    storage.lock_parent("record", uri)
    (collection,) = storage.get_many([("collection", bucket_uri, ids["collection_id"])])
    if collection is None:
        raise _missing("collection", ids["collection_id"])
    plan = _plan(
        storage,
        bucket_uri,
        ids["collection_id"],
        until=request.validated["timestamp"],
        record_id=ids.get("record_id"),
        after=hidden_until(request, bucket_uri, ids["collection_id"], ids.get("record_id")),
    )
    written = _write(request, storage, bucket_uri, uri, plan)
    for record_id in plan.delete:
        _perform(request, "DELETE", f"{uri}/records/{record_id}")
    return {
        "data": {
            "timestamp": request.validated["timestamp"],
            "written": written,
            "deleted": len(plan.delete),
            "unchanged": plan.unchanged + len(plan.write) - written,
            "unknown": plan.unknown,
        }
    }


def _check_ids(request: Any) -> None:
    """Raises: HTTPNotFound, an id in the URL cannot be one."""
    for name, value in request.matchdict.items():
        kind = name.removesuffix("_id")
        if name != "timestamp" and not request.registry.id_generators[kind].match(value):
            raise _missing(kind, value)


def _missing(resource_name: str, object_id: str) -> Exception:
    details = {"id": object_id, "resource_name": resource_name}
    return http_error(HTTPNotFound(), errno=ERRORS.MISSING_RESOURCE, details=details)


def _plan(
    storage: Any,
    bucket_uri: str,
    collection_id: str,
    *,
    until: int,
    record_id: str | None,
    after: int,
) -> Plan:
    """Compare what is stored with what was, of the entries that came `after` a timestamp."""
    own = [] if record_id is None else [Filter("id", record_id, COMPARISON.EQ)]
    current = {
        record["id"]: record["last_modified"]
        for record in _pages(
            storage, "record", f"{bucket_uri}/collections/{collection_id}", filters=own
        )
    }
    past = _past(storage, bucket_uri, collection_id, until=until, record_id=record_id, after=after)
    horizon = read_state(storage, bucket_uri)["horizon"]
    plan = Plan()
    for known_id in sorted(current.keys() | past.keys()):
        now, was = current.get(known_id), past.get(known_id)
        if now is not None and now <= until:
            plan.unchanged += 1
        elif was is None or was.entry_id is None:
            if now is not None and was and was.oldest_action == "create" and horizon <= until:
                plan.delete.append(known_id)
            elif now is not None or (was and was.oldest_action != "create"):
                plan.unknown.append(known_id)
        elif not was.is_deleted:
            plan.write[known_id] = was.entry_id
        elif now is not None:
            plan.delete.append(known_id)
    return plan


def _past(
    storage: Any,
    bucket_uri: str,
    collection_id: str,
    *,
    until: int,
    record_id: str | None,
    after: int,
) -> dict[str, Past]:
    """What the history knows of the records of a collection, by record id."""
    filters = [
        Filter("resource_name", "record", COMPARISON.EQ),
        Filter("collection_id", collection_id, COMPARISON.EQ),
    ]
    if record_id is not None:
        filters.append(Filter("record_id", record_id, COMPARISON.EQ))
    since = max(after, _last_creation(storage, bucket_uri, collection_id, until=until))
    found: dict[str, Past] = {}
    for entry in _pages(storage, "history", bucket_uri, filters=filters, after=since):
        past = found.setdefault(entry["record_id"], Past(oldest_action=entry["action"]))
        data = entry["target"]["data"]
        if data["last_modified"] <= until:
            past.entry_id, past.modified = entry["id"], data["last_modified"]
            past.is_deleted = bool(data.get("deleted"))
    return found


def _last_creation(storage: Any, bucket_uri: str, collection_id: str, *, until: int) -> int:
    """When the collection itself was last made before the time.

    Records of another one of its name went with that one, unrecorded. Timestamps of a collection
    made again are newer than all that its predecessor had.
    """
    filters = [
        Filter("resource_name", "collection", COMPARISON.EQ),
        Filter("collection_id", collection_id, COMPARISON.EQ),
        Filter("action", "create", COMPARISON.EQ),
        Filter("target.data.last_modified", until, COMPARISON.MAX),
    ]
    entries = storage.list_all(
        "history", bucket_uri, filters=filters, sorting=[Sort("last_modified", -1)], limit=1
    )
    return int(entries[0]["last_modified"]) if entries else -1


def _write(request: Any, storage: Any, bucket_uri: str, uri: str, plan: Plan) -> int:
    """Write back what is not so any more; returns how many records."""
    written = 0
    record_ids = list(plan.write)
    for start in range(0, len(record_ids), PAGE):
        some = record_ids[start : start + PAGE]
        entries = storage.get_many([("history", bucket_uri, plan.write[one]) for one in some])
        records = storage.get_many([("record", uri, one) for one in some])
        for record_id, entry, record in zip(some, entries, records, strict=True):
            data = _without(entry["target"]["data"], "last_modified")
            if record is None or not _same(record, data):
                _perform(request, "PUT", f"{uri}/records/{record_id}", body={"data": data})
                written += 1
    return written


def _same(record: dict[str, Any], data: dict[str, Any]) -> bool:
    """Whether a record holds this data. The stamp of a schema, a number, is the server's."""
    ignored = ["last_modified"]
    if all(isinstance(one.get("schema"), int) for one in (record, data)):
        ignored.append("schema")
    return _without(record, *ignored) == _without(data, *ignored)


def _without(record: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in record.items() if name not in names}


def _perform(request: Any, method: str, path: str, *, body: Any = None) -> None:
    """Carry out a request of the caller.

    Raises:
        HTTPException: it is refused, and with it the whole restoration.
    """
    description = {"method": method, "path": path, **({"body": body} if body else {})}
    subrequest = build_request(request, description)
    for name in _PRECONDITIONS:
        subrequest.headers.pop(name, None)
    subrequest.bound_data = request.bound_data
    response, _ = request.follow_subrequest(subrequest, use_tweens=False)
    if response.status_code >= 400:
        refusal = status_map[response.status_code]()
        refusal.headerlist, refusal.body = list(response.headerlist), response.body
        raise refusal


def _pages(
    storage: Any, resource_name: str, parent_id: str, *, filters: list[Filter], after: int = -1
) -> Iterator[dict[str, Any]]:
    """Objects of a list, oldest first, a page at a time."""
    while page := storage.list_all(
        resource_name,
        parent_id,
        filters=[*filters, Filter("last_modified", after, COMPARISON.GT)],
        sorting=[Sort("last_modified", 1)],
        limit=PAGE,
    ):
        yield from page
        after = page[-1]["last_modified"]
